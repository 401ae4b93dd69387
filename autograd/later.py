"""Names of a package that are imported when they are first asked for."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any


def later(package: str, places: dict[str, str], known_as: str = "") -> Callable[[str], Any]:
    """The `__getattr__` of a package that has the names in `places` beside those it imports: few programs use them.

    places     name -> "package.module:name" of the thing, or "package.module" for a module
    known_as   the package in PyTorch's words, where these differ. A name of theirs that is not here raises
               AttributeError with the reason; so does every other name, without one.
    """

    def __getattr__(name: str) -> Any:  # noqa: N807 - it becomes one
        if name in places:
            home, _, attribute = places[name].partition(":")
            found: Any = importlib.import_module(home)
            return getattr(found, attribute) if attribute else found
        if name.startswith("__"):
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        raise importlib.import_module("autograd.names.absent").missing(known_as or package, name)

    return __getattr__
