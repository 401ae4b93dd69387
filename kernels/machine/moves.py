"""Moving floats in whole vectors: copies of rows, transposes, zeros, and what is fetched into the cache.

    copy, copy_or_least   rows of any length and step, with something in the place of elements that are not there
    copy_whole            copies of rows that are whole vectors
    transpose             rows to columns, a square of registers at a time
    clear, fetch          zeros; memory into the cache, before it is needed

Addresses and distances are in bytes and come as integers, as in `simd`; there is no scalar remainder.

Imported only when a kernel that needs it is compiled: it loads Numba.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from llvmlite import ir
from numba.core import types

from .instructions import SHORT, Code, get_or_insert_function, intrinsic, unpack_tuple
from .registers import LINE, WIDTH


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


@intrinsic
def copy_whole(
    typing: Any, floats: Any, source: Any, source_row: Any, count: Any, target: Any, target_row: Any, vectors: Any
) -> Any:
    """target[r, i] = source[r, i] for r < count, of rows that are so many whole vectors: a tuple of that length."""
    known = vectors.count

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        code = Code(builder, signature.args[0].dtype)
        source, source_row, count, target, target_row = arguments[1:6]

        def row(i: Any, state: list[Any]) -> list[Any]:
            here, there = state
            for v in range(known):
                code.store(code.load(code.plus(here, v * WIDTH)), code.plus(there, v * WIDTH))
            return [code.b.add(here, source_row), code.b.add(there, target_row)]

        code.loop(count, [source, target], row)
        return context.get_dummy_value()

    return types.void(floats, *[types.intp] * 5, vectors), generate


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
        code.store_first([(code.zero, target, 0)], b.and_(count, code.number(code.lanes - 1)))
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
