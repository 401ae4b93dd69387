"""The one place where compile options are chosen, each with its reason. Numba is loaded when the first kernel runs.

cache          compiled code is kept between processes, so that only the first run ever waits
nogil          other Python threads (data loading) go on meanwhile
error_model    "numpy": x / 0 is inf, as in arrays; Python's ZeroDivisionError would also prevent vector code
no fastmath    it would delete tests for NaN; and without it a loop rounds exactly as the same NumPy calls do
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

ENABLED = os.environ.get("NUMBA_DISABLE_JIT", "0") == "0"
"""Is anything compiled at all? With NUMBA_DISABLE_JIT=1 kernels run as Python; those of vector code are not used."""


class Kernel:
    """A loop over plain arrays, compiled by Numba when it is first called. `.python` is the loop itself."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.python = function
        self._compiled: Callable[..., Any] | None = None
        functools.update_wrapper(self, function)

    def __call__(self, *arguments: Any) -> Any:
        if self._compiled is None:
            self._compiled = _compile(self.python)
        return self._compiled(*arguments)


def kernel(function: Callable[..., Any]) -> Kernel:
    """Make a loop a kernel."""
    return Kernel(function)


def _compile(function: Callable[..., Any]) -> Callable[..., Any]:
    import numba

    njit: Any = numba.njit
    options = {"nogil": True, "error_model": "numpy"}
    try:
        compiled: Callable[..., Any] = njit(cache=True, **options)(function)
    except RuntimeError:  # no folder that the cache could be written to
        compiled = njit(**options)(function)
    _announce(function, getattr(compiled, "stats", None))
    return compiled


_announced = False


def _announce(function: Callable[..., Any], stats: Any) -> None:
    """Say once per process that kernels are being compiled, if they do not come from the cache."""
    global _announced
    folder = getattr(stats, "cache_path", None)
    name = f"{function.__module__.rsplit('.', 1)[-1]}.{function.__qualname__}-*.nbi"
    if _announced or not ENABLED or (folder and any(Path(folder).glob(name))):
        return
    _announced = True
    kept = f"they are kept in {folder}" if folder else "they cannot be kept: no folder for them can be written to"
    print(f"wengert: compiling kernels for this machine, once; {kept}", file=sys.stderr)
