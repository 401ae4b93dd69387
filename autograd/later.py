"""Names of a module that are imported when they are first asked for."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

Place = str | Callable[[str], Any]


def later(
    module: str,
    places: Mapping[str, Place] = MappingProxyType({}),
    known_as: str = "",
    others: str = "",
    star: str = "",
) -> None:
    """Let a module find the names in `places` beside those it imports: few programs use them.

    places     name -> "package.module:name" of the thing, "package.module" for a module, or a function that makes the
               thing from its name
    known_as   the module in PyTorch's words, where these differ. A name of theirs that is not here raises
               AttributeError with the reason; so does every other name, without one.
    others     a module that is asked for all other names
    star       a module whose public names are this one's, too, as after `from star import *`; those that are imported
               late there are imported late here

    A `def __getattr__` in the module would let type checkers take any misspelt name for one of these; they read the
    stub beside it instead (`python -m tests.stubs` writes it).
    """

    here, places = vars(sys.modules[module]), {**places}
    if star:
        there = vars(sys.modules[star])
        here.update({name: there[name] for name in there["__all__"] if name in there})
        places.update({name: f"{star}:{name}" for name in there["__all__"] if name not in there})

    def find(name: str) -> Any:
        if name in places:
            place = places[name]
            if not isinstance(place, str):
                return place(name)
            home, _, attribute = place.partition(":")
            found: Any = importlib.import_module(home)
            found = getattr(found, attribute) if attribute else found
            if name in here.get("__all__", ()):  # names from older versions are never taken for the module's own
                here[name] = found
            return found
        if name.startswith("__"):
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        if others:
            found = importlib.import_module(others)
            if name in dir(found) or hasattr(found, name):
                return getattr(found, name)
        raise importlib.import_module("autograd.names.absent").missing(known_as or module, name)

    find.places, find.others, find.star = places, others, star  # type: ignore[attr-defined]
    here["__getattr__"] = find


def files(package: str, **names: str) -> dict[str, str]:
    """The places of the names in files of a package, `files("nn.layers", conv="Conv1d Conv2d")`, and of the files."""
    return {name: f"{package}.{file}:{name}" for file, each in names.items() for name in each.split()} | {
        file: f"{package}.{file}" for file in names
    }
