"""Ops that rearrange: value and rules side by side. Axes are NumPy's, and not negative."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np
from numpy import ndarray as Array

from kernels.machine.views import moved, seen

from ..broadcast import unbroadcast
from ..op import op
from ..writes import owner

Sizes = tuple[int, ...]

# ------------------------------------------------------------------------------------- the same elements elsewhere


@op("reshape", view=True, dx=lambda dz, x_shape: dz.reshape(x_shape))
def reshape(x: Array, *, shape: Sizes) -> Array:
    """The same elements in row-major order under another shape; a view where the memory allows it."""
    return x.reshape(shape)


@op("expand", view=True, dx=lambda dz, x_shape: unbroadcast(dz, x_shape))
def expand(x: Array, *, shape: Sizes) -> Array:
    """Repeated along axes of size 1 and new leading axes, without a copy. What is repeated cannot be written to."""
    return repeated(x, shape)


def repeated(x: Array, shape: Sizes) -> Array:
    """The value of `expand`."""
    if type(x) is not np.ndarray or not x.flags.c_contiguous:
        z = np.broadcast_to(x, shape)
        return x.reshape(shape) if z.size == x.size else z
    steps = _steps(shape, x.shape, x.strides)
    if steps is None:
        return x.reshape(shape)
    z = np.ndarray(shape, x.dtype, x, 0, steps)  # broadcast_to takes twice as long
    z.setflags(write=False)
    return z


@functools.lru_cache(512)
def _steps(shape: Sizes, size: Sizes, steps: Sizes) -> Sizes | None:
    """The strides of an array of `size` and `steps` repeated to `shape`; None if nothing is repeated."""
    if math.prod(shape) == math.prod(size):
        return None
    extra = len(shape) - len(size)
    own = [step if n == m else 0 for n, m, step in zip(shape[extra:], size, steps, strict=True)]
    return (0,) * extra + tuple(own)


@op("transpose", view=True, dx=lambda dz, axes: transpose(dz, axes=inverse(axes)))
def transpose(x: Array, *, axes: Sizes) -> Array:
    """Axis i of the result is axis axes[i] of x."""
    return x.transpose(axes)


def inverse(axes: tuple[int, ...]) -> tuple[int, ...]:
    """The permutation that undoes `axes`."""
    return tuple(sorted(range(len(axes)), key=axes.__getitem__))


@op("flip", dx=lambda dz, axis: flip(dz, axis=axis))
def flip(x: Array, *, axis: Sizes) -> Array:
    """Reversed along each of the axes, as a copy."""
    return np.flip(x, axis).copy()


@op("roll", dx=lambda dz, shift, axis: roll(dz, shift=tuple(-s for s in shift), axis=axis))
def roll(x: Array, *, shift: Sizes, axis: Sizes) -> Array:
    """Moved by shift[i] along axis[i]; what leaves at one end comes in at the other."""
    return np.roll(x, shift, axis)


@op("clone", dx=lambda dz: dz)
def clone(x: Array, *, order: Any = "K") -> Array:
    """A copy. Order "C": row-major; "K": with x's memory layout."""
    return x.copy(order)


# ------------------------------------------------------------------------------------------------------- repeating


@op("tile", dx=lambda dz, x_shape, reps: untile(dz, x_shape, reps))
def tile(x: Array, *, reps: Sizes) -> Array:
    """reps[i] copies of x, one after the other, along axis i; missing leading axes of x count as size 1."""
    return np.tile(x, reps)


def untile(dz: Any, shape: tuple[int, ...], reps: tuple[int, ...]) -> Any:
    """The sum over the copies."""
    full = (1,) * (len(reps) - len(shape)) + shape
    parted = dz.reshape(tuple(size for pair in zip(reps, full, strict=True) for size in pair))
    return np.sum(parted, axis=tuple(range(0, 2 * len(full), 2))).reshape(shape)


@op("repeat", dx=lambda dz, repeats, axis: segment_sum(dz, counts=repeats, axis=axis))
def repeat(x: Array, *, repeats: Any, axis: int) -> Array:
    """Element i along the axis repeats[i] times in a row; or each `repeats` times."""
    return np.repeat(x, repeats, axis)


@op("segment_sum", arrays=("counts",), dx=lambda dz, counts, axis: repeat(dz, repeats=counts, axis=axis))
def segment_sum(x: Array, *, counts: Any, axis: int) -> Array:
    """Sums of runs of counts[i] (or each `counts`) elements along the axis; a run of none sums to 0."""
    if isinstance(counts, int):
        return x.reshape((*x.shape[:axis], x.shape[axis] // counts, counts, *x.shape[axis + 1 :])).sum(axis + 1)
    z = np.zeros((*x.shape[:axis], len(counts), *x.shape[axis + 1 :]), x.dtype)
    some = counts > 0
    if some.any():
        starts = (np.cumsum(counts) - counts)[some]
        z[(*[slice(None)] * axis, some)] = np.add.reduceat(x, starts, axis)
    return z


# -------------------------------------------------------------------------------------------- joining and splitting


@op("cat", joint=lambda dz, xs_shape, axis: split(dz, sizes=tuple([s[axis] for s in xs_shape]), axis=axis))
def concatenate(*xs: Array, axis: int) -> Array:
    """One after the other along an axis."""
    return np.concatenate(xs, axis)


@op("stack", joint=lambda dz, axis: unbind(dz, axis=axis))
def stack(*xs: Array, axis: int) -> Array:
    """Side by side along a new axis."""
    return np.stack(xs, axis)


@op("split", outputs=0, view=True, dx=lambda dz, axis: concatenate(*dz, axis=axis))
def split(x: Array, *, sizes: Sizes, axis: int) -> tuple[Array, ...]:
    """Pieces of the given sizes along an axis, which they fill."""
    colons = (slice(None),) * axis
    pieces, start = [], 0
    for size in sizes:
        pieces.append(x[(*colons, slice(start, start + size))])
        start += size
    return tuple(pieces)


@op("unbind", outputs=0, view=True, dx=lambda dz, axis: stack(*dz, axis=axis))
def unbind(x: Array, *, axis: int) -> tuple[Array, ...]:
    """Each slice along an axis, without that axis."""
    colons: Any = (slice(None),) * axis
    return tuple([x[(*colons, i, ...)] for i in range(x.shape[axis])])


# ------------------------------------------------------------------------------------- diagonals, triangles, strides


@op(
    "diagonal",
    view=True,
    dx=lambda dz, x_shape, offset, axes: diagonal_embed(dz, shape=x_shape, offset=offset, axes=axes),
)
def diagonal(x: Array, *, offset: int = 0, axes: Sizes = (0, 1)) -> Array:
    """The elements at [i, i + offset] of two axes, along a new last axis."""
    z = x.diagonal(offset, *axes)
    z.setflags(write=x.flags.writeable)  # NumPy's is read-only
    return z


@op("diagonal_embed", dx=lambda dz, offset, axes: diagonal(dz, offset=offset, axes=axes))
def diagonal_embed(x: Array, *, shape: Sizes, offset: int = 0, axes: Sizes = (0, 1)) -> Array:
    """Zeros of `shape` with the last axis of x at [i, i + offset] of two axes."""
    z = np.zeros(shape, x.dtype)
    diagonal(z, offset=offset, axes=axes)[...] = x
    return z


@op("tril", dx=lambda dz, k: tril(dz, k=k))
def tril(x: Array, *, k: int = 0) -> Array:
    """Zeros above diagonal k of each matrix."""
    return np.tril(x, k)


@op("triu", dx=lambda dz, k: triu(dz, k=k))
def triu(x: Array, *, k: int = 0) -> Array:
    """Zeros below diagonal k of each matrix."""
    return np.triu(x, k)


Layout = tuple[tuple[int, ...], tuple[int, ...], int]
"""Shape, strides and offset of an array in its memory, counted in elements."""


def memory(x: Any) -> Any:
    """All the memory that x looks into, as one row of elements."""
    base = owner(x)
    whole = base if isinstance(base, np.ndarray) and base.dtype == x.dtype else x
    size = whole.size if whole.flags.c_contiguous or whole.flags.f_contiguous else 0
    return seen(whole, (size,), (x.itemsize,), x.flags.writeable)


def layout(x: Any) -> Layout:
    """Where the elements of x are in `memory(x)`."""
    whole, size = memory(x), x.itemsize
    start = x.ctypes.data - whole.ctypes.data if whole.base is not x else 0  # an array is where its memory begins
    return x.shape, tuple([s // size for s in x.strides]), start // size


def positions(where: Layout) -> Any:
    """The place in memory of each element of a layout."""
    shape, strides, offset = where
    places = np.full(shape, offset)
    for axis, (size, stride) in enumerate(zip(shape, strides, strict=True)):
        places += (np.arange(size) * stride).reshape(-1, *[1] * (len(shape) - axis - 1))
    return places


@op(
    "as_strided",
    view=True,
    dx=lambda dz, source, target, count: restride(dz, source=target, target=source, count=count),
)
def as_strided(x: Array, *, source: Layout, target: Layout, count: int) -> Array:
    """The memory of x, which x sees as `source`, seen as `target`. Read-only where places may coincide."""
    shape, strides, offset = target
    reach = 0  # of the axes with smaller strides: how far their last element stands from their first
    apart = True
    for stride, size in sorted((stride, size) for stride, size in zip(strides, shape, strict=True) if size > 1):
        apart = apart and stride > reach
        reach += stride * (size - 1)
    strides = tuple(s * x.itemsize for s in strides)
    return seen(memory(x)[offset:], shape, strides, apart and x.flags.writeable)


@op(
    "windows",
    view=True,
    dx=lambda dz, x_shape, axis, size, step: add_windows(dz, shape=x_shape, axis=axis, size=size, step=step),
)
def windows(x: Array, *, axis: int, size: int, step: int) -> Array:
    """All windows of `size` elements along an axis, `step` apart: they stand there, their elements in a new last axis.

    Where windows overlap the result cannot be written to.
    """
    count = (x.shape[axis] - size) // step + 1
    shape = (*x.shape[:axis], count, *x.shape[axis + 1 :], size)
    strides = (*x.strides[:axis], x.strides[axis] * step, *x.strides[axis + 1 :], x.strides[axis])
    return seen(x, shape, strides, x.flags.writeable and (step >= size or count < 2))


@op("add_windows", dx=lambda dz, axis, size, step: windows(dz, axis=axis, size=size, step=step))
def add_windows(x: Array, *, shape: Sizes, axis: int, size: int, step: int) -> Array:
    """The transpose of `windows`: every element of each window added into zeros, to where it came from."""
    z = np.zeros(shape, x.dtype)
    places = moved(z, axis, 0)
    count = x.shape[axis]
    for k in range(size):
        places[k : k + count * step : step][:count] += moved(x[..., k], axis, 0)
    return z


@op("restride", dx=lambda dz, source, target, count: restride(dz, source=target, target=source, count=count))
def restride(x: Array, *, source: Layout, target: Layout, count: int) -> Array:
    """x added into `count` zeros at the places of layout `source`, read at those of `target`."""
    z = np.zeros(count, x.dtype)
    np.add.at(z, positions(source).reshape(-1), x.reshape(-1))
    return z[positions(target)]
