"""PyTorch's path to what `custom.py` holds: `from torch.autograd.function import Function`."""

from __future__ import annotations

from .custom import Context, Function, once_differentiable
from .later import later

FunctionCtx = Context
"""PyTorch's name of it, in annotations."""

__all__ = ["Function", "FunctionCtx", "once_differentiable"]


later(__name__)
