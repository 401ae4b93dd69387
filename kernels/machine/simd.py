"""The vector primitives that the convolutions are written with: LLVM instructions, sums held in registers.

Compilers make scalar code, or at best half-used registers, of a sum over many terms. Here every loaded vector feeds
as many multiply-adds as the register file allows: one core of a Zen 5 reaches 200 to 240 GFLOP/s of a peak near 250.

    accumulate   out[r, u] = start[r] + sum over t of w[t, r] * x[places[t] + u]       rows of weights, vectors of x
    dot          out[r, k] = sum over m, u of a[m, r, u] * x[m, places[k] + u]         rows of a, vectors of both
    copy, clear  rows of any length, without a scalar remainder
    transpose    rows to columns, a square of registers at a time

Addresses, distances and places are in bytes and come as integers; an array says only which type of floats they hold.
What a primitive computes it is told in one value, `Sum`, `Dots` or `Source`, whose fields the formulas name. The same
class holds the numbers in a kernel, and the instructions that yield them where the primitive is written out.

The compiled code has a variant per number of rows (and of vectors), because registers cannot be indexed. How many of
them there are depends on the machine: `cut` and `cut_for_dot` cut any number of rows into such as there is code for.

Imported only when a kernel that needs it is compiled: it loads Numba.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import llvmlite.binding
import numpy as np
from llvmlite import ir
from numba.core import types

from . import jit
from .instructions import SHORT, WIDTH, WORD, Code, get_or_insert_function, intrinsic, unpack_tuple
from .instructions import lanes as lanes

# ------------------------------------------------------------------------------------------------------ the host

REGISTERS = 32 if WIDTH == 64 or "aarch64" in llvmlite.binding.get_process_triple() else 16
"""How many of them there are."""

ROWS = 14 if REGISTERS == 32 else 6
"""The most rows of `accumulate`: with two vectors of sums per row, and two of x."""

HEIGHTS = tuple(rows for rows in range(1, ROWS + 1) if rows <= 4 or rows % 2 == 0)
"""Numbers of rows that `accumulate` has code for: with all of them, it would take half as long again to compile."""

VECTORS = (0, *[next(v for v in (8, 4, 3, 2) if rows * v + v + 1 <= REGISTERS) for rows in range(1, ROWS + 1)])
"""Vectors of sums that `accumulate` holds for a number of rows; with few rows more, so that the additions overlap."""

LINE = 64
"""Bytes that are loaded into the cache together."""

NEAR = 24 << 10
"""Bytes that stay in the first-level cache while others stream through it."""

PANEL = 2
"""Vectors of a panel of columns of a matrix."""

PAIRS = (0, 14, 12, 9, 6, 5) if REGISTERS == 32 else (0, 12, 5, 3)
"""Places that `dot` takes at once for a number of rows of a: the sums and what feeds them fill the registers."""


PANEL_HEIGHTS = tuple(rows for rows in range(1, ROWS + 1) if rows <= 3 or rows % 2 == 0)
"""The same of `accumulate_panel`, whose rows may be filled up."""


@functools.cache
def cut(rows: int) -> Any:
    """How to cut rows into blocks for `accumulate`: (blocks, 3), the first row of each, how many it has, and vectors.

    A block costs about as much as its rows, at least six, and four more.
    """
    cheapest: list[tuple[float, list[tuple[int, int, int]]]] = [(0, [])]
    for count in range(1, rows + 1):
        costs = {
            height: cheapest[count - height][0] + max(height, 6) + 4 + height**2 / 1000  # rather equal ones
            for height in HEIGHTS
            if height <= count
        }
        height = min(costs, key=costs.__getitem__)
        block = count - height, height, VECTORS[height]
        cheapest.append((costs[height], [*cheapest[count - height][1], block]))
    return np.array(cheapest[rows][1])


@functools.cache
def cut_for_dot(rows: int, places: int) -> Any:
    """The same for `dot` and so many places: (blocks, 3), and how many places it takes at once.

    With few rows, loads of x take longer than multiplications.
    """

    def heights(most: int) -> list[int]:
        return [min(most, rows - start) for start in range(0, rows, most)]

    def cost(most: int) -> int:
        return sum(-(-places // PAIRS[tall]) * PAIRS[tall] * max(tall, 3) for tall in heights(most))

    most = min(range(1, len(PAIRS)), key=cost)
    return np.array([(k * most, tall, PAIRS[tall]) for k, tall in enumerate(heights(most))])


# ----------------------------------------------------------------------------------------------------- primitives


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
        masks = [code.first(b.sub(of.valid, code.number(v * code.lanes))) for v in range(vectors)]
        row = of.out
        for r in range(rows):
            for v in range(vectors):
                code.store_some(sums[r * vectors + v], code.plus(row, v * WIDTH), masks[v])
            row = b.add(row, of.apart)

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


@jit.kernel
def evenly(count: int, apart: int) -> Any:
    """Places for `count` terms, each `apart` bytes behind the one before."""
    places = np.empty(count, np.int64)
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


@intrinsic
def transpose(
    typing: Any, floats: Any, source: Any, source_row: Any, rows: Any, count: Any, target: Any, target_row: Any
) -> Any:
    """target[i, r] = source[r, i] for i < count and r < rows, 0 for the other r of a vector; rows at most a vector.

    The rows of `target` are written one after the other, whole vectors, and up to a multiple of a vector's length: what
    lies behind them, or where rows are closer together than a vector is long, is overwritten.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        code = Code(builder, signature.args[0].dtype)
        b, n, (source, source_row, rows, count, target, target_row) = code.b, code.lanes, arguments[1:]
        steps = b.lshr(b.add(count, code.number(n - 1)), code.number(n.bit_length() - 1))

        def square(i: Any, state: list[Any]) -> list[Any]:
            source, target, left = state
            mask, nothing = code.first(left), ir.Constant(code.mask, None)
            here, vectors = source, []
            for r in range(n):
                inside = b.icmp_signed("<", code.number(r), rows)
                vectors.append(code.load_some(here, b.select(inside, mask, nothing)))
                here = b.add(here, source_row)
            step = 1
            while step < n:  # exchange halves of pairs of rows, of ever larger size
                for r in range(n):
                    if not r & step:
                        x, y = vectors[r], vectors[r + step]
                        upper = [lane if not lane & step else lane - step + n for lane in range(n)]
                        lower = [lane + step if not lane & step else lane + n for lane in range(n)]
                        order = ir.VectorType(SHORT, n)
                        vectors[r] = b.shuffle_vector(x, y, ir.Constant(order, upper))
                        vectors[r + step] = b.shuffle_vector(x, y, ir.Constant(order, lower))
                step *= 2
            there = target
            for vector in vectors:
                code.store(vector, there)
                there = b.add(there, target_row)
            return [code.plus(source, WIDTH), there, b.sub(left, code.number(n))]

        code.loop(steps, [source, target, count], square)
        return context.get_dummy_value()

    return types.void(floats, *[types.intp] * 6), generate


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


@intrinsic
def clear(typing: Any, floats: Any, target: Any, count: Any) -> Any:
    """target[i] = 0 for i < count. Nothing else is written."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        code = Code(builder, signature.args[0].dtype)
        b, (target, count) = code.b, arguments[1:]

        def whole(i: Any, state: list[Any]) -> list[Any]:
            code.store(code.zero, state[0])
            return [code.plus(state[0], WIDTH)]

        (target,) = code.loop(b.lshr(count, code.number(code.lanes.bit_length() - 1)), [target], whole)
        code.store_some(code.zero, target, code.first(b.and_(count, code.number(code.lanes - 1))))
        return context.get_dummy_value()

    return types.void(floats, *[types.intp] * 2), generate


@intrinsic
def fetch(typing: Any, start: Any, count: Any) -> Any:
    """Have the processor load so many bytes into its cache, while the program goes on. They need not be there."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        code, (start, count) = Code(builder, types.float32), arguments
        kind = ir.FunctionType(ir.VoidType(), [ir.IntType(8).as_pointer(), *[SHORT] * 3])
        prefetch = get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")

        def line(i: Any, state: list[Any]) -> list[Any]:
            to_read = [ir.Constant(SHORT, flag) for flag in (0, 2, 1)]
            builder.call(prefetch, [builder.inttoptr(state[0], ir.IntType(8).as_pointer()), *to_read])
            return [code.plus(state[0], LINE)]

        code.loop(builder.sdiv(builder.add(count, code.number(LINE - 1)), code.number(LINE)), [start], line)
        return context.get_dummy_value()

    return types.void(types.intp, types.intp), generate


class Source(NamedTuple):
    """Rows to copy from: the element i of row r is i * step elements behind address + r * row.

    begin, end   only elements i from `begin` up to `end` are there; what others would be counts as 0, or as -inf
    """

    address: Any
    row: Any
    step: Any
    begin: Any
    end: Any


def _copy(missing: float) -> Callable[..., Any]:
    """What makes the code of a copy in which `missing` stands for elements that are not there."""

    def of_types(typing: Any, floats: Any, source: Any, target: Any, rows: Any, width: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            code = Code(builder, signature.args[0].dtype)
            of, rest = Source(*unpack_tuple(builder, arguments[1])), (*arguments[2:], missing)
            key = builder.select(builder.icmp_signed("<=", of.step, code.number(2)), of.step, code.number(0))
            code.choose(key, {known: _copy_variant(code, known, of, *rest) for known in (0, 1, 2)})
            return context.get_dummy_value()

        return types.void(floats, source, *[types.intp] * 3), generate

    return of_types


copy = intrinsic(_copy(0.0))
"""copy(floats, source, target, rows, width): target[r, i] = element i of row r of a `Source`, r < rows and i < width.

The rows of `target` follow each other. Nothing else is read. Up to a vector beyond the last row may be overwritten.
"""

copy_or_least = intrinsic(_copy(-math.inf))
"""The same, where -inf stands for elements that are not there."""


def _copy_variant(
    code: Code, known: int, of: Source, target: Any, rows: Any, width: Any, missing: float
) -> Callable[[], None]:
    """A copy for step 1, 2, or any: 0.

    The columns are taken from the last to the first, a vector of all rows at a time: what is written beyond the end of
    a row is the beginning of the next, whose turn comes later.
    """
    b = code.b
    even = ir.Constant(ir.VectorType(SHORT, code.lanes), list(range(0, 2 * code.lanes, 2)))
    target_row = b.mul(width, code.number(code.size))
    other = ir.Constant(code.vector, [missing] * code.lanes)

    def between(first: Any, last: Any) -> Any:
        return b.and_(b.not_(code.first(first)), code.first(last))

    def vectors(i: Any, state: list[Any]) -> list[Any]:
        column = b.mul(b.sub(state[0], code.number(1)), code.number(code.lanes))
        distance = b.mul(column, code.number(known * code.size))
        limits = b.sub(of.begin, column), b.sub(of.end, column)
        if known == 1:
            masks = [between(*limits)]
        else:  # of the elements that two vectors hold, the first to the last that is wanted
            first, last = [b.mul(limit, code.number(2)) for limit in limits]
            half = code.number(code.lanes)
            last = b.sub(last, code.number(1))
            masks = [between(first, last), between(b.sub(first, half), b.sub(last, half))]

        def row(i: Any, state: list[Any]) -> list[Any]:
            here, there = state
            values = [code.load_some(code.plus(here, v * WIDTH), mask, other) for v, mask in enumerate(masks)]
            code.store(values[0] if known == 1 else b.shuffle_vector(*values, even), there)
            return [b.add(here, of.row), b.add(there, target_row)]

        code.loop(rows, [b.add(of.address, distance), b.add(target, b.mul(column, code.number(code.size)))], row)
        return [b.sub(state[0], code.number(1))]

    def scalars(i: Any, state: list[Any]) -> list[Any]:
        here, there = state

        def element(i: Any, state: list[Any]) -> list[Any]:
            inside = b.and_(b.icmp_signed(">=", i, of.begin), b.icmp_signed("<", i, of.end))
            read = b.select(inside, state[0], target)  # some address that may be read
            value = b.select(inside, code.load_scalar(read), ir.Constant(code.scalar, missing))
            code.store_scalar(value, state[1])
            return [b.add(state[0], b.mul(of.step, code.number(code.size))), code.plus(state[1], code.size)]

        code.loop(width, [here, there], element)
        return [b.add(here, of.row), b.add(there, target_row)]

    def emit() -> None:
        if known:
            count = b.lshr(b.add(width, code.number(code.lanes - 1)), code.number(code.lanes.bit_length() - 1))
            code.loop(count, [count], vectors)
        else:
            code.loop(rows, [of.address, target], scalars)

    return emit
