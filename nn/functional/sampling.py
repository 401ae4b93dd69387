"""Activations that draw random numbers, from autograd's default generator."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import Tensor
from autograd.errors import DTypeError, SettingError
from autograd.extend import array_of, operand, shape_of, to_float, update, wrap
from autograd.tensors.activation import leaky_relu

from .. import draw


def rrelu(
    input: Tensor, lower: float = 1.0 / 8, upper: float = 1.0 / 3, training: bool = False, inplace: bool = False
) -> Tensor:
    """input where positive, else input times a slope: uniform in lower .. upper while training, else their mean."""
    if inplace:
        return update(input, "rrelu_", rrelu, lower, upper, training)
    if lower > upper:
        raise SettingError(f"rrelu: lower should be less than or equal to upper, got {lower} and {upper}")
    if not training:
        return leaky_relu(input, (lower + upper) / 2)
    x: Any = input
    slopes = draw.uniform(shape_of(x), lower, upper, x.dtype)
    return x * wrap(np.where(array_of(x) > 0, x.dtype.type(1), slopes))


def gumbel_softmax(logits: Tensor, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1) -> Tensor:
    """A random draw from the classes along `dim` that has a gradient: softmax((logits + Gumbel noise) / tau).

    hard   the draw is one-hot, its gradient that of the soft one (Jang, Gu & Poole 2017)
    eps    unused, as in PyTorch
    """
    x: Any = operand(logits)
    if x.dtype.kind != "f":
        raise DTypeError(f"gumbel_softmax: {to_float(x.dtype)}")
    noise = -np.log(draw.source().standard_exponential(shape_of(x), dtype=x.dtype))
    soft = ((x + wrap(noise)) / tau).softmax(dim)
    if not hard:
        return soft
    highest = array_of(soft).argmax(dim)
    one_hot = np.zeros_like(array_of(soft))
    np.put_along_axis(one_hot, np.expand_dims(highest, dim), 1, axis=dim)
    return soft + wrap(one_hot - array_of(soft))
