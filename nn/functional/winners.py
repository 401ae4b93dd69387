"""Max pooling that returns the winners and where they are; `return_indices`, which PyTorch has here too, is ignored."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from . import pool


def _with_indices(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        given = inspect.signature(function).bind(*args, **kwargs).arguments
        return function(**{**given, "return_indices": True})

    run.__name__ = run.__qualname__ = f"{function.__name__}_with_indices"
    run.__doc__ = f"`{function.__name__}` and the indices of its winners."
    return run


max_pool1d_with_indices = _with_indices(pool.max_pool1d)
max_pool2d_with_indices = _with_indices(pool.max_pool2d)
max_pool3d_with_indices = _with_indices(pool.max_pool3d)
adaptive_max_pool1d_with_indices = _with_indices(pool.adaptive_max_pool1d)
adaptive_max_pool2d_with_indices = _with_indices(pool.adaptive_max_pool2d)
adaptive_max_pool3d_with_indices = _with_indices(pool.adaptive_max_pool3d)
