"""Handwritten digits with two convolutions and two dense layers: to 99 % in a minute."""

from __future__ import annotations

from typing import Any

import autograd
from benchmarks.courses.mnist_cnn import cnn

from .classify import classify
from .registry import Settings


def run(settings: Settings, state: dict[str, Any] | None) -> int:
    """Train, evaluate, report. `state` is the checkpoint to go on from, or None."""
    autograd.manual_seed(settings.seed)
    return classify(settings, state, cnn(batch_norm=False), "convolutional network")
