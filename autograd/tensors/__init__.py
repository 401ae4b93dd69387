"""The Tensor: `tensor.py` puts it together, from a file for each family of methods."""

from .hooks import Handle
from .tensor import GradFn, Size, Tensor

__all__ = ["GradFn", "Handle", "Size", "Tensor"]
