"""The one place where compile options are chosen, each with its reason. Numba is loaded when the first kernel runs.

cache          compiled code is kept between processes, so that only the first run ever waits
nogil          other Python threads (data loading) go on meanwhile
error_model    "numpy": x / 0 is inf, as in arrays; Python's ZeroDivisionError would also prevent vector code
no fastmath    it would delete tests for NaN; and without it a loop rounds exactly as the same NumPy calls do
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
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
    return compiled
