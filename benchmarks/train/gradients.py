"""A model's gradients compared with finite differences."""

from __future__ import annotations

import copy
from collections.abc import Callable

import numpy as np

import autograd
import nn

ENTRIES = 5  # compared per parameter
STEPS = (1e-5, 1e-6, 1e-7)  # of the central differences; with the first their error is about 1e-10 in float64
TOLERANCE = 1e-5


def check_gradients(
    model: nn.Module,
    loss_function: Callable[[autograd.Tensor, autograd.Tensor], autograd.Tensor],
    inputs: autograd.Tensor,
    targets: autograd.Tensor,
) -> bool:
    """Compare random entries of every parameter's gradient with central differences in float64; print a table.

    The error of an entry is relative to itself, or to a thousandth of the parameter's largest gradient where that is
    more: below, rounding in the differences decides. Where a loss bends between the two places of a difference, as ReLU
    and max-pooling do, a smaller step passes by the bend: the first step with which they agree counts.
    """
    model = copy.deepcopy(model).double().eval()
    inputs = inputs.detach().double() if inputs.is_floating_point() else inputs
    rng = np.random.default_rng(0)

    def loss() -> autograd.Tensor:
        return loss_function(model(inputs), targets)

    model.zero_grad()
    loss().backward()
    print(f"\ngradients against central differences: float64, {len(targets)} examples, {ENTRIES} entries per parameter")
    worst = 0.0
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None
        values, gradient = parameter.detach().numpy().reshape(-1), parameter.grad.numpy().reshape(-1)
        floor = max(1e-3 * np.abs(gradient).max(), 1e-12)
        candidates = np.flatnonzero(gradient) if gradient.any() else np.arange(gradient.size)
        error = 0.0
        for index in rng.choice(candidates, min(ENTRIES, len(candidates)), replace=False):
            error = max(error, _error(loss, values, index, gradient[index], floor))
        print(f"  {name:<24} {tuple(parameter.shape)!s:<16} relative error {error:.1e}")
        worst = max(worst, error)
    verdict = "they agree" if worst < TOLERANCE else f"they DIFFER (tolerance {TOLERANCE:.0e})"
    print(f"  largest relative error {worst:.1e}: {verdict}")
    return worst < TOLERANCE


def _error(loss: Callable[[], autograd.Tensor], values: np.ndarray, index: int, slope: float, floor: float) -> float:
    least = np.inf
    for step in STEPS:
        numeric = _central_difference(loss, values, index, step)
        least = min(least, abs(numeric - slope) / max(abs(numeric), abs(slope), floor))
        if least < TOLERANCE:
            break
    return least


def _central_difference(loss: Callable[[], autograd.Tensor], values: np.ndarray, index: int, step: float) -> float:
    before = values[index]
    with autograd.no_grad():
        values[index] = before + step
        above = loss().item()
        values[index] = before - step
        below = loss().item()
    values[index] = before
    return (above - below) / (2 * step)
