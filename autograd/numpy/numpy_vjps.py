"""What rules of primitives undo broadcasting with, where programs written for HIPS/autograd import it from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as _np

from .. import numpy as np
from ..hips.boxes import plain

__all__ = ["unbroadcast", "unbroadcast_f"]


def unbroadcast(g: Any, target: Any) -> Any:
    """The cotangent g of a broadcast array, summed over the axes along which `target` was repeated."""
    shape = _np.shape(plain(target))
    while np.ndim(g) > len(shape):
        g = np.sum(g, axis=0)
    for axis, n in enumerate(shape):
        if n == 1 and np.shape(g)[axis] != 1:
            g = np.sum(g, axis=axis, keepdims=True)
    return g


def unbroadcast_f(target: Any, pull: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A function that gives what pull(g) gives, summed to the shape of `target`, an argument that was broadcast."""
    return lambda g: unbroadcast(pull(g), target)
