"""A module of PyTorch's that is a table here: name -> where the thing stands."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any

from .absent import missing


def resolve(path: str) -> Any:
    """What a dotted path leads to: the longest module of it that can be imported, then attributes."""
    parts = path.split(".")
    for length in range(len(parts), 0, -1):
        module = ".".join(parts[:length])
        try:
            found: Any = importlib.import_module(module)
        except ModuleNotFoundError as error:
            if not module.startswith(error.name or "?"):
                raise
            continue
        for part in parts[length:]:
            found = getattr(found, part)
        return found
    raise AttributeError(f"there is no {path}")


class Namespace(ModuleType):
    """The names of `table`: a string is the path of what stands elsewhere, all else is the thing itself.

    Attributes may be set, as programs do with `backends.cudnn.benchmark`.
    """

    def __init__(self, name: str, doc: str, table: dict[str, Any]) -> None:
        super().__init__(name, doc)
        self._table = table
        self.__path__: list[str] = []  # so that what lies in it can be imported, too: see `process.imports`

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name not in self._table:
            raise missing(self.__name__, name)
        found = self._table[name]
        if isinstance(found, str):
            found = resolve(found)
        elif isinstance(found, tuple):
            found = Namespace(f"{self.__name__}.{name}", *found)
        setattr(self, name, found)
        return found

    def __dir__(self) -> list[str]:
        return sorted(self._table)
