"""The vector primitives that convolutions and products of matrices are written with: sums held in registers.

Compilers make scalar code, or at best half-used registers, of a sum over many terms. Here every loaded vector feeds
as many multiply-adds as the register file allows: one core of a Zen 5 reaches 200 to 240 GFLOP/s of a peak near 250.

    accumulate   out[r, u] = start[r] + sum over t of w[t, r] * x[places[t] + u]       rows of weights, vectors of x
    dot          out[r, k] = sum over m, u of a[m, r, u] * x[m, places[k] + u]         rows of a, vectors of both

Addresses, distances and places are in bytes and come as integers; an array says only which type of floats they hold.
What a primitive computes it is told in one value, `Sum` or `Dots`, whose fields the formulas name. The same class holds
the numbers in a kernel, and the instructions that yield them where the primitive is written out. Which numbers of rows
and vectors there is code for is said in `registers`, which also cuts any number of rows into such.

Imported only when a kernel that needs it is compiled: it loads Numba.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numba.core import types

from . import jit
from .arrays import empty
from .instructions import WORD, Code, intrinsic, unpack_tuple
from .registers import HEIGHTS, PAIRS, PANEL, PANEL_HEIGHTS, VECTORS, WIDTH


@intrinsic
def address(typing: Any, array: Any) -> Any:
    """Where the first element of an array is; a signed number, as distances are, so that their sum is one, too."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        found = context.make_array(signature.args[0])(context, builder, arguments[0])
        return builder.ptrtoint(found.data, WORD)

    return types.intp(array), generate


class Sum(NamedTuple):
    """out[r, u] = start[r] + sum over t < terms of w[t, r] * x[places[t] + u] for u < valid.

    apart   from a row of `out` to the next; w (terms, rows) and start (rows,) have no gaps
    """

    w: Any
    x: Any
    places: Any
    terms: Any
    start: Any
    out: Any
    apart: Any
    valid: Any


@intrinsic
def accumulate(typing: Any, floats: Any, rows: Any, vectors: Any, sum_: Any) -> Any:
    """A `Sum` for rows as in HEIGHTS, and 1 or VECTORS[rows] vectors of u.

    Whole vectors of x are read, also beyond `valid`, but only `valid` elements of a row of `out` are written.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        code = Code(builder, signature.args[0].dtype)
        rows, vectors, sum_ = arguments[1:]
        wanted = Sum(*unpack_tuple(builder, sum_))
        shapes = [(r, v) for r in HEIGHTS for v in sorted({1, VECTORS[r]})]
        variants = {r * 16 + v: _accumulate_variant(code, r, v, wanted) for r, v in shapes}
        code.choose(builder.add(builder.mul(rows, code.number(16)), vectors), variants)
        return context.get_dummy_value()

    return types.void(floats, types.intp, types.intp, sum_), generate


@intrinsic
def accumulate_panel(typing: Any, floats: Any, rows: Any, sum_: Any) -> Any:
    """`accumulate` for PANEL vectors and rows as in PANEL_HEIGHTS; or for as many rows as the tuple `rows` is long."""
    known = rows if isinstance(rows, types.UniTuple) else types.intp

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        code = Code(builder, signature.args[0].dtype)
        rows, wanted = arguments[1], Sum(*unpack_tuple(builder, arguments[2]))
        if isinstance(known, types.UniTuple):
            _accumulate_variant(code, known.count, PANEL, wanted)()
        else:
            code.choose(rows, {r: _accumulate_variant(code, r, PANEL, wanted) for r in PANEL_HEIGHTS})
        return context.get_dummy_value()

    return types.void(floats, known, sum_), generate


def _accumulate_variant(code: Code, rows: int, vectors: int, of: Sum) -> Callable[[], None]:
    def emit() -> None:
        b = code.b

        def term(t: Any, state: list[Any]) -> list[Any]:
            place, weights, sums = state[0], state[1], state[2:]
            here = b.add(of.x, code.word(place))
            xs = [code.load(code.plus(here, v * WIDTH)) for v in range(vectors)]
            added = []
            for r in range(rows):
                weight = code.broadcast(code.plus(weights, r * code.size))
                added += [code.fma(weight, xs[v], sums[r * vectors + v]) for v in range(vectors)]
            return [code.plus(place, 8), code.plus(weights, rows * code.size), *added]

        first = [code.broadcast(code.plus(of.start, r * code.size)) for r in range(rows)]
        sums = code.loop(of.terms, [of.places, of.w, *[value for value in first for _ in range(vectors)]], term)[2:]
        row, values = of.out, []
        for r in range(rows):
            for v in range(vectors):
                values.append((sums[r * vectors + v], code.plus(row, v * WIDTH), v * code.lanes))
            row = b.add(row, of.apart)
        code.store_first(values, of.valid)

    return emit


@jit.piece
def accumulate_all(floats: Any, rows: int, vectors: int, of: Sum) -> None:
    """`accumulate` for any number of u: `vectors` vectors at a time, then one for what remains in one."""
    one = WIDTH // floats.itemsize
    u = 0
    while u < of.valid:
        wide = vectors if of.valid - u > one else 1
        x, out, valid = of.x + u * floats.itemsize, of.out + u * floats.itemsize, min(of.valid - u, wide * one)
        accumulate(floats, rows, wide, Sum(of.w, x, of.places, of.terms, of.start, out, of.apart, valid))
        u += wide * one


@jit.piece
def evenly(count: int, apart: int) -> Any:
    """Places for `count` terms, each `apart` bytes behind the one before."""
    places = empty(count, np.int64)
    for t in range(count):
        places[t] = t * apart
    return places


class Dots(NamedTuple):
    """out[r, k] = sum over m < images and u < count of a[m, r, u] * x[m, places[k] + u].

    a_row, a_image, x_image   the distances of rows and images
    """

    a: Any
    a_row: Any
    a_image: Any
    x: Any
    x_image: Any
    places: Any
    images: Any
    count: Any
    out: Any


@intrinsic
def dot(typing: Any, floats: Any, rows: Any, dots: Any) -> Any:
    """`Dots` for 1 to len(PAIRS) - 1 rows and k < PAIRS[rows]. Nothing beyond `count` is read. `out` is contiguous."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        code = Code(builder, signature.args[0].dtype)
        wanted = Dots(*unpack_tuple(builder, arguments[2]))
        code.choose(arguments[1], {r: _dot_variant(code, r, PAIRS[r], wanted) for r in range(1, len(PAIRS))})
        return context.get_dummy_value()

    return types.void(floats, types.intp, dots), generate


def _dot_variant(code: Code, rows: int, pairs: int, of: Dots) -> Callable[[], None]:
    def emit() -> None:
        b = code.b
        offsets = [code.word(code.plus(of.places, 8 * k)) for k in range(pairs)]

        def products(load: Callable[[Any], Any], at_a: Any, at_x: Any, sums: list[Any]) -> list[Any]:
            vectors = []
            for _ in range(rows):
                vectors.append(load(at_a))
                at_a = b.add(at_a, of.a_row)
            added: list[Any] = [None] * len(sums)
            for k, offset in enumerate(offsets):
                other = load(b.add(at_x, offset))
                for r, vector in enumerate(vectors):
                    added[r * pairs + k] = code.fma(vector, other, sums[r * pairs + k])
            return added

        def whole(i: Any, state: list[Any]) -> list[Any]:
            at_a, at_x, *sums = state
            return [code.plus(at_a, WIDTH), code.plus(at_x, WIDTH), *products(code.load, at_a, at_x, sums)]

        def image(m: Any, state: list[Any]) -> list[Any]:
            at_a, at_x, *sums = state
            end_a, end_x, *sums = code.loop(b.sdiv(of.count, code.number(code.lanes)), [at_a, at_x, *sums], whole)
            remaining = b.srem(of.count, code.number(code.lanes))

            def rest(i: Any, state: list[Any]) -> list[Any]:
                mask = code.first(remaining)
                return products(lambda address: code.load_some(address, mask), end_a, end_x, state)

            some = b.zext(b.icmp_signed("!=", remaining, code.number(0)), WORD)
            return [b.add(at_a, of.a_image), b.add(at_x, of.x_image), *code.loop(some, sums, rest)]

        sums = code.loop(of.images, [of.a, of.x, *[code.zero] * (rows * pairs)], image)[2:]
        for i, value in enumerate(sums):
            code.store_scalar(code.total(value), code.plus(of.out, i * code.size))

    return emit


def _wide(typing: Any) -> Any:
    """Have LLVM use whole registers for the loops of this function: of a Xeon's it prefers halves.

    With functions as long as tanh, whole ones take three quarters of the time; where memory is slow, nothing is gained.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        attributes: set[str] = builder.function.attributes
        set.add(attributes, f'"prefer-vector-width"="{8 * WIDTH}"')  # one that llvmlite has no name for
        return context.get_dummy_value()

    return types.void(), generate


wide: Any = intrinsic(_wide) if jit.ENABLED else lambda: None  # loops that call it run as Python, too
