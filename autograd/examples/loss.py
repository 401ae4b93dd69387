"""Losses that are operations."""

from __future__ import annotations

import itertools

import numpy as np
from numpy import ndarray as Array

from .example import Example, probability, real

LABELS = np.array([0, 3, 1])
CTC = {"labels": np.array([[1, 1], [2, 0]]), "given": np.array([5, 4]), "lengths": np.array([2, 1])}


def ctc_by_paths(x: Array, *, labels: Array, given: Array, lengths: Array, blank: int, unfit: float) -> Array:
    """By all paths, one by one."""
    losses = np.full(len(labels), unfit)
    for n, target in enumerate(labels):
        total = 0.0
        for path in itertools.product(range(x.shape[2]), repeat=int(given[n])):
            read = [label for label, _ in itertools.groupby(path) if label != blank]
            if read == list(target[: lengths[n]]):
                total += np.exp(sum(x[t, n, label] for t, label in enumerate(path)))
        if total:
            losses[n] = -np.log(total)
    return losses


EXAMPLES: list[Example] = [
    Example("cross_entropy", (real(3, 4),), {"target": LABELS, "share": 0.25, "total": True}),
    Example("nll", (real(3, 4),), {"target": LABELS, "share": 0.25, "total": True}),
    Example("binary_cross_entropy", (probability(3, 4), probability(3, 4))),
    Example("binary_cross_entropy_with_logits", (real(3, 4), probability(3, 4))),
    Example(
        "ctc", (real(5, 2, 3),), {**CTC, "blank": 0, "unfit": np.inf}, reference=ctc_by_paths, shapes=(((6, 2, 3),),)
    ),
]
