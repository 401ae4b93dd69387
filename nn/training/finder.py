"""Which learning rate? One short run in which it grows shows it."""

from __future__ import annotations

import copy
import os
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograd import get_rng_state, set_rng_state
from autograd.errors import SettingError

from ..figure import new_figure
from ..module import Module
from .batches import loader_of, split
from .evaluation import Measure


@dataclass
class RateCurve:
    """What `find_learning_rate` has seen: the loss at each learning rate, smoothed.

    suggestion   where the loss falls fastest; None if it does not fall
    """

    rates: list[float] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)

    @property
    def suggestion(self) -> float | None:
        end = int(np.argmin(self.losses)) + 1 if self.losses else 0
        if end < 3:
            return None
        slopes = np.gradient(np.array(self.losses[:end]), np.log(self.rates[:end]))
        return self.rates[int(np.argmin(slopes))] if slopes.min() < 0 else None

    def plot(self, path: str | os.PathLike[str] | None = None) -> Any:
        """Draw loss over learning rate: a file to write, or None; returns the matplotlib figure."""
        figure = new_figure(6, 4)
        axes = figure.subplots()
        axes.semilogx(self.rates, self.losses)
        if self.suggestion is not None:
            axes.axvline(self.suggestion, linestyle="--", color="grey", label=f"{self.suggestion:.2g}")
            axes.legend()
        axes.set_xlabel("learning rate")
        axes.set_ylabel("loss")
        if path is not None:
            figure.savefig(path)
        return figure


def find_learning_rate(
    model: Module,
    train: Any,
    *,
    loss: Measure,
    optimizer: Any,
    low: float = 1e-6,
    high: float = 10.0,
    steps: int = 100,
    batch_size: int | None = None,
) -> RateCurve:
    """Train for `steps` batches while the learning rate grows from `low` to `high`, and see how the loss does (L. N.
    Smith 2017, section 3.3). It ends early when the loss is four times its least.

    Model, optimiser and random generators are as before afterwards.
    """
    if not 0 < low < high or steps < 3:
        raise SettingError(f"find_learning_rate: wanted 0 < low < high and steps >= 3, got {low}, {high} and {steps}")
    if optimizer.repeats:
        raise SettingError(f"find_learning_rate: {type(optimizer).__name__} looks for its step itself")
    before = copy.deepcopy((model.state_dict(), optimizer.state_dict())), get_rng_state()
    modes = [(module, module.training) for module in model.modules()]
    curve, average = RateCurve(), 0.0
    batches = loader_of("find_learning_rate", train, batch_size, 64, shuffle=True)
    try:
        model.train()
        passes = iter(batches)
        for step, rate in enumerate(np.geomspace(low, high, steps).tolist()):
            batch = next(passes, None)
            if batch is None:
                passes = iter(batches)
                batch = next(passes)
            for group in optimizer.param_groups:
                group["lr"] = rate
            inputs, targets = split("find_learning_rate", batch)
            optimizer.zero_grad()
            value = loss(model(*inputs), targets)
            average = 0.9 * average + 0.1 * value.item()
            smoothed = average / (1 - 0.9 ** (step + 1))  # as if it had not begun at 0
            if not np.isfinite(smoothed) or smoothed > 4 * min([smoothed, *curve.losses]):
                break
            curve.rates.append(rate)
            curve.losses.append(smoothed)
            value.backward()
            optimizer.step()
    finally:
        optimizer.zero_grad()
        model.load_state_dict(before[0][0])
        optimizer.load_state_dict(before[0][1])
        set_rng_state(before[1])
        for module, mode in modes:
            module.training = mode
    return curve
