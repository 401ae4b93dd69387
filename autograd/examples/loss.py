"""Losses that are operations."""

from __future__ import annotations

import numpy as np

from .example import Example, probability, real

LABELS = np.array([0, 3, 1])

EXAMPLES: list[Example] = [
    Example("cross_entropy", (real(3, 4),), {"target": LABELS, "share": 0.25, "total": True}),
    Example("nll", (real(3, 4),), {"target": LABELS, "share": 0.25, "total": True}),
    Example("binary_cross_entropy", (probability(3, 4), probability(3, 4))),
    Example("binary_cross_entropy_with_logits", (real(3, 4), probability(3, 4))),
]
