"""Methods that pick elements, and functions that look them up."""

from __future__ import annotations

import sys
from types import EllipsisType
from typing import Any, Self

import numpy as np

from ..errors import DTypeError, InplaceError, SettingError, ShapeError
from ..modes import state
from ..ops import index as ops
from ..ops.along import take_along
from ..records import Record
from ..room import check_room, common_shape
from .core import Array, Core, T, array_of, link_view, operand, spec_of, wrap
from .dims import normalize_dim
from .method import implements, method
from .out import takes_out
from .run import apply
from .untracked import warn_at_line
from .views import view_of

_BASIC = {int, slice, type(None), EllipsisType}
_PLAIN = {int, slice}
_WHOLE = slice(None)
_PLAN = ops.getitem.plan((0,))


# ---------------------------------------------------------------------------------------------- what users write


def plain_index(index: Any) -> Any:
    """What stands between the brackets, as the ops take it: int, slice, None, ..., mask, intp array, or a tuple.

    Tensors, lists and ranges become arrays, 0-d integers become ints. A Tensor of uint8 is a mask, as in PyTorch.
    """
    if type(index) is tuple:
        return tuple([plain_index(part) for part in index])
    if type(index) in _BASIC or isinstance(index, bool):
        return index
    if isinstance(index, (list, range)):
        array = np.array([x._array if isinstance(x, Core) else x for x in index])
        array = array.astype(np.intp) if array.size == 0 else array
    elif isinstance(index, (Core, np.ndarray, np.generic)):
        array = array_of(index)
        if array.dtype == np.uint8 and isinstance(index, Core):
            warn_at_line(
                "index: a uint8 Tensor is taken for a mask, as in PyTorch; write .bool(), or .long() for places"
            )
            array = array != 0
    elif hasattr(index, "__index__"):
        return int(index.__index__())
    else:
        raise DTypeError(
            "only integers, slices (`:`), ellipsis (`...`), None and integer or bool tensors are valid indices, got "
            f"{type(index).__name__}"
        )
    if array.dtype.kind == "b":
        return array
    if array.dtype.kind not in "iu":
        raise DTypeError(f"tensors used as indices must be long, int, byte or bool tensors, got {array.dtype}")
    return int(array) if array.ndim == 0 and type(array) is np.ndarray else array.astype(np.intp, copy=False)


def is_basic(index: Any) -> bool:
    """Does this plain index give a view: has it ints, slices, None and ... only?"""
    return all(type(part) in _BASIC for part in index) if type(index) is tuple else type(index) in _BASIC


def misplaced(array: Array, index: Any, error: Exception) -> ShapeError:
    """NumPy's complaint about an index into `array`, in PyTorch's words."""
    text = str(error).replace("for axis", "for dimension").replace("indexing arrays", "indexing tensors")
    if text.startswith("too many indices"):
        text = f"too many indices for tensor of dimension {array.ndim}"
        if array.ndim == 0:
            text = "invalid index of a 0-dim tensor. Use `tensor.item()` to convert a 0-dim tensor to a number"
    elif text.startswith("boolean index"):
        masks = [part for part in (index if type(index) is tuple else (index,)) if isinstance(part, np.ndarray)]
        shape = list(masks[0].shape) if masks else []
        text = (
            f"The shape of the mask {shape} does not match the shape of the indexed tensor {list(array.shape)} ({text})"
        )
    return ShapeError(text)


def index_array(function: str, index: Any, size: int, dim: int) -> Array:
    """An integer index as an array, checked to lie in 0 .. size - 1."""
    array = array_of(index)
    if array.dtype.kind not in "iu" and array.size:
        raise DTypeError(f"{function}(): Expected dtype int32/int64 for index, got {array.dtype}")
    array = array.astype(np.intp, copy=False)
    if array.size:
        low, high = int(array.min()), int(array.max())
        if low < 0 or high >= size:
            wrong = low if low < 0 else high
            raise ShapeError(f"{function}: index {wrong} is out of bounds for dimension {dim} with size {size}")
    return array


def mask_array(function: str, mask: Any) -> Array:
    """A mask as a bool array."""
    array = array_of(mask)
    if array.dtype.kind != "b":
        raise DTypeError(f"{function} only supports boolean masks, but got mask with dtype {array.dtype}")
    return array


# ------------------------------------------------------------------------------------------------------ methods


def viewed(x: Any, index: tuple[Any, ...]) -> Any:
    """`x[index]`, for ints and slices that fit, and an Ellipsis at their end."""
    if state.interpreter is not None:
        return apply(ops.viewed, x, index=index)
    array = x._array
    return view_of(x, array[index], _PLAN, (array.shape, index), "index", index)


class Index(Core):
    """Picking elements."""

    __slots__ = ()

    def __getitem__(self, index: Any) -> Self:
        """Elements by NumPy's rules: ints, slices, None, ..., boolean masks, integer arrays and mixtures of them.

        Ints and slices give a view that shares memory; masks and arrays give a copy. Negative steps are allowed.
        Gradients of elements that are picked twice add up. Raises ShapeError (an IndexError) out of range.
        """
        kind = type(index)
        view = True
        if kind is int:
            index = (index, ...)  # the Ellipsis makes a view even of a single element
        elif kind is tuple and _PLAIN.issuperset(map(type, index)):  # shortcut: ints and slices
            index = (*index, ...)
        elif kind is not slice:
            index = plain_index(index)
            view = is_basic(index)
            if view and ... not in (index := index if type(index) is tuple else (index,)):
                index = (*index, ...)
        interpreter = state.interpreter
        if interpreter is not None and interpreter.captures:
            return interpreter.picked(self, index, view)
        array = self._array
        if interpreter is not None and (view or interpreter.transforms):
            try:
                return apply(ops.viewed if view else ops.getitem, self, index=index)
            except IndexError as error:
                raise misplaced(array, index, error) from None
        try:
            z = array[index]
        except (IndexError, ValueError) as error:  # ValueError: a step of 0
            raise misplaced(array, index, error) from None
        node, tape = self._node, state.tape
        if node is None or tape is None:
            out: Self = wrap(z)
        else:
            if interpreter is not None:  # records stand on the tape in the order of the calls
                interpreter.settle("an index")
            record = Record.at(sys._getframe(1), _PLAN, node, (array.shape, index), z.shape, array.dtype)
            tape.records.append(record)
            if len(tape.records) > tape.limit:
                tape.overflow(z, (array,), {"index": index})
            out = wrap(z, record)
        if view:
            link_view(out, self)
        return out

    @method
    def index_select(self, dim: int, index: Any) -> Self:
        """The slices `index` (1-d integers) along `dim`, in that order; a 0-d index counts as one element."""
        dim = normalize_dim("index_select", dim, self._array.ndim)
        if spec_of(index).ndim > 1:
            raise ShapeError(f"index_select(): Index is supposed to be a vector, got shape {spec_of(index).shape}")
        if self._array.ndim == 0:
            if index_array("index_select", index, 1, 0).size != 1:
                raise ShapeError(
                    f"index_select(): Index to scalar can have only 1 value, got {spec_of(index).size} value(s)"
                )
            return self.clone()  # type: ignore[attr-defined]
        places = index_array("index_select", index, self._array.shape[dim], dim).reshape(-1)
        return apply(ops.getitem, self, index=(*[_WHOLE] * dim, places))

    @method
    def gather(self, dim: int, index: Any, *, sparse_grad: bool = False) -> Self:
        """z[i, j] = x[i, index[i, j]] for dim 1, likewise for others: shaped like `index`.

        index   integers, as many dimensions as x, no longer than x along the other dimensions
        Elements that are picked several times receive the sum of the gradients.
        """
        if sparse_grad:
            raise NotImplementedError("gather: sparse gradients are not supported; leave sparse_grad=False")
        x = self._array
        dim = normalize_dim("gather", dim, x.ndim)
        check_index_shape("gather", array_of(index), x.shape, dim)
        places = index_array("gather", index, x.shape[dim] if x.ndim else 1, dim)
        if x.ndim == 0 or places.ndim != x.ndim:  # one element, or none
            return apply(ops.getitem, self.reshape(-1), index=places)  # type: ignore[attr-defined]
        return apply(take_along, _trimmed(self, places.shape, dim), places, axis=dim)

    @method
    def take(self, index: Any) -> Self:
        """Elements of the flattened Tensor at the integers `index`, shaped like it; negatives count from the end."""
        size = self._array.size
        places = array_of(index)
        if places.dtype.kind not in "iu":
            raise DTypeError(f"take(): Expected a long tensor for index, but got {places.dtype}")
        wrong = places[(places < -size) | (places >= size)]
        if wrong.size:
            raise ShapeError(f"take: out of range: tried to access index {wrong[0]} on a tensor of {size} elements")
        flat = self if self._array.ndim == 1 else self.reshape(-1)  # type: ignore[attr-defined]
        return apply(ops.getitem, flat, index=places.astype(np.intp, copy=False))

    @method
    def take_along_dim(self, indices: Any, dim: int | None = None) -> Self:
        """Elements at `indices` along `dim`, which argmax and argsort give; x and indices are broadcast elsewhere.

        dim None: both are flattened.
        """
        if dim is None:
            return self.take(array_of(indices).reshape(-1))
        x = self._array
        dim = normalize_dim("take_along_dim", dim, x.ndim)
        places = array_of(indices)
        if places.ndim != x.ndim:
            raise ShapeError(
                "take_along_dim(): input and indices should have the same number of dimensions, but got "
                f"{x.ndim} dimensions for input, and {places.ndim} dimensions for indices"
            )
        places = index_array("take_along_dim", np.where(places < 0, places + x.shape[dim], places), x.shape[dim], dim)
        xs, ps = list(x.shape), list(places.shape)
        xs[dim] = ps[dim] = 1
        common = list(common_shape("take_along_dim", tuple(xs), tuple(ps)))
        wide = np.broadcast_to(places, (*common[:dim], places.shape[dim], *common[dim + 1 :]))
        source = np.broadcast_to(self, (*common[:dim], x.shape[dim], *common[dim + 1 :]))  # type: ignore[call-overload]
        return apply(take_along, source, wide, axis=dim)

    @method
    def masked_select(self, mask: Any) -> Self:
        """The elements where `mask` is True, 1-d, in row-major order; x and mask are broadcast against each other."""
        wanted = mask_array("masked_select", mask)
        shape = broadcast_shape("masked_select", self._array.shape, wanted.shape)
        x = self if shape == self._array.shape else np.broadcast_to(self, shape)  # type: ignore[call-overload]
        return apply(ops.getitem, x, index=np.broadcast_to(wanted, shape))

    @method
    def nonzero(self, *, as_tuple: bool = False) -> Any:
        """Where the elements are not 0: int64 of shape (count, ndim); as_tuple: one index Tensor per dimension."""
        if as_tuple:
            return tuple([wrap(part) for part in np.nonzero(np.atleast_1d(self._array))])
        return wrap(np.argwhere(self._array))

    @method
    def argwhere(self) -> Self:
        """Where the elements are not 0: int64 of shape (count, ndim)."""
        return wrap(np.argwhere(self._array))


def check_index_shape(function: str, index: Array, shape: tuple[int, ...], dim: int) -> None:
    """Raise unless `index` has as many dimensions as `shape` and is no larger apart from `dim`."""
    if index.size and max(index.ndim, 1) != max(len(shape), 1):
        raise ShapeError(
            f"{function}: Index tensor must have the same number of dimensions as input tensor, got index of shape "
            f"{index.shape} and input of shape {shape}"
        )
    for axis, (n, size) in enumerate(zip(index.shape, shape, strict=False)):
        if index.size and axis != dim and n > size:
            raise ShapeError(
                f"{function}: Size does not match at dimension {axis} expected index {list(index.shape)} to be no "
                f"larger than self {list(shape)} apart from dimension {dim}"
            )


def _trimmed(x: Any, shape: tuple[int, ...], dim: int | None) -> Any:
    """The leading part of x of `shape`, leaving `dim` alone."""
    if all(n == size or axis == dim for axis, (n, size) in enumerate(zip(x.shape, shape, strict=True))):
        return x
    return x[tuple([_WHOLE if axis == dim else slice(n) for axis, n in enumerate(shape)])]


def broadcast_shape(function: str, a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...]:
    """The common shape of two; PyTorch's sentence if there is none."""
    try:
        return np.broadcast_shapes(a, b)
    except ValueError:
        raise ShapeError(
            f"{function}: The shape of the mask {list(b)} cannot be broadcast with that of the tensor {list(a)}"
        ) from None


# ---------------------------------------------------------------------------------------------------- functions


@takes_out
def searchsorted(
    sorted_sequence: Any,
    input: Any,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Any = None,
) -> Any:
    """Where to insert `input` into `sorted_sequence` so that it stays sorted; int64, shaped like input.

    sorted_sequence   1-d, or sorted along the last dimension with the same leading sizes as `input`
    right             False: before equal elements; True (or side="right"): behind them
    """
    if side not in (None, "left", "right"):
        raise SettingError(f"searchsorted: side can only be 'left' or 'right' but got {side}")
    if right and side == "left":
        raise SettingError("searchsorted: side and right can't be set to opposites, got side='left' and right=True")
    where = "right" if right or side == "right" else "left"
    edges, values = array_of(sorted_sequence), array_of(input)
    if sorter is not None:
        edges = np.take_along_axis(edges, array_of(sorter).astype(np.intp), axis=-1)
    dtype = np.int32 if out_int32 else np.int64
    if edges.ndim == 1:
        return wrap(np.asarray(np.searchsorted(edges, values, side=where), dtype))  # type: ignore[call-overload]
    if values.ndim == 0 or edges.ndim == 0 or edges.shape[:-1] != values.shape[:-1]:
        raise ShapeError(
            "searchsorted: boundaries tensor should be 1 dimension or the first N-1 dimensions of boundaries tensor "
            f"and input value tensor must match, but we got boundaries tensor {list(edges.shape)} and input value "
            f"tensor {list(values.shape)}"
        )
    out = np.empty(values.shape, dtype)
    for row in np.ndindex(edges.shape[:-1]):
        out[row] = np.searchsorted(edges[row], values[row], side=where)  # type: ignore[call-overload]
    return wrap(out)


@takes_out
def bucketize(input: T, boundaries: Any, *, out_int32: bool = False, right: bool = False) -> T:
    """Number of the bucket between `boundaries` (1-d, sorted) that each element of `input` falls into; int64."""
    if spec_of(boundaries).ndim != 1:
        raise ShapeError(f"bucketize: boundaries tensor must be 1 dimension, but got dim({spec_of(boundaries).ndim})")
    return searchsorted(boundaries, input, out_int32=out_int32, right=right)


def one_hot(input: T, num_classes: int = -1) -> T:
    """1 at the class of each element along a new last dimension, 0 elsewhere; int64 of shape (*tensor.shape, classes).

    num_classes   -1: one more than the largest element
    """
    labels = array_of(input)
    if labels.dtype.kind not in "iu":
        raise DTypeError(f"one_hot is only applicable to index tensor, got {labels.dtype}")
    if labels.size == 0 and num_classes <= 0:
        raise ShapeError("one_hot: Can not infer total number of classes from empty tensor.")
    if labels.size and labels.min() < 0:
        raise ShapeError(f"one_hot: Class values must be non-negative, got {labels.min()}")
    if num_classes == -1:
        num_classes = int(labels.max()) + 1
    if num_classes < 1:
        raise ShapeError(f"one_hot: num_classes should be positive, got {num_classes}")
    if labels.size and labels.max() >= num_classes:
        raise ShapeError(f"one_hot: Class values must be smaller than num_classes={num_classes}, got {labels.max()}")
    check_room("one_hot", (*labels.shape, num_classes))
    return wrap((labels[..., None] == np.arange(num_classes)).astype(np.int64))


def embedding(
    input: Any,
    weight: Any,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Any:
    """Rows of `weight` (V, D) at the integers `input` (*): (*, D).

    padding_idx          a row that gets no gradient; negative ones count from the end
    max_norm             rows in use with a larger norm (of order `norm_type`) are first shrunk to it, in place
    scale_grad_by_freq   divide each gradient by how often its row occurs in `input`
    """
    if sparse:
        raise NotImplementedError("embedding: sparse gradients are not supported; leave sparse=False")
    weight = operand(weight)
    rows = weight._array
    if rows.ndim != 2:
        raise ShapeError(f"embedding: 'weight' must be 2-D, got shape {rows.shape}")
    size = rows.shape[0]
    index = array_of(input)
    if index.dtype.kind not in "iu":
        raise DTypeError(
            f"embedding: Expected tensor for argument #1 'indices' to be Long or Int, got {index.dtype}: the input of "
            "an embedding are row numbers, such as input.long()"
        )
    index = index.astype(np.intp, copy=False)
    if index.size and (index.min() < 0 or index.max() >= size):
        wrong = index.min() if index.min() < 0 else index.max()
        raise ShapeError(f"embedding: index out of range in self: {wrong} for a weight of {size} rows")
    if padding_idx is not None:
        if not -size <= padding_idx < size:
            raise ShapeError(f"embedding: Padding_idx must be within num_embeddings = {size}, got {padding_idx}")
        padding_idx %= size
    if max_norm is not None:
        if not rows.flags.writeable:
            raise InplaceError("embedding: max_norm wanted a weight that can be written to, got read-only memory")
        used = np.unique(index)
        norms = np.linalg.norm(rows[used], norm_type, axis=1, keepdims=True).astype(rows.dtype)
        rows[used] *= np.where(norms > max_norm, max_norm / (norms + 1e-7), 1).astype(rows.dtype)
    scale = None
    if scale_grad_by_freq and index.size:
        scale = (1 / np.bincount(index.reshape(-1), minlength=size)[index, None]).astype(rows.dtype)
    return apply(ops.embedding, weight, index=index, padding_idx=padding_idx, scale=scale)


# ------------------------------------------------------------------------------------------------- NumPy's names


@implements(np.take)
def _take(a: Any, indices: Any, axis: int | None = None, out: None = None, mode: str = "raise") -> Any:
    if out is not None or mode != "raise":
        raise TypeError("np.take: out= and mode= cannot be recorded")
    a = operand(a)
    if axis is None:
        return Index.take(a, indices)
    axis = normalize_dim("take", axis, a._array.ndim)
    places = array_of(indices)
    index = (*[_WHOLE] * axis, places.astype(np.intp, copy=False))
    try:
        return apply(ops.getitem, a, index=index)
    except IndexError as error:
        raise misplaced(a._array, index, error) from None


@implements(np.take_along_axis)
def _take_along_axis(arr: Any, indices: Any, axis: int | None = -1) -> Any:
    return Index.take_along_dim(arr, indices, axis)


@implements(np.nonzero)
def _nonzero(a: Any) -> Any:
    return Index.nonzero(a, as_tuple=True)


@implements(np.argwhere)
def _argwhere(a: Any) -> Any:
    return Index.argwhere(a)
