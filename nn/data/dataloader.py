"""PyTorch's path to the loader: `from nn.data.dataloader import default_collate`."""

from .dataset import default_collate, default_convert
from .loader import DataLoader
from .stream import get_worker_info

__all__ = ["DataLoader", "default_collate", "default_convert", "get_worker_info"]
