"""`fit` with a model that several processes train: see `nn.parallel.DistributedDataParallel`."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd.distributed as dist
from autograd import get_rng_state, set_rng_state
from autograd.extend import array_of, wrap

from ..metrics.metric import Metric
from .evaluation import Meter


class Together:
    """This process among those of the model's group: each learns from its rows of every batch."""

    def __init__(self, group: Any) -> None:
        self.group = group
        self.rank, self.size = group.rank(), group.size()

    def begin_epoch(self) -> None:
        """All draw the same numbers from here on, so batches are the same in all processes."""
        state = [get_rng_state()]
        dist.broadcast_object_list(state, group=self.group, group_src=0)
        set_rng_state(state[0])

    def part(self, inputs: tuple[Any, ...], targets: Any, sums_up: bool) -> tuple[tuple[Any, ...], Any, float]:
        """The rows for this process, and what their loss counts, in the mean over the processes, where it is a mean
        over the rows or their sum. One row that counts nothing, if there are too few."""
        total = len(targets)
        start, end = (total * k // self.size for k in (self.rank, self.rank + 1))
        rows = slice(start, end) if end > start else slice(0, 1)
        share = (1 if end > start else 0) if sums_up else (end - start) / total
        return tuple([x[rows] for x in inputs]), targets[rows], share * self.size

    def add_up(self, meter: Meter) -> None:
        """Make of what this process has measured what all have."""
        plain = ["loss", *[name for name, metric in meter.metrics.items() if metric and not isinstance(metric, Metric)]]
        counts = [meter.count, meter.right, meter.judged, *[meter.sums.get(name, 0.0) for name in plain]]
        sums = wrap(np.array(counts, float))
        dist.all_reduce(sums, group=self.group)
        meter.count, meter.right, meter.judged = (int(x) for x in array_of(sums)[:3])
        meter.sums = dict(zip(plain, array_of(sums)[3:].tolist(), strict=True))
        own = {name: metric for name, metric in meter.metrics.items() if isinstance(metric, Metric)}
        if own:
            found: list[Any] = [None] * self.size
            dist.all_gather_object(found, own, group=self.group)
            merged = {name: found[0][name].merge(*[each[name] for each in found[1:]]) for name in own}
            meter.metrics = meter.metrics | merged


def together_of(model: Any) -> Together | None:
    """Of a DistributedDataParallel in several processes; None for other models."""
    group = getattr(model, "join_process_group", None)
    return Together(group) if isinstance(group, dist.ProcessGroup) and group.size() > 1 else None
