"""The names of nn.parallel, for type checkers. Written by `python -m tests.stubs`."""

from .distributed import DistributedDataParallel as DistributedDataParallel
from .one_device import DataParallel as DataParallel
from .one_device import data_parallel as data_parallel
from .sync_norm import SyncBatchNorm as SyncBatchNorm
from . import distributed as distributed
from . import one_device as one_device
from . import sync_norm as sync_norm
import builtins
from collections.abc import Callable
from typing import Any
def later(module: str, places: Any = ..., known_as: str = '', others: str = '', star: str = '') -> None:
    """Let a module find the names in `places` beside those it imports: few programs use them."""
