"""Tensors that belong to a module: learned ones (Parameter) and kept ones (Buffer)."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from autograd import Tensor
from autograd.tensor.core import array_of, new_leaf


class Parameter(Tensor):
    """A Tensor that a Module learns: assigned as an attribute, it appears in `parameters()`.

    data            a Tensor or an array, whose memory is shared; or numbers
    requires_grad   False freezes it

    What operations on it return are plain Tensors.

    >>> Parameter(np.ones(2, np.float32)).requires_grad
    True
    """

    __slots__ = ()

    def __init__(self, data: Any = (), requires_grad: bool = True) -> None:
        self._array = array_of(data)
        self._node = None
        if requires_grad:
            new_leaf(self)

    def __repr__(self) -> str:
        return "Parameter containing:\n" + super().__repr__()

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        copied = type(self)(np.array(self._array), self.requires_grad)
        memo[id(self)] = copied
        return copied

    def __copy__(self) -> Self:
        return type(self)(self._array, self.requires_grad)

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return type(self), (self._array, self.requires_grad)


class Buffer(Tensor):
    """A Tensor that a Module keeps but does not learn: assigned as an attribute, it appears in `buffers()`.

    persistent   is it part of `state_dict()`?
    """

    __slots__ = ()
    persistent: bool

    def __init__(self, data: Any = (), *, persistent: bool = True) -> None:
        self._array = array_of(data)
        self._node = None
        self.persistent = persistent
