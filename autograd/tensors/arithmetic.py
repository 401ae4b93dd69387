"""Arithmetic as functions of the package, with `out=`; what they compute is described at the methods of Tensor."""

from __future__ import annotations

from typing import Any

from .core import operand
from .elementwise import _ONE, Elementwise, _add, _sub, scaled
from .out import into


def add(input: Any, other: Any, alpha: Any = 1, *, out: Any = None) -> Any:
    """input + alpha * other: Tensors, arrays or numbers.

    out   a Tensor to write the result into
    """
    if out is not None:
        return into("add", out, add, (input, other, alpha), {})
    return _add(input, other if alpha is _ONE else scaled("add", other, alpha))


def sub(input: Any, other: Any, alpha: Any = 1, *, out: Any = None) -> Any:
    """input - alpha * other: Tensors, arrays or numbers. Not defined for two bools.

    out   a Tensor to write the result into
    """
    if out is not None:
        return into("sub", out, sub, (input, other, alpha), {})
    return _sub(input, other if alpha is _ONE else scaled("sub", other, alpha))


def rsub(input: Any, other: Any, alpha: Any = 1) -> Any:
    """other - alpha * input."""
    return _sub(other, input if alpha is _ONE else scaled("rsub", input, alpha))


def div(input: Any, other: Any, *, rounding_mode: str | None = None, out: Any = None) -> Any:
    """input / other; rounded if `rounding_mode` is "floor" or "trunc"; see `Tensor.div`.

    out   a Tensor to write the result into
    """
    if out is not None:
        return into("div", out, div, (input, other), {"rounding_mode": rounding_mode})
    return Elementwise.div(input, other, rounding_mode=rounding_mode)


def pow(input: Any, exponent: Any, *, out: Any = None) -> Any:
    """input ** exponent; see `Tensor.pow`. One of the two may be a number.

    out   a Tensor to write the result into
    """
    if out is not None:
        return into("pow", out, pow, (input, exponent), {})
    return Elementwise.pow(input, exponent)


def float_power(input: Any, exponent: Any, *, out: Any = None) -> Any:
    """input ** exponent in double precision.

    out   a Tensor to write the result into
    """
    if out is not None:
        return into("float_power", out, float_power, (input, exponent), {})
    base: Any = operand(input)
    return base.float_power(exponent)
