"""Tensors that belong to a module: learned ones (Parameter) and kept ones (Buffer)."""

from __future__ import annotations

from typing import Any, Self, TypeAlias

import numpy as np

from autograd import Tensor
from autograd.extend import UninitializedTensorMixin, array_of, hold, look_again

MaybeNone: TypeAlias = Any
"""What may be None by a setting that the reader knows (`bias=False`): checkers need not ask at each use."""


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
        hold(self, data, requires_grad)

    def __repr__(self) -> str:
        return "Parameter containing:\n" + super().__repr__()

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        copied = type(self)(np.array(array_of(self)), self.requires_grad)
        look_again(copied)  # the array is nobody else's
        memo[id(self)] = copied
        return copied

    def __copy__(self) -> Self:
        return type(self)(array_of(self), self.requires_grad)

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return _unpickled, (type(self), array_of(self), self.requires_grad)


def _unpickled(kind: type[Parameter], array: Any, requires_grad: bool) -> Parameter:
    """A Parameter with memory of its own: that of a pickle is bytes, of which nobody could say who else has them."""
    out = kind(np.array(array), requires_grad)
    look_again(out)
    return out


class Buffer(Tensor):
    """A Tensor that a Module keeps but does not learn: assigned as an attribute, it appears in `buffers()`.

    persistent   is it part of `state_dict()`?
    """

    __slots__ = ()
    persistent: bool

    def __init__(self, data: Any = (), *, persistent: bool = True) -> None:
        hold(self, data)
        self.persistent = persistent


class UninitializedParameter(UninitializedTensorMixin, Parameter):
    """A Parameter whose size is not known yet; see `UninitializedTensorMixin`.

    >>> p = UninitializedParameter()
    >>> p
    <UninitializedParameter>
    >>> p.materialize((2, 3))
    >>> type(p).__name__, p.shape
    ('Parameter', Size([2, 3]))
    """

    __slots__ = ()
    cls_to_become = Parameter

    def __init__(self, requires_grad: bool = True, device: Any = None, dtype: Any = None) -> None:
        self._begin(requires_grad, device, dtype)


class UninitializedBuffer(UninitializedTensorMixin, Buffer):
    """A buffer whose size is not known yet; it becomes a plain Tensor. See `UninitializedTensorMixin`."""

    __slots__ = ()
    cls_to_become = Tensor

    def __init__(
        self, requires_grad: bool = False, device: Any = None, dtype: Any = None, persistent: bool = True
    ) -> None:
        self._begin(requires_grad, device, dtype)
        self.persistent = persistent

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return type(self), (self.requires_grad, None, self._dtype, self.persistent)


def is_lazy(param: Any) -> bool:
    """Is `param` a Parameter or buffer whose size is not known yet?"""
    return isinstance(param, UninitializedTensorMixin)
