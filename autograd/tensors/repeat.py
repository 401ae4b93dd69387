"""Methods that repeat elements, with or without a copy."""

from __future__ import annotations

import functools
from typing import Any, Self, cast

import numpy as np

from ..errors import DTypeError, ShapeError
from ..modes import state
from ..ops import shape as ops
from ..room import check_room
from .core import Core, array_of, spec_of
from .dims import normalize_dim
from .layout import listed
from .method import implements, method
from .run import apply
from .views import view_of

_EXPAND = ops.expand.plan((0,))


def _expanded(x: Any, shape: tuple[int, ...]) -> Any:
    """`x` repeated to a shape that it fits."""
    if state.interpreter is not None:
        return apply(ops.expand, x, shape=shape)
    array = x._array
    return view_of(x, ops.expand.forward(array, shape=shape), _EXPAND, array.shape, "shape", shape)


@functools.lru_cache(512)
def _fits(shape: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    """Is `wanted` all sizes, to which `shape` can be repeated?"""
    extra = len(wanted) - len(shape)
    sizes = extra >= 0 and min(wanted, default=0) >= 0
    fits = sizes and all(n in (1, size) for n, size in zip(shape, wanted[extra:], strict=True))
    if fits:
        check_room("expand", wanted)
    return fits


class Repeat(Core):
    """expand, which shares memory, and repeat, tile, repeat_interleave, which copy."""

    __slots__ = ()

    @method
    def expand(self, *sizes: Any, size: Any = None) -> Self:
        """Repeated along dimensions of size 1 and new leading ones, without a copy; -1 keeps a size.

        The elements share memory, so the result is read-only, but for parts in which none occurs twice.
        """
        wanted, shape = listed("expand", sizes, size), self._array.shape
        extra = len(wanted) - len(shape)
        if _fits(shape, wanted):  # shortcut: nothing to work out, nothing wrong
            return _expanded(self, wanted)
        if extra < 0:
            raise ShapeError(
                f"expand: the number of sizes provided ({len(wanted)}) must be greater or equal to the number of "
                f"dimensions in the tensor ({len(shape)})"
            )
        full = [*wanted]
        for d, n in reversed([*enumerate(shape, extra)]):
            if full[d] == -1:
                full[d] = n
            elif n not in (1, full[d]):
                raise ShapeError(
                    f"expand: The expanded size of the tensor ({full[d]}) must match the existing size ({n}) at "
                    f"non-singleton dimension {d}.  Target sizes: {list(wanted)}.  Tensor sizes: {list(shape)}"
                )
        if min(full, default=0) < 0:
            raise ShapeError(
                f"expand: The expanded size of the tensor ({min(full)}) isn't allowed in a leading, non-existing "
                f"dimension {full.index(min(full))}"
            )
        check_room("expand", full)
        return _expanded(self, tuple(full))

    @method
    def sum_to_size(self, *size: Any) -> Self:
        """Summed over the dimensions that `expand` from `size` would have repeated: its transpose."""
        wanted, x = listed("sum_to_size", size), cast(Any, self)
        extra = x._array.ndim - len(wanted)
        fits = extra >= 0 and all(a in (1, b) for a, b in zip(wanted, x._array.shape[max(extra, 0) :], strict=True))
        if not fits:
            raise ShapeError(f"sum_to_size: size {list(wanted)} is not expandable to size {list(x._array.shape)}")
        dims = [d for d, n in enumerate(x._array.shape) if d < extra or (wanted[d - extra] == 1 and n != 1)]
        return (x.sum(tuple(dims), keepdim=True) if dims else x).reshape(wanted)

    @method
    def expand_as(self, other: Any) -> Self:
        """`expand` to the shape of `other`."""
        wanted = spec_of(other).shape
        return _expanded(self, wanted) if _fits(self._array.shape, wanted) else self.expand(wanted)

    @method
    def broadcast_to(self, *sizes: Any, size: Any = None) -> Self:
        """`expand` under NumPy's name."""
        wanted = listed("broadcast_to", sizes, size)
        return _expanded(self, wanted) if _fits(self._array.shape, wanted) else self.expand(wanted)

    @method
    def tile(self, *reps: Any, dims: Any = None) -> Self:
        """dims[i] copies along dimension i, as NumPy's tile: missing leading entries of either count as 1."""
        times = listed("tile", reps, dims)
        times = (1,) * (self._array.ndim - len(times)) + times
        return self.repeat(times)

    @method
    def repeat(self, *reps: Any, repeats: Any = None) -> Self:
        """repeats[i] copies along dimension i; more entries than dimensions add leading ones. A copy.

        NumPy calls this `tile`; NumPy's repeat is `repeat_interleave`.
        """
        times = listed("repeat", reps, repeats)
        if len(times) < self._array.ndim:
            raise ShapeError(
                "repeat: Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor, "
                f"got {len(times)} for {self._array.ndim}"
            )
        if min(times, default=0) < 0:
            raise ShapeError(f"repeat: wanted no negative number of copies, got {list(times)}")
        lead = (1,) * (len(times) - self._array.ndim)
        check_room("repeat", [m * n for m, n in zip(times, lead + self._array.shape, strict=True)])
        return apply(ops.tile, self, reps=times)

    @method
    def repeat_interleave(self, repeats: Any, dim: int | None = None, *, output_size: int | None = None) -> Self:
        """Each element `repeats` times in a row along `dim`; without `dim`, of the flattened Tensor.

        repeats   an int, or one per element along `dim`: a Tensor, array or list of ints
        """
        if dim is None:
            flat: Self = apply(ops.reshape, self, shape=(self._array.size,))
            return flat.repeat_interleave(repeats, 0, output_size=output_size)
        x = self if self._array.ndim else apply(ops.reshape, self, shape=(1,))
        axis = normalize_dim("repeat_interleave", dim, x._array.ndim)
        counts = array_of(repeats)
        if counts.dtype.kind not in "iu":
            raise DTypeError(f"repeat_interleave: repeats has to be Long or Int tensor, got {counts.dtype}")
        if counts.ndim > 1 or (counts.size != 1 and counts.size != x._array.shape[axis]):
            raise ShapeError(
                "repeat_interleave: repeats must have the same size as input along dim, but got repeats.size(0) = "
                f"{counts.shape[0]} and input.size({axis}) = {x._array.shape[axis]}"
            )
        if counts.size and counts.min() < 0:
            raise ShapeError("repeat_interleave: repeats can not be negative")
        # shortcut: one count for all, not 0: NumPy takes a number
        uniform = counts.size == 1 and counts.min() > 0
        times = int(counts.min()) if uniform else np.broadcast_to(counts, x._array.shape[axis]).copy()
        copies = times * x._array.shape[axis] if uniform else int(np.sum(times, dtype=np.float64))
        check_room("repeat_interleave", (*x._array.shape[:axis], copies, *x._array.shape[axis + 1 :]))
        z: Self = apply(ops.repeat, x, repeats=times, axis=axis)
        if output_size is not None and z._array.shape[axis] != output_size:
            raise ShapeError(
                f"repeat_interleave: allocated size does not match required size, got output_size={output_size}"
            )
        return z


# ------------------------------------------------------------------------------------------------ NumPy's functions


@implements(np.broadcast_to)
def _broadcast_to(array: Any, shape: Any) -> Any:
    return Repeat.expand(array, shape)


@implements(np.tile)
def _tile(A: Any, reps: Any) -> Any:
    return Repeat.tile(A, reps)


@implements(np.repeat)
def _repeat(a: Any, repeats: Any, axis: int | None = None) -> Any:
    return Repeat.repeat_interleave(a, repeats, axis)
