"""Methods that reduce along dimensions."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from ..ops import reduce as ops
from .core import Core, apply, implements, method


class Reduce(Core):
    """Sums, means, extremes, norms."""

    __slots__ = ()

    @method
    def sum(self, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Self:
        """Sum over `dim` (an int, a tuple, or None for all)."""
        return apply(ops.sum, self, axis=dim, keepdims=keepdim)


@implements(np.sum)
def _sum(a: Any, axis: Any = None, dtype: Any = None, out: None = None, keepdims: bool = False) -> Any:
    return apply(ops.sum, a, axis=axis, keepdims=keepdims)
