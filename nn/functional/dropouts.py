"""Dropout: switching off at random while training. The masks come from autograd's default generator.

With `inplace` the result is written into the input's memory, and the input is returned.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd import Tensor
from autograd.errors import DTypeError, SettingError, ShapeError
from autograd.extend import apply, operand, shape_of, to_float, update, wrap
from autograd.ops import activation as ops

from .. import draw


def _check(function: str, input: Any, p: float) -> Any:
    if not 0.0 <= p <= 1.0:
        raise SettingError(f"{function}: dropout probability has to be between 0 and 1, but got {p}")
    x = operand(input)
    if x.dtype.kind != "f":
        raise DTypeError(f"{function}: {to_float(x.dtype)}")
    return x


def _mask(shape: tuple[int, ...], p: float, dtype: Any) -> np.ndarray:
    """1 with probability 1 - p, else 0."""
    return (draw.source().random(shape, np.float32) >= p).astype(dtype)


def _dropped(x: Any, shape: tuple[int, ...], p: float) -> Tensor:
    mask = _mask(shape, p, x.dtype)
    if p < 1:
        mask *= 1 / (1 - p)
    return x * wrap(mask)


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """While training, each element becomes 0 with probability `p`, the others are divided by 1 - p.

    Srivastava et al. 2014. Any shape. Not training, or p = 0: the input itself.
    """
    if inplace and training and p != 0:  # shortcut: with 0 nothing is written
        return update(input, "dropout_", dropout, p, training)
    x = _check("dropout", input, p)
    # shortcut: nothing is dropped, which p alone or `training` alone can say: the input itself, as in PyTorch
    if not training or p == 0:
        return x
    mask = draw.source().random(shape_of(x), np.float32) >= p  # one byte per element is kept, not a float
    if type(mask) is np.ndarray:
        mask.flags.writeable = False  # nobody has to make a copy
    return apply(ops.dropout, x, mask=np.asarray(mask), scale=1 / (1 - p) if p < 1 else 0.0)


def _channelwise(function: str, input: Any, p: float, training: bool, ndims: tuple[int, ...], single: int) -> Tensor:
    x = _check(function, input, p)
    if x.ndim not in ndims:
        raise ShapeError(
            f"{function}: wanted an input with {' or '.join(map(str, ndims))} dimensions, got {shape_of(x)}"
        )
    # shortcut: as in `dropout`
    if not training or p == 0:
        return x
    kept = 1 if x.ndim == single else 2  # without a batch dimension, or with one
    shape = shape_of(x)[:kept] + (1,) * (x.ndim - kept)
    return _dropped(x, shape, p)


def dropout1d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """`dropout` of whole channels of (N, C, L) or (C, L)."""
    if inplace and training and p != 0:  # shortcut: with 0 nothing is written
        return update(input, "dropout1d_", dropout1d, p, training)
    return _channelwise("dropout1d", input, p, training, (2, 3), 2)


def dropout2d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """`dropout` of whole channels of (N, C, H, W); three dimensions are taken as (N, C, L), as PyTorch does."""
    if inplace and training and p != 0:  # shortcut: with 0 nothing is written
        return update(input, "dropout2d_", dropout2d, p, training)
    return _channelwise("dropout2d", input, p, training, (3, 4), 0)


def dropout3d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """`dropout` of whole channels of (N, C, D, H, W) or (C, D, H, W)."""
    if inplace and training and p != 0:  # shortcut: with 0 nothing is written
        return update(input, "dropout3d_", dropout3d, p, training)
    return _channelwise("dropout3d", input, p, training, (4, 5), 4)


_SATURATION = -1.7580993408473766  # where selu ends for large negative inputs: -scale * alpha


def _alpha(x: Any, shape: tuple[int, ...], p: float) -> Tensor:
    # Klambauer et al. 2017: the affine map that gives mean and variance back
    a = 1 / math.sqrt((1 - p) * (1 + p * _SATURATION**2)) if p < 1 else 0.0
    mask = _mask(shape, p, x.dtype)
    shift = wrap((1 - mask) * (a * _SATURATION) - a * p * _SATURATION)
    return x * wrap(mask * a) + shift


def alpha_dropout(input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False) -> Tensor:
    """Dropout for selu networks: keeps mean 0 and variance 1. Klambauer et al. 2017."""
    if inplace and training and p != 0:  # shortcut: with 0 nothing is written
        return update(input, "alpha_dropout_", alpha_dropout, p, training)
    x = _check("alpha_dropout", input, p)
    return _alpha(x, shape_of(x), p) if training and p > 0 else x


def feature_alpha_dropout(input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False) -> Tensor:
    """`alpha_dropout` of whole channels of (N, C, ...)."""
    if inplace and training and p != 0:  # shortcut: with 0 nothing is written
        return update(input, "feature_alpha_dropout_", feature_alpha_dropout, p, training)
    x = _check("feature_alpha_dropout", input, p)
    if x.ndim < 2:
        raise ShapeError(f"feature_alpha_dropout: wanted an input with at least 2 dimensions, got {shape_of(x)}")
    shape = shape_of(x)[:2] + (1,) * (x.ndim - 2)
    return _alpha(x, shape, p) if training and p > 0 else x
