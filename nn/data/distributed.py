"""The part of a data set that one of several processes takes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sized
from typing import Any

import numpy as np

import autograd.distributed as dist
from autograd.errors import SettingError

from .sampler import Sampler


class DistributedSampler(Sampler):
    """Every `num_replicas`-th index of a data set, from `rank` on, so that several processes share it.

    num_replicas, rank   how many processes, and which one this is; default: what `autograd.distributed` says
    shuffle              in an order that `seed` and `set_epoch` decide, the same in all processes
    drop_last            leave out the last indices; otherwise the first are repeated until all have equally many
    """

    def __init__(
        self,
        dataset: Sized,
        num_replicas: int | None = None,
        rank: int | None = None,
        shuffle: bool = True,
        seed: int = 0,
        drop_last: bool = False,
    ) -> None:
        self.dataset = dataset
        together = dist.is_initialized()
        if num_replicas is None:
            num_replicas = dist.get_world_size() if together else 1
        if rank is None:
            rank = dist.get_rank() if together else 0
        self.num_replicas, self.rank = num_replicas, rank
        if not 0 <= self.rank < self.num_replicas:
            raise SettingError(f"Invalid rank {rank}, rank should be in the interval [0, {self.num_replicas - 1}]")
        self.epoch = 0
        self.shuffle = shuffle
        self.seed = seed
        self.drop_last = drop_last
        share = len(dataset) / self.num_replicas
        self.num_samples = math.floor(share) if drop_last else math.ceil(share)
        self.total_size = self.num_samples * self.num_replicas

    def __iter__(self) -> Iterator[Any]:
        indices = np.arange(len(self.dataset))
        if self.shuffle:
            np.random.default_rng(self.seed + self.epoch).shuffle(indices)
        return iter(np.resize(indices, self.total_size)[self.rank :: self.num_replicas].tolist())

    def __len__(self) -> int:
        return self.num_samples

    def set_epoch(self, epoch: int) -> None:
        """Say which epoch begins: each has an order of its own."""
        self.epoch = epoch
