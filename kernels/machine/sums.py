"""Sums that become vector code, and stay exact however long they are.

A sum in single precision loses digits as it grows: beyond some thousand numbers, float32 forgets what is added. One in
double precision is half as fast. So a long sum is cut into chunks: each is added up in the dtype of its array, in as
many partial sums as the compiler finds registers for, and the sums of chunks in float64.

    plus                 an addition that the compiler may do in any order
    chunk_sum(term)      a loop over one chunk; `chunk_total` where the term is the element itself
    long_sum(term)       a loop over chunks
    two_long_sums(term)  the same for two sums of the same elements

A term is a function of the elements at one place and of a number. What comes out is a loop that has yet to become a
`kernel` or a `piece`, as its family wants it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numpy import ndarray as Array

from .jit import piece, reassociating

CHUNK = 2048
"""Elements of a chunk: so few that float32 loses no more than two of its seven digits, and that they stay in the cache
next to the processor when there are three arrays of them."""

Term = Callable[..., Any]


@reassociating
def plus(total: Any, x: Any) -> Any:
    """total + x, where a loop of such additions may be done in any order. NaN and infinity stay what they are.

    Only the addition itself has this freedom; all else in the loop that calls it is rounded as written.
    """
    return total + x


def chunk_sum(term: Term) -> Callable[[Array, Array, Any], Any]:
    """A loop for the sum over j of term(x[j], y[j], c), in the dtype of x."""
    of = piece(term)

    def added(x: Array, y: Array, c: Any) -> Any:
        total = x.dtype.type(0)
        for j in range(x.size):
            total = plus(total, of(x[j], y[j], c))
        return total

    return added


def long_sum(term: Term) -> Callable[[Array, Array, Any], float]:
    """The same for any number of elements, in chunks."""
    of_chunk = piece(chunk_sum(term))

    def added(x: Array, y: Array, c: Any) -> float:
        total = 0.0
        for start in range(0, x.size, CHUNK):
            total += of_chunk(x[start : start + CHUNK], y[start : start + CHUNK], c)
        return total

    return added


def two_long_sums(term: Term) -> Callable[[Array, Array, Array, Any], tuple[float, float]]:
    """A loop for the sums over j of the two numbers term(x[j], y[j], z[j], c), in chunks."""
    of = piece(term)

    def added(x: Array, y: Array, z: Array, c: Any) -> tuple[float, float]:
        first, second = 0.0, 0.0
        for start in range(0, x.size, CHUNK):
            xs, ys, zs = x[start : start + CHUNK], y[start : start + CHUNK], z[start : start + CHUNK]
            a, b = x.dtype.type(0), x.dtype.type(0)
            for j in range(xs.size):
                one, other = of(xs[j], ys[j], zs[j], c)
                a, b = plus(a, one), plus(b, other)
            first += a
            second += b
        return first, second

    return added


def value(x: Any, y: Any, c: Any) -> Any:
    """A term: x itself."""
    return x


_chunk_total = piece(chunk_sum(value))


@piece
def chunk_total(x: Array) -> Any:
    """The sum of one chunk, in the dtype of x."""
    return _chunk_total(x, x, 0)


def product(x: Any, y: Any, c: Any) -> Any:
    """A term: x * y."""
    return x * y
