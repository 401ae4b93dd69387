"""Activations and their gradients over arrays, in threads: every element is read and written once.

Twins of the operations in `autograd.ops.activation`; the formulas are in `activation_loops`.

Imported when it is first needed, because it loads Numba.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy import ndarray as Array

from ..machine import threads
from ..machine.jit import Kernel
from . import activation_loops as loops

LEAST = 1 << 14  # elements that are worth a thread


def _run(loop: Kernel, inputs: tuple[Array, ...], *settings: float) -> Array:
    """loop(*flat inputs, settings as an array, flat result, start, stop) in threads."""
    x = inputs[0]
    if any(y.shape != x.shape or y.dtype != x.dtype for y in inputs):
        raise ValueError(f"{loop.python.__name__}: arrays of shapes {[y.shape for y in inputs]}")
    z = np.empty(x.shape, x.dtype)
    parts, out = [np.ascontiguousarray(y).reshape(-1) for y in inputs], z.reshape(-1)
    c = np.zeros(loops.SETTINGS, x.dtype)
    c[: len(settings)] = settings
    if z.size < 2 * LEAST:
        loop(*parts, c, out, 0, z.size)
    else:
        threads.split(z.size, partial(loop, *parts, c, out), LEAST)
    return z


def tanh(x: Array) -> Array:
    """The hyperbolic tangent."""
    return _run(loops.tanh, (x,))


def sigmoid(x: Array) -> Array:
    """1 / (1 + exp(-x)). x float32 or float64."""
    return _run(loops.sigmoid, (x,))


def silu(x: Array) -> Array:
    """x * sigmoid(x). x float32 or float64."""
    return _run(loops.silu, (x,))


def silu_grad(dz: Array, x: Array) -> Array:
    """The gradient of `silu`; dz and x of one shape and dtype."""
    return _run(loops.silu_grad, (dz, x))


def gelu(x: Array) -> Array:
    """x times the probability that a standard normal variable is below x. x float32 or float64."""
    return _run(loops.gelu, (x,))


def gelu_grad(dz: Array, x: Array) -> Array:
    """The gradient of `gelu`; dz and x of one shape and dtype."""
    return _run(loops.gelu_grad, (dz, x))


def gelu_tanh(x: Array) -> Array:
    """The approximation of gelu by tanh. x float32 or float64."""
    return _run(loops.gelu_tanh, (x,))


def gelu_tanh_grad(dz: Array, x: Array) -> Array:
    """The gradient of `gelu_tanh`; dz and x of one shape and dtype."""
    return _run(loops.gelu_tanh_grad, (dz, x))


def mish(x: Array) -> Array:
    """x * tanh(log(1 + exp(x))). x float32 or float64."""
    return _run(loops.mish, (x,))


def mish_grad(dz: Array, x: Array) -> Array:
    """The gradient of `mish`; dz and x of one shape and dtype."""
    return _run(loops.mish_grad, (dz, x))


def logsigmoid(x: Array) -> Array:
    """log(sigmoid(x)). x float32 or float64."""
    return _run(loops.logsigmoid, (x,))


def logsigmoid_grad(dz: Array, x: Array) -> Array:
    """The gradient of `logsigmoid`; dz and x of one shape and dtype."""
    return _run(loops.logsigmoid_grad, (dz, x))


def softplus(x: Array, beta: float, threshold: float) -> Array:
    """log(1 + exp(beta x)) / beta, x itself where beta x is above the threshold. x float32 or float64."""
    return _run(loops.softplus, (x,), beta, threshold)


def softplus_grad(dz: Array, x: Array, beta: float, threshold: float) -> Array:
    """The gradient of `softplus`; dz and x of one shape and dtype."""
    return _run(loops.softplus_grad, (dz, x), beta, threshold)


def elu(x: Array, alpha: float, scale: float, rate: float) -> Array:
    """scale * x where positive, else scale * alpha * (exp(rate * x) - 1). x float32 or float64."""
    return _run(loops.elu, (x,), alpha, scale, rate)


def elu_grad(dz: Array, x: Array, alpha: float, scale: float, rate: float) -> Array:
    """The gradient of `elu`; dz and x of one shape and dtype."""
    return _run(loops.elu_grad, (dz, x), alpha, scale, rate)


def leaky_relu(x: Array, slope: float) -> Array:
    """x where positive, else slope * x. x float32 or float64."""
    return _run(loops.leaky_relu, (x,), slope)


def leaky_relu_grad(dz: Array, x: Array, slope: float) -> Array:
    """The gradient of `leaky_relu`; dz and x of one shape and dtype."""
    return _run(loops.leaky_relu_grad, (dz, x), slope)
