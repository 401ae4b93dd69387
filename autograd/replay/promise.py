"""What an operation hands out while it is not yet computed: a Tensor that knows its shape and dtype, and waits.

Nothing in the library has to know of it. Where a Tensor has its array, a promise has one that is still to come: shape,
dtype and size are told, and whoever wants more makes the run compute what it has promised. So does whoever wants the
record or what else belongs to a value. Afterwards the promise is a Tensor like every other.
"""

from __future__ import annotations

import math
import sys
from typing import Any

import numpy as np

from ..tensors import core
from ..tensors.tensor import Tensor


def _settled(name: str) -> Any:
    """An attribute of a promise that it has only when it is computed."""

    def get(self: Promise) -> Any:
        self._run.settle(f"`{name}` of a value")
        return getattr(self, name)

    def put(self: Promise, value: Any) -> None:
        self._run.settle(f"setting `{name}` of a value")
        setattr(self, name, value)

    return property(get, put)


_set_class = object.__dict__["__class__"].__set__


class _SameType(type):
    """`type(x) == Tensor` holds for promises, and a dictionary by type finds them. (`is` tells them apart.)"""

    def __eq__(cls, other: Any) -> bool:
        return other is Tensor or other is cls

    def __hash__(cls) -> int:
        return hash(Tensor)


class Promise(Tensor, metaclass=_SameType):
    """A Tensor whose value a run has still to compute. `_run` is that run, `_slot` its number in it."""

    __slots__ = ()

    __class__ = property(lambda self: Tensor, lambda self, kind: _set_class(self, kind))

    _run: Any
    _slot: int
    _facts: Any

    _array = property(lambda self: Coming(self), _settled("_array").fset)
    _node = _settled("_node")
    _base = _settled("_base")
    _views = _settled("_views")
    _fixed = _settled("_fixed")
    _silent = _settled("_silent")
    _lent = _settled("_lent")
    _grad = _settled("_grad")
    _spent = _settled("_spent")

    dtype = property(lambda self: self._facts.dtype)
    ndim = property(lambda self: len(self._facts.shape))

    @property
    def requires_grad(self) -> bool:
        """Will it be tracked?"""
        tracked: bool = self._facts.tracked
        return tracked

    @requires_grad.setter
    def requires_grad(self, flag: bool) -> None:
        self._run.settle("requires_grad")
        self.requires_grad = flag

    def __reduce_ex__(self, protocol: Any) -> Any:
        self._run.settle("a copy")
        return self.__reduce_ex__(protocol)


Promise.__name__ = Promise.__qualname__ = "Tensor"


def _value(x: Any) -> Any:
    """The array of a `Coming`; anything else as it is, also in nests of tuples and lists."""
    if type(x) is Coming:
        return x.array()
    if type(x) in (tuple, list):
        return type(x)([_value(item) for item in x])
    return x


def _asking() -> str:
    """Who wants a value: the innermost function that is not of this file."""
    frame = sys._getframe(2)
    while (frame.f_code.co_filename == __file__ or frame.f_code is core.array_of.__code__) and frame.f_back is not None:
        frame = frame.f_back
    return frame.f_code.co_qualname


class Coming:
    """The array of a promise: what is known of it at once, and all of it as soon as somebody asks for more."""

    __slots__ = ("promise",)
    __hash__ = None  # type: ignore[assignment] # as an array

    def __init__(self, promise: Promise) -> None:
        self.promise = promise

    def array(self) -> Any:
        """The array itself."""
        promise = self.promise
        if type(promise) is Promise:
            promise._run.value(promise, f"{_asking()} needs the value")
        return promise._array

    @property
    def shape(self) -> Any:
        promise = self.promise
        return promise._facts.shape if type(promise) is Promise else promise._array.shape

    @property
    def dtype(self) -> Any:
        promise = self.promise
        return promise._facts.dtype if type(promise) is Promise else promise._array.dtype

    @property
    def strides(self) -> Any:
        promise = self.promise
        return promise._facts.strides if type(promise) is Promise else promise._array.strides

    @property
    def flags(self) -> Any:
        promise = self.promise
        return promise._facts.flags if type(promise) is Promise else promise._array.flags

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    @property
    def itemsize(self) -> int:
        size: int = self.dtype.itemsize
        return size

    @property
    def nbytes(self) -> int:
        return self.size * self.itemsize

    def __getattr__(self, name: str) -> Any:
        return getattr(self.array(), name)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        array = self.array()
        if dtype is not None and array.dtype != dtype:
            return array.astype(dtype)
        return array.copy() if copy else array

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return getattr(ufunc, method)(*_value(inputs), **{name: _value(x) for name, x in kwargs.items()})

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return function(*_value(args), **{name: _value(x) for name, x in kwargs.items()})


def _forward(name: str) -> Any:
    def method(self: Coming, *args: Any) -> Any:
        return getattr(self.array(), name)(*_value(args))

    method.__name__ = name
    return method


for _name in dir(np.ndarray):
    if _name.startswith("__") and _name not in dir(Coming) and callable(getattr(np.ndarray, _name)):
        setattr(Coming, _name, _forward(_name))
for _name in ("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__str__", "__repr__", "__format__"):
    setattr(Coming, _name, _forward(_name))


def promise(run: Any, slot: int, facts: Any) -> Promise:
    """A new one."""
    out: Promise = core.new(Promise)
    out._run = run
    out._facts = facts
    out._slot = slot
    return out


def _base_of(tensor: Any, named: dict[int, Any]) -> Any:
    """What a view looks into: a promise, where it is one of those that are kept; the same for those in between."""
    base = tensor._base
    if id(base) in named:
        return named[id(base)]
    if base._base is not None:
        base._base = _base_of(base, named)
    return base


def keep(promises: list[Any], tensors: list[Any]) -> None:
    """Let promises be what `tensors` are: the Tensors that operations returned for them."""
    named = {id(tensor): waiting for tensor, waiting in zip(tensors, promises, strict=True)}
    for waiting, tensor in zip(promises, tensors, strict=True):
        own = waiting.__dict__
        del own["_run"], own["_facts"], own["_slot"]
        _set_class(waiting, Tensor)
        if own and "_memory" in own:  # it was there before, and is what it was in its own memory: see `rewriting`
            own.pop("_memory")[...] = tensor._array
            continue
        waiting._array = tensor._array
        waiting._node = tensor._node
        if tensor.__dict__:
            own.update(tensor.__dict__)
            if tensor._base is not None:
                core.link_view(waiting, _base_of(tensor, named))
