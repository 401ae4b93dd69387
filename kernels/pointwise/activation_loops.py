"""Activations and their gradients: a formula for one element each, and the two loops that they run in.

    formula(x, number, c)          x an element, number(0.5) a constant of its dtype, c the settings
    formula_grad(dz, x, number, c)

The formulas are those of `autograd.ops.activation`; what is rounded there is rounded here, but exp, tanh and their kin
are those of `machine.vector`. A loop takes a part of its arrays and runs from 0 on: one from `start` on is no vector
code, as an index might count from the end.

Imported when it is first needed, because it loads Numba.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from numpy import ndarray as Array

from ..machine import simd
from ..machine.jit import Kernel, kernel, piece
from ..machine.vector import exp, expm1, log1p, normal
from ..machine.vector import sigmoid as logistic
from ..machine.vector import tanh as hyperbolic

SETTINGS = 3
"""The most that a formula has. All are given that many; those that have fewer do not look."""

DENSITY = 1 / math.sqrt(2 * math.pi)  # of the normal distribution, at 0
RATE = math.sqrt(2 / math.pi)  # of gelu_tanh
CUBIC = 0.044715

Formula = Callable[..., Any]


def _of_x(function: Formula) -> Kernel:
    """The loop z = formula(x)."""
    formula = piece(function)

    def loop(x: Array, c: Array, z: Array, start: int, stop: int) -> None:
        simd.wide()
        x, z = x[start:stop], z[start:stop]
        number, settings = x.dtype.type, (c[0], c[1], c[2])
        for i in range(z.size):
            z[i] = formula(x[i], number, settings)

    return _named(loop, function)


def _of_slope(function: Formula) -> Kernel:
    """The loop dx = formula(dz, x)."""
    formula = piece(function)

    def loop(dz: Array, x: Array, c: Array, dx: Array, start: int, stop: int) -> None:
        simd.wide()
        dz, x, dx = dz[start:stop], x[start:stop], dx[start:stop]
        number, settings = x.dtype.type, (c[0], c[1], c[2])
        for i in range(dx.size):
            dx[i] = formula(dz[i], x[i], number, settings)

    return _named(loop, function)


def _named(loop: Formula, function: Formula) -> Kernel:
    loop.__name__ = loop.__qualname__ = function.__name__
    return kernel(loop)


@_of_x
def tanh(x: Any, number: Any, c: Any) -> Any:
    return hyperbolic(x)


@_of_x
def sigmoid(x: Any, number: Any, c: Any) -> Any:
    return logistic(x)


@_of_x
def silu(x: Any, number: Any, c: Any) -> Any:
    return x * logistic(x)


@_of_slope
def silu_grad(dz: Any, x: Any, number: Any, c: Any) -> Any:
    s = logistic(x)
    return dz * (s * (number(1) + x * (number(1) - s)))


@_of_x
def gelu(x: Any, number: Any, c: Any) -> Any:
    below, _ = normal(x)
    return x * below


@_of_slope
def gelu_grad(dz: Any, x: Any, number: Any, c: Any) -> Any:
    below, e = normal(x)
    return dz * (below + x * (e * number(DENSITY)))


@_of_x
def gelu_tanh(x: Any, number: Any, c: Any) -> Any:
    t = hyperbolic(number(RATE) * (x + number(CUBIC) * (x * x * x)))
    return number(0.5) * x * (number(1) + t)


@_of_slope
def gelu_tanh_grad(dz: Any, x: Any, number: Any, c: Any) -> Any:
    half, one = number(0.5), number(1)
    t = hyperbolic(number(RATE) * (x + number(CUBIC) * (x * x * x)))
    inner = number(RATE) * (x * x * number(3 * CUBIC) + one)
    return dz * (half * (one + t) + half * x * (one - t * t) * inner)


@piece
def _exp_and_tanh(x: Any, number: Any) -> Any:
    """e = exp(x), and tanh(log(1 + e)); from 40 on, where that is 1, nothing overflows."""
    e = exp(number(40) if x > number(40) else x)
    n = e * (e + number(2))
    return e, n / (n + number(2))


@_of_x
def mish(x: Any, number: Any, c: Any) -> Any:
    _, t = _exp_and_tanh(x, number)
    return x * t


@_of_slope
def mish_grad(dz: Any, x: Any, number: Any, c: Any) -> Any:
    one = number(1)
    e, t = _exp_and_tanh(x, number)
    return dz * (t + x * (one - t * t) * (e / (one + e)))


@_of_x
def logsigmoid(x: Any, number: Any, c: Any) -> Any:
    return (number(0) if x > number(0) else x) - log1p(exp(-abs(x)))


@_of_slope
def logsigmoid_grad(dz: Any, x: Any, number: Any, c: Any) -> Any:
    return dz * logistic(-x)


@_of_x
def softplus(x: Any, number: Any, c: Any) -> Any:
    beta, threshold, _ = c
    y = x * beta
    soft = ((number(0) if y < number(0) else y) + log1p(exp(-abs(y)))) / beta
    return x if y > threshold else soft


@_of_slope
def softplus_grad(dz: Any, x: Any, number: Any, c: Any) -> Any:
    beta, threshold, _ = c
    y = x * beta
    s = dz * logistic(y)
    return dz if y > threshold else s


@_of_x
def elu(x: Any, number: Any, c: Any) -> Any:
    alpha, scale, rate = c
    curved = alpha * expm1((number(0) if x > number(0) else x) * rate)
    return scale * (x if x > number(0) else curved)


@_of_slope
def elu_grad(dz: Any, x: Any, number: Any, c: Any) -> Any:
    alpha, scale, rate = c
    curved = dz * (scale * alpha * rate * exp((number(0) if x > number(0) else x) * rate))
    return dz * scale if x > number(0) else curved


@_of_x
def leaky_relu(x: Any, number: Any, c: Any) -> Any:
    return x if x > number(0) else c[0] * x


@_of_slope
def leaky_relu_grad(dz: Any, x: Any, number: Any, c: Any) -> Any:
    return dz if x > number(0) else c[0] * dz
