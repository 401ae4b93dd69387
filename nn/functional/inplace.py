"""Activations that write into their input: relu_(x) is relu(x, inplace=True)."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from autograd.tensors.activation import celu, elu, hardtanh, leaky_relu, relu, selu, threshold

from .sampling import rrelu


def _in_place(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def written(input: Any, *args: Any, **kwargs: Any) -> Any:
        return function(input, *args, inplace=True, **kwargs)

    written.__name__ = written.__qualname__ = f"{function.__name__}_"
    written.__doc__ = f"`{function.__name__}`, written into the input's memory. Returns the input."
    return written


relu_, elu_, selu_, celu_ = _in_place(relu), _in_place(elu), _in_place(selu), _in_place(celu)
leaky_relu_, rrelu_ = _in_place(leaky_relu), _in_place(rrelu)
hardtanh_, threshold_ = _in_place(hardtanh), _in_place(threshold)
