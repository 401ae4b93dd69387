"""Data sets, loaders, transforms."""

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
