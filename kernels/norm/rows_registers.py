"""Four rows at once, in registers: each is read once for all that is made of it.

A compiler makes vector code of a loop that writes to one array; of one that writes to six, it would have to know that
none of them overlaps with what is read. What is rounded here, and in which order, is what `rows_loops` does with rows
that are left over.

Imported only when a kernel that needs it is compiled: it loads Numba.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from llvmlite import ir
from numba.core import types

from ..machine.instructions import Code, intrinsic, unpack_tuple
from ..machine.registers import WIDTH

ROWS = 4


class Values(NamedTuple):
    """z = (x - mean) * rstd * w + b for rows of `count` elements, `row` bytes apart; all else are addresses."""

    x: Any
    z: Any
    row: Any
    count: Any
    mean: Any
    rstd: Any
    w: Any
    b: Any


class Slopes(NamedTuple):
    """dx = dz * w * rstd + (h * tilt + level), dw += dz * h, db += dz with h = (x - mean) * rstd; else as `Values`."""

    dz: Any
    x: Any
    dx: Any
    row: Any
    count: Any
    mean: Any
    rstd: Any
    tilts: Any
    levels: Any
    w: Any
    dw: Any
    db: Any


@intrinsic
def values(typing: Any, floats: Any, values_: Any) -> Any:
    """`Values` for four rows."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        code, of = Code(builder, signature.args[0].dtype), Values(*unpack_tuple(builder, arguments[1]))
        f = _Floats(code.b)
        places, mean, rstd = _places(code, of.row), _numbers(code, of.mean), _numbers(code, of.rstd)

        def columns(at: Sequence[Any], load: Callable[..., Any], store: Callable[..., None]) -> None:
            x, z, w, b = at
            scale, shift = load(w), load(b)
            for place, m, r in zip(places, mean, rstd, strict=True):
                h = f.times(f.minus(load(f.b.add(x, place)), m), r)
                store(f.plus(f.times(h, scale), shift), f.b.add(z, place))

        _each_vector(code, of.count, [of.x, of.z, of.w, of.b], columns)
        return context.get_dummy_value()

    return types.void(floats, values_), generate


@intrinsic
def slopes(typing: Any, floats: Any, slopes_: Any) -> Any:
    """`Slopes` for four rows."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        code, of = Code(builder, signature.args[0].dtype), Slopes(*unpack_tuple(builder, arguments[1]))
        f = _Floats(code.b)
        lines = list(zip(*[_numbers(code, a) for a in (of.mean, of.rstd, of.tilts, of.levels)], strict=True))
        places = _places(code, of.row)

        def columns(at: Sequence[Any], load: Callable[..., Any], store: Callable[..., None]) -> None:
            dz, x, dx, w, dw, db = at
            weight, products, added = load(w), [], []
            for place, (m, r, tilt, level) in zip(places, lines, strict=True):
                g = load(f.b.add(dz, place))
                h = f.times(f.minus(load(f.b.add(x, place)), m), r)
                line = f.plus(f.times(h, tilt), level)
                store(f.plus(f.times(f.times(g, weight), r), line), f.b.add(dx, place))
                products.append(f.times(g, h))
                added.append(g)
            store(f.plus(load(dw), f.four(products)), dw)
            store(f.plus(load(db), f.four(added)), db)

        _each_vector(code, of.count, [of.dz, of.x, of.dx, of.w, of.dw, of.db], columns)
        return context.get_dummy_value()

    return types.void(floats, slopes_), generate


class _Floats:
    """Operations on vectors, each rounded by itself."""

    def __init__(self, builder: Any) -> None:
        self.b = builder
        self.plus, self.minus, self.times = builder.fadd, builder.fsub, builder.fmul

    def four(self, x: Sequence[Any]) -> Any:
        return self.plus(self.plus(x[0], x[1]), self.plus(x[2], x[3]))


def _places(code: Code, row: Any) -> list[Any]:
    """Where the rows begin, in bytes from the first."""
    return [code.b.mul(row, code.number(i)) for i in range(ROWS)]


def _numbers(code: Code, address: Any) -> list[Any]:
    """A number for each row, in all lanes of a vector."""
    return [code.broadcast(code.plus(address, i * code.size)) for i in range(ROWS)]


def _each_vector(code: Code, count: Any, starts: list[Any], columns: Callable[..., None]) -> None:
    """columns(addresses, load, store) for vectors of `count` elements from `starts` on, the last of them in part."""
    b, lanes = code.b, code.number(code.lanes)

    def whole(i: Any, at: list[Any]) -> list[Any]:
        columns(at, code.load, code.store)
        return [code.plus(address, WIDTH) for address in at]

    at = code.loop(b.sdiv(count, lanes), starts, whole)
    left = b.srem(count, lanes)

    def rest(i: Any, at: list[Any]) -> list[Any]:
        mask = code.first(left)
        columns(at, lambda a: code.load_some(a, mask), lambda value, a: code.store_some(value, a, mask))
        return at

    code.loop(b.zext(b.icmp_signed("!=", left, code.number(0)), ir.IntType(64)), at, rest)
