"""What all losses check, and how they end: inputs, targets, the reduction, the two older arguments for it."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy import ndarray as Array

from autograd import Tensor
from autograd.errors import DTypeError, LabelError, SettingError, ShapeError
from autograd.extend import array_of, cast, of_all, operand, shape_of, to_float


def reduced(loss: Any, reduction: str) -> Tensor:
    """The mean or the sum of the elements of `loss`, or `loss` itself."""
    if reduction == "mean":
        return loss.mean()
    if reduction == "sum":
        return loss.sum()
    if reduction == "none":
        return loss
    raise bad_reduction(reduction)


def bad_reduction(reduction: Any) -> SettingError:
    return SettingError(f"{reduction!r} is not a valid value for reduction; wanted 'mean', 'sum' or 'none'")


def legacy(function: str, size_average: Any, reduce: Any) -> str:
    """The reduction that the two older arguments mean."""
    for name, value in (("size_average", size_average), ("reduce", reduce)):
        if isinstance(value, str):
            raise TypeError(f"{function}: {name} must be a bool, got {value!r}; write reduction={value!r}")
    reduction = (
        "none"
        if reduce is not None and not reduce
        else "sum"
        if size_average is not None and not size_average
        else "mean"
    )
    warnings.warn(
        f"{function}: size_average and reduce args will be deprecated, please use reduction={reduction!r} instead.",
        DeprecationWarning,
        stacklevel=3,
    )
    return reduction


def floating(function: str, x: Any) -> Any:
    """`x` as a floating point Tensor."""
    if not isinstance(x, Tensor):
        x = operand(x)
    if x.dtype.kind != "f":
        raise DTypeError(f"{function}: {to_float(x.dtype)}")
    return x


def scores(function: str, x: Any, target: Any) -> Any:
    """`floating`, with a word about what happens when input and target are exchanged."""
    try:
        return floating(function, x)
    except DTypeError as error:
        if isinstance(target, (Tensor, np.ndarray)) and target.dtype.kind == "f" and target.ndim > np.ndim(array_of(x)):
            raise DTypeError(f"{error}. Are the two exchanged? {function}(scores, targets)") from None
        raise


def like(function: str, target: Any, x: Any) -> Any:
    """`target` as a Tensor of the dtype of `x`, and of its shape: broadcasting here is nearly always a mistake."""
    if not isinstance(target, Tensor):
        target = operand(target)
    if shape_of(target) != shape_of(x):
        raise ShapeError(
            f"{function}: Using a target size {shape_of(target)} that is different to the input size "
            f"{shape_of(x)}. Broadcasting them would compare every input with every target: reshape or squeeze one"
            + ("; class indices go with cross_entropy" if _may_be_labels(array_of(target), array_of(x)) else "")
        )
    return cast(target, x.dtype)


def _may_be_labels(target: Array, x: Array) -> bool:
    """Are these class indices for scores?"""
    return target.dtype.kind in "iu" and x.ndim == target.ndim + 1 and x.shape[-1] > 1 and x.shape[0] == len(target)


def rescaled(loss: Any, weight: Any) -> Any:
    return loss if weight is None else loss * cast(weight, loss.dtype)


def labels_of(function: str, target: Any) -> Array:
    labels = array_of(target)
    if labels.dtype.kind not in "iu":
        raise DTypeError(f"{function}: {NO_INDICES.format(labels.dtype)}")
    return labels


NO_INDICES = "expected integer class indices as target (int64), got {}: convert them with target.long()"


def check_signs(function: str, target: Any) -> None:
    wrong = of_all(lambda all: all[(all != 1) & (all != -1)], array_of(target))
    if wrong.size:
        raise LabelError(f"{function}: targets must be 1 or -1, got {wrong.reshape(-1)[0]}")
