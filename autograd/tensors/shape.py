"""Methods that rearrange."""

from __future__ import annotations

import functools
import math
from typing import Any, Self

import numpy as np

from ..errors import DTypeError, SettingError, ShapeError
from ..modes import state
from ..ops import shape as ops
from .core import array_of, spec_of, wrap
from .dims import normalize_dim, normalize_dims
from .index import viewed
from .layout import Layout, listed
from .method import implements, method
from .run import apply
from .views import view_of


def sizes_for(function: str, shape: tuple[int, ...], count: int) -> tuple[int, ...]:
    """`shape` for `count` elements, with a -1 in it worked out. Raises ShapeError in PyTorch's words.

    >>> sizes_for("reshape", (2, -1), 6)
    (2, 3)
    """
    if math.prod(shape) == count and (not shape or min(shape) >= 0):
        return shape
    return _worked_out(function, shape, count)


@functools.lru_cache(512)
def _worked_out(function: str, shape: tuple[int, ...], count: int) -> tuple[int, ...]:
    if -1 in shape:
        known = -math.prod(shape)
        if shape.count(-1) > 1:
            raise ShapeError(f"{function}: only one dimension can be inferred, got shape {list(shape)}")
        if len(shape) == 1:
            return (count,)
        if known == 0 == count:
            raise ShapeError(
                f"{function}: cannot reshape tensor of 0 elements into shape {list(shape)} because the unspecified "
                "dimension size -1 can be any value and is ambiguous"
            )
        if min(shape) == -1 and known and count % known == 0:
            return tuple([count // known if size == -1 else size for size in shape])
    if min(shape, default=0) < -1:
        raise ShapeError(f"{function}: invalid shape dimension {min(shape)} in {list(shape)}")
    raise ShapeError(f"{function}: shape '{list(shape)}' is invalid for input of size {count}")


def _is_view(shape: tuple[int, ...], strides: tuple[int, ...], new: tuple[int, ...]) -> bool:
    """Can elements that lie so be seen under another shape without a copy?

    Dimensions that lie evenly in memory are one run; each run must be cut into whole new dimensions.
    """
    if 0 in shape:
        return True
    runs: list[tuple[int, int]] = []  # elements, and the distance of neighbours
    for n, step in zip(shape, strides, strict=True):
        if n == 1:
            continue
        if runs and runs[-1][1] == n * step:
            runs[-1] = (runs[-1][0] * n, step)
        else:
            runs.append((n, step))
    left, rest = 1, iter(runs)
    for n in new:
        if n == 1:
            continue
        if left == 1:
            left = next(rest)[0]
        if left % n:
            return False
        left //= n
    return True


_ALL = (slice(None),) * 64
_RESHAPE, _TRANSPOSE, _WINDOWS = (op.plan((0,)) for op in (ops.reshape, ops.transpose, ops.windows))


def _reshaped(x: Any, shape: tuple[int, ...]) -> Any:
    """`x`, whose elements lie in order, under another shape: its memory can always be seen so."""
    if state.interpreter is not None or not x._array.flags.c_contiguous:
        return apply(ops.reshape, x, shape=shape)
    array = x._array
    return view_of(x, array.reshape(shape), _RESHAPE, array.shape, "shape", shape)


def _transposed(x: Any, axes: tuple[int, ...]) -> Any:
    """`x` with its axes in another order."""
    if state.interpreter is not None:
        return apply(ops.transpose, x, axes=axes)
    return view_of(x, x._array.transpose(axes), _TRANSPOSE, axes, "axes", axes)


def _windows(x: Any, settings: dict[str, Any]) -> Any:
    """The windows of `x` along an axis."""
    if state.interpreter is not None:
        return apply(ops.windows, x, **settings)
    array = x._array
    z = ops.windows.forward(array, **settings)
    return view_of(x, z, _WINDOWS, (array.shape, *settings.values()), "", settings)


@functools.lru_cache(512)
def _moved(n: int, start: tuple[int, ...], goal: tuple[int, ...]) -> tuple[int, ...]:
    """The order of n dimensions once start[i] stands at position goal[i]."""
    order = [d for d in range(n) if d not in start]
    for to, come in sorted(zip(goal, start, strict=True)):
        order.insert(to, come)
    return tuple(order[:n])


class Shape(Layout):
    """Reshaping, transposing, picking; with its base also memory layout. Repeating and splitting come later."""

    __slots__ = ()

    # ------------------------------------------------------------------------------------------------ other shape

    @method
    def reshape(self, *sizes: Any, shape: Any = None) -> Self:
        """The same elements in row-major order under another shape: a view where the memory allows, else a copy.

        One size may be -1: it is worked out. Raises ShapeError if the number of elements differs.
        """
        new_shape = sizes_for("reshape", listed("reshape", sizes, shape), self._array.size)
        return _reshaped(self, new_shape)

    @method
    def view(self, *sizes: Any, size: Any = None, dtype: Any = None) -> Self:
        """The same memory under another shape (or, for constants, another dtype); one size may be -1.

        Raises ShapeError where `reshape` would have to copy.
        """
        if len(sizes) == 1 and isinstance(sizes[0], (np.dtype, type)):
            dtype, sizes = sizes[0], ()
        if dtype is not None:
            if self._node is not None:
                raise DTypeError("view: the bits of a Tensor that requires grad cannot be seen as another dtype")
            return wrap(self._array.view(dtype))
        array = self._array
        shape = sizes_for("view", listed("view", sizes, size), array.size)
        if not array.flags.c_contiguous and not _is_view(array.shape, array.strides, shape):
            raise ShapeError(
                "view: view size is not compatible with input tensor's size and stride (at least one dimension spans "
                f"across two contiguous subspaces). Use .reshape(...) instead. The shape is {array.shape}, the strides "
                f"are {self.stride()}, wanted {shape}"
            )
        return _reshaped(self, shape)

    @method
    def view_as(self, other: Any) -> Self:
        """`view` with the shape of `other`."""
        shape = spec_of(other).shape
        if not self._array.flags.c_contiguous:
            return self.view(shape)
        return _reshaped(self, sizes_for("view", shape, self._array.size))

    @method
    def reshape_as(self, other: Any) -> Self:
        """`reshape` with the shape of `other`."""
        return _reshaped(self, sizes_for("reshape", spec_of(other).shape, self._array.size))

    @method
    def flatten(self, start_dim: int = 0, end_dim: int = -1) -> Self:
        """The dimensions from start_dim to end_dim, both included, as one. 0-d becomes 1-d."""
        shape = self._array.shape
        start, end = normalize_dim("flatten", start_dim, len(shape)), normalize_dim("flatten", end_dim, len(shape))
        if start > end:
            raise ShapeError(f"flatten() has invalid args: start_dim cannot come after end_dim, got {start} and {end}")
        if start == end and shape:
            return self
        shape = (*shape[:start], math.prod(shape[start : end + 1]), *shape[end + 1 :])
        return _reshaped(self, shape)

    @method
    def ravel(self) -> Self:
        """All elements in one dimension, in row-major order: a view of a contiguous Tensor, a copy of another."""
        x = self if self._array.flags.c_contiguous else self.contiguous()
        return _reshaped(x, (self._array.size,))

    @method
    def unflatten(self, dim: int, sizes: Any) -> Self:
        """One dimension as several, of the given sizes; one of them may be -1."""
        shape = self._array.shape
        d = normalize_dim("unflatten", dim, len(shape))
        parts = listed("unflatten", (sizes,))
        count = math.prod(parts)
        if count == shape[d] and min(parts or (-1,)) >= 0:
            return _reshaped(self, (*shape[:d], *parts, *shape[d + 1 :]))
        if -1 not in parts and count != shape[d]:
            raise ShapeError(
                f"unflatten: Provided sizes {list(parts)} don't multiply up to the size of dim {d} ({shape[d]}) in the "
                "input tensor"
            )
        parts = sizes_for("unflatten", parts, shape[d])
        return _reshaped(self, (*shape[:d], *parts, *shape[d + 1 :]))

    @method
    def squeeze(self, dim: Any = None) -> Self:
        """Without the dimensions of size 1: all of them, or those in `dim` (an int or a tuple). Others stay."""
        shape = self._array.shape
        dims = range(len(shape)) if dim is None else normalize_dims("squeeze", dim, len(shape))
        kept = tuple([size for d, size in enumerate(shape) if size != 1 or d not in dims])
        return _reshaped(self, kept)

    @method
    def unsqueeze(self, dim: int) -> Self:
        """With a new dimension of size 1 at position `dim`, from -ndim - 1 to ndim."""
        shape = self._array.shape
        d = normalize_dim("unsqueeze", dim, len(shape) + 1)
        return _reshaped(self, (*shape[:d], 1, *shape[d:]))

    # ----------------------------------------------------------------------------------------------- other order

    @method
    def permute(self, *order: Any, dims: Any = None) -> Self:
        """The dimensions in another order: dimension i of the result is dimension dims[i]. A view."""
        axes = listed("permute", order, dims)
        if len(axes) != self._array.ndim:
            raise ShapeError(
                "permute(sparse_coo): number of dimensions in the tensor input does not match the length of the "
                f"desired ordering of dimensions i.e. input.dim() = {self._array.ndim} is not equal to len(dims) = "
                f"{len(axes)}"
            )
        axes = tuple([normalize_dim("permute", axis, len(axes)) for axis in axes])
        if len({*axes}) < len(axes):
            raise ShapeError(f"permute(): duplicate dims are not allowed, got {list(axes)}.")
        return _transposed(self, axes)

    @method
    def transpose(self, dim0: int, dim1: int) -> Self:
        """Two dimensions exchanged. A view."""
        n = self._array.ndim
        i, j = normalize_dim("transpose", dim0, n), normalize_dim("transpose", dim1, n)
        axes = [*range(n)]
        if axes:
            axes[i], axes[j] = j, i
        return _transposed(self, tuple(axes))

    swapaxes = swapdims = transpose

    @method
    def t(self) -> Self:
        """The transpose of a matrix; Tensors of fewer dimensions as they are."""
        if self._array.ndim > 2:
            raise ShapeError(f"t() expects a tensor with <= 2 dimensions, but self is {self._array.ndim}D")
        return self.T

    @property
    def T(self) -> Self:  # noqa: N802
        """All dimensions in reverse order."""
        return _transposed(self, (*range(self._array.ndim - 1, -1, -1),))

    @property
    def mT(self) -> Self:  # noqa: N802
        """The last two dimensions exchanged: each matrix of a batch transposed."""
        n = self._array.ndim
        if n < 2:
            raise ShapeError(f"tensor.mT is only supported on matrices or batches of matrices. Got {n}-D tensor.")
        return _transposed(self, (*range(n - 2), n - 1, n - 2))

    @property
    def H(self) -> Self:  # noqa: N802
        """The transpose of a matrix (conjugated, were it complex)."""
        if self._array.ndim not in (0, 2):
            raise ShapeError(f"tensor.H is only supported on matrices (2-D tensors). Got {self._array.ndim}-D tensor.")
        return self.T

    @property
    def mH(self) -> Self:  # noqa: N802
        """The last two dimensions exchanged (conjugated, were it complex)."""
        return self.mT

    @method
    def adjoint(self) -> Self:
        """The last two dimensions exchanged (conjugated, were it complex); a 0-d Tensor is its own."""
        return self.mT if self._array.ndim else self

    @method
    def movedim(self, source: Any, destination: Any) -> Self:
        """Dimension source[i] moved to position destination[i]; the others keep their order. Ints or tuples."""
        n = self._array.ndim
        start, goal = normalize_dims("movedim", source, n), normalize_dims("movedim", destination, n)
        if len(start) != len(goal):
            raise ShapeError(
                "movedim: Invalid source or destination dims: source and destination must have the same number of "
                f"dims, got {len(start)} and {len(goal)}"
            )
        return _transposed(self, _moved(n, start, goal))

    moveaxis = movedim

    @method
    def unfold(self, dimension: int, size: int, step: int) -> Self:
        """All windows of `size` elements along a dimension, `step` apart: (..., windows, ..., size). A view.

        The windows stand in place of the dimension, their elements in a new last one. Not `nn.functional.unfold`, which
        makes columns of images.
        """
        d = normalize_dim("unfold", dimension, self._array.ndim)
        length = self._array.shape[d] if self._array.ndim else 1
        if not 0 <= size <= length or step < 1:
            raise ShapeError(
                f"unfold: maximum size for tensor at dimension {d} is {length} but size is {size}, step {step}"
            )
        if self._array.ndim == 0:
            return self.reshape(1).unfold(0, size, step).select(0, 0)
        return _windows(self, {"axis": d, "size": size, "step": min(step, length + 1)})

    @method
    def flip(self, *order: Any, dims: Any = None) -> Self:
        """The elements in reverse order along each of `dims`. A copy."""
        axis = normalize_dims("flip", listed("flip", order, dims), self._array.ndim)
        return apply(ops.flip, self, axis=axis if self._array.ndim else ())

    @method
    def fliplr(self) -> Self:
        """Reversed along dimension 1."""
        if self._array.ndim < 2:
            raise ShapeError("fliplr: Input must be >= 2-d.")
        return self.flip(1)

    @method
    def flipud(self) -> Self:
        """Reversed along dimension 0."""
        if self._array.ndim < 1:
            raise ShapeError("flipud: Input must be >= 1-d.")
        return self.flip(0)

    @method
    def roll(self, shifts: Any, dims: Any = None) -> Self:
        """Moved by `shifts` along `dims`; what leaves at one end comes in at the other. Ints or tuples.

        Without `dims` the elements move in row-major order, and the shape stays.
        """
        shift = (shifts,) if isinstance(shifts, int) else listed("roll", (shifts,))
        if dims is None or dims == ():
            if len(shift) != 1:
                raise ShapeError(f"roll: shifts and dimensions must align. shifts: {len(shift)}, dims:0")
            return apply(ops.roll, self.ravel(), shift=shift, axis=(0,)).reshape(self._array.shape)
        axis = tuple(
            normalize_dim("roll", d, self._array.ndim) for d in (dims if isinstance(dims, (tuple, list)) else (dims,))
        )
        if len(axis) != len(shift):
            raise ShapeError(f"roll: shifts and dimensions must align. shifts: {len(shift)}, dims:{len(axis)}")
        return apply(ops.roll, self, shift=shift, axis=axis)

    @method
    def rot90(self, k: int = 1, dims: Any = (0, 1)) -> Self:
        """Turned k times by 90 degrees from the first of `dims` towards the second."""
        if len(dims) != 2:
            raise ShapeError(f"rot90: expected total rotation dims == 2, but got dims = {len(dims)}")
        i, j = normalize_dims("rot90", dims, self._array.ndim)
        turns = (
            lambda: self.clone(),
            lambda: self.flip(j).transpose(i, j),
            lambda: self.flip(i, j),
            lambda: self.transpose(i, j).flip(j),
        )
        return turns[k % 4]()

    # --------------------------------------------------------------------------------------------------- picking

    @method
    def narrow(self, dim: int, start: Any, length: int) -> Self:
        """`length` elements along `dim` from `start` on. A view."""
        shape = self._array.shape
        if not shape:
            raise ShapeError("narrow() cannot be applied to a 0-dim tensor.")
        d = normalize_dim("narrow", dim, len(shape))
        first, n = int(start), shape[d]
        if not -n <= first <= n:
            raise ShapeError(
                f"narrow: Dimension out of range (expected to be in range of [{-n}, {n}], but got {first})"
            )
        first += n * (first < 0)
        if length < 0:
            raise ShapeError(f"narrow(): length must be non-negative, got {length}")
        if first + length > n:
            raise ShapeError(f"narrow: start ({first}) + length ({length}) exceeds dimension size ({n}).")
        return viewed(self, (*_ALL[:d], slice(first, first + length), ...))

    @method
    def select(self, dim: int, index: int) -> Self:
        """The slice at `index` of dimension `dim`, without that dimension. A view."""
        shape = self._array.shape
        if not shape:
            raise ShapeError("select() cannot be applied to a 0-dim tensor.")
        d = normalize_dim("select", dim, len(shape))
        if not -shape[d] <= index < shape[d]:
            raise ShapeError(f"select(): index {index} out of range for tensor of size {list(shape)} at dimension {d}")
        return viewed(self, (*_ALL[:d], int(index), ...))


# ------------------------------------------------------------------------------------------------ NumPy's functions


@implements(np.reshape)
def _reshape(a: Any, shape: Any, order: str = "C", *, copy: bool | None = None) -> Any:
    if _columns_first("reshape", a, order):
        shape = (shape,) if isinstance(shape, (int, np.integer)) else tuple(shape)
        z = np.transpose(Shape.reshape(_in_reverse(a), shape[::-1]))
    else:
        z = Shape.reshape(a, shape)
    return apply(ops.clone, z, order="C") if copy else z


def _in_reverse(a: Any) -> Any:
    return np.transpose(a)


def _columns_first(function: str, a: Any, order: str) -> bool:
    """Does NumPy read the elements in the order of columns?"""
    if order not in ("C", "F", "A", "K"):
        raise SettingError(f"np.{function}: order must be one of 'C', 'F', 'A', or 'K' (got {order!r})")
    flags = a._array.flags
    return order == "F" or (order != "C" and flags.f_contiguous and not flags.c_contiguous)


@implements(np.ravel)
def _ravel(a: Any, order: str = "C") -> Any:
    return Shape.ravel(_in_reverse(a) if _columns_first("ravel", a, order) else a)


@implements(np.expand_dims)
def _expand_dims(a: Any, axis: Any) -> Any:
    return apply(ops.reshape, a, shape=np.expand_dims(array_of(a), axis).shape)


@implements(np.squeeze)
def _squeeze(a: Any, axis: Any = None) -> Any:
    return apply(ops.reshape, a, shape=np.squeeze(array_of(a), axis).shape)


@implements(np.transpose)
def _transpose(a: Any, axes: Any = None) -> Any:
    return Shape.permute(a, [*range(spec_of(a).ndim)][::-1] if axes is None else axes)


@implements(np.permute_dims)
def _permute_dims(a: Any, axes: Any = None) -> Any:
    return _transpose(a, axes)


@implements(np.matrix_transpose)
def _matrix_transpose(x: Any) -> Any:
    return Shape.transpose(x, -1, -2)


@implements(np.swapaxes)
def _swapaxes(a: Any, axis1: int, axis2: int) -> Any:
    return Shape.transpose(a, axis1, axis2)


@implements(np.moveaxis)
def _moveaxis(a: Any, source: Any, destination: Any) -> Any:
    return Shape.movedim(a, source, destination)


@implements(np.flip)
def _flip(m: Any, axis: Any = None) -> Any:
    return Shape.flip(m, [*range(spec_of(m).ndim)] if axis is None else axis)


@implements(np.fliplr)
def _fliplr(m: Any) -> Any:
    return Shape.fliplr(m)


@implements(np.flipud)
def _flipud(m: Any) -> Any:
    return Shape.flipud(m)


@implements(np.roll)
def _roll(a: Any, shift: Any, axis: Any = None) -> Any:
    if axis is not None:  # NumPy repeats a single shift, or a single axis
        pairs = np.broadcast(np.asarray(shift), np.asarray(axis))
        shift, axis = zip(*[(int(s), int(d)) for s, d in pairs], strict=True)
    elif isinstance(shift, (tuple, list)):
        shift = sum(map(int, shift))
    return Shape.roll(a, shift, axis)


@implements(np.rot90)
def _rot90(m: Any, k: int = 1, axes: Any = (0, 1)) -> Any:
    return Shape.rot90(m, k, axes)
