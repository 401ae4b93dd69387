"""Targets that are class indices: checked against the scores, what each counts, what is ignored."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy import ndarray as Array

from autograd import Tensor, is_grad_enabled
from autograd.errors import DTypeError, LabelError, NoRuleError, ShapeError
from autograd.extend import array_of, of_all, shape_of, wrap

from .checks import NO_INDICES, bad_reduction


def by_class(function: str, x: Any, labels: Array) -> tuple[Any, Array, tuple[int, ...]]:
    """Input as (N, C) or (N, C, L), labels as (N,) or (N, L), and the shape that the labels had."""
    shape = shape_of(x)
    wanted = (*shape[:1], *shape[2:]) if len(shape) > 1 else ()
    if len(shape) == 0:
        raise ShapeError(f"{function}: the input has no dimension of classes")
    if labels.dtype.kind not in "iu":
        raise DTypeError(f"{function}: {NO_INDICES.format(labels.dtype)}")
    if labels.shape != wanted:
        hint = ""
        if len(shape) > 1 and labels.ndim and shape[0] != labels.shape[0]:
            hint = f"; Expected input batch_size ({shape[0]}) to match target batch_size ({labels.shape[0]})"
        elif labels.shape == shape:
            hint = "; one-hot targets must be floating point (then they are probabilities), or use target.argmax(1)"
        elif labels.shape == (*wanted, 1):
            hint = "; use target.squeeze(-1)"
        raise ShapeError(
            f"{function}: Expected target size {list(wanted)}, got {list(labels.shape)}, for an input of shape {shape}"
            + hint
        )
    if shape[1 if len(shape) > 1 else 0] == 0:
        raise ShapeError(f"{function}: the input has no classes, its shape is {shape}")
    if len(shape) == 1:
        return x.reshape(1, -1), labels.reshape(1), wanted
    if len(shape) > 3:
        count = math.prod(shape[2:])
        return x.reshape(shape[0], shape[1], count), labels.reshape(shape[0], count), wanted
    return x, labels, wanted


def checked(function: str, labels: Array, classes: int, ignore_index: int) -> tuple[Array, Array | None]:
    """Labels that are all classes, with 0 for the ignored ones, and which of them count (None: all)."""
    if labels.dtype == np.int64:  # seen as unsigned, negative numbers are the largest: one search, not two
        all_fit = of_all(lambda all: np.maximum.reduce(all.view(np.uint64), axis=None, initial=0), labels) < classes
    else:
        all_fit = labels.size == 0 or (labels.min() >= 0 and labels.max() < classes)
    if all_fit and not 0 <= ignore_index < classes:
        return labels, None
    counted = labels != ignore_index
    wrong = of_all(lambda all: all[(all != ignore_index) & ((all < 0) | (all >= classes))], labels)
    if wrong.size:
        raise LabelError(
            f"{function}: Target {wrong.reshape(-1)[0]} is out of bounds. "
            + (
                f"There are {classes} classes, 0 to {classes - 1}"
                if classes != 1
                else "There is one class, 0: for yes or no from one score use binary_cross_entropy_with_logits"
            )
        )
    return np.where(counted, labels, 0), counted


def class_weights(function: str, weight: Any, x: Any) -> Array:
    weights = array_of(weight)
    if isinstance(weight, Tensor) and weight.requires_grad and is_grad_enabled():
        raise NoRuleError(
            f"{function}: not differentiable with respect to argument 'weight'. This input cannot have requires_grad "
            "True: pass weight.detach()"
        )
    if weights.shape != (shape_of(x)[1],):
        raise ShapeError(
            f"{function}: weight tensor should be defined either for all {shape_of(x)[1]} classes or no classes but "
            f"got weight tensor of shape: {list(weights.shape)}"
        )
    return weights.astype(x.dtype, copy=False)


def along_classes(weights: Array, x: Any) -> Tensor:
    return wrap(weights.reshape(-1, *[1] * (x.ndim - 2)))


def _each(labels: Any, counted: Any, weights: Array | None, dtype: Any) -> Any:
    """What each target counts, where labels stand for those of many slices: weights and sums differ between these."""
    share = np.ones(labels.shape, dtype) if weights is None else array_of(wrap(weights)[wrap(labels)])
    return share if counted is None else np.where(counted, share, share.dtype.type(0))


def weight_sum(labels: Array, counted: Array | None, weights: Array | None) -> Any:
    if type(labels) is not np.ndarray and not (weights is None and counted is None):
        return wrap(_each(labels, counted, weights, np.float32).sum())
    if weights is None:
        return float(labels.size if counted is None else np.count_nonzero(counted))
    each = weights[labels]
    return float(each.sum() if counted is None else each[counted].sum())


def shares(labels: Array, counted: Array | None, weights: Array | None, x: Any, reduction: str) -> tuple[Any, bool]:
    """What each target counts (a float if all count the same), and whether the sum of the losses is wanted."""
    if reduction not in ("mean", "sum", "none"):
        raise bad_reduction(reduction)
    if type(labels) is not np.ndarray and not (weights is None and counted is None):
        share = _each(labels, counted, weights, x.dtype)
        with np.errstate(divide="ignore", invalid="ignore"):  # the mean over nothing is NaN
            return (share * (1.0 / share.sum()) if reduction == "mean" else share), reduction != "none"
    whole = weight_sum(labels, counted, weights) if reduction == "mean" else 1.0
    scale = 1.0 / whole if whole else math.nan
    if labels.size == 0 or (weights is None and counted is None):
        return scale, reduction != "none"
    share = np.ones(labels.shape, x.dtype) if weights is None else weights[labels]
    if counted is not None:
        share = np.where(counted, share, share.dtype.type(0))
    return share * scale, reduction != "none"
