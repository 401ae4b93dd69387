"""Many arrays in one call: compiled code finds them by the addresses of their Python objects.

A kernel has a parameter for each array, and a call takes half a microsecond for each that it is given. The parameters
of a network are many, of any number, and often small. So they come as a table of addresses, a row for each parameter;
in CPython `id` is one. Of what an array object consists, NumPy's C interface says, and programs that were compiled for
one version rely on it with the next (`PyArrayObject_fields` in `ndarraytypes.h`, behind what all objects have):

    where the elements are, number of dimensions, sizes, strides, base, dtype, flags

A dtype begins with the type of its scalars, and three letters: kind, type and order of bytes. Whether all that is so
here is tried out with an array when this is imported (`FOUND`): else no table is ever `measured`.

Whoever calls a kernel with a table keeps the arrays until it returns. Imported when it is first needed: it loads Numba.
"""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import types
from numpy import ndarray as Array

from .instructions import WORD, intrinsic
from .jit import kernel, piece

HEAD = object.__basicsize__
DATA, DIMENSIONS, SIZES, DTYPE, FLAGS = (HEAD + 8 * field for field in (0, 1, 2, 5, 6))
LETTERS = HEAD + 8
THREE_LETTERS = (1 << 24) - 1
READ = 0x101  # C-contiguous and aligned
WRITE, OWN = 0x400, 0x4
HALF = 0xFFFFFFFF


def _word(address: int) -> int:
    return ctypes.c_int64.from_address(address).value


@functools.cache
def _letters(dtype: np.dtype[Any]) -> int:
    return int.from_bytes(f"{dtype.kind}{dtype.char}{dtype.byteorder}".encode(), "little")


def _found() -> bool:
    """Does an array object look as we think?"""
    if np.intp(0).itemsize != 8 or np.little_endian is False:
        return False
    a = np.zeros((3, 5), np.float32)[1:]
    at = id(a)
    sizes = _word(at + SIZES)
    return (
        _word(at + DATA) == a.ctypes.data
        and _word(at + DIMENSIONS) & HALF == 2
        and (_word(sizes), _word(sizes + 8)) == a.shape
        and _word(at + DTYPE) == id(a.dtype)
        and _word(id(a.dtype) + LETTERS) & THREE_LETTERS == _letters(a.dtype)
        and _word(at + FLAGS) & HALF == a.flags.num
        and a.flags.num & (READ | WRITE) == READ | WRITE
    )


FOUND = _found()

_tuple: Any = types.UniTuple
_ONE: Any = _tuple(types.intp, 1)


@intrinsic
def _at(typing: Any, address: Any) -> Any:
    """The int64 at an address."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load(builder.inttoptr(arguments[0], WORD.as_pointer()))

    return types.int64(types.int64), generate


@intrinsic
def elements(typing: Any, like: Any, at: Any, start: Any, count: Any) -> Any:
    """`count` elements from number `start` on of the array object at an address, which has the dtype of `like`.

    An array (count,) that does not keep its memory.
    """
    kind = types.Array(like.dtype, 1, "C")

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        _, at, start, count = arguments
        made = context.make_array(kind)(context, builder)
        size = ir.Constant(WORD, context.get_abi_sizeof(context.get_data_type(like.dtype)))
        place = builder.inttoptr(builder.add(at, ir.Constant(WORD, DATA)), WORD.as_pointer())
        made.data = builder.inttoptr(builder.add(builder.load(place), builder.mul(start, size)), made.data.type)
        made.shape = context.make_tuple(builder, _ONE, [count])
        made.strides = context.make_tuple(builder, _ONE, [size])
        made.nitems, made.itemsize = count, size
        made.meminfo, made.parent = (ir.Constant(old.type, None) for old in (made.meminfo, made.parent))
        return made._getvalue()

    return kind(like, types.int64, types.int64, types.int64), generate


@piece
def span(ends: Array, row: int, first: int, last: int) -> tuple[int, int]:
    """Which elements of row `row` belong to the elements `first` to `last` of all: (start, count)."""
    begin = ends[row - 1] if row > 0 else 0
    start = max(first - begin, 0)
    return start, min(last, ends[row]) - begin - start


@kernel
def _measure(table: Array, letters: int, ends: Array) -> int:
    """Fill `ends`. Returns the flags that the first arrays of all rows share; 0: an unusual table. See `measured`."""
    total, common = 0, READ | WRITE | OWN
    for row in range(len(table)):
        first = table[row, 0]
        dimensions, sizes, size = _at(first + DIMENSIONS) & HALF, _at(first + SIZES), 1
        common &= _at(first + FLAGS)
        for axis in range(dimensions):
            size *= _at(sizes + 8 * axis)
        for column in range(table.shape[1]):
            at = table[row, column]
            flags = _at(at + FLAGS) | (WRITE if column == 1 else 0)
            fits = flags & (READ | WRITE) == READ | WRITE and _at(at + DIMENSIONS) & HALF == dimensions
            if not fits or _at(_at(at + DTYPE) + LETTERS) & THREE_LETTERS != letters:
                return 0
            for axis in range(dimensions):
                if _at(_at(at + SIZES) + 8 * axis) != _at(sizes + 8 * axis):
                    return 0
        total += size
        ends[row] = total
    return common


def table_of(rows: Sequence[Sequence[Array]]) -> Array:
    """(rows, columns): the addresses of array objects, the same number in each row."""
    columns = len(rows[0])
    return np.fromiter(map(id, chain.from_iterable(rows)), np.int64, len(rows) * columns).reshape(-1, columns)


def measured(table: Array, dtype: np.dtype[Any]) -> tuple[Array, bool] | None:
    """How many elements the first arrays of all rows have up to the end of each; None: the table is unusual.

    In a usual one all arrays have that dtype, those of a row one shape; they are contiguous, and can be written to, but
    for those in column 1. The second result is whether the first arrays have memory of their own: where two of them may
    look into the same, threads would get in each other's way.
    """
    ends = np.empty(len(table), np.int64)
    common = _measure(table, _letters(dtype), ends) if FOUND else 0
    return (ends, common & OWN != 0) if common else None
