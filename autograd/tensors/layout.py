"""Methods that tell how a Tensor lies in memory, or change only that."""

from __future__ import annotations

import operator
from typing import Any, Self

import numpy as np

from ..errors import SettingError, ShapeError
from ..modes import state
from ..ops import shape as ops
from ..shared import share
from ..writes import owner
from .core import Core, array_of, spec_of
from .dims import normalize_dim
from .method import implements, method
from .run import apply


def listed(function: str, args: tuple[Any, ...], named: Any = None) -> tuple[int, ...]:
    """The ints of f(x, 2, 3), of f(x, (2, 3)), or of f(x, name=(2, 3)).

    >>> listed("permute", (2, 3)), listed("permute", ((2, 3),)), listed("permute", (), [2, 3])
    ((2, 3), (2, 3), (2, 3))
    """
    if named is None and args:  # shortcut: plain ints
        given = args[0] if len(args) == 1 and type(args[0]) is tuple else args
        for size in given:
            if type(size) is not int:
                break
        else:
            return given
    if named is not None:
        if args:
            raise TypeError(f"{function}: got the same argument by position and by name")
        args = (named,)
    if len(args) == 1 and isinstance(args[0], (tuple, list, np.ndarray)):
        args = tuple(args[0])
    try:
        return tuple([operator.index(arg) for arg in args])
    except TypeError:
        raise TypeError(f"{function}: wanted ints, or one tuple or list of ints, got {args!r}") from None


MEMORY_FORMATS = ("contiguous_format", "preserve_format", "channels_last", "channels_last_3d")
"""PyTorch's names for orders of the elements in memory. They change no value, and here all Tensors are row-major."""


def check_memory_format(function: str, memory_format: Any) -> None:
    """Raise SettingError unless it is None or one of MEMORY_FORMATS."""
    if memory_format is not None and memory_format not in MEMORY_FORMATS:
        raise SettingError(f"{function}: wanted a memory_format such as {MEMORY_FORMATS[0]!r}, got {memory_format!r}")


class Layout(Core):
    """Sizes, strides, copies."""

    __slots__ = ()

    @method
    def size(self, dim: int | None = None) -> Any:
        """The shape, or the size of one dimension."""
        shape = self._array.shape
        return self.shape if dim is None else shape[normalize_dim("size", dim, len(shape))]  # type: ignore[attr-defined]

    @method
    def dim(self) -> int:
        """The number of dimensions."""
        return self._array.ndim

    ndimension = dim

    @method
    def numel(self) -> int:
        """The number of elements."""
        return self._array.size

    nelement = numel

    @method
    def stride(self, dim: int | None = None) -> Any:
        """How many elements lie between neighbours, for each dimension or for one."""
        array = self._array
        strides = tuple([step // array.itemsize for step in array.strides])
        return strides if dim is None else strides[normalize_dim("stride", dim, array.ndim)]

    @method
    def storage_offset(self) -> int:
        """How many elements lie in memory before the first one."""
        return ops.layout(self._array)[2]

    @method
    def element_size(self) -> int:
        """Bytes per element."""
        return self._array.itemsize

    @property
    def itemsize(self) -> int:
        """Bytes per element."""
        return self._array.itemsize

    @property
    def nbytes(self) -> int:
        """Bytes of all elements."""
        return self._array.nbytes

    def data_ptr(self) -> int:
        """The address of the first element."""
        if state.interpreter is not None:
            state.interpreter.settle("data_ptr()")
        share(self._array)
        return self._array.ctypes.data

    @method
    def is_contiguous(self, memory_format: Any = None) -> bool:
        """Do the elements lie in memory in row-major order, without gaps?"""
        check_memory_format("is_contiguous", memory_format)
        array = self._array
        if memory_format in ("channels_last", "channels_last_3d"):
            array = np.moveaxis(array, 1, -1)
        return array.flags.c_contiguous

    @method
    def contiguous(self, memory_format: Any = None) -> Self:
        """Itself if its elements lie in memory in row-major order without gaps, else a copy that does.

        memory_format   taken, and without effect: see MEMORY_FORMATS
        """
        if memory_format is not None:
            check_memory_format("contiguous", memory_format)
        return self if self._array.flags.c_contiguous else apply(ops.clone, self, order="C")

    @method
    def clone(self, *, memory_format: Any = None) -> Self:
        """A copy with memory of its own; the gradient flows through it. For `memory_format` see `contiguous`."""
        if memory_format is not None:
            check_memory_format("clone", memory_format)
        return apply(ops.clone, self)

    @method
    def as_strided(self, size: Any, stride: Any, storage_offset: int | None = None) -> Self:
        """The memory of this Tensor seen with another shape, other strides and another start, counted in elements.

        Elements may occur several times, as in windows that overlap; their gradients add up. storage_offset defaults to
        this Tensor's own. Raises ShapeError if that reaches outside the memory, or if this Tensor has several elements
        at one place (after `expand`).
        """
        shape, strides = listed("as_strided", (size,)), listed("as_strided", (stride,))
        array = self._array
        own = getattr(array, "layout", None)  # of a stand-in
        source, count = (ops.layout(array), ops.memory(array).size) if own is None else own()
        offset = source[2] if storage_offset is None else storage_offset
        if len(shape) != len(strides) or min(shape, default=0) < 0 or min(strides, default=0) < 0 or offset < 0:
            raise ShapeError(
                f"as_strided: wanted as many strides as sizes, none of them negative, got size {shape}, stride "
                f"{strides}, storage_offset {offset}"
            )
        last = offset + sum((n - 1) * step for n, step in zip(shape, strides, strict=True))
        if 0 not in shape and last >= count:
            raise ShapeError(
                f"as_strided: setStorage: sizes {list(shape)}, strides {list(strides)}, storage offset {offset} are "
                f"out of bounds for storage of {count} elements"
            )
        if any(n > 1 and step == 0 for n, step in zip(source[0], source[1], strict=True)):
            raise ShapeError("as_strided: several elements of the Tensor share one place in memory; clone() it first")
        return apply(ops.as_strided, self, source=source, target=(shape, strides, offset), count=count)


def shares_memory(x: Any, y: Any) -> bool:
    """Do two arrays look into the same memory?"""
    return owner(x) is owner(y)


@implements(np.copy)
def _copy(a: Any, order: str = "K", subok: bool = False) -> Any:
    return apply(ops.clone, a, order=order)


@implements(np.ascontiguousarray)
def _ascontiguousarray(a: Any, dtype: Any = None) -> Any:
    a = a if dtype is None else a.to(np.dtype(dtype))
    return Layout.contiguous(a if a._array.ndim else a.reshape(1))


@implements(np.shape)
def _shape(a: Any) -> tuple[int, ...]:
    return spec_of(a).shape


@implements(np.ndim)
def _ndim(a: Any) -> int:
    return spec_of(a).ndim


@implements(np.size)
def _size(a: Any, axis: Any = None) -> int:
    return int(np.size(array_of(a), axis))
