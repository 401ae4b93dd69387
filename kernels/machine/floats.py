"""What Numba lacks for single floats: their exponents, polynomials in them, and an order that vector code can search.

    power, mantissa, exponent, copysign   floats taken apart and put together, by their bits
    polynomial                            in fused multiply-adds
    rank, ranked                          integers in the order of floats, for a search of the largest

Imported only by modules that are imported when a kernel first runs, because it loads Numba.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import overload

from .instructions import intrinsic

_WORDS = {32: (ir.IntType(32), 23, 0x3F800000, 0x3F3504F3), 64: (ir.IntType(64), 52, 1023 << 52, 0x3FE6A09E667F3BCD)}
"""Bits of a float -> integer of that size, bits of the fraction, and the numbers 1 and sqrt(1/2) as integers."""


def _primitive(emit: Callable[..., Any], *kinds: Any) -> Any:
    """A function of floats to a float of the same kind: emit(builder, bits, *values) makes its code."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return emit(builder, signature.args[0].bitwidth, *arguments)

    return kinds[0](*kinds), generate


def _bits(b: Any, size: int, x: Any) -> Any:
    return b.bitcast(x, _WORDS[size][0])


def _emit_power(b: Any, size: int, t: Any) -> Any:
    word, fraction, one, _ = _WORDS[size]
    exponent = b.shl(_bits(b, size, t), ir.Constant(word, fraction))
    return b.bitcast(b.add(exponent, ir.Constant(word, one)), t.type)


def _emit_mantissa(b: Any, size: int, x: Any) -> Any:
    word, fraction, _, root = _WORDS[size]
    above = b.sub(_bits(b, size, x), ir.Constant(word, root))
    above = b.and_(above, ir.Constant(word, (1 << fraction) - 1))
    return b.bitcast(b.add(above, ir.Constant(word, root)), x.type)


def _emit_exponent(b: Any, size: int, x: Any) -> Any:
    word, fraction, _, root = _WORDS[size]
    above = b.sub(_bits(b, size, x), ir.Constant(word, root))
    return b.sitofp(b.ashr(above, ir.Constant(word, fraction)), x.type)


def _emit_copysign(b: Any, size: int, x: Any, y: Any) -> Any:
    word = _WORDS[size][0]
    sign = ir.Constant(word, -1 << (size - 1))
    rest = ir.Constant(word, (1 << (size - 1)) - 1)
    joined = b.or_(b.and_(_bits(b, size, x), rest), b.and_(_bits(b, size, y), sign))
    return b.bitcast(joined, x.type)


def _call(b: Any, name: str, *values: Any) -> Any:
    """LLVM's own function of that name, for the type of the values."""
    kind = values[0].type
    insert: Any = cgutils.get_or_insert_function
    suffix = "f32" if isinstance(kind, ir.FloatType) else "f64"
    return b.call(insert(b.module, ir.FunctionType(kind, [kind] * len(values)), f"{name}.{suffix}"), values)


@intrinsic
def power(typing: Any, t: Any) -> Any:
    """2^n from t = n + SHIFT, whose lowest bits are those of n."""
    return _primitive(_emit_power, t)


@intrinsic
def mantissa(typing: Any, x: Any) -> Any:
    """x divided by the power of two that brings it into sqrt(1/2) .. sqrt(2), for normal positive x."""
    return _primitive(_emit_mantissa, x)


@intrinsic
def exponent(typing: Any, x: Any) -> Any:
    """The exponent of that power of two, as a float."""
    return _primitive(_emit_exponent, x)


@intrinsic
def copysign(typing: Any, x: Any, y: Any) -> Any:
    """|x| with the sign of y."""
    return _primitive(_emit_copysign, x, y)


def _emit_rank(b: Any, size: int, x: Any) -> Any:
    word = _WORDS[size][0]
    bits = x if x.type == word else b.bitcast(x, word)
    return b.xor(bits, b.lshr(b.ashr(bits, ir.Constant(word, size - 1)), ir.Constant(word, 1)))


@intrinsic
def _rank(typing: Any, x: Any) -> Any:
    """The bits of x as an integer, those after the sign inverted if x is negative."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _emit_rank(builder, signature.args[0].bitwidth, *arguments)

    return (types.int32 if x.bitwidth == 32 else types.int64)(x), generate


@intrinsic
def _ranked(typing: Any, k: Any) -> Any:
    """The float of which k is the rank."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        bits = _emit_rank(builder, signature.args[0].bitwidth, *arguments)
        return builder.bitcast(bits, ir.FloatType() if signature.args[0].bitwidth == 32 else ir.DoubleType())

    return (types.float32 if k.bitwidth == 32 else types.float64)(k), generate


@intrinsic
def polynomial(typing: Any, x: Any, coefficients: Any) -> Any:
    """c[0] + c[1] x + c[2] x^2 + ..., with fused multiply-adds where the machine has them."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        unpack: Any = cgutils.unpack_tuple
        power, total = arguments[0], None
        for c in reversed(unpack(builder, arguments[1])):
            total = c if total is None else _call(builder, "llvm.fmuladd", total, power, c)
        return total

    return x(x, coefficients), generate


def rank(x: Any) -> Any:
    """An integer of the size of x that orders floats as their values do; -0.0 is below 0.0, NaN above or below all.

    LLVM makes vector code of a search for the largest integer, but not for the largest float, as that might be NaN.
    """
    bits = x.view(np.int32 if x.itemsize == 4 else np.int64)
    return bits if bits >= 0 else bits ^ np.iinfo(bits.dtype).max


def ranked(k: Any) -> Any:
    """The float that has this rank."""
    bits = k if k >= 0 else k ^ np.iinfo(k.dtype).max
    return bits.view(np.float32 if k.itemsize == 4 else np.float64)


@overload(rank)
def _choose_rank(x: Any) -> Any:
    def choose(x: Any) -> Any:
        return _rank(x)

    return choose if isinstance(x, types.Float) else None


@overload(ranked)
def _choose_ranked(k: Any) -> Any:
    def choose(k: Any) -> Any:
        return _ranked(k)

    return choose if isinstance(k, types.Integer) else None
