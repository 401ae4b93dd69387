"""Handwritten digits with a multilayer perceptron: from random weights to 98 % in a few seconds."""

from __future__ import annotations

from typing import Any

import autograd
import nn

from .classify import classify
from .registry import Settings


def run(settings: Settings, state: dict[str, Any] | None) -> int:
    """Train, evaluate, report. `state` is the checkpoint to go on from, or None."""
    autograd.manual_seed(settings.seed)
    model = nn.Sequential(
        nn.Flatten(),
        nn.Linear(28 * 28, 256),
        nn.ReLU(),
        nn.Linear(256, 128),
        nn.ReLU(),
        nn.Linear(128, 10),
    )
    return classify(settings, state, model, "multilayer perceptron")
