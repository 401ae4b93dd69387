"""The transforms of Winograd's convolution as vector code: squares of inputs to tiles, and products back to outputs.

The matrices of a scheme (`winograd_schemes`) are written out as additions and multiplications of vectors, each lane of
which is another tile: `spread` makes B' d B of inputs, or A dy A' of slopes; `gather` makes A' p A of products.

Imported when it is first needed, because it loads Numba.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, NamedTuple

from llvmlite import ir
from numba.core import types

from ..machine.instructions import SHORT, WORD, Code, intrinsic, unpack_tuple
from ..machine.registers import WIDTH
from .winograd_schemes import SCHEMES, Matrix, Scheme


def _combine(code: Code, matrix: Matrix, vectors: list[Any]) -> list[Any]:
    """matrix @ vectors, with few operations where points p and -p make the matrix symmetric.

    Two columns that are equal but for signs meet only sums and differences of their vectors. Two rows that are equal
    but for signs are the sum and the difference of what they have in common and what they have not.
    """
    columns = [list(column) for column in zip(*matrix, strict=True)]
    for j, k in itertools.pairwise(range(len(columns))):
        if j and len(matrix) < len(columns) and _mirrored(columns[j], columns[k]):
            plus, minus = code.b.fadd(vectors[j], vectors[k]), code.b.fsub(vectors[j], vectors[k])
            vectors = [*vectors[:j], plus, minus, *vectors[k + 1 :]]
            same = [x == y for x, y in zip(columns[j], columns[k], strict=True)]
            both = columns[j]
            columns[j] = [x * s for x, s in zip(both, same, strict=True)]
            columns[k] = [x * (not s) for x, s in zip(both, same, strict=True)]
    rows = [list(row) for row in zip(*columns, strict=True)]
    results: list[Any] = []
    while len(results) < len(rows):
        row, following = rows[len(results)], [*rows, []][len(results) + 1]
        if _mirrored(row, following):
            common = [x * (x == y) for x, y in zip(row, following, strict=True)]
            rest = [x * (x != y) for x, y in zip(row, following, strict=True)]
            even, odd = _sum(code, common, vectors), _sum(code, rest, vectors)
            results += [code.b.fadd(even, odd), code.b.fsub(even, odd)]
        else:
            results.append(_sum(code, row, vectors))
    return results


def _mirrored(xs: list[float], ys: list[float]) -> bool:
    """Are two rows equal but for signs, and neither equal nor opposite as a whole?"""
    pairs = list(zip(xs, ys, strict=False))
    known = len(xs) == len(ys) and all(abs(x) == abs(y) for x, y in pairs)
    return known and any(x == y != 0 for x, y in pairs) and any(x == -y != 0 for x, y in pairs)


def _sum(code: Code, factors: list[float], vectors: list[Any]) -> Any:
    """The sum of factor * vector; it begins with a term of factor 1 if there is one."""
    terms = sorted([(c, v) for c, v in zip(factors, vectors, strict=True) if c], key=lambda term: term[0] != 1)
    total = code.zero if terms[0][0] != 1 else terms[0][1]
    for factor, vector in terms[terms[0][0] == 1 :]:
        if abs(factor) == 1:
            total = code.b.fadd(total, vector) if factor == 1 else code.b.fsub(total, vector)
        else:
            total = code.fma(ir.Constant(code.vector, [factor] * code.lanes), vector, total)
    return total


def _combine_both(code: Code, matrix: Matrix, square: list[list[Any]]) -> list[list[Any]]:
    """matrix @ square @ matrix'"""
    rows = [_combine(code, matrix, row) for row in square]
    columns = [_combine(code, matrix, list(column)) for column in zip(*rows, strict=True)]
    return [list(row) for row in zip(*columns, strict=True)]


class Planes(NamedTuple):
    """Where squares are read from.

    address       the corner of the first square of the first plane. It may lie outside of the plane
    row, plane    bytes to the next
    above, below  rows of the plane, counted from that corner: those from `above` to `below` are read
    left, right   likewise its columns; what lies outside counts as 0
    """

    address: Any
    row: Any
    plane: Any
    above: Any
    below: Any
    left: Any
    right: Any


class Layers(NamedTuple):
    """Squares by their elements: a layer for each, `apart` bytes apart; in it planes, `plane` bytes apart, of tiles."""

    address: Any
    apart: Any
    plane: Any


class Tiles(NamedTuple):
    """How many there are: planes, rows of tiles in a plane, tiles in a row."""

    planes: Any
    rows: Any
    columns: Any


@intrinsic
def spread(typing: Any, floats: Any, scheme: Any, source: Any, layers: Any, tiles: Any) -> Any:
    """Layer k = element k of B' d B, for the squares d of inputs.

    Up to a vector behind the tiles of each plane of a layer may be overwritten.
    """
    return _spreading(_of(scheme), _of(scheme).b_t, floats, scheme, source, layers, tiles)


@intrinsic
def spread_slopes(typing: Any, floats: Any, scheme: Any, source: Any, layers: Any, tiles: Any) -> Any:
    """`spread` for squares dy of slopes: A dy A'."""
    transposed = [list(column) for column in zip(*_of(scheme).a_t, strict=True)]
    return _spreading(_of(scheme), transposed, floats, scheme, source, layers, tiles)


def _spreading(scheme: Scheme, matrix: Matrix, floats: Any, *kinds: Any) -> Any:
    """The signature of an intrinsic, and what writes its code."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        code = Code(builder, signature.args[0].dtype)
        source, layers, tiles = _unpacked(builder, arguments[2:], Planes, Layers, Tiles)
        variants = {
            together - 1: _spread_variant(code, matrix, scheme.m, together, source, layers, tiles)
            for together in (1, 2)
        }
        code.choose(_two_rows(code, tiles.columns), variants)
        return context.get_dummy_value()

    return types.void(floats, *kinds), generate


def _unpacked(builder: Any, values: Any, *kinds: Any) -> Any:
    return [kind(*unpack_tuple(builder, value)) for kind, value in zip(kinds, values, strict=True)]


def _of(about: Any) -> Scheme:
    """The scheme for a type of tuples that `Scheme.about` gives."""
    return SCHEMES[about.count - 2]


def _two_rows(code: Code, columns: Any) -> Any:
    """1 if two rows of tiles fit into a vector, else 0."""
    return code.b.zext(code.b.icmp_signed("<=", columns, code.number(code.lanes // 2)), WORD)


def _spread_variant(
    code: Code, matrix: Matrix, m: int, together: int, source: Planes, layers: Layers, tiles: Tiles
) -> Callable[[], None]:
    """`spread`, one row of tiles at a time or two. Of a row the last vector comes first: what it writes beyond the end
    of the row is the beginning of the next, whose turn comes later."""
    b = code.b
    inputs = len(matrix[0])
    # m vectors hold the columns first + m t, first + 1 + m t, ...; half of them may be those of the next tiles
    parts = [(v % (m // together), v // (m // together)) for v in range(m)]
    starts = range(0, inputs, m)
    line = b.mul(tiles.columns, code.number(code.size))  # bytes of a row of tiles in a layer

    def columns(i: Any, state: list[Any]) -> list[Any]:
        column = b.mul(b.sub(state[0], code.number(1)), code.number(code.lanes))
        behind = b.mul(column, code.number(m))
        masks = {}
        for first in starts:
            for v, _ in parts[: m // together]:
                at = b.add(behind, code.number(first + v * code.lanes))
                masks[first, v] = b.and_(
                    b.not_(code.first(b.sub(source.left, at))), code.first(b.sub(source.right, at))
                )
        here = b.add(source.address, b.mul(behind, code.number(code.size)))
        there = b.add(layers.address, b.mul(column, code.number(code.size)))

        def some_rows(i: Any, state: list[Any]) -> list[Any]:
            here, there, above, below = state
            square = source._replace(address=here, above=above, below=below)
            _spread_vector(code, matrix, m, parts, masks, square, layers._replace(address=there), line)
            step = code.number(m * together)
            after = b.add(here, b.mul(source.row, step)), b.add(there, b.mul(line, code.number(together)))
            return [*after, b.sub(above, step), b.sub(below, step)]

        def one_plane(i: Any, state: list[Any]) -> list[Any]:
            steps = tiles.rows if together == 1 else b.lshr(b.add(tiles.rows, code.number(1)), code.number(1))
            code.loop(steps, [*state, source.above, source.below], some_rows)
            return [b.add(state[0], source.plane), b.add(state[1], layers.plane)]

        code.loop(tiles.planes, [here, there], one_plane)
        return [b.sub(state[0], code.number(1))]

    def emit() -> None:
        vectors = b.lshr(b.add(tiles.columns, code.number(code.lanes - 1)), code.number(code.lanes.bit_length() - 1))
        code.loop(vectors, [vectors], columns)

    return emit


def _spread_vector(
    code: Code,
    matrix: Matrix,
    m: int,
    parts: list[tuple[int, int]],
    masks: dict[tuple[int, int], Any],
    source: Planes,
    target: Layers,
    line: Any,
) -> None:
    """The squares of a vector of tiles; `parts` says which vector of a row, and of which row, is loaded when."""
    b = code.b
    inputs, together = len(matrix[0]), parts[-1][1] + 1
    lines, rows = [source.address, b.add(source.address, b.mul(source.row, code.number(m)))], []
    for r in range(inputs):
        inside = []
        for following in range(together):
            row = code.number(r + following * m)
            inside.append(b.and_(b.icmp_signed(">=", row, source.above), b.icmp_signed("<", row, source.below)))
        values: list[Any] = []
        for first in range(0, inputs, m):
            loaded = []
            for v, following in parts:
                mask = b.select(inside[following], masks[first, v], ir.Constant(code.mask, None))
                address = code.plus(lines[following], (first + v * code.lanes) * code.size)
                loaded.append(code.load_some(address, mask))
            values += _unzipped(code, loaded)
        rows.append(values[:inputs])
        lines = [b.add(line_, source.row) for line_ in lines]
    to = target.address
    for results in _combine_both(code, matrix, rows):
        for value in results:
            if together == 1:
                code.store(value, to)
            else:
                code.store(code.half(value, 0), to)
                code.store(code.half(value, 1), b.add(to, line))
            to = b.add(to, target.apart)


def _unzipped(code: Code, vectors: list[Any]) -> list[Any]:
    """The elements of consecutive vectors by their place modulo the number of vectors: one vector per remainder."""
    if len(vectors) == 1:
        return vectors
    n = code.lanes
    halves = []
    for side in (0, 1):
        order = ir.Constant(ir.VectorType(SHORT, n), list(range(side, 2 * n, 2)))
        pairs = zip(vectors[::2], vectors[1::2], strict=True)
        halves.append(_unzipped(code, [code.b.shuffle_vector(x, y, order) for x, y in pairs]))
    return [vector for pair in zip(*halves, strict=True) for vector in pair]


class Outputs(NamedTuple):
    """Where outputs go: bytes to the next row and plane, and how much of a plane there is: `rows` rows of `width`."""

    address: Any
    row: Any
    plane: Any
    rows: Any
    width: Any


@intrinsic
def gather(typing: Any, floats: Any, scheme: Any, layers: Any, bias: Any, out: Any, tiles: Any) -> Any:
    """out[p, i, q] = bias[p] + element (i modulo m, q modulo m) of A' m A of its tile, for i < rows and q < width.

    layers   the elements of the squares m. Of `tiles`, rows do not matter. Nothing beside `out` is written
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        code = Code(builder, signature.args[0].dtype)
        _, _, layers, bias, out, tiles = arguments
        source, target, count = _unpacked(builder, (layers, out, tiles), Layers, Outputs, Tiles)
        variants = {
            together - 1: _gather_variant(code, _of(scheme), together, source, bias, target, count)
            for together in (1, 2)
        }
        code.choose(_two_rows(code, count.columns), variants)
        return context.get_dummy_value()

    return types.void(floats, scheme, layers, types.intp, out, tiles), generate


def _gather_variant(
    code: Code, scheme: Scheme, together: int, layers: Layers, bias: Any, out: Outputs, tiles: Tiles
) -> Callable[[], None]:
    b = code.b
    m, side = scheme.m, len(scheme.b_t)
    wide = m // together  # vectors of a row of out
    line = b.mul(tiles.columns, code.number(code.size))

    def square(at: Any) -> list[list[Any]]:
        """The vectors of a square's elements, row by row."""
        rows = []
        for _ in range(side):
            values = []
            for _ in range(side):
                values.append(code.load(at) if together == 1 else code.load_halves(at, b.add(at, line)))
                at = b.add(at, layers.apart)
            rows.append(values)
        return rows

    def columns(i: Any, state: list[Any]) -> list[Any]:
        source, target, left = state
        masks = [code.first(b.sub(left, code.number(v * code.lanes))) for v in range(wide if WIDTH == 64 else 0)]

        def one_plane(i: Any, state: list[Any]) -> list[Any]:
            source, target, bias = state
            shift = code.broadcast(bias)

            def some_rows(i: Any, state: list[Any]) -> list[Any]:
                source, target, rows = state
                address = target
                for row, values in enumerate(_combine_both(code, scheme.a_t, square(source))):
                    zipped = _zipped(code, [b.fadd(value, shift) for value in values])
                    following = b.add(address, b.mul(out.row, code.number(m)))
                    for next_, start in enumerate((address, following)[:together]):
                        here = b.icmp_signed("<", code.number(row + next_ * m), rows)
                        values = [
                            (zipped[next_ * wide + v], code.plus(start, v * WIDTH), v * code.lanes) for v in range(wide)
                        ]
                        if WIDTH == 64:  # masks for all rows
                            for (value, place, _), mask in zip(values, masks, strict=True):
                                code.store_some(value, place, b.select(here, mask, ir.Constant(code.mask, None)))
                        else:
                            code.store_first(values, b.select(here, left, code.number(0)))
                    address = b.add(address, out.row)
                step = code.number(m * together)
                after = b.add(source, b.mul(line, code.number(together))), b.add(target, b.mul(out.row, step))
                return [*after, b.sub(rows, step)]

            step = m * together
            steps = b.lshr(b.add(out.rows, code.number(step - 1)), code.number(step.bit_length() - 1))
            code.loop(steps, [source, target, out.rows], some_rows)
            return [b.add(source, layers.plane), b.add(target, out.plane), code.plus(bias, code.size)]

        code.loop(tiles.planes, [source, target, bias], one_plane)
        return [code.plus(source, WIDTH), code.plus(target, m * WIDTH), b.sub(left, code.number(m * code.lanes))]

    def emit() -> None:
        vectors = b.lshr(b.add(tiles.columns, code.number(code.lanes - 1)), code.number(code.lanes.bit_length() - 1))
        code.loop(vectors, [layers.address, out.address, out.width], columns)

    return emit


def _zipped(code: Code, vectors: list[Any]) -> list[Any]:
    """The elements 0 of all vectors, then the elements 1, ..."""
    if len(vectors) == 1:
        return vectors
    n = code.lanes
    even, odd = _zipped(code, vectors[::2]), _zipped(code, vectors[1::2])
    results = []
    for a, c in zip(even, odd, strict=True):
        for half in (range(n // 2), range(n // 2, n)):
            order = [lane + of * n for lane in half for of in (0, 1)]
            results.append(code.b.shuffle_vector(a, c, ir.Constant(ir.VectorType(SHORT, n), order)))
    return results
