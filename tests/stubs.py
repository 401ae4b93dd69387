"""Writes `autograd/__init__.pyi`, which tells type checkers what `autograd.X` is: `python -m tests.stubs`.

At run time the package imports rare names when they are first asked for, which no checker can follow. What is written
comes from the same tables (`autograd/names`), and a test compares.
"""

from __future__ import annotations

import ast
import importlib
import types
from pathlib import Path

import autograd
from autograd.names import old, tables

FILE = Path(autograd.__file__).with_name("__init__.pyi")
HEAD = '''"""What the names of the package are, for type checkers. Written by `python -m tests.stubs`."""

import builtins
from collections.abc import Callable
from types import ModuleType
from typing import Any

'''


def imports() -> list[str]:
    """The imports of the package itself, each name as public."""
    lines = []
    for node in ast.parse(FILE.with_suffix(".py").read_text()).body:
        if isinstance(node, ast.ImportFrom) and node.level:
            for alias in node.names:
                name = alias.asname or alias.name
                if name == "*":
                    lines.append(f"from .{node.module} import *")
                elif not name.startswith("_") and name in autograd.__all__:
                    lines.append(f"from .{node.module or ''} import {alias.name} as {name}")
    return lines


def named(name: str, place: str) -> str:
    """The import of what `place` ("nn.functional.conv2d") names."""
    module, _, last = place.rpartition(".")
    if not module:
        return f"import {place} as {name}"
    home = f".{module.removeprefix('autograd').lstrip('.')}" if module.split(".")[0] == "autograd" else module
    return f"from {home} import {last} as {name}"


def text() -> str:
    """The file."""
    places = {name: f"autograd.check.{name}" for name in autograd._CHECKER}
    places |= {name: place for name, place in tables.ELSEWHERE.items() if name != "nn"}
    variants = importlib.import_module("nn.functional.variants")
    places |= {
        name: f"nn.functional.{'variants.' if hasattr(variants, name) else ''}{name}" for name in tables.FUNCTIONAL
    }
    lines = [
        *imports(),
        "import autograd as autograd",
        "from . import random as random",
        "import nn as nn",
        *(named(*item) for item in sorted(places.items())),
    ]
    eager = {line.rpartition(" ")[2] for line in lines} | set(vars(importlib.import_module("autograd.api")))
    lines.append("")
    in_place = {name for name in dir(autograd.Tensor) if name.endswith("_")} | old.IN_PLACE
    for name in sorted({*dir(autograd), *in_place}):
        if name.startswith("_") or name in eager or not hasattr(autograd, name):
            continue
        value = getattr(autograd, name)
        if isinstance(value, types.ModuleType):
            kind = "ModuleType"
        elif value is None or not isinstance(value, (int, float, str)):
            kind = "Callable[..., Any]" if isinstance(value, types.FunctionType) else "Any"
        else:
            kind = f"builtins.{type(value).__name__}"
        lines.append(f"{name}: {kind}")
    return HEAD + "\n".join(lines) + "\n"


if __name__ == "__main__":
    FILE.write_text(text())
