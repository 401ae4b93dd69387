"""Packages that few programs need: imported when they are used; where one is missing, a line says how to get it."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

PACKAGES = {
    "images": ("PIL",),
    "onnx": ("onnx", "onnxruntime"),
    "scipy": ("scipy",),
    "tables": ("pandas", "pyarrow"),
    "tensorboard": ("tensorboard",),
}
"""Extra -> what is imported of it."""


def extra(module: str, name: str, who: str) -> Any:
    """The module `module`, which `pip install 'wengert[name]'` brings, for the use of `who`.

    >>> extra("no_such_package.part", "tables", "Table")
    Traceback (most recent call last):
    ModuleNotFoundError: Table needs no_such_package: pip install 'wengert[tables]'
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        package = module.partition(".")[0]
        if (error.name or "").partition(".")[0] != package:
            raise  # it is there, but something that it needs itself is not
        raise ModuleNotFoundError(f"{who} needs {package}: pip install 'wengert[{name}]'", name=package) from None


def needed(who: str, *names: str) -> None:
    """End a program with one line, before it has begun, if it needs extras that are missing.

    >>> needed("pictures.py", "images")
    """
    missing = {name: [p for p in PACKAGES[name] if importlib.util.find_spec(p) is None] for name in names}
    missing = {name: packages for name, packages in missing.items() if packages}
    if missing:
        packages = ", ".join(package for each in missing.values() for package in each)
        raise SystemExit(f"{who} needs {packages}: pip install 'wengert[{','.join(missing)}]'")
