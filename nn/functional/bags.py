"""Sums, means and maxima of embeddings, without the embeddings themselves as a result."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray as Array

from autograd import Tensor
from autograd.errors import DTypeError, SettingError, ShapeError
from autograd.extend import apply, array_of, operand, shape_of, spec_of, wrap
from autograd.ops import index as ops
from autograd.tensors.index import embedding


def embedding_bag(
    input: Any,
    weight: Any,
    offsets: Any = None,
    max_norm: float | None = None,
    norm_type: float = 2,
    scale_grad_by_freq: bool = False,
    mode: str = "mean",
    sparse: bool = False,
    per_sample_weights: Any = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Tensor:
    """The sum, mean or maximum of the rows of `weight` (V, D) that each bag of indices names: (B, D).

    input                 integers (B, L): every row is a bag; or 1-d, all bags in a row
    offsets               (B,), for a 1-d input: where each bag begins; the first is 0, and none is below the one before
    max_norm              rows in use with a larger norm (of order `norm_type`) are first shrunk to it, in place
    scale_grad_by_freq    divide each gradient by how often its row occurs in `input`; not with mode "max"
    mode                  "sum", "mean" or "max", column by column; equal ones: the first has the gradient
    per_sample_weights    of input's shape and weight's dtype: what each row counts, with mode "sum"
    include_last_offset   the last offset is no bag, but the end of the last one
    padding_idx           indices that are in no bag; negative ones count from the end
    An empty bag gives zeros.

    >>> embedding_bag(np.array([0, 2, 1]), np.array([[1.0], [2.0], [4.0]]), np.array([0, 2]), mode="sum").tolist()
    [[5.0], [2.0]]
    """
    if mode not in ("sum", "mean", "max"):
        raise SettingError(f"embedding_bag: mode has to be one of sum, mean or max, got {mode!r}")
    if mode == "max" and scale_grad_by_freq:
        raise SettingError("embedding_bag: max mode does not support scaling the gradient by the frequency")
    if sparse:
        raise NotImplementedError("embedding_bag: sparse gradients are not supported; leave sparse=False")
    table = operand(weight)
    if table.ndim != 2:
        raise ShapeError(f"embedding_bag: weight has to be a 2D Tensor, got shape {shape_of(table)}")
    index = array_of(input)
    sizes = _bag_sizes(index, offsets, include_last_offset)
    shares = _weights(per_sample_weights, index, table, mode)
    index = index.reshape(-1)
    found = embedding(index, table, None, max_norm, norm_type, scale_grad_by_freq)  # (M, D), and checks the indices
    bags = np.repeat(np.arange(len(sizes)), sizes)
    if padding_idx is not None:
        rows = shape_of(table)[0]
        if not -rows <= padding_idx < rows:
            raise SettingError(
                f"embedding_bag: padding_idx must be within the number of embeddings, {-rows} through {rows - 1}, got "
                f"{padding_idx}"
            )
        counted = np.flatnonzero(index != padding_idx % rows)
        found, bags = found[counted], bags[counted]
        sizes = np.bincount(bags, minlength=len(sizes))
        shares = None if shares is None else shares[counted]
    if mode == "max":
        return _largest(found, sizes)
    if shares is not None:
        found = found * shares.unsqueeze(1)
    total = apply(ops.put, found, index=bags, shape=(len(sizes), shape_of(table)[1]))
    if mode == "sum":
        return total
    return total / wrap(np.maximum(sizes, 1)[:, None].astype(total.dtype))


def _bag_sizes(index: Array, offsets: Any, include_last_offset: bool) -> Array:
    """How many indices each bag has, counted along the flattened `index`."""
    if index.dtype.kind not in "iu":
        raise DTypeError(f"embedding_bag: Expected indices to be Long or Int, got {index.dtype}: input.long()")
    if index.ndim == 2:
        if offsets is not None:
            raise SettingError(
                "embedding_bag: if input is 2D, then offsets has to be None, as every row is a bag; got offsets of "
                f"shape {spec_of(offsets).shape}"
            )
        return np.full(index.shape[0], index.shape[1])
    if index.ndim != 1:
        raise ShapeError(f"embedding_bag: input has to be 1D or 2D Tensor, got shape {index.shape}")
    if offsets is None:
        raise SettingError("embedding_bag: offsets has to be a 1D Tensor for an input of 1 dimension, got None")
    starts = array_of(offsets)
    if starts.ndim != 1 or (include_last_offset and not starts.size):
        wanted = "1D Tensor of at least one offset" if include_last_offset else "1D Tensor"
        raise ShapeError(f"embedding_bag: offsets has to be a {wanted}, got shape {starts.shape}")
    if starts.dtype.kind not in "iu":
        raise DTypeError(f"embedding_bag: Expected offsets to be Long or Int, got {starts.dtype}")
    if starts.size == 0 and index.size:
        raise ShapeError(f"embedding_bag: {index.size} indices, but no offset says which bag they are in")
    ends = starts if include_last_offset else np.append(starts, len(index))
    if starts.size and starts[0] != 0:
        raise ShapeError(f"embedding_bag: offsets[0] has to be 0, where the first bag begins, got {starts[0]}")
    if starts.size and starts.max() > len(index):
        raise ShapeError(
            f"embedding_bag: offsets can not be greater than input's length {len(index)}, got {starts.max()}"
        )
    if ends[-1] != len(index):
        raise ShapeError(f"embedding_bag: the last offset must be input's length {len(index)}, got {ends[-1]}")
    sizes = np.diff(ends.astype(np.intp))
    if sizes.size and sizes.min() < 0:
        raise ShapeError("embedding_bag: offsets must not decrease: every bag begins where the one before it ends")
    return sizes


def _weights(per_sample_weights: Any, index: Array, table: Any, mode: str) -> Any:
    """The weights of the indices, flattened; None if there are none."""
    if per_sample_weights is None:
        return None
    if mode != "sum":
        raise NotImplementedError(
            f"embedding_bag: per_sample_weights is only supported for mode='sum' (got mode={mode!r})"
        )
    given: Any = operand(per_sample_weights)
    if shape_of(given) != index.shape:
        raise ShapeError(
            f"embedding_bag: per_sample_weights must have the shape of the input, {index.shape}, got {shape_of(given)}"
        )
    if given.dtype != table.dtype:
        raise DTypeError(
            f"embedding_bag: per_sample_weights must have the dtype of the weight, {table.dtype}, got {given.dtype}"
        )
    return given.reshape(-1)


def _largest(found: Any, sizes: Array) -> Any:
    """The largest of each bag in `found` (M, D), bags of `sizes` one after the other; 0 for an empty bag."""
    values = array_of(found)
    shape = (len(sizes), values.shape[1])
    full = np.flatnonzero(sizes)
    if not full.size:
        return apply(ops.put, found, index=np.zeros(0, np.intp), shape=shape)
    starts = (np.cumsum(sizes) - sizes)[full]
    top = np.repeat(np.maximum.reduceat(values, starts), sizes[full], axis=0)
    won = (values == top) | np.isnan(values)  # NaN wins over everything
    places = np.where(won, np.arange(len(values))[:, None], len(values))
    first = np.minimum.reduceat(places, starts)  # (bags that are not empty, D)
    winners = found[first, np.arange(shape[1])]
    return winners if len(full) == len(sizes) else apply(ops.put, winners, index=full, shape=shape)
