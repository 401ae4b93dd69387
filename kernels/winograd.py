"""Convolution with 3 x 3 and 5 x 5 windows by far fewer multiplications: Winograd's minimal filtering F(m x m, r x r).

Along one axis, m outputs of a window with r elements are m + r - 1 numbers that determine a product of polynomials.
Instead of multiplying coefficients, one evaluates both factors at m + r - 1 points, multiplies the values, and
interpolates (Winograd 1980, "Arithmetic complexity of computations"). In two dimensions a tile of m x m outputs y
depends on a square d of inputs and on the window g (Lavin & Gray 2016, "Fast algorithms for convolutional neural
networks", section 4.1):

    y = A' [(G g G') * (B' d B)] A

Summed over channels, each element of the square is a matrix product, (filters x channels) by (channels x tiles). Read
backwards, the same identity gives the weight's gradient; the input gradient is a convolution with the mirrored window.

    dg = G' [sum over tiles of (A dy A') * (B' d B)] G

                     multiplications per output       float32: error of the result over its largest element
    F(2 x 2, 3 x 3)    4     instead of  9            3e-7      (summing over windows: 6e-7)
    F(4 x 4, 3 x 3)    2.25  instead of  9            3e-6
    F(2 x 2, 5 x 5)    9     instead of 25            3e-6

(32 channels, normally distributed numbers.) The points of the first two are 0, 1, -1, 1/2, -2. The third has 2 and -2:
an error twice as large, but pairs p, -p save half of the additions, which small planes need more. What a tile contains
reaches all its outputs: infinity in one input is NaN in them.

Imported when it is first needed, because it loads Numba.
"""

# mypy: allow-untyped-decorators

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir
from numba.core import types

from .machine import simd, threads
from .machine.jit import kernel
from .machine.simd import WIDTH, Code, intrinsic
from .matrix import panel
from .window import Array, Sizes

# ---------------------------------------------------------------------------------------------------- the algorithm

Matrix = list[list[float]]


class Scheme(NamedTuple):
    """F(m x m, r x r): its number, m, r, and the matrices (m, m + r - 1), (m + r - 1, r), (m + r - 1, m + r - 1)."""

    number: int
    m: int
    r: int
    a_t: Matrix
    g: Matrix
    b_t: Matrix

    @property
    def about(self) -> tuple[int, ...]:
        """m, r, and `number` zeros: code is compiled anew for tuples of another length, so it holds a single scheme."""
        return (self.m, self.r, *[0] * self.number)


def _scheme(number: int, m: int, r: int, points: list[Fraction]) -> Scheme:
    """The matrices for finite points, infinity being the last.

    Row j of G evaluates the window at point p[j], row i of A' holds the powers p[j] ** i, and row j of B' the
    coefficients of the Lagrange polynomial prod over k != j of (x - p[k]), whose denominator prod of (p[j] - p[k]) is
    moved to G. A row of B' is scaled by a power of two so that its largest number lies between 1 and 2.
    """
    zero, one = Fraction(0), Fraction(1)
    g, b_t = [], []
    for p in points:
        others = [q for q in points if q != p]
        denominator = math.prod([p - q for q in others], start=one)
        row = [*_product(others), zero]
        scale = Fraction(2) ** -math.floor(math.log2(max(abs(c) for c in row)))
        b_t.append([float(scale * c) for c in row])
        g.append([float(p**i / denominator / scale) for i in range(r)])
    b_t.append([float(c) for c in _product(points)])
    g.append([0.0] * (r - 1) + [1.0])
    a_t = [[*[float(p**i) for p in points], float(i == m - 1)] for i in range(m)]
    return Scheme(number, m, r, a_t, g, b_t)


def _product(roots: list[Fraction]) -> list[Fraction]:
    """Coefficients of prod (x - root), that of x ** 0 first."""
    coefficients = [Fraction(1)]
    for root in roots:
        shifted = [Fraction(0), *coefficients]
        coefficients = [a - root * b for a, b in zip(shifted, [*coefficients, Fraction(0)], strict=True)]
    return coefficients


_SYMMETRIC = [Fraction(p) for p in (0, 1, -1, 2, -2)]
_EXACT = [Fraction(p) for p in ("0", "1", "-1", "1/2", "-2")]
SCHEMES = (_scheme(0, 2, 3, _EXACT[:3]), _scheme(1, 4, 3, _EXACT), _scheme(2, 2, 5, _SYMMETRIC))


def choose(
    images: int, filters: int, channels: int, window: Sizes, size: Sizes, for_weights: bool = False
) -> Scheme | None:
    """The scheme that is quicker than the direct sum, if there is one, for `size` outputs of each image.

    for_weights   for the gradient of the weights

    Measured in one thread of a Xeon with 2 MiB of second-level cache, time of the direct sum over time of the scheme:

        3 x 3    56x56, 64 channels   2.5, weights 2.2    F(4 x 4)
                 28x28, 32 channels   1.7, weights 1.6    F(4 x 4)
                 14x14, 64 channels   1.6, weights 1.7    F(2 x 2);  F(4 x 4): 1.1, weights 1.0
                 7x7, 128 channels    1.9, weights 1.8    F(2 x 2);  F(4 x 4): 0.9, weights 1.2
        5 x 5    14x14, 32 channels   1.4, weights 1.4    F(2 x 2)
                 7x7, 32 channels     1.4, weights 1.8    F(2 x 2)

    A Zen 5 agrees, but that the larger tiles are as good there for 14x14 and 7x7.
    """
    least, area = min(filters, channels), size[0] * size[1]
    if least < (32 if for_weights else 16) or area < 36 or images * area < 1024:
        return None
    if window == (3, 3):
        return SCHEMES[1 if area >= 28 * 28 else 0]
    return SCHEMES[2] if window == (5, 5) else None


# ------------------------------------------------------------------------------------------------------ vector code


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


@intrinsic
def _spread(
    typing: Any,
    floats: Any,
    scheme: Any,
    slopes: Any,
    source: Any,
    row: Any,
    plane: Any,
    above: Any,
    below: Any,
    left: Any,
    right: Any,
    out: Any,
    apart: Any,
    out_plane: Any,
    planes: Any,
    rows: Any,
    tiles: Any,
) -> Any:
    """out[k, p, t] = element k of B' d B, or of A dy A' if `slopes` is 1, for tiles t in `rows` rows of `tiles`.

    source        the corner of the first d or dy of the first plane; `row` and `plane` bytes to the next. It may lie
                  outside of the plane, of which the rows from `above` to `below` and the columns from `left` to
                  `right`, counted from there, are read; what lies outside is 0
    out           as many layers as a square has elements, `apart` bytes apart; in them planes, `out_plane` bytes apart.
                  Up to a vector behind the tiles of each plane may be overwritten
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        code = Code(builder, signature.args[0].dtype)
        slopes, *rest = arguments[2:]
        s, variants = _of(scheme), {}
        transposed = [list(column) for column in zip(*s.a_t, strict=True)]
        for side, matrix in enumerate((s.b_t, transposed)):
            for together in (1, 2):
                variants[2 * side + together - 1] = _spread_variant(code, matrix, s.m, together, *rest)
        code.choose(builder.add(builder.mul(slopes, code.number(2)), _two_rows(code, rest[-1])), variants)
        return context.get_dummy_value()

    return types.void(floats, scheme, *[types.intp] * 14), generate


def _of(about: Any) -> Scheme:
    """The scheme for a type of tuples that `Scheme.about` gives."""
    return SCHEMES[about.count - 2]


def _two_rows(code: Code, tiles: Any) -> Any:
    """1 if two rows of tiles fit into a vector, else 0."""
    return code.b.zext(code.b.icmp_signed("<=", tiles, code.number(code.lanes // 2)), simd.WORD)


def _spread_variant(
    code: Code,
    matrix: Matrix,
    m: int,
    together: int,
    source: Any,
    row: Any,
    plane: Any,
    above: Any,
    below: Any,
    left: Any,
    right: Any,
    out: Any,
    apart: Any,
    out_plane: Any,
    planes: Any,
    rows: Any,
    tiles: Any,
) -> Callable[[], None]:
    """`_spread`, one row of tiles at a time or two. Of a row the last vector comes first: what it writes beyond the end
    of the row is the beginning of the next, whose turn comes later."""
    b = code.b
    inputs = len(matrix[0])
    # m vectors hold the columns first + m t, first + 1 + m t, ...; half of them may be those of the next tiles
    parts = [(v % (m // together), v // (m // together)) for v in range(m)]
    starts = range(0, inputs, m)
    line = b.mul(tiles, code.number(code.size))  # bytes of a row of tiles in out

    def columns(i: Any, state: list[Any]) -> list[Any]:
        column = b.mul(b.sub(state[0], code.number(1)), code.number(code.lanes))
        behind = b.mul(column, code.number(m))
        masks = {}
        for first in starts:
            for v, _ in parts[: m // together]:
                at = b.add(behind, code.number(first + v * code.lanes))
                masks[first, v] = b.and_(b.not_(code.first(b.sub(left, at))), code.first(b.sub(right, at)))
        here = b.add(source, b.mul(behind, code.number(code.size)))
        there = b.add(out, b.mul(column, code.number(code.size)))

        def some_rows(i: Any, state: list[Any]) -> list[Any]:
            here, there, above, below = state
            _spread_vector(code, matrix, m, parts, masks, here, row, above, below, there, apart, line)
            step = code.number(m * together)
            after = b.add(here, b.mul(row, step)), b.add(there, b.mul(line, code.number(together)))
            return [*after, b.sub(above, step), b.sub(below, step)]

        def one_plane(i: Any, state: list[Any]) -> list[Any]:
            steps = rows if together == 1 else b.lshr(b.add(rows, code.number(1)), code.number(1))
            code.loop(steps, [*state, above, below], some_rows)
            return [b.add(state[0], plane), b.add(state[1], out_plane)]

        code.loop(planes, [here, there], one_plane)
        return [b.sub(state[0], code.number(1))]

    def emit() -> None:
        vectors = b.lshr(b.add(tiles, code.number(code.lanes - 1)), code.number(code.lanes.bit_length() - 1))
        code.loop(vectors, [vectors], columns)

    return emit


def _spread_vector(
    code: Code,
    matrix: Matrix,
    m: int,
    parts: list[tuple[int, int]],
    masks: dict[tuple[int, int], Any],
    source: Any,
    row: Any,
    above: Any,
    below: Any,
    target: Any,
    apart: Any,
    line: Any,
) -> None:
    """The squares of a vector of tiles; `parts` says which vector of a row, and of which row, is loaded when."""
    b = code.b
    inputs, together = len(matrix[0]), parts[-1][1] + 1
    lines, rows = [source, b.add(source, b.mul(row, code.number(m)))], []
    for r in range(inputs):
        inside = []
        for following in range(together):
            number = code.number(r + following * m)
            inside.append(b.and_(b.icmp_signed(">=", number, above), b.icmp_signed("<", number, below)))
        values: list[Any] = []
        for first in range(0, inputs, m):
            loaded = []
            for v, following in parts:
                mask = b.select(inside[following], masks[first, v], ir.Constant(code.mask, None))
                address = code.plus(lines[following], (first + v * code.lanes) * code.size)
                loaded.append(code.load_some(address, mask))
            values += _unzipped(code, loaded)
        rows.append(values[:inputs])
        lines = [b.add(line_, row) for line_ in lines]
    for results in _combine_both(code, matrix, rows):
        for value in results:
            if together == 1:
                code.store(value, target)
            else:
                code.store(code.half(value, 0), target)
                code.store(code.half(value, 1), b.add(target, line))
            target = b.add(target, apart)


def _unzipped(code: Code, vectors: list[Any]) -> list[Any]:
    """The elements of consecutive vectors by their place modulo the number of vectors: one vector per remainder."""
    if len(vectors) == 1:
        return vectors
    n = code.lanes
    halves = []
    for side in (0, 1):
        order = ir.Constant(ir.VectorType(simd.SHORT, n), list(range(side, 2 * n, 2)))
        pairs = zip(vectors[::2], vectors[1::2], strict=True)
        halves.append(_unzipped(code, [code.b.shuffle_vector(x, y, order) for x, y in pairs]))
    return [vector for pair in zip(*halves, strict=True) for vector in pair]


@intrinsic
def _gather(
    typing: Any,
    floats: Any,
    scheme: Any,
    sums: Any,
    apart: Any,
    plane: Any,
    bias: Any,
    out: Any,
    row: Any,
    out_plane: Any,
    planes: Any,
    rows: Any,
    width: Any,
    tiles: Any,
) -> Any:
    """out[p, i, q] = bias[p] + element (i modulo m, q modulo m) of A' m A of its tile, for i < rows and q < width.

    sums   the elements m[k, p, t] of the squares, t in rows of `tiles`; `apart` bytes from one k, `plane` from one p to
           the next
    out    `row` and `out_plane` bytes from a row and a plane to the next. Nothing else is written
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        code = Code(builder, signature.args[0].dtype)
        rest = arguments[2:]
        variants = {together - 1: _gather_variant(code, _of(scheme), together, *rest) for together in (1, 2)}
        code.choose(_two_rows(code, rest[-1]), variants)
        return context.get_dummy_value()

    return types.void(floats, scheme, *[types.intp] * 11), generate


def _gather_variant(
    code: Code,
    scheme: Scheme,
    together: int,
    sums: Any,
    apart: Any,
    plane: Any,
    bias: Any,
    out: Any,
    row: Any,
    out_plane: Any,
    planes: Any,
    rows: Any,
    width: Any,
    tiles: Any,
) -> Callable[[], None]:
    b = code.b
    m, side = scheme.m, len(scheme.b_t)
    wide = m // together  # vectors of a row of out
    line = b.mul(tiles, code.number(code.size))

    def columns(i: Any, state: list[Any]) -> list[Any]:
        source, target, left = state
        masks = [code.first(b.sub(left, code.number(v * code.lanes))) for v in range(wide)]

        def one_plane(i: Any, state: list[Any]) -> list[Any]:
            source, target, bias = state
            shift = code.broadcast(bias)

            def some_rows(i: Any, state: list[Any]) -> list[Any]:
                source, target, rows = state
                square, at = [], source
                for _ in range(side):
                    values = []
                    for _ in range(side):
                        values.append(code.load(at) if together == 1 else code.load_halves(at, b.add(at, line)))
                        at = b.add(at, apart)
                    square.append(values)
                address = target
                for number, values in enumerate(_combine_both(code, scheme.a_t, square)):
                    zipped = _zipped(code, [b.fadd(value, shift) for value in values])
                    following = b.add(address, b.mul(row, code.number(m)))
                    for next_, start in enumerate((address, following)[:together]):
                        here = b.icmp_signed("<", code.number(number + next_ * m), rows)
                        for v in range(wide):
                            mask = b.select(here, masks[v], ir.Constant(code.mask, None))
                            code.store_some(zipped[next_ * wide + v], code.plus(start, v * WIDTH), mask)
                    address = b.add(address, row)
                step = code.number(m * together)
                after = b.add(source, b.mul(line, code.number(together))), b.add(target, b.mul(row, step))
                return [*after, b.sub(rows, step)]

            step = m * together
            steps = b.lshr(b.add(rows, code.number(step - 1)), code.number(step.bit_length() - 1))
            code.loop(steps, [source, target, rows], some_rows)
            return [b.add(source, plane), b.add(target, out_plane), code.plus(bias, code.size)]

        code.loop(planes, [source, target, bias], one_plane)
        return [code.plus(source, WIDTH), code.plus(target, m * WIDTH), b.sub(left, code.number(m * code.lanes))]

    def emit() -> None:
        vectors = b.lshr(b.add(tiles, code.number(code.lanes - 1)), code.number(code.lanes.bit_length() - 1))
        code.loop(vectors, [sums, out, width], columns)

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
            results.append(code.b.shuffle_vector(a, c, ir.Constant(ir.VectorType(simd.SHORT, n), order)))
    return results


# ----------------------------------------------------------------------------------------------------------- loops

Pair = tuple[int, int]


@kernel
def _transform_weights(
    w: Array, both: Array, rows: tuple[int, ...], mirrored: bool, blocks: Array, packed: Array, first: int, last: int
) -> None:
    """packed[k, block of filters, c, filter of the block] = element k of G w[f, c] G', for some of the blocks.

    w         flat: (F, C, r, r); mirrored: filters and channels exchanged, windows turned around
    blocks    how the filters are cut: see `simd.cut`
    rows      a tuple as long as a group is
    both      the matrix that does it, kron(G, G), as (groups of rows, r * r, rows of a group)
    """
    _, F, C = packed.shape
    groups, terms, high = both.shape
    size = w.itemsize
    lanes = WIDTH // size
    pitch = (simd.ROWS * C + 2 * lanes) | lanes
    windows, zeros = np.empty(terms * pitch + 2 * lanes, w.dtype), np.empty(high, w.dtype)
    zeros[:] = 0
    places = np.empty(terms, np.int64)
    for i in range(terms):
        places[i] = i * pitch * size
    for block in range(first, last):
        f0, tall = blocks[block, 0], blocks[block, 1]
        for c in range(C):
            for f in range(tall):
                source, to = ((c * F + f0 + f) if mirrored else ((f0 + f) * C + c)) * terms, c * tall + f
                for i in range(terms):
                    windows[to + (terms - 1 - i if mirrored else i) * pitch] = w[source + i]
        for group in range(groups):
            for u in range(0, C * tall, 2 * lanes):
                simd.accumulate_panel(
                    w,
                    rows,
                    both.ctypes.data + group * terms * high * size,
                    windows.ctypes.data + u * size,
                    places.ctypes.data,
                    terms,
                    zeros.ctypes.data,
                    packed.ctypes.data + (group * high * F * C + f0 * C + u) * size,
                    F * C * size,
                    min(C * tall - u, 2 * lanes),
                )


@kernel
def _transform(
    x: Array,
    first: int,
    shape: Pair,
    corner: Pair,
    scheme: tuple[int, ...],
    inputs: int,
    tiles: Pair,
    planes: int,
    out: int,
    apart: int,
    out_plane: int,
) -> None:
    """`_spread` for planes of `shape` from x[first:] on, the first tile at `corner`.

    scheme   as `Scheme.about` has it
    inputs   side of the squares that are read: m + r - 1 of x, m of its slopes
    """
    H, W = shape
    size = x.itemsize
    source = x.ctypes.data + (first + corner[0] * W + corner[1]) * size
    _spread(
        x,
        scheme,
        inputs == scheme[0],
        source,
        W * size,
        H * W * size,
        -corner[0],
        H - corner[0],
        -corner[1],
        W - corner[1],
        out,
        apart,
        out_plane,
        planes,
        tiles[0],
        tiles[1],
    )


@kernel
def _odd(count: int, lanes: int) -> int:
    """At least `count`, an odd number of vectors: at even distances many vectors would compete for a few cache sets."""
    return ((count + lanes - 1) // lanes | 1) * lanes


@kernel
def _clear_ends(layers: Array, squares: int, layer: int, planes: int, pitch: int, count: int) -> None:
    """Zeros behind the first `count` elements of each plane, where whole vectors are read but seldom written.

    What happens to lie in fresh memory may be denormal, and a Xeon then takes 150 cycles for a single multiplication.
    """
    for k in range(squares):
        for p in range(planes):
            begin = k * layer + p * pitch + count
            simd.clear(layers, layers.ctypes.data + begin * layers.itemsize, pitch - count)
        for i in range(k * layer + planes * pitch, (k + 1) * layer):
            layers[i] = 0
    for i in range(squares * layer, layers.size):
        layers[i] = 0


@kernel
def _outputs(
    x: Array,
    packed: Array,
    start: Array,
    z: Array,
    shape: Pair,
    before: Pair,
    scheme: tuple[int, ...],
    cut: tuple[int, int, int],
    blocks: Array,
    vectors: tuple[int, ...],
    first: int,
    last: int,
) -> None:
    """z[n, f] = start[f] + the convolution of the flat x (N, C, *shape) with the packed windows.

    before       zeros above and to the left of x
    cut          images and rows of tiles that make a part, elements from one row of transformed tiles to the next
    blocks       how the filters are cut: see `simd.cut`
    first, last  the parts that are computed
    """
    N, F, P, Q = z.shape
    squares, _, C = packed.shape
    images, rows, pitch = cut
    m = scheme[0]
    H, W = shape
    size = x.itemsize
    lanes = WIDTH // size
    th, tw = (P + m - 1) // m, (Q + m - 1) // m
    slices = (th + rows - 1) // rows
    spare = simd.VECTORS[1] * lanes
    tile = vectors[blocks[0, 1]] * lanes
    span = max(1, simd.NEAR // (C * tile * size)) * tile
    layer_in, layer_out = _odd(C * pitch, lanes), _odd(F * pitch, lanes)
    inputs, sums = panel.room(squares * layer_in + spare, x), panel.room(squares * layer_out + spare, x)
    _clear_ends(inputs, squares, layer_in, C, pitch, images * rows * tw)
    _clear_ends(sums, squares, layer_out, F, pitch, images * rows * tw)
    zeros = np.empty(simd.ROWS, x.dtype)
    zeros[:] = 0
    places = np.empty(C, np.int64)
    for c in range(C):
        places[c] = c * pitch * size
    for part in range(first, last):
        n0, t0 = part // slices * images, part % slices * rows
        together, tall = min(images, N - n0), min(rows, th - t0)
        count = together * tall * tw
        corner = m * t0 - before[0], -before[1]
        for n in range(together):
            source, to = (n0 + n) * C * H * W, inputs.ctypes.data + n * tall * tw * size
            _transform(
                x, source, shape, corner, scheme, m + scheme[1] - 1, (tall, tw), C, to, layer_in * size, pitch * size
            )
        for k in range(squares):
            for begin in range(0, count, span):  # so much of x stays in the first-level cache while all filters use it
                end = min(begin + span, count)
                for block in range(len(blocks)):
                    f0, high = blocks[block, 0], blocks[block, 1]
                    u = begin
                    while u < end:
                        wide = vectors[high] if end - u > lanes else 1
                        simd.accumulate(
                            x,
                            high,
                            wide,
                            packed.ctypes.data + (k * F + f0) * C * size,
                            inputs.ctypes.data + (k * layer_in + u) * size,
                            places.ctypes.data,
                            C,
                            zeros.ctypes.data,
                            sums.ctypes.data + (k * layer_out + f0 * pitch + u) * size,
                            pitch * size,
                            min(end - u, wide * lanes),
                        )
                        u += wide * lanes
        for n in range(together):
            _gather(
                x,
                scheme,
                sums.ctypes.data + n * tall * tw * size,
                layer_out * size,
                pitch * size,
                start.ctypes.data,
                z.ctypes.data + ((n0 + n) * F * P + m * t0) * Q * size,
                Q * size,
                P * Q * size,
                F,
                min(m * tall, P - m * t0),
                Q,
                tw,
            )


def conv(
    scheme: Scheme, x: Array, w: Array, bias: Array | None, padding: Sizes, size: Sizes, mirrored: bool = False
) -> Array:
    """z (N, F, *size) = bias + the convolution of x (N, C, H, W) with w (F, C, r, r), stride 1.

    mirrored   filters and channels of w are exchanged and its windows turned around: this is the input gradient of a
               convolution whose padding is r - 1 - `padding`
    """
    F, C = (w.shape[1], w.shape[0]) if mirrored else w.shape[:2]
    squares = len(scheme.b_t) ** 2
    flat, windows = np.ascontiguousarray(x).reshape(-1), np.ascontiguousarray(w).reshape(-1)
    blocks = simd.cut(F)
    packed = np.empty((squares, F, C), x.dtype)
    both = _kron(scheme.number, x.dtype.char)
    transform = partial(_transform_weights, windows, both, (0,) * both.shape[2], mirrored, blocks, packed)
    threads.split(len(blocks), transform, 300 // (simd.ROWS * C))
    z = np.empty((len(x), F, *size), x.dtype)
    start = np.zeros(F, x.dtype) if bias is None else np.ascontiguousarray(bias, x.dtype)
    images, tile_rows, pitch, parts = _cut(len(x), size, scheme, C, F, x.itemsize)
    cut = images, tile_rows, pitch
    work = partial(_outputs, flat, packed, start, z, x.shape[2:], padding, scheme.about, cut, blocks, simd.VECTORS)
    threads.split(parts, work, WORTH_A_THREAD * parts // max(z.size * C, 1))
    return z


@functools.cache
def _kron(number: int, kind: str) -> Array:
    """kron(G, G) of a scheme, cut into groups of rows that `accumulate` takes: (groups, r * r, rows of a group)."""
    scheme = SCHEMES[number]
    squares = len(scheme.b_t) ** 2
    rows = max(rows for rows in simd.PANEL_HEIGHTS if squares % rows == 0)
    groups = np.kron(scheme.g, scheme.g).reshape(-1, rows, scheme.r**2).swapaxes(1, 2)
    return groups.astype(kind, order="C")


TERMS = 64
"""Tiles that are summed in one go: rounding errors grow with it, and adding such sums to the others takes time, too."""


@kernel
def _products(
    dz: Array,
    x: Array,
    totals: Array,
    shape: Pair,
    before: Pair,
    size: Pair,
    scheme: tuple[int, ...],
    cut: tuple[int, int, int],
    first: int,
    last: int,
) -> None:
    """total[k, f, c] = sum over tiles of (A dz A')[k] of filter f * (B' x B)[k] of channel c; see `_outputs`.

    dz and x are flat: (N, F, *size) and (N, C, *shape). totals: a `total` for each part of `threads.split`, its rows a
    whole number of panels long.
    """
    _, squares, F, _ = totals.shape
    images, rows, pitch = cut
    m = scheme[0]
    H, W = shape
    P, Q = size
    N = dz.size // (F * P * Q)
    C = x.size // (N * H * W)
    item = x.itemsize
    lanes = WIDTH // item
    th, tw = (P + m - 1) // m, (Q + m - 1) // m
    slices = (th + rows - 1) // rows
    layer_in, layer_out = _odd(C * pitch, lanes), _odd(F * pitch, lanes)
    inputs, slopes = panel.room(squares * layer_in + lanes, x), panel.room(squares * layer_out + lanes, x)
    wide = panel.VECTORS * lanes
    most = images * rows * tw
    columns = panel.room((most + 2 * lanes) * wide, x)
    places = np.empty(TERMS, np.int64)
    for t in range(TERMS):
        places[t] = t * item
    tile, zeros = panel.room(F * wide, x), np.empty(wide, x.dtype)
    zeros[:] = 0
    total = totals[threads.number(first, (N + images - 1) // images * slices, len(totals))]
    total[:] = 0
    for part in range(first, last):
        n0, t0 = part // slices * images, part % slices * rows
        together, deep = min(images, N - n0), min(rows, th - t0)
        tiles, count = (deep, tw), together * deep * tw
        corner = m * t0 - before[0], -before[1]
        for n in range(together):
            at = n * deep * tw * item
            source, to = (n0 + n) * C * H * W, inputs.ctypes.data + at
            _transform(x, source, shape, corner, scheme, m + scheme[1] - 1, tiles, C, to, layer_in * item, pitch * item)
            source, to = (n0 + n) * F * P * Q, slopes.ctypes.data + at
            _transform(dz, source, size, (m * t0, np.int64(0)), scheme, m, tiles, F, to, layer_out * item, pitch * item)
        for k in range(squares):
            for c in range(0, C, wide):
                for v in range(0, wide, lanes):  # planes become columns
                    source = inputs.ctypes.data + (k * layer_in + (c + v) * pitch) * item
                    to = columns.ctypes.data + v * item
                    simd.transpose(x, source, pitch * item, min(lanes, C - c - v), count, to, wide * item)
                for t in range(0, count, TERMS):
                    panel.product(
                        x,
                        F,
                        slopes.ctypes.data + (k * layer_out + t) * item,
                        pitch * item,
                        places.ctypes.data,
                        columns.ctypes.data + t * wide * item,
                        min(TERMS, count - t),
                        zeros.ctypes.data,
                        0,
                        tile.ctypes.data,
                        wide * item,
                    )
                    for f in range(F):
                        row, sums = total[k, f, c : c + wide], tile[f * wide : (f + 1) * wide]
                        for j in range(wide):
                            row[j] += sums[j]


@kernel
def _transform_back(total: Array, g: Array, dw: Array, first: int, last: int) -> None:
    """dw[i] = G' m G, flat, where m is total[:, i]: the weights from `first` to `last`, 64 at a time."""
    side, r = g.shape
    half, whole = np.empty((r, side, 64), dw.dtype), np.empty((r * r, 64), dw.dtype)
    for start in range(first, last, 64):
        count = min(64, last - start)
        half[:] = 0
        whole[:] = 0
        for k in range(side):
            for l in range(side):
                for i in range(r):
                    for t in range(count):
                        half[i, l, t] += g[k, i] * total[k * side + l, start + t]
        for i in range(r):
            for j in range(r):
                for l in range(side):
                    for t in range(count):
                        whole[i * r + j, t] += half[i, l, t] * g[l, j]
        for t in range(count):
            for i in range(r * r):
                dw[start + t, i] = whole[i, t]


def conv_weight_grad(scheme: Scheme, dz: Array, x: Array, padding: Sizes) -> Array:
    """dw (F, C, r, r) for the cotangent dz (N, F, P, Q) of the convolution of x (N, C, H, W), stride 1."""
    (N, F, P, Q), C = dz.shape, x.shape[1]
    squares = len(scheme.b_t) ** 2
    flat = np.ascontiguousarray(dz).reshape(-1), np.ascontiguousarray(x).reshape(-1)
    images, rows, pitch, parts = _cut(N, (P, Q), scheme, C, F, x.itemsize)
    wide = panel.columns(x.itemsize)
    least = WORTH_A_THREAD * parts // max(dz.size * C, 1)
    totals = np.empty((threads.parts(parts, least), squares, F, -(-C // wide) * wide), x.dtype)
    cut = images, rows, pitch
    work = partial(_products, *flat, totals, x.shape[2:], padding, (P, Q), scheme.about, cut)
    threads.split(parts, work, into=len(totals))
    total = totals[..., :C].sum(0).reshape(squares, F * C)
    g, dw = np.array(scheme.g, x.dtype), np.empty((F * C, scheme.r**2), x.dtype)
    threads.split(F * C, partial(_transform_back, total, g, dw), 100)
    return dw.reshape(F, C, scheme.r, scheme.r)


NEAR = 850_000
"""Bytes of transformed tiles and sums that stay in the second-level cache, of 1 MiB and more."""

WORTH_A_THREAD = 150_000
"""Outputs times channels that pay for waking a thread."""


def _cut(
    images: int, size: Sizes, scheme: Scheme, channels: int, filters: int, itemsize: int
) -> tuple[int, int, int, int]:
    """How the work is cut: images and rows of tiles of a part, pitch of the transformed tiles, number of parts."""
    transformed = len(scheme.b_t) ** 2 * (channels + filters) * itemsize  # bytes of a tile and its sums
    return _best_cut(
        threads.get_num_threads(),
        images,
        size,
        scheme.m,
        NEAR / transformed,
        2.5 * (1 / channels + 1 / filters),
        simd.lanes(itemsize),
    )


@functools.lru_cache(512)
def _best_cut(
    workers: int, images: int, size: Sizes, m: int, near: float, traffic: float, lanes: int
) -> tuple[int, int, int, int]:
    """near: tiles that stay in the cache; traffic: what it costs, in times of the products, if twice as many are taken.

    Measured on a Xeon with 2 MiB: 36 x 64 planes of 98, 245, 392 tiles (0.9, 2.1, 3.5 MB) take 3.5, 4.3, 5.9 ms; with
    16 x 512 planes (3 MB from 98 tiles on) products are so many that no difference is seen.
    """
    th, tw = -(-size[0] // m), -(-size[1] // m)

    def parts(cut: tuple[int, int]) -> int:
        return -(-images // cut[0]) * -(-th // cut[1])

    def cost(cut: tuple[int, int]) -> float:
        tiles = cut[0] * cut[1] * tw
        unused = -(-tiles // lanes) * lanes * parts(cut) / (images * th * tw)
        small = 0.1 * lanes / tiles  # a part has its price, too
        uneven = 0.5 * (parts(cut) % workers != 0 and parts(cut) <= 8 * workers)
        return unused + small + uneven + traffic * max(0.0, tiles / near - 1)

    cuts = [(1, rows) for rows in range(1, th + 1)] + [(together, th) for together in range(2, images + 1)]
    best = min(cuts, key=cost)
    pitch = -(-(best[0] * best[1] * tw + 2 * lanes) // lanes) | 1
    return *best, pitch * lanes, parts(best)
