"""The numbers that go into the cases which are written once more, for libraries that do not spell things as PyTorch."""

from __future__ import annotations

import itertools
import math

import numpy as np

from ..cases.case import Array, normal
from ..cases.engine import FACTOR, START  # noqa: F401, for the peers


def elementwise_input(size: int) -> Array:
    """What the elementwise cases start from."""
    return normal(0, size)


def logits(rows: int, classes: int) -> tuple[Array, Array]:
    """What the cases cross-entropy-... start from, and the labels."""
    return 2 * normal(0, rows, classes), np.random.default_rng(1).integers(0, classes, rows)


def mlp_weights() -> list[tuple[Array, Array]]:
    """Those of the MLP."""
    return linear_weights(784, 256, 128, 10)


def linear_weights(*widths: int) -> list[tuple[Array, Array]]:
    """Weight (out, in) and bias of linear layers: the numbers that `fill` draws, in its order."""
    rng = np.random.default_rng(0)
    layers = []
    for before, after in itertools.pairwise(widths):
        weight = rng.uniform(-1 / math.sqrt(before), 1 / math.sqrt(before), (after, before)).astype(np.float32)
        bias = rng.uniform(-1 / math.sqrt(after), 1 / math.sqrt(after), (after,)).astype(np.float32)
        layers.append((weight, bias))
    return layers
