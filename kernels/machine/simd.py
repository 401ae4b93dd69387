"""The vector primitives that the convolutions are written with: LLVM instructions, sums held in registers.

Compilers make scalar code, or at best half-used registers, of a sum over many terms. Here every loaded vector feeds
as many multiply-adds as the register file allows: one core of a Zen 5 reaches 200 to 240 GFLOP/s of a peak near 250.

    accumulate   out[r, u] = start[r] + sum over t of w[t, r] * x[places[t] + u]       rows of weights, vectors of x
    dot          out[r, k] = sum over m, u of a[m, r, u] * x[m, places[k] + u]         rows of a, vectors of both
    copy, clear  rows of any length, without a scalar remainder

Addresses, distances and places are in bytes and come as integers; an array says only which type of floats they hold.
The compiled code has a variant per number of rows (and of vectors), because registers cannot be indexed.

Imported only when a kernel that needs it is compiled: it loads Numba.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import llvmlite.binding
import numpy as np
from llvmlite import ir
from numba import extending
from numba.core import cgutils, types
from numba.core.registry import cpu_target

from . import jit

get_or_insert_function: Any = cgutils.get_or_insert_function
intrinsic: Any = extending.intrinsic

# ------------------------------------------------------------------------------------------------------ the host


def _register_bytes() -> int:
    """What Numba compiles for: this machine, or what NUMBA_CPU_FEATURES says in its place."""
    features = str(cpu_target.target_context.codegen().magic_tuple()[2]).split(",")
    return 64 if "+avx512f" in features else 32 if "+avx2" in features else 16


WIDTH = _register_bytes()
"""Width of this machine's vector registers in bytes: AVX-512, AVX2, else SSE or NEON."""

REGISTERS = 32 if WIDTH == 64 or "aarch64" in llvmlite.binding.get_process_triple() else 16
"""How many of them there are."""

ROWS = 14 if REGISTERS == 32 else 6
"""The most rows of `accumulate`: with two vectors of sums per row, and two of x."""

HEIGHTS = tuple(rows for rows in range(1, ROWS + 1) if rows <= 4 or rows % 2 == 0)
"""Numbers of rows that `accumulate` has code for: with all of them, it would take half as long again to compile."""

VECTORS = (0, *[next(v for v in (8, 4, 3, 2) if rows * v + v + 1 <= REGISTERS) for rows in range(1, ROWS + 1)])
"""Vectors of sums that `accumulate` holds for a number of rows; with few rows more, so that the additions overlap."""

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
    """How to cut rows into blocks for `accumulate`: (blocks, 2), the first row of each and how many it has.

    A block costs about as much as its rows, at least six, and four more.
    """
    cheapest: list[tuple[float, list[tuple[int, int]]]] = [(0, [])]
    for count in range(1, rows + 1):
        costs = {
            height: cheapest[count - height][0] + max(height, 6) + 4 + height**2 / 1000  # rather equal ones
            for height in HEIGHTS
            if height <= count
        }
        height = min(costs, key=costs.__getitem__)
        cheapest.append((costs[height], [*cheapest[count - height][1], (count - height, height)]))
    return np.array(cheapest[rows][1])


@functools.cache
def rows_of_dot(rows: int, places: int) -> int:
    """How many of `rows` rows `dot` should take at a time: with few, loads of x take longer than multiplications."""

    def cost(high: int) -> int:
        heights = [min(high, rows - start) for start in range(0, rows, high)]
        return sum(-(-places // PAIRS[tall]) * PAIRS[tall] * max(tall, 3) for tall in heights)

    return min(range(1, len(PAIRS)), key=cost)


def lanes(itemsize: int) -> int:
    """Floats of that many bytes in a register."""
    return WIDTH // itemsize


# -------------------------------------------------------------------------------------------------- instructions

WORD = ir.IntType(64)
SHORT = ir.IntType(32)


class Code:
    """Writes instructions on vectors of one type of float."""

    def __init__(self, builder: Any, floats: Any) -> None:
        self.b = builder
        self.size = 4 if floats == types.float32 else 8
        self.lanes = lanes(self.size)
        self.scalar = ir.FloatType() if self.size == 4 else ir.DoubleType()
        self.vector = ir.VectorType(self.scalar, self.lanes)
        self.mask = ir.VectorType(ir.IntType(1), self.lanes)
        self.kind = f"v{self.lanes}f{self.size * 8}"
        self.zero = ir.Constant(self.vector, None)

    def number(self, value: int) -> Any:
        return ir.Constant(WORD, value)

    def plus(self, address: Any, bytes_: int) -> Any:
        return self.b.add(address, self.number(bytes_)) if bytes_ else address

    def _at(self, address: Any, kind: Any) -> Any:
        return self.b.inttoptr(address, kind.as_pointer())

    def word(self, address: Any) -> Any:
        return self.b.load(self._at(address, WORD))

    def load(self, address: Any) -> Any:
        loaded = self.b.load(self._at(address, self.vector))
        loaded.align = self.size
        return loaded

    def half(self, value: Any, upper: int) -> Any:
        """The lower or the upper half of a vector."""
        order = ir.VectorType(SHORT, self.lanes // 2)
        first = upper * (self.lanes // 2)
        return self.b.shuffle_vector(value, value, ir.Constant(order, list(range(first, first + self.lanes // 2))))

    def load_halves(self, lower: Any, upper: Any) -> Any:
        """Half a vector from each address."""
        kind = ir.VectorType(self.scalar, self.lanes // 2)
        halves = []
        for address in (lower, upper):
            halves.append(self.b.load(self._at(address, kind)))
            halves[-1].align = self.size
        return self.b.shuffle_vector(*halves, ir.Constant(ir.VectorType(SHORT, self.lanes), list(range(self.lanes))))

    def everywhere(self, value: Any, kind: Any) -> Any:
        """A vector of `value` in all lanes."""
        first = self.b.insert_element(ir.Constant(kind, ir.Undefined), value, ir.Constant(SHORT, 0))
        lanes_ = ir.Constant(ir.VectorType(SHORT, self.lanes), None)
        return self.b.shuffle_vector(first, ir.Constant(kind, ir.Undefined), lanes_)

    def broadcast(self, address: Any) -> Any:
        return self.everywhere(self.load_scalar(address), self.vector)

    def fma(self, x: Any, y: Any, z: Any) -> Any:
        kind = ir.FunctionType(self.vector, [self.vector] * 3)
        return self.b.call(get_or_insert_function(self.b.module, kind, f"llvm.fma.{self.kind}"), [x, y, z])

    def total(self, x: Any) -> Any:
        """The sum of the lanes, pairwise."""
        kind = ir.FunctionType(self.scalar, [self.scalar, self.vector])
        reduce = get_or_insert_function(self.b.module, kind, f"llvm.vector.reduce.fadd.{self.kind}")
        return self.b.call(reduce, [ir.Constant(self.scalar, -0.0), x], fastmath=("reassoc",))

    def first(self, count: Any) -> Any:
        """The mask of the first `count` lanes."""
        shorts = ir.VectorType(SHORT, self.lanes)
        return self.b.icmp_signed(
            "<", ir.Constant(shorts, list(range(self.lanes))), self.everywhere(self.b.trunc(count, SHORT), shorts)
        )

    def load_some(self, address: Any, mask: Any) -> Any:
        """The lanes of `mask`, 0 elsewhere; nothing else is read."""
        kind = ir.FunctionType(self.vector, [self.vector.as_pointer(), SHORT, self.mask, self.vector])
        load = get_or_insert_function(self.b.module, kind, f"llvm.masked.load.{self.kind}.p0")
        return self.b.call(load, [self._at(address, self.vector), ir.Constant(SHORT, self.size), mask, self.zero])

    def store_some(self, value: Any, address: Any, mask: Any) -> None:
        """Write the lanes of `mask` and nothing else."""
        kind = ir.FunctionType(ir.VoidType(), [self.vector, self.vector.as_pointer(), SHORT, self.mask])
        store = get_or_insert_function(self.b.module, kind, f"llvm.masked.store.{self.kind}.p0")
        self.b.call(store, [value, self._at(address, self.vector), ir.Constant(SHORT, self.size), mask])

    def store(self, value: Any, address: Any) -> None:
        self.b.store(value, self._at(address, value.type)).align = self.size

    def load_scalar(self, address: Any) -> Any:
        return self.b.load(self._at(address, self.scalar))

    def store_scalar(self, value: Any, address: Any) -> None:
        self.b.store(value, self._at(address, self.scalar))

    def loop(self, count: Any, carried: Sequence[Any], body: Callable[[Any, list[Any]], list[Any]]) -> list[Any]:
        """`carried` after `count` rounds of body(round, carried) -> carried; none if `count` is 0."""
        b, before = self.b, self.b.block
        head, inside, after = [b.append_basic_block(name) for name in ("head", "inside", "after")]
        b.branch(head)
        b.position_at_end(head)
        i, values = b.phi(WORD), [b.phi(value.type) for value in carried]
        i.add_incoming(self.number(0), before)
        for phi, value in zip(values, carried, strict=True):
            phi.add_incoming(value, before)
        b.cbranch(b.icmp_signed("<", i, count), inside, after)
        b.position_at_end(inside)
        results = body(i, list(values))
        i.add_incoming(b.add(i, self.number(1)), b.block)
        for phi, value in zip(values, results, strict=True):
            phi.add_incoming(value, b.block)
        b.branch(head)
        b.position_at_end(after)
        return list(values)

    def choose(self, key: Any, variants: dict[int, Callable[[], None]]) -> None:
        """Run the variant that `key` names; `key` is one of them."""
        b = self.b
        after, nothing = b.append_basic_block("chosen"), b.append_basic_block("unknown")
        switch = b.switch(key, nothing)
        for value, emit in variants.items():
            block = b.append_basic_block(f"variant{value}")
            switch.add_case(ir.Constant(WORD, value), block)
            b.position_at_end(block)
            emit()
            b.branch(after)
        b.position_at_end(nothing)
        b.unreachable()
        b.position_at_end(after)


# ----------------------------------------------------------------------------------------------------- primitives


@intrinsic
def accumulate(
    typing: Any,
    floats: Any,
    rows: Any,
    vectors: Any,
    w: Any,
    x: Any,
    places: Any,
    terms: Any,
    start: Any,
    out: Any,
    apart: Any,
    valid: Any,
) -> Any:
    """out[r, u] = start[r] + sum over t of w[t, r] * x[places[t] + u] for u < valid, rows of `out` lying `apart`.

    rows as in HEIGHTS; vectors 1 or VECTORS[rows]: whole vectors of x are read, also beyond `valid`, but only `valid`
    elements of a row of `out` are written.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        code = Code(builder, signature.args[0].dtype)
        rows, vectors, *rest = arguments[1:]
        shapes = [(r, v) for r in HEIGHTS for v in sorted({1, VECTORS[r]})]
        variants = {r * 16 + v: _accumulate_variant(code, r, v, *rest) for r, v in shapes}
        code.choose(builder.add(builder.mul(rows, code.number(16)), vectors), variants)
        return context.get_dummy_value()

    return types.void(floats, *[types.intp] * 10), generate


@intrinsic
def accumulate_panel(
    typing: Any,
    floats: Any,
    rows: Any,
    w: Any,
    x: Any,
    places: Any,
    terms: Any,
    start: Any,
    out: Any,
    apart: Any,
    valid: Any,
) -> Any:
    """`accumulate` for PANEL vectors and rows as in PANEL_HEIGHTS; or for as many rows as the tuple `rows` is long."""
    known = rows if isinstance(rows, types.UniTuple) else types.intp

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        code = Code(builder, signature.args[0].dtype)
        rows, *rest = arguments[1:]
        if isinstance(known, types.UniTuple):
            _accumulate_variant(code, known.count, PANEL, *rest)()
        else:
            code.choose(rows, {r: _accumulate_variant(code, r, PANEL, *rest) for r in PANEL_HEIGHTS})
        return context.get_dummy_value()

    return types.void(floats, known, *[types.intp] * 8), generate


def _accumulate_variant(
    code: Code,
    rows: int,
    vectors: int,
    w: Any,
    x: Any,
    places: Any,
    terms: Any,
    start: Any,
    out: Any,
    apart: Any,
    valid: Any,
) -> Callable[[], None]:
    def emit() -> None:
        b = code.b

        def term(t: Any, state: list[Any]) -> list[Any]:
            place, weights, sums = state[0], state[1], state[2:]
            here = b.add(x, code.word(place))
            xs = [code.load(code.plus(here, v * WIDTH)) for v in range(vectors)]
            added = []
            for r in range(rows):
                weight = code.broadcast(code.plus(weights, r * code.size))
                added += [code.fma(weight, xs[v], sums[r * vectors + v]) for v in range(vectors)]
            return [code.plus(place, 8), code.plus(weights, rows * code.size), *added]

        first = [code.broadcast(code.plus(start, r * code.size)) for r in range(rows)]
        sums = code.loop(terms, [places, w, *[value for value in first for _ in range(vectors)]], term)[2:]
        masks = [code.first(b.sub(valid, code.number(v * code.lanes))) for v in range(vectors)]
        row = out
        for r in range(rows):
            for v in range(vectors):
                code.store_some(sums[r * vectors + v], code.plus(row, v * WIDTH), masks[v])
            row = b.add(row, apart)

    return emit


@intrinsic
def dot(
    typing: Any,
    floats: Any,
    rows: Any,
    a: Any,
    a_row: Any,
    a_image: Any,
    x: Any,
    x_image: Any,
    places: Any,
    images: Any,
    count: Any,
    out: Any,
) -> Any:
    """out[r, k] = sum over m < images and u < count of a[m, r, u] * x[m, places[k] + u] for k < PAIRS[rows].

    rows 1 to len(PAIRS) - 1; a_row, a_image, x_image: the distances of rows and images. Nothing beyond `count` is read.
    `out` is contiguous.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        code = Code(builder, signature.args[0].dtype)
        variants = {r: _dot_variant(code, r, PAIRS[r], *arguments[2:]) for r in range(1, len(PAIRS))}
        code.choose(arguments[1], variants)
        return context.get_dummy_value()

    return types.void(floats, *[types.intp] * 10), generate


def _dot_variant(
    code: Code,
    rows: int,
    pairs: int,
    a: Any,
    a_row: Any,
    a_image: Any,
    x: Any,
    x_image: Any,
    places: Any,
    images: Any,
    count: Any,
    out: Any,
) -> Callable[[], None]:
    def emit() -> None:
        b = code.b
        offsets = [code.word(code.plus(places, 8 * k)) for k in range(pairs)]

        def products(load: Callable[[Any], Any], at_a: Any, at_x: Any, sums: list[Any]) -> list[Any]:
            vectors = []
            for _ in range(rows):
                vectors.append(load(at_a))
                at_a = b.add(at_a, a_row)
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
            end_a, end_x, *sums = code.loop(b.sdiv(count, code.number(code.lanes)), [at_a, at_x, *sums], whole)
            remaining = b.srem(count, code.number(code.lanes))

            def rest(i: Any, state: list[Any]) -> list[Any]:
                mask = code.first(remaining)
                return products(lambda address: code.load_some(address, mask), end_a, end_x, state)

            some = b.zext(b.icmp_signed("!=", remaining, code.number(0)), WORD)
            return [b.add(at_a, a_image), b.add(at_x, x_image), *code.loop(some, sums, rest)]

        sums = code.loop(images, [a, x, *[code.zero] * (rows * pairs)], image)[2:]
        for i, value in enumerate(sums):
            code.store_scalar(code.total(value), code.plus(out, i * code.size))

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
def copy(
    typing: Any,
    floats: Any,
    source: Any,
    source_row: Any,
    step: Any,
    target: Any,
    rows: Any,
    width: Any,
    begin: Any,
    end: Any,
) -> Any:
    """target[r, i] = source[r, i * step] for r < rows and begin <= i < end, and 0 for the other i < width.

    The rows of `target` follow each other; those of `source` are `source_row` bytes apart. `step` in elements. Nothing
    else is read. Up to a vector beyond the last row may be overwritten.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        code = Code(builder, signature.args[0].dtype)
        step = arguments[3]
        key = builder.select(builder.icmp_signed("<=", step, code.number(2)), step, code.number(0))
        code.choose(key, {known: _copy_variant(code, known, *arguments[1:]) for known in (0, 1, 2)})
        return context.get_dummy_value()

    return types.void(floats, *[types.intp] * 8), generate


def _copy_variant(
    code: Code,
    known: int,
    source: Any,
    source_row: Any,
    step: Any,
    target: Any,
    rows: Any,
    width: Any,
    begin: Any,
    end: Any,
) -> Callable[[], None]:
    """A copy for step 1, 2, or any: 0.

    The columns are taken from the last to the first, a vector of all rows at a time: what is written beyond the end of
    a row is the beginning of the next, whose turn comes later.
    """
    b = code.b
    even = ir.Constant(ir.VectorType(SHORT, code.lanes), list(range(0, 2 * code.lanes, 2)))
    target_row = b.mul(width, code.number(code.size))

    def between(first: Any, last: Any) -> Any:
        return b.and_(b.not_(code.first(first)), code.first(last))

    def vectors(i: Any, state: list[Any]) -> list[Any]:
        column = b.mul(b.sub(state[0], code.number(1)), code.number(code.lanes))
        distance = b.mul(column, code.number(known * code.size))
        limits = b.sub(begin, column), b.sub(end, column)
        if known == 1:
            masks = [between(*limits)]
        else:  # of the elements that two vectors hold, the first to the last that is wanted
            first, last = [b.mul(limit, code.number(2)) for limit in limits]
            half = code.number(code.lanes)
            last = b.sub(last, code.number(1))
            masks = [between(first, last), between(b.sub(first, half), b.sub(last, half))]

        def row(i: Any, state: list[Any]) -> list[Any]:
            here, there = state
            values = [code.load_some(code.plus(here, v * WIDTH), mask) for v, mask in enumerate(masks)]
            code.store(values[0] if known == 1 else b.shuffle_vector(*values, even), there)
            return [b.add(here, source_row), b.add(there, target_row)]

        code.loop(rows, [b.add(source, distance), b.add(target, b.mul(column, code.number(code.size)))], row)
        return [b.sub(state[0], code.number(1))]

    def scalars(i: Any, state: list[Any]) -> list[Any]:
        here, there = state

        def element(i: Any, state: list[Any]) -> list[Any]:
            inside = b.and_(b.icmp_signed(">=", i, begin), b.icmp_signed("<", i, end))
            read = b.select(inside, state[0], target)  # some address that may be read
            value = b.select(inside, code.load_scalar(read), ir.Constant(code.scalar, 0.0))
            code.store_scalar(value, state[1])
            return [b.add(state[0], b.mul(step, code.number(code.size))), code.plus(state[1], code.size)]

        code.loop(width, [here, there], element)
        return [b.add(here, source_row), b.add(there, target_row)]

    def emit() -> None:
        if known:
            count = b.lshr(b.add(width, code.number(code.lanes - 1)), code.number(code.lanes.bit_length() - 1))
            code.loop(count, [count], vectors)
        else:
            code.loop(rows, [source, target], scalars)

    return emit
