"""Data sets, loaders, transforms."""

import importlib
from typing import Any

from . import transforms
from .dataset import (
    ConcatDataset,
    Dataset,
    ImageDataset,
    StackDataset,
    Subset,
    TensorDataset,
    default_collate,
    default_convert,
    random_split,
)
from .download import data_root
from .glyphs import Glyphs
from .idx import read_idx, write_idx
from .loader import DataLoader
from .mnist import MNIST, FashionMNIST
from .sampler import (
    BatchSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)
from .sequences import (
    ORDERS,
    REBER,
    TEMPORAL_ORDER,
    ReberStrings,
    adding_problem,
    embedded_reber,
    temporal_order,
)
from .stream import ChainDataset, IterableDataset, WorkerInfo, get_worker_info
from .text import TextChars

_LATER = {"DistributedSampler": "distributed"}
_MODULES = {"dataloader": "dataloader", "distributed": "distributed"}


def __getattr__(name: str) -> Any:
    """What few programs use is imported when it is first asked for."""
    if name in _LATER:
        return getattr(importlib.import_module(f"{__name__}.{_LATER[name]}"), name)
    if name in _MODULES:
        return importlib.import_module(f"{__name__}.{_MODULES[name]}")
    if name.startswith("__"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    raise importlib.import_module("autograd.names.absent").missing(__name__.removeprefix("nn."), name)
