"""Large convolutions: whether the arrays fit, and which of the compiled ways is the quickest.

That is `whole` where windows are as large as images, `winograd` where they are 3 x 3 or 5 x 5 and channels many,
`lanes` where images are small, else `direct`, or columns where its copies would take too much memory. The functions
have the names and arguments of those in `plain`, in whose place they run.

Imported when it is first needed, because it loads Numba.
"""

from __future__ import annotations

import math

from numpy import ndarray as Array

from . import direct, lanes, plain, whole, winograd
from . import winograd_schemes as schemes
from .window import Sizes


def conv(
    x: Array, w: Array, bias: Array | None, stride: Sizes, padding: Sizes, dilation: Sizes, groups: int, size: Sizes
) -> Array:
    """z[n, f, p] = bias[f] + sum over c, i of w[f, c, i] * x[n, c, p * stride + i * dilation - padding]."""
    _check("conv", x.shape[1] == w.shape[1] * groups and len(w) % groups == 0, x, w, bias, len(w))
    # shortcut: one group, and see `whole.fits`
    if groups == 1 and whole.fits(x.shape[2:], w.shape[2:], size, padding, dilation):
        return whole.conv(x, w, bias)
    scheme = _scheme(len(x), w.shape, stride, dilation, groups, size)
    # shortcut: see `_scheme`; padding, which it does not look at, is given on
    if scheme is not None:
        return winograd.conv(scheme, x, w, bias, padding, size)
    # shortcut: one group, and see `lanes.pay`; stride, padding and dilation are given on
    if groups == 1 and lanes.pay(x, size):
        return lanes.conv(x, w, bias, stride, padding, dilation, size)
    if direct.too_large(x, w.shape[2:], stride, padding, dilation, groups, size, back=False):
        return plain.conv.plain(x, w, bias, stride, padding, dilation, groups, size)
    return direct.conv(x, w, bias, stride, padding, dilation, groups, size)


def conv_weight_grad(
    dz: Array, x: Array, stride: Sizes, padding: Sizes, dilation: Sizes, groups: int, size: Sizes
) -> Array:
    """dw[f, c, i] = sum over n, p of dz[n, f, p] * x[n, c, p * stride + i * dilation - padding]."""
    fit = len(dz) == len(x) and dz.shape[1] % groups == x.shape[1] % groups == 0
    _check("conv_weight_grad", fit, dz, x)
    if groups == 1 and whole.fits(x.shape[2:], size, dz.shape[2:], padding, dilation):
        return whole.conv_weight_grad(dz, x)
    shape = (dz.shape[1], x.shape[1] // groups, *size)
    scheme = _scheme(len(x), shape, stride, dilation, groups, dz.shape[2:], for_weights=True)
    if scheme is not None:
        return winograd.conv_weight_grad(scheme, dz, x, padding)
    if groups == 1 and lanes.pay_for_weights(dz, math.prod(shape[1:])):
        return lanes.conv_weight_grad(dz, x, stride, padding, dilation, size)
    if direct.too_large(x, size, stride, padding, dilation, groups, dz.shape[2:], back=False):
        return plain.conv_weight_grad.plain(dz, x, stride, padding, dilation, groups, size)
    return direct.conv_weight_grad(dz, x, stride, padding, dilation, groups, size)


def conv_weight_grad_each(
    dz: Array, x: Array, stride: Sizes, padding: Sizes, dilation: Sizes, groups: int, size: Sizes
) -> Array:
    """dw[n, f, c, i] = sum over p of dz[n, f, p] * x[n, c, p * stride + i * dilation - padding]: of each image."""
    fit = len(dz) == len(x) and dz.shape[1] % groups == x.shape[1] % groups == 0
    _check("conv_weight_grad_each", fit, dz, x)
    if direct.too_large(x, size, stride, padding, dilation, groups, dz.shape[2:], back=False):
        return plain.conv_weight_grad_each.plain(dz, x, stride, padding, dilation, groups, size)
    return direct.conv_weight_grad(dz, x, stride, padding, dilation, groups, size, each=True)


def conv_input_grad(
    dz: Array, w: Array, bias: Array | None, stride: Sizes, padding: Sizes, dilation: Sizes, groups: int, size: Sizes
) -> Array:
    """dx[n, c, h] = bias[c] + sum over f, i, p of dz[n, f, p] * w[f, c, i], p * stride + i * dilation - padding = h."""
    fit = dz.shape[1] == len(w) and len(w) % groups == 0
    _check("conv_input_grad", fit, dz, w, bias, w.shape[1] * groups)
    if groups == 1 and whole.fits(size, w.shape[2:], dz.shape[2:], padding, dilation):
        return whole.conv_input_grad(dz, w, bias)
    scheme = _scheme(len(dz), w.shape, stride, dilation, groups, size)
    if scheme is not None:
        rest = scheme.r - 1
        return winograd.conv(scheme, dz, w, bias, (rest - padding[0], rest - padding[1]), size, mirrored=True)
    if groups == 1 and lanes.pay(dz, dz.shape[2:]):
        return lanes.conv_input_grad(dz, w, bias, stride, padding, dilation, size)
    if direct.too_large(dz, w.shape[2:], stride, padding, dilation, groups, size, back=True):
        return plain.conv_input_grad.plain(dz, w, bias, stride, padding, dilation, groups, size)
    return direct.conv_input_grad(dz, w, bias, stride, padding, dilation, groups, size)


def _check(name: str, fit: bool, x: Array, y: Array, bias: Array | None = None, outputs: int = 0) -> None:
    """Compiled loops do not look where they read."""
    if not fit or x.ndim != y.ndim or (bias is not None and bias.shape != (outputs,)):
        shift = "" if bias is None else f", bias {bias.shape}"
        raise ValueError(f"{name}: wanted arrays that fit, got {x.shape} and {y.shape}{shift}")


def _scheme(
    images: int, w_shape: Sizes, stride: Sizes, dilation: Sizes, groups: int, size: Sizes, for_weights: bool = False
) -> schemes.Scheme | None:
    """Winograd's scheme for a convolution of that kind, or None if the direct sum is better."""
    # shortcut: for two axes, stride 1, dilation 1, one group, and the windows and sizes of `schemes.choose`
    if groups != 1 or len(size) != 2 or stride != (1, 1) or dilation != (1, 1):
        return None
    return schemes.choose(images, w_shape[0], w_shape[1], w_shape[2:], size, for_weights)
