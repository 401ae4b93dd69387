"""Joining several Tensors, and taking one apart."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from typing import Any, Self

import numpy as np

from ..errors import DTypeError, ShapeError
from ..modes import state
from ..ops import shape as ops
from .core import Core, T, spec_of
from .dims import normalize_dim
from .method import implements, method, refuse
from .out import into
from .promotion import alike
from .run import apply
from .views import views_of

# ---------------------------------------------------------------------------------------------------------- joining


def cat(tensors: Iterable[T], dim: int = 0, *, out: Any = None, axis: int | None = None) -> T:
    """Tensors one after the other along an existing dimension; in the others their sizes agree.

    1-d Tensors without elements are left out. dtypes are promoted. Also called concat and concatenate.
    """
    if isinstance(tensors, Core):
        raise DTypeError("cat(): argument 'tensors' must be a tuple or list of Tensors, not Tensor: cat([a, b])")
    if out is not None:
        return into("cat", out, cat, (list(tensors), dim), {"axis": axis})
    if axis is not None:
        dim = axis
    xs = alike(tensors)
    if not xs:
        raise ShapeError("cat(): expected a non-empty list of Tensors")
    for position, x in enumerate(xs):
        if x._array.ndim == 0:
            raise ShapeError(f"cat: zero-dimensional tensor (at position {position}) cannot be concatenated")
    if any(x._array.ndim != 1 for x in xs):
        xs = [x for x in xs if x._array.shape != (0,)]
    axis = normalize_dim("cat", dim, xs[0]._array.ndim)
    try:
        return apply(ops.concatenate, *xs, axis=axis)
    except ValueError:
        raise _cat_misfit(xs, axis) from None


concat = concatenate = cat


def _cat_misfit(xs: list[Any], axis: int) -> ShapeError:
    first = xs[0]._array.shape
    for position, x in enumerate(xs):
        shape = x._array.shape
        if len(shape) != len(first):
            return ShapeError(f"cat: Tensors must have same number of dimensions: got {len(first)} and {len(shape)}")
        for d, (expected, got) in enumerate(zip(first, shape, strict=True)):
            if d != axis and expected != got:
                return ShapeError(
                    f"cat: Sizes of tensors must match except in dimension {axis}. Expected size {expected} but got "
                    f"size {got} for tensor number {position} in the list."
                )
    return ShapeError(f"cat: cannot join shapes {[x._array.shape for x in xs]} along dimension {axis}")


def stack(tensors: Iterable[T], dim: int = 0, *, out: Any = None, axis: int | None = None) -> T:
    """Tensors of one shape side by side along a new dimension."""
    if out is not None:
        return into("stack", out, stack, (list(tensors), dim), {"axis": axis})
    if axis is not None:
        dim = axis
    xs = alike(tensors)
    if not xs:
        raise ShapeError("stack expects a non-empty TensorList")
    shape = xs[0]._array.shape
    for position, x in enumerate(xs):
        if x._array.shape != shape:
            raise ShapeError(
                f"stack expects each tensor to be equal size, but got {list(shape)} at entry 0 and "
                f"{list(x._array.shape)} at entry {position}"
            )
    return apply(ops.stack, *xs, axis=normalize_dim("stack", dim, len(shape) + 1))


# ----------------------------------------------------------------------------------------------------- taking apart


class Split(Core):
    """Taking a Tensor apart along one dimension; the pieces are views, and together they are one record."""

    __slots__ = ()

    @method
    def split(self, split_size_or_sections: Any, dim: int = 0) -> tuple[Self, ...]:
        """Pieces of one size (the last may be smaller), or of the sizes in a list that add up to the dimension."""
        n, axis = self._along("split", dim)
        if not isinstance(split_size_or_sections, int):
            return _split_at(self, _sizes("split_with_sizes", split_size_or_sections, n, dim), axis)
        size = split_size_or_sections
        if size < 0:
            raise ShapeError(f"split expects split_size be non-negative, but got split_size={size}")
        if size == 0 and n:
            raise ShapeError(f"split: split_size can only be 0 if dimension size is 0, but got dimension size of {n}")
        return _split_at(self, _even_sizes(n, size), axis)

    @method
    def split_with_sizes(self, split_sizes: Any, dim: int = 0) -> tuple[Self, ...]:
        """Pieces of the given sizes, which add up to the dimension."""
        n, axis = self._along("split_with_sizes", dim)
        return _split_at(self, _sizes("split_with_sizes", split_sizes, n, dim), axis)

    @method
    def chunk(self, chunks: int, dim: int = 0) -> tuple[Self, ...]:
        """At most `chunks` pieces of equal size, the last perhaps smaller. For an exact number see `tensor_split`."""
        if chunks < 1:
            raise ShapeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
        n, axis = self._along("chunk", dim)
        return _split_at(self, _even_sizes(n, -(-n // chunks)) if n else (0,) * chunks, axis)

    @method
    def tensor_split(self, indices_or_sections: Any, dim: int = 0) -> tuple[Self, ...]:
        """As many pieces as asked for, of sizes that differ by at most one; or the pieces between given indices."""
        return self._parts(indices_or_sections, *self._along("tensor_split", dim))

    def _parts(self, given: Any, n: int, axis: int) -> tuple[Self, ...]:
        given = given._array.tolist() if isinstance(given, Core) else given
        if isinstance(given, int):
            if given < 1:
                raise ShapeError(f"tensor_split: number of sections must be larger than 0, got {given}")
            size, rest = divmod(n, given)
            return _split_at(self, (size + 1,) * rest + (size,) * (given - rest), axis)
        bounds = zip([None, *given], [*given, None], strict=True)
        parts = [slice(start, stop).indices(n)[:2] for start, stop in bounds]
        sizes = [max(stop - start, 0) for start, stop in parts]
        if sum(sizes) == n and all(start == sum(sizes[:k]) for k, (start, _) in enumerate(parts) if sizes[k]):
            return _split_at(self, tuple(sizes), axis)
        return tuple([self.narrow(axis, start, max(stop - start, 0)) for start, stop in parts])  # type: ignore[attr-defined]

    @method
    def hsplit(self, indices_or_sections: Any) -> tuple[Self, ...]:
        """`tensor_split` along dimension 1, of a 1-d Tensor along its only one; equal pieces only."""
        return self._even("hsplit", indices_or_sections, 1 if self._array.ndim > 1 else 0, 1)

    @method
    def vsplit(self, indices_or_sections: Any) -> tuple[Self, ...]:
        """`tensor_split` along dimension 0 of at least two; equal pieces only."""
        return self._even("vsplit", indices_or_sections, 0, 2)

    @method
    def dsplit(self, indices_or_sections: Any) -> tuple[Self, ...]:
        """`tensor_split` along dimension 2; equal pieces only."""
        return self._even("dsplit", indices_or_sections, 2, 3)

    def _even(self, function: str, given: Any, dim: int, least: int) -> tuple[Self, ...]:
        shape = self._array.shape
        if len(shape) < least:
            raise ShapeError(f"{function} requires a tensor with at least {least} dimension, got shape {list(shape)}")
        if isinstance(given, int) and (given < 1 or shape[dim] % given):
            raise ShapeError(
                f"{function} attempted to split along dimension {dim}, but the size of the dimension {shape[dim]} is "
                f"not divisible by the split_size {given}!"
            )
        return self._parts(given, shape[dim], dim)

    @method
    def unbind(self, dim: int = 0) -> tuple[Self, ...]:
        """Each slice along a dimension, without that dimension. What iterating over a Tensor gives for dimension 0."""
        return _apart(self, ops.unbind, {"axis": self._along("unbind", dim)[1]})

    def _along(self, function: str, dim: int) -> tuple[int, int]:
        """The size of a dimension, and which one it is, counted from 0."""
        shape = self._array.shape
        if not shape:
            raise ShapeError(f"{function}: expects at least a 1-dimensional tensor, got a 0-d Tensor")
        axis = normalize_dim(function, dim, len(shape))
        return shape[axis], axis


def _even_sizes(n: int, size: int) -> tuple[int, ...]:
    """Sizes of the pieces of `size` elements that n of them make; the last may have fewer."""
    whole, rest = divmod(n, size) if n else (0, 0)
    return (size,) * whole + (rest,) * (rest > 0 or not n)


def _sizes(function: str, given: Any, n: int, dim: int) -> tuple[int, ...]:
    """The sizes of pieces that a user asks for."""
    sizes = tuple(map(operator.index, given))
    if sum(sizes) == n and (not sizes or min(sizes) >= 0):
        return sizes
    raise ShapeError(
        f"{function} expects split_sizes to sum exactly to {n} (input tensor's size at dimension {dim}), "
        f"but got split_sizes={list(sizes)}"
    )


def _split_at(x: Any, sizes: tuple[int, ...], axis: int) -> tuple[Any, ...]:
    return _apart(x, ops.split, {"sizes": sizes, "axis": axis})


def _apart(x: Any, op: Any, settings: dict[str, Any]) -> tuple[Any, ...]:
    """The pieces that `op` takes a Tensor apart into."""
    if state.interpreter is not None:
        pieces: tuple[Any, ...] = apply(op, x, **settings)
        return pieces
    return views_of(x, op.forward(x._array, **settings), op, settings)


# ------------------------------------------------------------------------------------------------ NumPy's functions


@implements(np.concatenate)
def _concatenate(arrays: Any, axis: int | None = 0, *, dtype: Any = None, casting: Any = "same_kind") -> Any:
    arrays = list(arrays)  # of an array: its slices
    z = cat([x.ravel() for x in alike(arrays)]) if axis is None else cat(arrays, axis)
    return of_dtype(z, dtype, casting)


def of_dtype(z: Any, dtype: Any, casting: Any) -> Any:
    """What NumPy's functions that join do with `dtype` and `casting`."""
    if dtype is None:
        return z
    if not np.can_cast(z._array.dtype, dtype, casting):
        raise TypeError(f"Cannot cast from {z._array.dtype} to {np.dtype(dtype)} according to the rule {casting!r}")
    return z.to(np.dtype(dtype))


@implements(np.stack)
def _stack(arrays: Any, axis: int = 0, out: None = None, *, dtype: Any = None, casting: Any = "same_kind") -> Any:
    refuse("stack", out=out)
    return of_dtype(stack(arrays, axis), dtype, casting)


@implements(np.split)
def _split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    if isinstance(indices_or_sections, int) and spec_of(ary).shape[axis] % indices_or_sections:
        raise ShapeError("np.split: array split does not result in an equal division")
    return [*Split.tensor_split(ary, indices_or_sections, axis)]


@implements(np.array_split)
def _array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    if not spec_of(indices_or_sections).ndim:
        indices_or_sections = int(indices_or_sections)
    return [*Split.tensor_split(ary, indices_or_sections, axis)]
