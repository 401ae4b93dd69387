"""Packages that few programs need: imported when they are used; where one is missing, a line says how to get it."""

from __future__ import annotations

import importlib
from typing import Any


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
