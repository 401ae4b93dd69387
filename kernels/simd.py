"""The one vector primitive that the tiled loops are written with: a tile of a sum of products, held in registers.

    out[q, f] = sum over t of x[place[t] + q * step] * w[t, f]

for a few columns q and two vectors of f. It is written as LLVM vector instructions because no compiler makes them of
the plain loops: with 14 columns and two 16-lane vectors of AVX-512, 28 sums, two weights and one broadcast value fill
the 32 registers, and every load feeds two multiply-adds. One core of a Zen 5 reaches 200 to 240 GFLOP/s, of a peak
near 250.

Imported only when a kernel that needs it is compiled: it loads Numba.
"""

from __future__ import annotations

from typing import Any

import llvmlite.binding
from llvmlite import ir
from numba import njit
from numba.core import cgutils, types
from numba.extending import intrinsic

get_or_insert_function: Any = cgutils.get_or_insert_function


def _register_bytes() -> int:
    features = llvmlite.binding.get_host_cpu_features()
    return 64 if features.get("avx512f") else 32 if features.get("avx2") else 16


WIDTH = _register_bytes()
"""Width of this machine's vector registers in bytes: AVX-512, AVX2, else SSE or NEON."""

COLUMNS = {64: 14, 32: 6, 16: 6}[WIDTH]
"""The most columns whose sums fit into the registers beside weights and a broadcast value."""


def lanes(itemsize: int) -> int:
    """Floats of that many bytes in a register."""
    return WIDTH // itemsize


def _tile(columns: int, vectors: int, bits: int) -> Any:
    """The primitive for a number of columns, of vectors, and floats of 32 or 64 bits; addresses and steps in bytes."""
    scalar = ir.FloatType() if bits == 32 else ir.DoubleType()

    @intrinsic
    def tile(typing: Any, x: Any, places: Any, w: Any, out: Any, count: Any, step: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            _emit(builder, columns, vectors, scalar, bits // 8, *arguments)
            return context.get_dummy_value()

        return types.void(*[types.intp] * 6), generate

    return tile


def _emit(
    b: Any,
    columns: int,
    vectors: int,
    scalar: Any,
    size: int,
    x: Any,
    places: Any,
    w: Any,
    out: Any,
    count: Any,
    step: Any,
) -> None:
    word, vector = ir.IntType(64), ir.VectorType(scalar, lanes(size))
    zero, nothing = ir.Constant(vector, None), ir.Constant(vector, ir.Undefined)
    everywhere = ir.Constant(ir.VectorType(ir.IntType(32), lanes(size)), None)
    kind = f"llvm.fma.v{lanes(size)}f{size * 8}"
    fma = get_or_insert_function(b.module, ir.FunctionType(vector, [vector] * 3), kind)

    def number(value: int) -> Any:
        return ir.Constant(word, value)

    def at(address: Any, kind: Any) -> Any:
        return b.inttoptr(address, kind.as_pointer())

    entry, body, done = b.block, b.append_basic_block("body"), b.append_basic_block("done")
    b.branch(body)
    b.position_at_end(body)
    t, place, row = b.phi(word), b.phi(word), b.phi(word)
    sums = [[b.phi(vector) for _ in range(vectors)] for _ in range(columns)]
    t.add_incoming(number(0), entry)
    place.add_incoming(places, entry)
    row.add_incoming(w, entry)
    for column in sums:
        for phi in column:
            phi.add_incoming(zero, entry)

    weights = []
    for f in range(vectors):
        weights.append(b.load(at(b.add(row, number(f * WIDTH)), vector)))
        weights[-1].align = WIDTH
    address = b.add(x, b.load(at(place, word)))
    results = []
    for column in sums:
        value = b.insert_element(nothing, b.load(at(address, scalar)), ir.Constant(ir.IntType(32), 0))
        value = b.shuffle_vector(value, nothing, everywhere)
        results.append([b.call(fma, [value, weight, phi]) for weight, phi in zip(weights, column, strict=True)])
        address = b.add(address, step)
    following = b.add(t, number(1))
    t.add_incoming(following, body)
    place.add_incoming(b.add(place, number(8)), body)
    row.add_incoming(b.add(row, number(vectors * WIDTH)), body)
    for column, values in zip(sums, results, strict=True):
        for phi, value in zip(column, values, strict=True):
            phi.add_incoming(value, body)
    b.cbranch(b.icmp_signed("<", following, count), body, done)

    b.position_at_end(done)
    for q, values in enumerate(results):
        for f, value in enumerate(values):
            b.store(value, at(b.add(out, number((q * vectors + f) * WIDTH)), vector)).align = WIDTH


def _table(vectors: int, bits: int) -> tuple[Any, ...]:
    return tuple([_tile(min(columns, COLUMNS), vectors, bits) for columns in range(1, 15)])


_a1, _a2, _a3, _a4, _a5, _a6, _a7, _a8, _a9, _a10, _a11, _a12, _a13, _a14 = _table(2, 32)
_b1, _b2, _b3, _b4, _b5, _b6, _b7, _b8, _b9, _b10, _b11, _b12, _b13, _b14 = _table(2, 64)


@njit(nogil=True, cache=True)
def tile_float32(columns: int, x: int, places: int, w: int, out: int, count: int, step: int) -> None:
    """The primitive for `columns` (1 to COLUMNS) and two vectors of float32. `count` must be at least 1."""
    if columns == 14:
        _a14(x, places, w, out, count, step)
    elif columns == 13:
        _a13(x, places, w, out, count, step)
    elif columns == 12:
        _a12(x, places, w, out, count, step)
    elif columns == 11:
        _a11(x, places, w, out, count, step)
    elif columns == 10:
        _a10(x, places, w, out, count, step)
    elif columns == 9:
        _a9(x, places, w, out, count, step)
    elif columns == 8:
        _a8(x, places, w, out, count, step)
    elif columns == 7:
        _a7(x, places, w, out, count, step)
    elif columns == 6:
        _a6(x, places, w, out, count, step)
    elif columns == 5:
        _a5(x, places, w, out, count, step)
    elif columns == 4:
        _a4(x, places, w, out, count, step)
    elif columns == 3:
        _a3(x, places, w, out, count, step)
    elif columns == 2:
        _a2(x, places, w, out, count, step)
    else:
        _a1(x, places, w, out, count, step)


@njit(nogil=True, cache=True)
def tile_float64(columns: int, x: int, places: int, w: int, out: int, count: int, step: int) -> None:
    """The primitive for `columns` (1 to COLUMNS) and two vectors of float64. `count` must be at least 1."""
    if columns == 14:
        _b14(x, places, w, out, count, step)
    elif columns == 13:
        _b13(x, places, w, out, count, step)
    elif columns == 12:
        _b12(x, places, w, out, count, step)
    elif columns == 11:
        _b11(x, places, w, out, count, step)
    elif columns == 10:
        _b10(x, places, w, out, count, step)
    elif columns == 9:
        _b9(x, places, w, out, count, step)
    elif columns == 8:
        _b8(x, places, w, out, count, step)
    elif columns == 7:
        _b7(x, places, w, out, count, step)
    elif columns == 6:
        _b6(x, places, w, out, count, step)
    elif columns == 5:
        _b5(x, places, w, out, count, step)
    elif columns == 4:
        _b4(x, places, w, out, count, step)
    elif columns == 3:
        _b3(x, places, w, out, count, step)
    elif columns == 2:
        _b2(x, places, w, out, count, step)
    else:
        _b1(x, places, w, out, count, step)
