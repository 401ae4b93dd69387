"""Layers for several processes and devices: torch.nn.parallel's names.

    distributed.py    DistributedDataParallel: every process has the model, and a part of each batch   read this first
    buckets.py        gradients brought together while backward goes on
    sync_norm.py      SyncBatchNorm: batch norm over all processes
    one_device.py     DataParallel, which on one device is the module itself

The rule: a step of N processes with a part of a batch each is a step of one process with the whole batch, up to
rounding. What processes say to each other goes through `autograd.distributed`.
"""

from __future__ import annotations

from autograd.later import later

from .distributed import DistributedDataParallel
from .one_device import DataParallel, data_parallel
from .sync_norm import SyncBatchNorm

__all__ = ["DataParallel", "DistributedDataParallel", "SyncBatchNorm", "data_parallel"]

later(__name__)
