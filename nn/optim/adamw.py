"""PyTorch's path to AdamW."""

from .adam import AdamW

__all__ = ["AdamW"]
