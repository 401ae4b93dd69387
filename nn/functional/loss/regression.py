"""Differences between numbers: squares, absolute values, and what lies between."""

from __future__ import annotations

from typing import Any

from autograd import Tensor
from autograd.errors import SettingError, ShapeError
from autograd.extend import apply, cast
from autograd.ops import activation as ops

from .checks import floating, legacy, like, reduced


def mse_loss(
    input: Tensor,
    target: Any,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Any = None,
) -> Tensor:
    """(x - t)^2; equal shapes.  weight: as PyTorch, "mean" divides by the sum of the weights."""
    if size_average is not None or reduce is not None:
        reduction = legacy("mse_loss", size_average, reduce)
    x = floating("mse_loss", input)
    difference = x - like("mse_loss", target, x)
    return _weighted(difference * difference, weight, reduction)


def l1_loss(
    input: Tensor,
    target: Any,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Any = None,
) -> Tensor:
    """|x - t|; equal shapes. Gradient 0 where they are equal.  weight: as in `mse_loss`."""
    if size_average is not None or reduce is not None:
        reduction = legacy("l1_loss", size_average, reduce)
    x = floating("l1_loss", input)
    return _weighted((x - like("l1_loss", target, x)).abs(), weight, reduction)


def smooth_l1_loss(
    input: Tensor,
    target: Any,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    beta: float = 1.0,
) -> Tensor:
    """(x - t)^2 / (2 beta) where |x - t| < beta, else |x - t| - beta / 2; equal shapes. beta = 0: `l1_loss`."""
    if size_average is not None or reduce is not None:
        reduction = legacy("smooth_l1_loss", size_average, reduce)
    if beta < 0:
        raise SettingError(f"smooth_l1_loss does not support negative values for beta, got {beta}")
    if beta == 0:
        return l1_loss(input, target, reduction=reduction)
    x = floating("smooth_l1_loss", input)
    loss = apply(ops.huber, x - like("smooth_l1_loss", target, x), bend=beta)
    return reduced(loss if beta == 1 else loss / beta, reduction)


def huber_loss(input: Tensor, target: Any, reduction: str = "mean", delta: float = 1.0, weight: Any = None) -> Tensor:
    """(x - t)^2 / 2 where |x - t| <= delta, else delta (|x - t| - delta / 2); equal shapes.

    weight: as in `mse_loss`.
    """
    if delta <= 0:
        raise SettingError(f"huber_loss does not support non-positive values for delta, got {delta}")
    x = floating("huber_loss", input)
    return _weighted(apply(ops.huber, x - like("huber_loss", target, x), bend=delta), weight, reduction)


def _weighted(loss: Any, weight: Any, reduction: str) -> Tensor:
    if weight is None:
        return reduced(loss, reduction)
    weight = cast(weight, loss.dtype)
    if weight.shape != loss.shape:
        raise ShapeError(f"the weight has shape {tuple(weight.shape)}, the input {tuple(loss.shape)}: wanted the same")
    loss = loss * weight
    return loss.sum() / weight.sum() if reduction == "mean" else reduced(loss, reduction)
