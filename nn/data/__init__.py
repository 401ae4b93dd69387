"""Data sets, loaders, transforms."""

from . import transforms
from .dataset import (
    ConcatDataset,
    Dataset,
    ImageDataset,
    Subset,
    TensorDataset,
    default_collate,
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
from .text import TextChars
