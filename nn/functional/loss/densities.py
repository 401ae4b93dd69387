"""-log of a density at the target, and divergences between distributions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd import Tensor, where
from autograd.errors import SettingError, ShapeError
from autograd.extend import array_of, cast, shape_of, wrap

from .checks import floating, legacy, like, reduced


def kl_div(
    input: Tensor,
    target: Any,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    log_target: bool = False,
) -> Tensor:
    """t (log t - x) for log-probabilities x and probabilities t (with `log_target`: their logarithms); equal shapes.

    reduction "batchmean" divides the sum by the first dimension: the Kullback-Leibler divergence itself.
    """
    if size_average is not None or reduce is not None:
        reduction = legacy("kl_div", size_average, reduce)
    x = floating("kl_div", input)
    target = like("kl_div", target, x)
    loss = target.exp() * (target - x) if log_target else target.xlogy(target) - target * x
    if reduction == "batchmean":
        return loss.sum() / shape_of(x)[0] if x.ndim else loss.sum()
    return reduced(loss, reduction)


def poisson_nll_loss(
    input: Tensor,
    target: Any,
    log_input: bool = True,
    full: bool = False,
    size_average: bool | None = None,
    eps: float = 1e-8,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """exp(x) - t x, or x - t log(x + eps) if not `log_input`; equal shapes.

    full: add Stirling's t log t - t + log(2 pi t) / 2 where t > 1.
    """
    if size_average is not None or reduce is not None:
        reduction = legacy("poisson_nll_loss", size_average, reduce)
    x = floating("poisson_nll_loss", input)
    target = like("poisson_nll_loss", target, x)
    loss = x.exp() - target * x if log_input else x - target * (x + eps).log()
    if full:
        large = target.clamp_min(1)
        stirling = large * large.log() - large + (large * (2 * math.pi)).log() * 0.5
        loss = loss + where(target > 1, stirling, 0.0)
    return reduced(loss, reduction)


def gaussian_nll_loss(
    input: Tensor, target: Any, var: Any, full: bool = False, eps: float = 1e-6, reduction: str = "mean"
) -> Tensor:
    """(log v + (x - t)^2 / v) / 2 for a normal distribution of mean x and variance v >= eps.

    var    of input's shape, or with one dimension 1 in place of another size, or without the last dimension (one
           variance per row), or a number
    full   add log(2 pi) / 2
    """
    x = floating("gaussian_nll_loss", input)
    target = like("gaussian_nll_loss", target, x)
    shape = shape_of(x)
    number = isinstance(var, (int, float))
    var = cast(var, x.dtype)
    if shape_of(var) != shape and not number:
        different = [m for n, m in zip(shape, shape_of(var), strict=False) if n != m]
        if shape_of(var) == shape[:-1]:
            var = var.unsqueeze(-1)
        elif var.ndim != len(shape) or different != [1]:
            raise ShapeError(f"gaussian_nll_loss: var is of incorrect size: {shape_of(var)} for an input of {shape}")
    if (array_of(var) < 0).any():
        raise SettingError("gaussian_nll_loss: var has negative entry/entries")
    low = np.maximum(eps - array_of(var), 0).astype(var.dtype)  # raised to eps; its gradient as if it were not
    var = var + wrap(low)
    difference = x - target
    loss = (var.log() + difference * difference / var) * 0.5
    if full:
        loss = loss + 0.5 * math.log(2 * math.pi)
    return reduced(loss, reduction)
