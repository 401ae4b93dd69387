"""torch.utils: data sets, checkpoints and hooks, which stand elsewhere here."""

from __future__ import annotations

import importlib
from typing import Any

from ..names.absent import missing

_MODULES = {"checkpoint": "autograd.utils.checkpoint", "data": "nn.data", "dlpack": "autograd.utils.dlpack"}


def set_module(obj: Any, mod: str) -> None:
    """Say that `obj` belongs to the module named `mod`."""
    obj.__module__ = mod


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(_MODULES[name])
    if name == "hooks":
        return importlib.import_module("autograd.utils.hooks")
    raise missing(__name__, name)
