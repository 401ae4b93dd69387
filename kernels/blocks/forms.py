"""What one instruction of the block machine does to one element: value in, value out, no constants.

A form names no types: the same one serves float32, float64 and integers, and is compiled for what it is given. Numbers
that a formula needs come as operands, like everything else; so x / 2 and x / y are one form. What is rounded is rounded
as NumPy does it, once per form: no form joins two roundings into one.

Imported when the machine first runs, because it loads Numba.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..machine import vector
from ..machine.jit import Kernel, piece

FORMS: dict[str, Kernel] = {}
"""Every form by name."""


def form(function: Callable[..., Any]) -> Kernel:
    """Enter a form under the name of its function."""
    made = FORMS[function.__name__] = piece(function)
    return made


# ------------------------------------------------------------------------------------------------------- arithmetic


@form
def add(a: Any, b: Any) -> Any:
    return a + b


@form
def sub(a: Any, b: Any) -> Any:
    return a - b


@form
def mul(a: Any, b: Any) -> Any:
    return a * b


@form
def div(a: Any, b: Any) -> Any:
    return a / b


@form
def neg(a: Any) -> Any:
    return -a


@form
def absolute(a: Any) -> Any:
    return abs(a)


@form
def sqrt(a: Any) -> Any:
    return math.sqrt(a)


@form
def maximum(a: Any, b: Any) -> Any:
    """The larger one; NaN if one is NaN."""
    return a if (a >= b) | (a != a) else b


@form
def minimum(a: Any, b: Any) -> Any:
    return a if (a <= b) | (a != a) else b


@form
def fmax(a: Any, b: Any) -> Any:
    """The larger one; NaN if both are NaN."""
    return a if (a >= b) | (b != b) else b


@form
def fmin(a: Any, b: Any) -> Any:
    return a if (a <= b) | (b != b) else b


# ----------------------------------------------------------------------------------------------------- transcendental


@form
def exp(a: Any) -> Any:
    return vector.exp(a)


@form
def expm1(a: Any) -> Any:
    return vector.expm1(a)


@form
def log(a: Any) -> Any:
    return vector.log(a)


@form
def log1p(a: Any) -> Any:
    return vector.log1p(a)


@form
def tanh(a: Any) -> Any:
    return vector.tanh(a)


@form
def sigmoid(a: Any) -> Any:
    return vector.sigmoid(a)


@form
def erf(a: Any) -> Any:
    return vector.erf(a)


# --------------------------------------------------------------------------------------------------------- rounding


@form
def floor(a: Any) -> Any:
    return np.floor(a)


@form
def ceil(a: Any) -> Any:
    return np.ceil(a)


@form
def trunc(a: Any) -> Any:
    return np.trunc(a)


@form
def rint(a: Any) -> Any:
    return np.rint(a)


@form
def copy(a: Any) -> Any:
    return a


# --------------------------------------------------------------------------------------------- comparing and choosing


@form
def eq(a: Any, b: Any) -> Any:
    return a == b


@form
def ne(a: Any, b: Any) -> Any:
    return a != b


@form
def lt(a: Any, b: Any) -> Any:
    return a < b


@form
def le(a: Any, b: Any) -> Any:
    return a <= b


@form
def gt(a: Any, b: Any) -> Any:
    return a > b


@form
def ge(a: Any, b: Any) -> Any:
    return a >= b


@form
def both(a: Any, b: Any) -> Any:
    return a & b


@form
def either(a: Any, b: Any) -> Any:
    return a | b


@form
def negation(a: Any) -> Any:
    return not a


@form
def choose(a: Any, b: Any, c: Any) -> Any:
    """b where a, else c."""
    return b if a else c


@form
def nonzero(a: Any) -> Any:
    return a != 0
