"""Sine and cosine over a block, as vector code.

With n the nearest whole number to x * 2 / pi, r = x - n * pi / 2 lies within pi / 4 of 0, and sin(x) is one of sin(r),
cos(r), -sin(r), -cos(r), by n modulo 4. pi / 2 is taken in three parts with so few digits that n times the first two is
exact (W. J. Cody and W. Waite, Software Manual for the Elementary Functions, 1980), and the series of Taylor end where
the next term is below half a unit in the last place. All is in double precision. A block with an element beyond LIMIT,
infinite or NaN is left to the C library.

Imported when the machine first runs, because it loads Numba.
"""

from __future__ import annotations

import math
from typing import Any

from ..machine import simd
from ..machine.jit import Kernel, kernel, piece
from .memory import block

LIMIT = 1e6
"""Up to here n has so few digits that the products are exact."""

SHIFT = 1.5 * 2**52
"""Adding it to a number below 2^51, and taking it away, rounds to a whole number."""

PER_TURN = 2 / math.pi
FIRST = 1.57079632673412561417e00  # the first 33 bits of pi / 2
SECOND = 6.07710050630396597660e-11  # the next 33
THIRD = 2.02226624879595063154e-21  # the rest

S3, S5, S7, S9, S11, S13, S15, S17 = [(-1) ** (k // 2) / math.factorial(k) for k in range(3, 18, 2)]
C4, C6, C8, C10, C12, C14, C16 = [(-1) ** (k // 2) / math.factorial(k) for k in range(4, 17, 2)]


@piece
def _turned(x: Any, quarter: float) -> Any:
    """sin(x + quarter * pi / 2)."""
    n = (x * PER_TURN + SHIFT) - SHIFT
    r = ((x - n * FIRST) - n * SECOND) - n * THIRD
    s = r * r
    sine = r + r * s * (S3 + s * (S5 + s * (S7 + s * (S9 + s * (S11 + s * (S13 + s * (S15 + s * S17)))))))
    cosine = (1.0 - 0.5 * s) + s * s * (C4 + s * (C6 + s * (C8 + s * (C10 + s * (C12 + s * (C14 + s * C16))))))
    q = n + quarter
    q = q - 4.0 * math.floor(q * 0.25)
    z = cosine if (q == 1.0) | (q == 3.0) else sine
    return -z if q >= 2.0 else z


def wave(A: Any, quarter: float) -> Kernel:
    """The instruction z[i] = sin(a[i]) (quarter 0) or cos(a[i]) (quarter 1)."""

    @kernel
    def wave(a: int, b: int, c: int, z: int, n: int) -> None:
        simd.wide()
        x, out = block(a, n, A), block(z, n, A)
        far = 0
        for i in range(x.size):
            far += not abs(x[i]) < LIMIT
        if far == 0:
            for i in range(out.size):
                v = float(x[i])
                s = _turned(v, quarter)
                out[i] = v if (v == 0.0) & (quarter == 0.0) else s
        else:
            for i in range(out.size):
                out[i] = math.sin(x[i]) if quarter == 0.0 else math.cos(x[i])

    return wave
