"""Tuples, lists and dictionaries of values, under the names that programs for HIPS/autograd import.

A nest of values is an ordinary tuple, list or dictionary here, so these are Python's own, but for two questions: a
value that gradients depend on counts as a NumPy array, or as a float if it is a single number.
"""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np

from .boxes import ArrayBox

dict, list, tuple = builtins.dict, builtins.list, builtins.tuple
DictBox, SequenceBox = builtins.dict, (builtins.list, builtins.tuple)
"""The kinds of nests, for `isinstance` and for annotations."""


def isinstance(x: Any, kind: Any) -> bool:
    """Python's isinstance, to which a value that gradients depend on is an array, and a single number also a float."""
    if builtins.isinstance(x, kind):
        return True
    if builtins.type(x) is not ArrayBox:
        return False
    kinds = kind if builtins.isinstance(kind, builtins.tuple) else (kind,)
    return any(issubclass(np.ndarray if x.ndim else np.float64, one) for one in kinds)


def type(x: Any) -> Any:
    """Python's type, to which a value that gradients depend on is an array, or a float if it is a single number."""
    kind = builtins.type(x)
    return (np.ndarray if x.ndim else np.float64) if kind is ArrayBox else kind
