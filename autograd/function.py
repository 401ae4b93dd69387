"""PyTorch's path to what `custom.py` holds: `from torch.autograd.function import Function`."""

from __future__ import annotations

import importlib
from typing import Any

from .custom import Context, Function, once_differentiable

FunctionCtx = Context
"""PyTorch's name of it, in annotations."""

__all__ = ["Function", "FunctionCtx", "once_differentiable"]


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    raise importlib.import_module("autograd.names.absent").missing(__name__, name)
