"""Activations and their gradients over flat arrays, as compiled loops: every element is read and written once.

The formulas are those of `autograd.ops.activation`. Imported when it is first needed, because it loads Numba.
"""

from __future__ import annotations

import math
from functools import partial

import numpy as np
from numpy import ndarray as Array

from ..machine import simd, threads
from ..machine.jit import Kernel, kernel
from ..machine.vector import erf, exp, expm1, log1p
from ..machine.vector import sigmoid as logistic
from ..machine.vector import tanh as hyperbolic

LEAST = 1 << 14  # elements that are worth a thread
ROOT_HALF = math.sqrt(0.5)
DENSITY = 1 / math.sqrt(2 * math.pi)  # of the normal distribution, at 0
RATE = math.sqrt(2 / math.pi)  # of gelu_tanh
CUBIC = 0.044715


def _run(loop: Kernel, inputs: tuple[Array, ...], *settings: float) -> Array:
    """loop(*flat inputs, settings as an array, flat result, start, stop) in threads."""
    x = inputs[0]
    if any(y.shape != x.shape or y.dtype != x.dtype for y in inputs):
        raise ValueError(f"{loop.python.__name__}: arrays of shapes {[y.shape for y in inputs]}")
    z = np.empty(x.shape, x.dtype)
    parts, out = [np.ascontiguousarray(y).reshape(-1) for y in inputs], z.reshape(-1)
    c = np.array(settings, x.dtype) if settings else out  # where there are none, nobody looks
    if z.size < 2 * LEAST:
        loop(*parts, c, out, 0, z.size)
    else:
        threads.split(z.size, partial(loop, *parts, c, out), LEAST)
    return z


# As in arithmetic.py, a loop takes a part of its arrays and runs from 0 on: one from `start` on is no vector code, as
# an index might count from the end. `c` holds the settings.


@kernel
def _tanh(x: Array, c: Array, z: Array, start: int, stop: int) -> None:
    simd.wide()
    x, z = x[start:stop], z[start:stop]
    for i in range(z.size):
        z[i] = hyperbolic(x[i])


@kernel
def _sigmoid(x: Array, c: Array, z: Array, start: int, stop: int) -> None:
    """1 / (1 + exp(-x))."""
    simd.wide()
    x, z = x[start:stop], z[start:stop]
    for i in range(z.size):
        z[i] = logistic(x[i])


@kernel
def _silu(x: Array, c: Array, z: Array, start: int, stop: int) -> None:
    """x * sigmoid(x)."""
    simd.wide()
    x, z = x[start:stop], z[start:stop]
    for i in range(z.size):
        v = x[i]
        z[i] = v * logistic(v)


@kernel
def _silu_grad(dz: Array, x: Array, c: Array, z: Array, start: int, stop: int) -> None:
    """The gradient of `silu`."""
    simd.wide()
    dz, x, z = dz[start:stop], x[start:stop], z[start:stop]
    one = x.dtype.type(1)
    for i in range(z.size):
        v = x[i]
        s = logistic(v)
        z[i] = dz[i] * (s * (one + v * (one - s)))


@kernel
def _gelu(x: Array, c: Array, z: Array, start: int, stop: int) -> None:
    """x times the probability that a standard normal variable is below x."""
    simd.wide()
    x, z = x[start:stop], z[start:stop]
    half = x.dtype.type(0.5)
    root = x.dtype.type(ROOT_HALF)
    for i in range(z.size):
        v = x[i]
        z[i] = v * (half * erf(v * root) + half)


@kernel
def _gelu_grad(dz: Array, x: Array, c: Array, z: Array, start: int, stop: int) -> None:
    """The gradient of `gelu`."""
    simd.wide()
    dz, x, z = dz[start:stop], x[start:stop], z[start:stop]
    half = x.dtype.type(0.5)
    root = x.dtype.type(ROOT_HALF)
    density = x.dtype.type(DENSITY)
    for i in range(z.size):
        v = x[i]
        z[i] = dz[i] * ((half * erf(v * root) + half) + v * (exp(v * v * -half) * density))


@kernel
def _gelu_tanh(x: Array, c: Array, z: Array, start: int, stop: int) -> None:
    """The approximation of gelu by tanh."""
    simd.wide()
    x, z = x[start:stop], z[start:stop]
    half = x.dtype.type(0.5)
    one = x.dtype.type(1)
    rate = x.dtype.type(RATE)
    cubic = x.dtype.type(CUBIC)
    for i in range(z.size):
        v = x[i]
        z[i] = half * v * (one + hyperbolic(rate * (v + cubic * (v * v * v))))


@kernel
def _gelu_tanh_grad(dz: Array, x: Array, c: Array, z: Array, start: int, stop: int) -> None:
    """The gradient of `gelu_tanh`."""
    simd.wide()
    dz, x, z = dz[start:stop], x[start:stop], z[start:stop]
    half = x.dtype.type(0.5)
    one = x.dtype.type(1)
    rate = x.dtype.type(RATE)
    cubic = x.dtype.type(CUBIC)
    cubic3 = x.dtype.type(3 * CUBIC)
    for i in range(z.size):
        v = x[i]
        t = hyperbolic(rate * (v + cubic * (v * v * v)))
        inner = rate * (v * v * cubic3 + one)
        z[i] = dz[i] * (half * (one + t) + half * v * (one - t * t) * inner)


@kernel
def _mish(x: Array, c: Array, z: Array, start: int, stop: int) -> None:
    """x * tanh(log(1 + exp(x)))."""
    simd.wide()
    x, z = x[start:stop], z[start:stop]
    two = x.dtype.type(2)
    sure = x.dtype.type(40)
    for i in range(z.size):
        v = x[i]
        e = exp(sure if v > sure else v)
        n = e * (e + two)
        z[i] = v * (n / (n + two))


@kernel
def _mish_grad(dz: Array, x: Array, c: Array, z: Array, start: int, stop: int) -> None:
    """The gradient of `mish`."""
    simd.wide()
    dz, x, z = dz[start:stop], x[start:stop], z[start:stop]
    one = x.dtype.type(1)
    two = x.dtype.type(2)
    sure = x.dtype.type(40)
    for i in range(z.size):
        v = x[i]
        e = exp(sure if v > sure else v)
        n = e * (e + two)
        t = n / (n + two)
        z[i] = dz[i] * (t + v * (one - t * t) * (e / (one + e)))


@kernel
def _logsigmoid(x: Array, c: Array, z: Array, start: int, stop: int) -> None:
    """log(sigmoid(x))."""
    simd.wide()
    x, z = x[start:stop], z[start:stop]
    zero = x.dtype.type(0)
    for i in range(z.size):
        v = x[i]
        z[i] = (zero if v > zero else v) - log1p(exp(-abs(v)))


@kernel
def _logsigmoid_grad(dz: Array, x: Array, c: Array, z: Array, start: int, stop: int) -> None:
    """The gradient of `logsigmoid`."""
    simd.wide()
    dz, x, z = dz[start:stop], x[start:stop], z[start:stop]
    for i in range(z.size):
        z[i] = dz[i] * logistic(-x[i])


@kernel
def _softplus(x: Array, c: Array, z: Array, start: int, stop: int) -> None:
    """log(1 + exp(beta x)) / beta, x itself where beta x is above the threshold.."""
    simd.wide()
    x, z = x[start:stop], z[start:stop]
    zero = x.dtype.type(0)
    beta = c[0]
    threshold = c[1]
    for i in range(z.size):
        y = x[i] * beta
        soft = ((zero if y < zero else y) + log1p(exp(-abs(y)))) / beta
        z[i] = x[i] if y > threshold else soft


@kernel
def _softplus_grad(dz: Array, x: Array, c: Array, z: Array, start: int, stop: int) -> None:
    """The gradient of `softplus`."""
    simd.wide()
    dz, x, z = dz[start:stop], x[start:stop], z[start:stop]
    beta = c[0]
    threshold = c[1]
    for i in range(z.size):
        y = x[i] * beta
        s = dz[i] * logistic(y)
        z[i] = dz[i] if y > threshold else s


@kernel
def _elu(x: Array, c: Array, z: Array, start: int, stop: int) -> None:
    """scale * x where positive, else scale * alpha * (exp(rate * x) - 1).."""
    simd.wide()
    x, z = x[start:stop], z[start:stop]
    zero = x.dtype.type(0)
    alpha = c[0]
    scale = c[1]
    rate = c[2]
    for i in range(z.size):
        v = x[i]
        curved = alpha * expm1((zero if v > zero else v) * rate)
        z[i] = scale * (v if v > zero else curved)


@kernel
def _elu_grad(dz: Array, x: Array, c: Array, z: Array, start: int, stop: int) -> None:
    """The gradient of `elu`."""
    simd.wide()
    dz, x, z = dz[start:stop], x[start:stop], z[start:stop]
    zero = x.dtype.type(0)
    alpha = c[0]
    scale = c[1]
    rate = c[2]
    for i in range(z.size):
        v = x[i]
        curved = dz[i] * (scale * alpha * rate * exp((zero if v > zero else v) * rate))
        z[i] = dz[i] * scale if v > zero else curved


@kernel
def _leaky_relu(x: Array, c: Array, z: Array, start: int, stop: int) -> None:
    """x where positive, else slope * x.."""
    simd.wide()
    x, z = x[start:stop], z[start:stop]
    zero = x.dtype.type(0)
    slope = c[0]
    for i in range(z.size):
        v = x[i]
        z[i] = v if v > zero else slope * v


@kernel
def _leaky_relu_grad(dz: Array, x: Array, c: Array, z: Array, start: int, stop: int) -> None:
    """The gradient of `leaky_relu`."""
    simd.wide()
    dz, x, z = dz[start:stop], x[start:stop], z[start:stop]
    zero = x.dtype.type(0)
    slope = c[0]
    for i in range(z.size):
        g = dz[i]
        z[i] = g if x[i] > zero else slope * g


# ------------------------------------------------------------------------------------------------- with arrays around


def tanh(x: Array) -> Array:
    """The hyperbolic tangent."""
    return _run(_tanh, (x,))


def sigmoid(x: Array) -> Array:
    """1 / (1 + exp(-x)). x float32 or float64."""
    return _run(_sigmoid, (x,))


def silu(x: Array) -> Array:
    """x * sigmoid(x). x float32 or float64."""
    return _run(_silu, (x,))


def silu_grad(dz: Array, x: Array) -> Array:
    """The gradient of `silu`; dz and x of one shape and dtype."""
    return _run(_silu_grad, (dz, x))


def gelu(x: Array) -> Array:
    """x times the probability that a standard normal variable is below x. x float32 or float64."""
    return _run(_gelu, (x,))


def gelu_grad(dz: Array, x: Array) -> Array:
    """The gradient of `gelu`; dz and x of one shape and dtype."""
    return _run(_gelu_grad, (dz, x))


def gelu_tanh(x: Array) -> Array:
    """The approximation of gelu by tanh. x float32 or float64."""
    return _run(_gelu_tanh, (x,))


def gelu_tanh_grad(dz: Array, x: Array) -> Array:
    """The gradient of `gelu_tanh`; dz and x of one shape and dtype."""
    return _run(_gelu_tanh_grad, (dz, x))


def mish(x: Array) -> Array:
    """x * tanh(log(1 + exp(x))). x float32 or float64."""
    return _run(_mish, (x,))


def mish_grad(dz: Array, x: Array) -> Array:
    """The gradient of `mish`; dz and x of one shape and dtype."""
    return _run(_mish_grad, (dz, x))


def logsigmoid(x: Array) -> Array:
    """log(sigmoid(x)). x float32 or float64."""
    return _run(_logsigmoid, (x,))


def logsigmoid_grad(dz: Array, x: Array) -> Array:
    """The gradient of `logsigmoid`; dz and x of one shape and dtype."""
    return _run(_logsigmoid_grad, (dz, x))


def softplus(x: Array, beta: float, threshold: float) -> Array:
    """log(1 + exp(beta x)) / beta, x itself where beta x is above the threshold. x float32 or float64."""
    return _run(_softplus, (x,), beta, threshold)


def softplus_grad(dz: Array, x: Array, beta: float, threshold: float) -> Array:
    """The gradient of `softplus`; dz and x of one shape and dtype."""
    return _run(_softplus_grad, (dz, x), beta, threshold)


def elu(x: Array, alpha: float, scale: float, rate: float) -> Array:
    """scale * x where positive, else scale * alpha * (exp(rate * x) - 1). x float32 or float64."""
    return _run(_elu, (x,), alpha, scale, rate)


def elu_grad(dz: Array, x: Array, alpha: float, scale: float, rate: float) -> Array:
    """The gradient of `elu`; dz and x of one shape and dtype."""
    return _run(_elu_grad, (dz, x), alpha, scale, rate)


def leaky_relu(x: Array, slope: float) -> Array:
    """x where positive, else slope * x. x float32 or float64."""
    return _run(_leaky_relu, (x,), slope)


def leaky_relu_grad(dz: Array, x: Array, slope: float) -> Array:
    """The gradient of `leaky_relu`; dz and x of one shape and dtype."""
    return _run(_leaky_relu_grad, (dz, x), slope)
