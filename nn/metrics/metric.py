"""What a metric is."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

import numpy as np

from autograd.errors import SettingError, ShapeError

from .reading import array_of

M = TypeVar("M", bound="Metric")


class Metric:
    """Base of metrics. `update(output, targets)` takes in a batch, `compute()` is the value of all since `reset()`.

    A subclass has `start()`, which sets what is kept to nothing; `update`; `compute`; and names in `kept` what it
    keeps: numbers and arrays that add up, or lists, which are joined. So `merge` puts together what several have seen.
    """

    kept: tuple[str, ...] = ()

    def __init__(self) -> None:
        self.start()

    def start(self) -> None:
        """Nothing has been seen."""
        raise NotImplementedError(f"{type(self).__name__} must define start()")

    def update(self, output: Any, targets: Any) -> None:
        """Take in a batch: what the model said, and what is true."""
        raise NotImplementedError(f"{type(self).__name__} must define update(output, targets)")

    def compute(self) -> Any:
        """The value of all that was seen; NaN where there is none."""
        raise NotImplementedError(f"{type(self).__name__} must define compute()")

    def reset(self) -> None:
        """Forget what was seen."""
        self.start()

    def merge(self: M, *others: M) -> M:
        """Take in what others of the same kind have seen; returns itself."""
        for other in others:
            if type(other) is not type(self):
                raise SettingError(f"merge: wanted a {type(self).__name__}, got a {type(other).__name__}")
            for name in self.kept:
                setattr(self, name, joined(getattr(self, name), getattr(other, name)))
        return self

    def __add__(self: M, other: M) -> M:
        """What both have seen, as a new one."""
        return copy.deepcopy(self).merge(other)

    def __call__(self, output: Any, targets: Any) -> Any:
        """The value of this batch alone, which is taken in as well."""
        alone = copy.copy(self)
        alone.start()
        alone.update(output, targets)
        self.merge(alone)
        return alone.compute()

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


def joined(mine: Any, others: Any) -> Any:
    """What two have kept, together. None: nothing has been seen."""
    if mine is None or others is None:
        return others if mine is None else mine
    if isinstance(mine, np.ndarray) and mine.shape != others.shape:
        raise ShapeError(f"merge: one has counted {mine.shape}, the other {others.shape}")
    if isinstance(mine, list):
        return [*mine, *others]
    return mine + others


class Mean(Metric):
    """Mean of numbers that are given to `update`, each with a weight."""

    kept = ("total", "weight")

    def start(self) -> None:
        self.total, self.weight = 0.0, 0.0

    def update(self, output: Any, targets: Any = 1.0) -> None:
        """Take in a number, or several; `targets` is the weight of each."""
        values = np.asarray(array_of(output), np.float64)
        weights = np.broadcast_to(np.asarray(array_of(targets), np.float64), values.shape)
        self.total += float((values * weights).sum())
        self.weight += float(weights.sum())

    def compute(self) -> float:
        return self.total / self.weight if self.weight else float("nan")


class Metrics(Metric):
    """Several metrics of the same batches, by name: `compute()` is a dict.

    >>> from nn.metrics import MeanAbsoluteError, MeanSquaredError
    >>> both = Metrics(mse=MeanSquaredError(), mae=MeanAbsoluteError())
    >>> both.update(np.array([1.0, 2.0]), np.array([1.0, 4.0]))
    >>> both.compute()
    {'mse': 2.0, 'mae': 1.0}
    """

    def __init__(self, *metrics: Metric, **named: Metric) -> None:
        self.metrics = {name_of(metric): metric for metric in metrics} | named
        if len(self.metrics) != len(metrics) + len(named):
            raise SettingError("Metrics: two have the same name; give them by name, Metrics(first=..., second=...)")

    def start(self) -> None:
        for metric in self.metrics.values():
            metric.start()

    def update(self, output: Any, targets: Any) -> None:
        for metric in self.metrics.values():
            metric.update(output, targets)

    def compute(self) -> dict[str, Any]:
        return {name: metric.compute() for name, metric in self.metrics.items()}

    def merge(self, *others: Any) -> Metrics:
        for other in others:
            if not isinstance(other, Metrics) or set(other.metrics) != set(self.metrics):
                raise SettingError(f"merge: wanted Metrics of {', '.join(self.metrics)}")
            for name, metric in self.metrics.items():
                metric.merge(other.metrics[name])
        return self

    def __call__(self, output: Any, targets: Any) -> dict[str, Any]:
        return {name: metric(output, targets) for name, metric in self.metrics.items()}

    def __getitem__(self, name: str) -> Metric:
        return self.metrics[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.metrics)

    def __len__(self) -> int:
        return len(self.metrics)

    def items(self) -> Iterable[tuple[str, Metric]]:
        """Names and metrics."""
        return self.metrics.items()

    def __repr__(self) -> str:
        return f"Metrics({', '.join([f'{name}={metric}' for name, metric in self.metrics.items()])})"


def name_of(metric: Any) -> str:
    """What a metric is called in a history: BalancedAccuracy is balanced_accuracy."""
    given = getattr(metric, "name", None)
    if isinstance(given, str):
        return given
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(metric).__name__).lower()
