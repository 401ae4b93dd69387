"""Methods that rearrange."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from ..ops import shape as ops
from .core import Core, apply, array_of, implements, method


class Shape(Core):
    """Reshaping, transposing, joining, splitting."""

    __slots__ = ()

    @method
    def reshape(self, *shape: Any) -> Self:
        """The same elements in row-major order under another shape; one size may be -1."""
        sizes = shape[0] if len(shape) == 1 and not isinstance(shape[0], int) else shape
        return apply(ops.reshape, self, shape=tuple(sizes))


@implements(np.reshape)
def _reshape(a: Any, shape: Any) -> Any:
    return apply(ops.reshape, a, shape=shape)


@implements(np.broadcast_to)
def _broadcast_to(array: Any, shape: Any) -> Any:
    return apply(ops.expand, array, shape=tuple(shape))


@implements(np.expand_dims)
def _expand_dims(a: Any, axis: Any) -> Any:
    return apply(ops.reshape, a, shape=np.expand_dims(array_of(a), axis).shape)
