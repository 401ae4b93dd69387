"""Metrics of numbers that were foretold.

What is kept are sums of what was seen, about a point near it, so that nothing cancels; they are added up exactly as
they would be of all examples at once.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray as Array

from autograd.errors import ShapeError

from .metric import Metric
from .reading import array_of


def _flat(metric: Metric, output: Any, targets: Any) -> tuple[Array, Array]:
    found, wanted = array_of(output), array_of(targets)
    if found.shape != wanted.shape:
        raise ShapeError(
            f"{type(metric).__name__}: wanted outputs and targets of one shape, got {tuple(found.shape)} and "
            f"{tuple(wanted.shape)}"
        )
    return found.reshape(-1).astype(np.float64), wanted.reshape(-1).astype(np.float64)


class MeanSquaredError(Metric):
    """Mean of (output - target)^2."""

    kept = ("total", "count")

    def start(self) -> None:
        self.total, self.count = 0.0, 0

    def each(self, output: Array, targets: Array) -> Array:
        """What is averaged."""
        return np.asarray((output - targets) ** 2)

    def update(self, output: Any, targets: Any) -> None:
        found, wanted = _flat(self, output, targets)
        self.total += float(self.each(found, wanted).sum())
        self.count += len(found)

    def compute(self) -> float:
        return self.total / self.count if self.count else float("nan")


class RootMeanSquaredError(MeanSquaredError):
    """Square root of the mean of (output - target)^2, in the unit of the targets."""

    def compute(self) -> float:
        return float(np.sqrt(super().compute()))


class MeanAbsoluteError(MeanSquaredError):
    """Mean of |output - target|."""

    def each(self, output: Array, targets: Array) -> Array:
        return np.asarray(abs(output - targets))


class MeanAbsolutePercentageError(MeanSquaredError):
    """Mean of |output - target| / |target|, a share of 1; targets of 0 count as the smallest positive number."""

    def each(self, output: Array, targets: Array) -> Array:
        return np.asarray(abs(output - targets) / np.maximum(abs(targets), np.finfo(np.float64).eps))


class MaxError(Metric):
    """The largest |output - target|."""

    kept = ("largest",)

    def start(self) -> None:
        self.largest: list[float] = []

    def update(self, output: Any, targets: Any) -> None:
        found, wanted = _flat(self, output, targets)
        if len(found):
            self.largest = [float(np.max([*self.largest, abs(found - wanted).max()]))]

    def compute(self) -> float:
        return max(self.largest, default=float("nan"))


class _Moments(Metric):
    """Base of metrics of means, variances and covariances, of outputs x, targets y and their differences y - x.

    Means and sums of products about them are put together as by Chan, Golub and LeVeque (1983). A mean is kept as one
    of the numbers, the origin, and how far it lies from there: a mean of numbers near each other and far from 0 that is
    rounded to one number is wrong in digits that matter when two of them are subtracted.
    """

    kept = ("parts",)

    def start(self) -> None:
        self.parts: list[_Part] = []

    def update(self, output: Any, targets: Any) -> None:
        found, wanted = _flat(self, output, targets)
        if len(found) == 0:
            return
        values = np.stack([found, wanted, wanted - found])
        origin = values[:, 0].copy()
        apart = values - origin[:, None]
        offsets = apart.mean(1)
        apart -= offsets[:, None]
        self.parts = [_together([*self.parts, _Part(len(found), origin, offsets, apart @ apart.T)])]

    def moments(self) -> tuple[int, Array, Array]:
        """How many, means of x, y and y - x, and sums of products about them (3, 3)."""
        if not self.parts:
            return 0, np.zeros(3), np.zeros((3, 3))
        whole = _together(self.parts)
        return whole.many, whole.origin + whole.offsets, whole.products


class _Part(NamedTuple):
    """Some examples: how many there are, means as `origin + offsets`, sums of products about these."""

    many: int
    origin: Array
    offsets: Array
    products: Array


def _together(parts: list[_Part]) -> _Part:
    count, origin, offsets, products = parts[0]
    for more, other, theirs, more_products in parts[1:]:
        apart, total = (other - origin) + (theirs - offsets), count + more
        products = products + more_products + np.outer(apart, apart) * (count * more / total)
        offsets = offsets + apart * (more / total)
        count = total
    return _Part(count, origin, offsets, products)


class R2Score(_Moments):
    """1 - sum (y - x)^2 / sum (y - mean of y)^2: 1 is perfect, 0 as good as the mean. Of constant targets, 1 if all are
    met, else 0; NaN of fewer than 2 examples."""

    def compute(self) -> float:
        count, means, products = self.moments()
        if count < 2:
            return float("nan")
        return _explained(products[2, 2] + count * means[2] ** 2, products[1, 1])


class ExplainedVariance(_Moments):
    """1 - variance of (y - x) / variance of y: as `R2Score`, but a constant error costs nothing."""

    def compute(self) -> float:
        count, _, products = self.moments()
        return _explained(products[2, 2], products[1, 1]) if count else float("nan")


def _explained(error: float, spread: float) -> float:
    if spread == 0:
        return 1.0 if error == 0 else 0.0
    return float(1 - error / spread)


class PearsonCorrelation(_Moments):
    """Correlation of outputs and targets, -1 .. 1; NaN if one of them is constant."""

    def compute(self) -> float:
        _, _, products = self.moments()
        spread = products[0, 0] * products[1, 1]
        return float(np.clip(products[0, 1] / np.sqrt(spread), -1, 1)) if spread > 0 else float("nan")
