"""Arithmetic on large arrays: a formula for one element each, and the three loops that they run in.

    formula(x, y, number)      number(1) is a constant of their dtype

Each formula has a loop over two arrays where there is such a case, and one for a number on a side, which comes as an
array (1,). Loops from 0 on become vector code: in others an index might count from the end.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numpy import ndarray as Array

from ..machine.jit import Kernel, kernel, piece

Formula = Callable[..., Any]


def _of_both(function: Formula) -> Kernel:
    """The loop z[i] = formula(x[i], y[i])."""
    formula = piece(function)

    def loop(x: Array, y: Array, z: Array, start: int, stop: int) -> None:
        x, y, z = x[start:stop], y[start:stop], z[start:stop]
        number = z.dtype.type
        for i in range(z.size):
            z[i] = formula(x[i], y[i], number)

    return _named(loop, function.__name__)


def _with_number(function: Formula) -> Kernel:
    """The loop z[i] = formula(x[i], y) for a number y."""
    formula = piece(function)

    def loop(x: Array, y: Array, z: Array, start: int, stop: int) -> None:
        c, x, z = y[0], x[start:stop], z[start:stop]
        number = z.dtype.type
        for i in range(z.size):
            z[i] = formula(x[i], c, number)

    return _named(loop, f"{function.__name__}_number")


def _of_number(function: Formula) -> Kernel:
    """The loop z[i] = formula(x, y[i]) for a number x."""
    formula = piece(function)

    def loop(x: Array, y: Array, z: Array, start: int, stop: int) -> None:
        c, y, z = x[0], y[start:stop], z[start:stop]
        number = z.dtype.type
        for i in range(z.size):
            z[i] = formula(c, y[i], number)

    return _named(loop, f"number_{function.__name__}")


def _named(loop: Formula, name: str) -> Kernel:
    loop.__name__ = loop.__qualname__ = name
    return kernel(loop)


def _add(x: Any, y: Any, number: Any) -> Any:
    return x + y


def _subtract(x: Any, y: Any, number: Any) -> Any:
    return x - y


def _multiply(x: Any, y: Any, number: Any) -> Any:
    return x * y


def _divide(x: Any, y: Any, number: Any) -> Any:
    return x / y


def _relu(x: Any, zero: Any, number: Any) -> Any:
    return zero if x <= zero else x


def _relu_slope(dz: Any, r: Any, number: Any) -> Any:
    return dz * (number(1) if r != number(0) else number(0))


def _tanh_slope(dz: Any, t: Any, number: Any) -> Any:
    return dz * (number(1) - t * t)


add, add_number = _of_both(_add), _with_number(_add)
subtract, subtract_number, number_subtract = _of_both(_subtract), _with_number(_subtract), _of_number(_subtract)
multiply, multiply_number = _of_both(_multiply), _with_number(_multiply)
divide, divide_number = _of_both(_divide), _with_number(_divide)
relu = _with_number(_relu)
relu_slope, number_relu_slope = _of_both(_relu_slope), _of_number(_relu_slope)
tanh_slope, number_tanh_slope = _of_both(_tanh_slope), _of_number(_tanh_slope)


@kernel
def rectify(x: Array, start: int, stop: int) -> None:
    """`relu` in place."""
    x = x[start:stop]
    zero = x.dtype.type(0)
    for i in range(x.size):
        v = x[i]
        x[i] = zero if v <= zero else v
