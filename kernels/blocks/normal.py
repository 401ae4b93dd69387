"""Two instructions in one loop that many networks spend their time in: GELU, and its gradient.

    gelu(x) = x * P(x),   gelu_grad(dz, x) = dz * (P(x) + x * p(x))

P(x) = (1 + erf(x / sqrt(2))) / 2 is the probability that a standard normal variable is below x, and p its density
(Hendrycks and Gimpel, Gaussian Error Linear Units, 2016). They are those of `pointwise.activation_loops`, bit for bit.

Imported when the machine first runs, because it loads Numba.
"""

from __future__ import annotations

import math
from typing import Any

from ..machine import simd
from ..machine.jit import Kernel, kernel
from ..machine.vector import normal
from .memory import block

DENSITY = 1 / math.sqrt(2 * math.pi)


def gelu(A: Any) -> Kernel:
    """The instruction z[i] = gelu(a[i])."""

    @kernel
    def gelu(a: int, b: int, c: int, z: int, n: int) -> None:
        simd.wide()
        x, out = block(a, n, A), block(z, n, A)
        for i in range(out.size):
            below, _ = normal(x[i])
            out[i] = x[i] * below

    return gelu


def gelu_grad(A: Any) -> Kernel:
    """The instruction z[i] = a[i] * gelu'(b[i])."""
    density = A(DENSITY)

    @kernel
    def gelu_grad(a: int, b: int, c: int, z: int, n: int) -> None:
        simd.wide()
        dz, x, out = block(a, n, A), block(b, n, A), block(z, n, A)
        for i in range(out.size):
            below, e = normal(x[i])
            out[i] = dz[i] * (below + x[i] * (e * density))

    return gelu_grad
