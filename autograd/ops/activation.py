"""Activations: value and rules side by side. Each keeps one array, and no rule divides by what may be 0.

Kinks are PyTorch's: relu, relu6, hardtanh, hardsigmoid and the shrinking functions have slope 0 at their corners,
leaky_relu and prelu the slope of the left side at 0, elu and its kin that of the left side's exponential.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy import ndarray as Array

from kernels.machine.fast import Fast, fast
from kernels.softmax import plain as kernels

from ..op import op
from .piecewise import keep
from .special import SQRT_PI, erf, sigmoid


def _twins(name: str) -> Fast:
    """The compiled loops of an activation and of its rule."""
    return fast(f"kernels.pointwise.activation:{name}", dx=f"{name}_grad", at_least="activation")


# ------------------------------------------------------------------------------------------- pieces of straight lines


relu = op(
    "relu",
    lambda x: np.maximum(x, 0),
    kinks=True,
    runs={},
    fast=fast("kernels.pointwise.arithmetic:relu", dx="relu_slope", at_least="arithmetic"),
    dx=lambda dz, z: dz * (z != 0),  # NaN keeps its gradient
)


def _leaky_relu_slope(dz: Any, x: Any, slope: float) -> Any:
    return keep(dz, x > 0) + slope * keep(dz, x <= 0)


@op("leaky_relu", kinks=True, fast=_twins("leaky_relu"), dx=_leaky_relu_slope)
def leaky_relu(x: Array, *, slope: float) -> Any:
    """x where positive, else slope * x."""
    return np.maximum(x, 0) + slope * np.minimum(x, 0)


@op(
    "prelu",
    broadcasts=True,
    kinks=True,
    dx=lambda dz, x, w: keep(dz, x > 0) + w * keep(dz, x <= 0),
    dw=lambda dz, x: dz * np.minimum(x, 0),
)
def prelu(x: Array, w: Array) -> Any:
    """x where positive, else w * x."""
    return np.maximum(x, 0) + w * np.minimum(x, 0)


@op("hardtanh", kinks=True, dx=lambda dz, x, low, high: keep(dz, (x > low) & (x < high)))
def hardtanh(x: Array, *, low: float, high: float) -> Any:
    """x moved into low .. high; unlike `clamp` with slope 0 at the bounds."""
    return np.minimum(np.maximum(x, low), high)


@op("huber", dx=lambda dz, x, bend: dz * hardtanh(x, low=-bend, high=bend))
def huber(x: Array, *, bend: float) -> Any:
    """bend * |x| with a parabola of the same slope inside of +-bend: x^2 / 2 there, else bend * (|x| - bend / 2)."""
    inner = hardtanh(x, low=-bend, high=bend)
    return inner * (x - inner * 0.5)


@op("hardsigmoid", single=True, floating=True, kinks=True, dx=lambda dz, x: keep(dz / 6, (x > -3) & (x < 3)))
def hardsigmoid(x: Array) -> Any:
    """(x + 3) / 6 moved into 0 .. 1."""
    return np.minimum(np.maximum(x + 3, 0), 6) / 6


@op(
    "hardswish",
    single=True,
    floating=True,
    kinks=True,
    dx=lambda dz, x: keep(dz * (x / 3 + 0.5), (x > -3) & (x < 3)) + keep(dz, x >= 3),
)
def hardswish(x: Array) -> Any:
    """x * hardsigmoid(x)."""
    return x * (np.minimum(np.maximum(x + 3, 0), 6) / 6)


@op("threshold", kinks=True, dx=lambda dz, x, threshold: keep(dz, x > threshold))
def threshold(x: Array, *, threshold: float, value: float) -> Any:
    """x where above the threshold, else `value`."""
    return np.where(x <= threshold, np.asarray(value, x.dtype), x)


@op("hardshrink", kinks=True, dx=lambda dz, x, lambd: keep(dz, np.absolute(x) > lambd))
def hardshrink(x: Array, *, lambd: float) -> Any:
    """x, but 0 within `lambd` of 0."""
    return np.where(np.absolute(x) <= lambd, 0, x)


@op("softshrink", kinks=True, dx=lambda dz, x, lambd: keep(dz, np.absolute(x) > lambd))
def softshrink(x: Array, *, lambd: float) -> Any:
    """x moved towards 0 by `lambd`, at most to 0."""
    return x - np.minimum(np.maximum(x, -lambd), lambd)


# ------------------------------------------------------------------------------------------------------ exponentials


def _elu_slope(dz: Any, x: Any, alpha: float, scale: float, rate: float) -> Any:
    return keep(dz, x > 0) * scale + keep(dz * (scale * alpha * rate * np.exp(np.minimum(x * rate, 0))), x <= 0)


@op("elu", single=True, kinks=True, fast=_twins("elu"), dx=_elu_slope)
def elu(x: Array, *, alpha: float = 1.0, scale: float = 1.0, rate: float = 1.0) -> Any:
    """scale * x where positive, else scale * alpha * (exp(rate * x) - 1).

    elu has scale = rate = 1, selu a scale, celu rate = 1 / alpha.
    """
    return scale * (np.maximum(x, 0) + alpha * np.expm1(np.minimum(x, 0) * rate))


def _limited(x: Any, beta: float, threshold: float) -> Any:
    """beta * x, but inf above the threshold, where softplus is x itself."""
    y = x * beta
    return np.where(y > threshold, math.inf, y)


def _softplus_slope(dz: Any, x: Any, beta: float, threshold: float) -> Any:
    return dz * sigmoid(_limited(x, beta, threshold))


@op("softplus", single=True, kinks=True, fast=_twins("softplus"), dx=_softplus_slope)
def softplus(x: Array, *, beta: float = 1.0, threshold: float = 20.0) -> Any:
    """log(1 + exp(beta x)) / beta, computed without overflow; x itself where beta x is above the threshold."""
    y = x * beta
    return np.where(y > threshold, x, (np.maximum(y, 0) + np.log1p(np.exp(-np.absolute(y)))) / beta)


def _logsigmoid_slope(dz: Any, x: Any) -> Any:
    return dz * sigmoid(-x)


@op("logsigmoid", single=True, floating=True, fast=_twins("logsigmoid"), dx=_logsigmoid_slope)
def logsigmoid(x: Array) -> Any:
    """log(sigmoid(x)), exact where sigmoid(x) rounds to 0 or 1."""
    return np.minimum(x, 0) - np.log1p(np.exp(-np.absolute(x)))


def _silu_slope(dz: Any, x: Any) -> Any:
    s = sigmoid(x)
    return dz * (s * (1 + x * (1 - s)))


@op("silu", single=True, floating=True, fast=_twins("silu"), dx=_silu_slope)
def silu(x: Array) -> Any:
    """x * sigmoid(x)."""
    return x * sigmoid(x)


def _tanh_softplus(x: Any) -> Any:
    """tanh(log(1 + e)) with e = exp(x): n / (n + 2) with n = e (e + 2)."""
    e = np.exp(np.minimum(x, 40))
    n = e * (e + 2)
    return n / (n + 2)


def _mish_slope(dz: Any, x: Any) -> Any:
    t = _tanh_softplus(x)
    return dz * (t + x * (1 - t * t) * sigmoid(x))


@op("mish", single=True, floating=True, fast=_twins("mish"), dx=_mish_slope)
def mish(x: Array) -> Any:
    """x * tanh(log(1 + exp(x)))."""
    return x * _tanh_softplus(x)


def _gelu_slope(dz: Any, x: Any) -> Any:
    return dz * (_normal_cdf(x) + x * (np.exp(x * x * -0.5) * (ROOT_HALF / SQRT_PI)))


@op("gelu", single=True, floating=True, fast=_twins("gelu"), dx=_gelu_slope)
def gelu(x: Array) -> Any:
    """x times the probability that a standard normal variable is below x."""
    return x * _normal_cdf(x)


ROOT_HALF = math.sqrt(0.5)


def _normal_cdf(x: Any) -> Any:
    return 0.5 * erf(x * ROOT_HALF) + 0.5


def _gelu_tanh_slope(dz: Any, x: Any) -> Any:
    t = np.tanh(_gelu_inner(x))
    return dz * (0.5 * (1 + t) + x * (1 - t * t) * (x * x * (0.5 * 3 * 0.044715 * GELU_RATE) + 0.5 * GELU_RATE))


@op("gelu_tanh", single=True, floating=True, fast=_twins("gelu_tanh"), dx=_gelu_tanh_slope)
def gelu_tanh(x: Array) -> Any:
    """The approximation of gelu by tanh (Hendrycks & Gimpel 2016)."""
    return 0.5 * x * (1 + np.tanh(_gelu_inner(x)))


GELU_RATE = math.sqrt(2 / math.pi)


def _gelu_inner(x: Any) -> Any:
    return GELU_RATE * (x + 0.044715 * (x * x * x))


softsign = op(
    "softsign",
    lambda x: x / (1 + np.absolute(x)),
    floating=True,
    kinks=True,
    dx=lambda dz, x: dz / np.square(1 + np.absolute(x)),
)
tanhshrink = op(
    "tanhshrink",
    lambda x: x - np.tanh(x),
    floating=True,
    private=("x",),
    dx=lambda dz, x: dz * np.square(np.tanh(x)),
)

# ----------------------------------------------------------------------------------------------------------- softmax


def _last(x: Array, axis: int | None) -> bool:
    # shortcut: the last axis, whatever it is called
    return axis is not None and axis % x.ndim == x.ndim - 1


def _softmax_slope(dz: Any, z: Any, axis: int | None) -> Any:
    return z * (dz - (dz * z).sum(axis, keepdims=True))


@op(
    "softmax",
    single=True,
    fast=fast("kernels.softmax.loops:softmax", dx="softmax_grad", at_least="softmax", when=_last),
    dx=_softmax_slope,
)
def softmax(x: Array, *, axis: int | None) -> Any:
    """exp(x), divided by its sum along `axis`. The largest element is subtracted first, so that nothing overflows."""
    return kernels.softmax(x, axis)


def _log_softmax_slope(dz: Any, z: Any, axis: int | None) -> Any:
    return dz - np.exp(z) * dz.sum(axis, keepdims=True)


@op(
    "log_softmax",
    single=True,
    fast=fast("kernels.softmax.loops:log_softmax", dx="log_softmax_grad", at_least="softmax", when=_last),
    dx=_log_softmax_slope,
)
def log_softmax(x: Array, *, axis: int | None) -> Any:
    """log(softmax(x)), finite where softmax rounds to 0."""
    return kernels.log_softmax(x, axis)


# ----------------------------------------------------------------------------------------------------------- dropout


@op(
    "dropout",
    arrays=("mask",),
    fast=fast("kernels.pointwise.dropout:scaled", at_least="dropout"),
    dx=lambda dz, mask, scale: dropout(dz, mask=mask, scale=scale),
)
def dropout(x: Array, *, mask: Array, scale: float) -> Array:
    """x * scale where `mask` (bool, of x's shape), else x * 0."""
    return x * np.array([0, scale], x.dtype)[mask.view(np.uint8)]
