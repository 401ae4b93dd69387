"""The array of a Tensor that is mapped over, as code sees it: one slice, which stands for all of them.

A `Mapped` has the shape, the dtype and the methods of a slice. What it holds is the Tensor with all slices, along one
more axis in front. NumPy's functions on it compute for all slices at once. What Python would have to know of a slice
alone, such as the outcome of a comparison, differs between the slices, and is refused: see `asked`.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from ..tensors.core import Core, StandIn, alike, new_leaf, of_all, sliced, wrap
from .asked import SCALARS, Asked, refused

_ABOUT = {np.ndim, np.shape, np.size, np.result_type, np.can_cast, np.min_scalar_type, np.iscomplexobj, np.isrealobj}
"""Functions that are told by shapes and dtypes alone."""

_OF_MEMORY = {np.may_share_memory, np.shares_memory}
"""Those about where arrays lie: of all slices together."""

_ASKING = frozenset({"item", "tolist", "tobytes", "dump", "dumps", "tofile"})
_REFUSED = frozenset({"resize", "setflags", "byteswap", "data", "ctypes"})


class Mapped(Asked, StandIn, NDArrayOperatorsMixin):
    """Stands for a slice of the array of `_tensor`, whose first axis `_batch` maps over.

    It is what `isinstance(x, np.ndarray)` takes for an array. `_over` says how a check of the library, such as
    `if wrong.any(): raise`, is answered for all slices: the function that made this of an array, such as np.any.
    """

    __slots__ = ("_batch", "_over", "_tensor")
    __hash__ = None  # type: ignore[assignment] # as an array

    def __init__(self, batch: Any, tensor: Any, over: Any = None) -> None:
        self._batch = batch
        self._tensor = tensor
        self._over = over

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        return np.ndarray

    # -- what is known without looking at the values

    @property
    def shape(self) -> tuple[int, ...]:
        """Of a slice."""
        return tuple(self._tensor._array.shape[1:])

    @property
    def ndim(self) -> int:
        """Of a slice."""
        return len(self._tensor._array.shape) - 1

    @property
    def size(self) -> int:
        """Of a slice."""
        return int(np.prod(self.shape))

    @property
    def nbytes(self) -> int:
        """Of a slice."""
        return int(self.size * self.dtype.itemsize)

    @property
    def strides(self) -> tuple[int, ...]:
        """Of a slice."""
        return tuple(self._tensor._array.strides[1:])

    @property
    def dtype(self) -> Any:
        """Of all slices."""
        return self._tensor._array.dtype

    @property
    def base(self) -> Any:
        """Never None: the memory is that of the whole array."""
        array = self._tensor._array
        return array if array.base is None else array.base

    @property
    def flags(self) -> Any:
        """Of all slices together."""
        return self._tensor._array.flags

    @property
    def itemsize(self) -> int:
        """Of the dtype."""
        return int(self.dtype.itemsize)

    @property
    def T(self) -> Any:  # noqa: N802 - NumPy's name
        """With the axes in reverse."""
        return self.transpose()

    @property
    def mT(self) -> Any:  # noqa: N802 - NumPy's name
        """With the last two axes exchanged."""
        return self.swapaxes(-1, -2)

    def constant(self) -> Mapped:
        """The same values, of which nothing is differentiated."""
        return self if self._tensor._node is None else Mapped(self._batch, wrap(self._tensor._array), self._over)

    def alike(self, array: Any) -> Any:
        """A new array for each slice, which may be written to."""
        whole = self._tensor._array
        return Mapped(self._batch, wrap(alike(whole, np.broadcast_to(array, (whole.shape[0], *array.shape)).copy())))

    def new_leaf(self, tensor: Any) -> None:
        """Make `tensor`, whose array this is, a leaf that requires grad: one for each slice."""
        whole = wrap(self._tensor._array)
        new_leaf(whole)
        tensor._array, tensor._node = Mapped(self._batch, whole), whole._node

    def layout(self) -> tuple[Any, int]:
        """Shape, strides and start of a slice in memory of its own, and how many elements that has: see `ops.shape`."""
        strides = tuple([step // self.itemsize for step in self.strides])
        last = sum((n - 1) * step for n, step in zip(self.shape, strides, strict=True))
        return (self.shape, strides, 0), last + 1 if self.size else 0

    def sliced(self, function: Callable[[Any], Any]) -> Any:
        """function(array) for each slice by itself, stacked."""
        return called(lambda array: sliced(function, array), (self,), {})

    def of_all(self, function: Callable[[Any], Any]) -> Any:
        """function(array) for all slices together: a check of elements one by one."""
        return of_all(function, self._tensor._array)

    def __len__(self) -> int:
        if not self.ndim:
            raise TypeError("len() of unsized object")
        return self.shape[0]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or not hasattr(np.ndarray, name):
            raise AttributeError(f"an array that is mapped over has no attribute {name!r}")
        if name in _ASKING:
            caller = sys._getframe(1)
            if caller.f_code.co_name == "item" and caller.f_back is not None:
                caller = caller.f_back
            if name == "item" and caller.f_code.co_name in SCALARS:  # of a Tensor
                return lambda: getattr(self, caller.f_code.co_name)(caller.f_back)
            raise refused(f"{name}() is called on a mapped value", "Return the Tensor, and look at it outside of vmap.")
        if name in _REFUSED:
            raise AttributeError(f"an array that is mapped over has no {name!r}")
        return _Method(self, name)

    # -- NumPy

    def __array_ufunc__(self, ufunc: np.ufunc, how: str, *args: Any, **kwargs: Any) -> Any:
        if any(isinstance(x, Core) for x in args):
            return NotImplemented
        return called(ufunc if how == "__call__" else _ufunc_method(ufunc, how), args, kwargs)

    def __array_function__(self, function: Callable[..., Any], types: Any, args: Any, kwargs: Any) -> Any:
        if any(issubclass(kind, Core) for kind in types):
            return NotImplemented
        if function in _OF_MEMORY:
            return function(*[_memory(x) for x in args], **kwargs)
        if function in _ABOUT:
            return function(*_specs(args), **_specs(kwargs))
        return called(function, args, kwargs)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        raise refused("the array of a mapped value is asked for", "Compute with Tensors, or outside of vmap.")

    def __getitem__(self, index: Any) -> Any:
        return called(_getitem, (self, index), {})

    def __setitem__(self, index: Any, value: Any) -> None:
        innermost((self, index, value)).assign(self, index, value)

    def __iter__(self) -> Iterator[Any]:
        if not self.ndim:
            raise TypeError("iteration over a 0-d array")
        return (self[index] for index in range(len(self)))

    def __copy__(self) -> Any:
        return called(np.copy, (self,), {})

    def __deepcopy__(self, memo: Any) -> Any:
        return self.__copy__()

    def __contains__(self, x: Any) -> bool:
        return bool((self == x).any())

    def __repr__(self) -> str:
        return f"<one of {len(self._tensor._array)} slices that are mapped over: {self.dtype} {self.shape}>"

    def __format__(self, spec: str) -> str:
        return repr(self)

    # -- ops called on arrays

    @property
    def _apply(self) -> Callable[..., Any]:
        return _applied


def _applied(op: Any, *inputs: Any, **settings: Any) -> Any:
    """An op on arrays, some of which are mapped."""
    found = innermost((inputs, settings)).call(op, inputs, settings, False)
    return tuple([x._array for x in found]) if isinstance(found, tuple) else found._array


class _Method:
    """A method of a mapped array."""

    __slots__ = ("array", "name")

    def __init__(self, array: Mapped, name: str) -> None:
        self.array = array
        self.name = name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return called(_method(self.name), (self.array, *args), kwargs)


@functools.cache
def _method(name: str) -> Any:
    """A method as a function, of arrays and of what stands for several."""

    def method(array: Any, *args: Any, **kwargs: Any) -> Any:
        return getattr(array, name)(*args, **kwargs)

    method.__name__ = name
    return method


def _getitem(array: Any, index: Any) -> Any:
    return array[index]


_METHODS: dict[tuple[Any, str], Any] = {}


def _ufunc_method(ufunc: np.ufunc, how: str) -> Any:
    key = ufunc, how
    if key not in _METHODS:
        _METHODS[key] = getattr(ufunc, how)
    return _METHODS[key]


# ---------------------------------------------------------------------------------------------------------- nests


def mapped_in(tree: Any) -> Iterator[Mapped]:
    """The mapped arrays in a nest of tuples, lists and dicts, as they are or in Tensors."""
    if type(tree) is Mapped:
        yield tree
    elif isinstance(tree, Core):
        array: Any = tree._array
        if type(array) is Mapped:
            yield array
    elif type(tree) is dict:
        for part in tree.values():
            yield from mapped_in(part)
    elif isinstance(tree, (tuple, list)):
        for part in tree:
            yield from mapped_in(part)
    elif type(tree) is slice:
        yield from mapped_in((tree.start, tree.stop, tree.step))


def exchanged(tree: Any, change: Callable[[Any], Any]) -> Any:
    """A nest with change(leaf) in the place of each leaf."""
    if type(tree) is dict:
        return {key: exchanged(part, change) for key, part in tree.items()}
    if type(tree) in (tuple, list):
        return type(tree)([exchanged(part, change) for part in tree])
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return type(tree)(*[exchanged(part, change) for part in tree])
    return change(tree)


def innermost(tree: Any) -> Any:
    """The batch that is asked first about a nest: of the mapped arrays in it, the one that was mapped last."""
    return max((x._batch for x in mapped_in(tree)), key=lambda batch: batch.depth)


def named(names: str, rule: Any) -> dict[str, Any]:
    """The rule under each of some names."""
    return dict.fromkeys(names.split(), rule)


def called(function: Any, args: Any, kwargs: Any) -> Any:
    """A function of NumPy's on arrays, some of which are mapped."""
    return innermost((args, kwargs)).computed(function, args, kwargs)


def _memory(x: Any) -> Any:
    """The array of all slices."""
    while type(x) is Mapped:
        x = x._tensor._array
    return x


def _specs(tree: Any) -> Any:
    """A nest with an array of the same shape and dtype, without memory, for each mapped one."""
    return exchanged(tree, lambda x: np.broadcast_to(np.zeros((), x.dtype), x.shape) if type(x) is Mapped else x)
