"""Modules that stand elsewhere, found by `import` too: `import autograd.nn as nn`, as one writes for `import torch.nn`.

An attribute knows where a thing stands (`autograd.nn`, `autograd.optim.lr_scheduler`), but an import statement asks the
finders in `sys.meta_path` only. Two stand there for our names: `Inside` comes first, so that what is imported from
within such a module is never loaded a second time under another name; `Elsewhere` comes last, when no file was found.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any


class Known:
    """A loader that loads nothing: the module is there already, and stays what it is."""

    def __init__(self, module: ModuleType) -> None:
        self.module = module
        self.spec = module.__spec__

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return self.module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self.spec  # `import` has put ours there


def known_as(name: str, module: ModuleType) -> ModuleSpec:
    """What makes `import name` give that module."""
    return ModuleSpec(name, Known(module), is_package=hasattr(module, "__path__"))  # type: ignore[arg-type]


class Inside:
    """Finds what lies within a module that is known under two names: `autograd.nn.functional` is `nn.functional`."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: Any = None) -> ModuleSpec | None:
        if not name.startswith("autograd."):
            return None
        home, _, tail = name.rpartition(".")
        parent = sys.modules.get(home)
        if parent is None or parent.__name__ == home:
            return None
        try:
            return known_as(name, importlib.import_module(f"{parent.__name__}.{tail}"))
        except ModuleNotFoundError as error:
            if error.name != f"{parent.__name__}.{tail}":
                raise
            return None


class Elsewhere:
    """Finds modules that are attributes, and says of names of PyTorch's that are not here why."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: Any = None) -> ModuleSpec | None:
        home, _, tail = name.rpartition(".")
        if not name.startswith("autograd.") or home not in sys.modules or tail.startswith("_"):
            return None
        try:
            found = getattr(sys.modules[home], tail)
        except AttributeError as error:
            if " no attribute " in str(error):
                return None
            raise ModuleNotFoundError(str(error), name=name) from None
        return known_as(name, found) if isinstance(found, ModuleType) else None


def find_what_stands_elsewhere() -> None:
    """Put both into `sys.meta_path`, once."""
    if Inside not in sys.meta_path:
        sys.meta_path.insert(0, Inside)
        sys.meta_path.append(Elsewhere)
