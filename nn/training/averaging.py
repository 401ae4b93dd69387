"""Weights averaged over the steps of a training."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import no_grad
from autograd.errors import SettingError
from autograd.extend import array_of

from .callbacks import Callback, Training


class ExponentialMovingAverage(Callback):
    """Validates, saves and ends with averaged weights: average = d * average + (1 - d) * weights after every step.

    decay   d; early on it is smaller, (1 + steps) / (10 + steps), so that the first weights do not linger

    From the end of an epoch to the beginning of the next, and after the run, the model has the averages (Polyak and
    Juditsky 1992), so validation and checkpoints are about them; in between it learns on with its own weights. Running
    means of normalisation are those of the model.
    """

    def __init__(self, decay: float = 0.999) -> None:
        if not 0 <= decay < 1:
            raise SettingError(f"ExponentialMovingAverage: wanted a decay in 0 .. 1, got {decay}")
        self.decay = decay
        self.steps = 0
        self.averages: list[Any] = []
        self.own: list[Any] | None = None  # the model's weights, while it has the averages

    def on_fit_begin(self, training: Training) -> None:
        self.steps, self.own = 0, None
        self.averages = [array_of(p).copy() for p in training.model.parameters()]

    def on_epoch_begin(self, training: Training) -> None:
        if self.own is not None:
            _give(training, self.own)
            self.own = None

    def on_batch_end(self, training: Training) -> None:
        self.steps += 1
        d = min(self.decay, (1 + self.steps) / (10 + self.steps))
        for average, p in zip(self.averages, training.model.parameters(), strict=True):
            if average.dtype.kind == "f":
                average *= average.dtype.type(d)
                average += array_of(p) * average.dtype.type(1 - d)

    def on_validation_begin(self, training: Training) -> None:
        self._take(training)

    def on_epoch_end(self, training: Training) -> None:
        self._take(training)

    def _take(self, training: Training) -> None:
        if self.own is None:
            self.own = [array_of(p).copy() for p in training.model.parameters()]
            _give(training, self.averages)


def _give(training: Training, values: list[np.ndarray]) -> None:
    with no_grad():
        for p, value in zip(training.model.parameters(), values, strict=True):
            p.copy_(value)
