"""Helpers of HIPS/autograd's, for functions of nests of arrays.

    flatten.py        nests as one vector, and back    read this first
    optimizers.py     sgd, rmsprop and adam on nests
    fixed_points.py   x = f(a)(x), differentiated by a
    tracers.py        `const_graph` under another name

The rule: HIPS/autograd's names and arguments.
"""

import functools as _functools
from collections.abc import Callable as _Callable
from typing import Any as _Any

from .flatten import flatten, flatten_func

__all__ = ["const_graph", "flatten", "flatten_func"]


def const_graph(fun: _Callable[..., _Any], *args: _Any, **kwargs: _Any) -> _Callable[..., _Any]:
    """`fun` with its first arguments fixed. It is run at every call, so one that branches is right, too."""
    return _functools.partial(fun, *args, **kwargs)
