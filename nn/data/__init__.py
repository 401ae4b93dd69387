"""Data sets, loaders, transforms.

    dataset.py        what a data set is, and batches made of its samples                      read this first
    loader.py         DataLoader; sampler.py: in which order; randomness.py: its seeds; stream.py: data without a length
    workers.py        threads and processes that prepare batches ahead
    folders.py        pictures and other files in folders, a folder per class
    tables.py         CSV and Parquet files; arrays.py: .npy and .npz, read where they lie
    mnist.py          MNIST and Fashion-MNIST, with idx.py (their format) and download.py; glyphs.py: drawn digits
    cifar.py          CIFAR-10, CIFAR-100 and SVHN, where their files are
    sequences.py      sequences of known difficulty: adding, temporal order, Reber; text.py: characters
    transforms/       from pictures to Tensors, and varied pictures
    showing.py        what a notebook shows of a loader
    distributed.py dataloader.py   PyTorch's names for programs that ask

The rule: the same seed gives the same batches, whatever ran before. What was fetched is used only if its
checksum is right.
"""

from autograd.later import files as _files
from autograd.later import later as _later

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

__all__ = [
    "CIFAR10",
    "CIFAR100",
    "MNIST",
    "ORDERS",
    "REBER",
    "SVHN",
    "TEMPORAL_ORDER",
    "ArrayDataset",
    "BatchSampler",
    "ChainDataset",
    "ConcatDataset",
    "DataLoader",
    "Dataset",
    "DatasetFolder",
    "DistributedSampler",
    "FashionMNIST",
    "Glyphs",
    "ImageDataset",
    "ImageFolder",
    "IterableDataset",
    "RandomSampler",
    "ReberStrings",
    "Sampler",
    "SequentialSampler",
    "StackDataset",
    "Subset",
    "SubsetRandomSampler",
    "Table",
    "TensorDataset",
    "TextChars",
    "WeightedRandomSampler",
    "WorkerInfo",
    "adding_problem",
    "data_root",
    "default_collate",
    "default_convert",
    "embedded_reber",
    "get_worker_info",
    "open_arrays",
    "random_split",
    "read_idx",
    "read_table",
    "read_text",
    "temporal_order",
    "transforms",
    "write_idx",
]

_later(
    __name__,
    {
        **_files(
            "nn.data",
            arrays="ArrayDataset open_arrays",
            cifar="CIFAR10 CIFAR100 SVHN",
            dataloader="",
            distributed="DistributedSampler",
            folders="DatasetFolder ImageFolder read_text",
            tables="Table read_table",
        ),
    },
    known_as="data",
)  # what few programs use


def __dir__() -> list[str]:
    return sorted(__all__)
