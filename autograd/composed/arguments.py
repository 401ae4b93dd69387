"""Arguments of NumPy's functions as Tensors and as arrays. Lists count as NumPy counts them: decimals as float64."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tensors.core import Core, operand, wrap
from ..tensors.promotion import cast


def tensor_of(x: Any) -> Any:
    """A Tensor of an argument: itself, or a constant of an array, a number or nested lists."""
    return wrap(np.asarray(x)) if isinstance(x, (list, tuple)) and not _holds(x) else operand(x)


def _holds(x: Any) -> bool:
    return isinstance(x, Core) or (isinstance(x, (list, tuple)) and any(map(_holds, x)))


def floats(*xs: Any) -> Any:
    """Arguments as Tensors of the floating point dtype that NumPy computes them in: float64 for whole numbers."""
    weak = (bool, int, float)  # Python's numbers take the dtype of what stands beside them
    kind = np.result_type(*[x if isinstance(x, weak) else value_of(x).dtype for x in xs])
    wanted = kind if kind.kind == "f" else np.dtype(float)
    found = [cast(tensor_of(x), wanted) for x in xs]
    return found[0] if len(found) == 1 else found


def value_of(x: Any) -> np.ndarray:
    """The array of an argument; no gradient flows through it."""
    return x._array if isinstance(x, Core) else np.asarray(x)
