"""One step of a recurrent layer: all of it in compiled code where there is enough to do (`step`); else products by
BLAS, and gates in one compiled pass (`gates`), or by NumPy where there are few.

What is kept is what backward needs.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray as Array

from ..machine import jit

WORTH_COMPILING = 512
"""Hidden units of the whole batch from which on a compiled pass is used: it takes a sixth of the time of NumPy."""


WORTH_THREADS = 1 << 18
"""Multiplications from which on our own threads make the products: up to there, BLAS takes one thread and is as quick.
With more it would start its own, which spin for a while when they are done, and take half a processor from ours."""

FEW = 8
"""Rows of a batch up to which turning the weights around takes longer than multiplying by them."""


def _whole_step(
    function: str, gates: int, x: Array, h: Array, w_ih: Array, w_hh: Array, b_ih: Any, b_hh: Any, *states: Array
) -> Any:
    """The module of compiled steps, if one is worth it and the arrays are what it takes."""
    (B, H), rows = h.shape, gates * h.shape[1]
    # shortcut: with both biases, enough rows and work; dtypes, layouts and shapes are looked at below
    if not jit.ENABLED or b_ih is None or b_hh is None or B < FEW or B * rows * (x.shape[-1] + H) < WORTH_THREADS:
        return None
    for a in (x, h, w_ih, w_hh, b_ih, b_hh, *states):
        if a.dtype != x.dtype or a.dtype.char not in "fd" or not a.flags.c_contiguous:
            return None
    I = x.shape[-1]
    weights = (w_ih, (rows, I)), (w_hh, (rows, H)), (b_ih, (rows,)), (b_hh, (rows,))
    _check(function, (x, (B, I)), *weights, *[(state, (B, H)) for state in states])
    from . import step  # loads Numba

    return step


def _compiled(*arrays: Array) -> Any:
    """The module of compiled passes, if they are worth it and the arrays are what they take."""
    first = arrays[0]
    if not jit.ENABLED or first.size < WORTH_COMPILING or first.dtype.char not in "fd":
        return None
    for a in arrays:
        if a.dtype != first.dtype or not a.flags.c_contiguous:
            return None
    from . import gates  # loads Numba

    return gates


def _check(function: str, *pairs: tuple[Array | None, tuple[int, ...]]) -> None:
    """Nothing that does not fit reaches a loop."""
    for a, shape in pairs:
        if a is not None and a.shape != shape:
            raise ValueError(f"{function}: arrays do not fit: wanted {shape}, got {a.shape}")


def through(d_x: Array, d_h: Array, w_ih: Array, w_hh: Array) -> tuple[Array, Array]:
    """d_x @ w_ih and d_h @ w_hh: the cotangents of x and h."""
    if jit.ENABLED and d_x.size * (w_ih.shape[1] + w_hh.shape[1]) >= WORTH_THREADS:
        from ..matrix import products  # loads Numba

        if products.known(d_x, d_h, w_ih, w_hh):
            return products.through(d_x, w_ih, d_h, w_hh)
    return d_x @ w_ih, d_h @ w_hh


def _affine(x: Array, w: Array, b: Array | None) -> Array:
    z = x @ w.T
    if b is not None:
        z += b
    return z


def _sigmoid(x: Array) -> None:
    """1 / (1 + e^-x) in place, as (1 + tanh(x / 2)) / 2: quick, and nothing overflows."""
    x *= 0.5
    np.tanh(x, x)
    x += 1
    x *= 0.5


def lstm_cell(
    x: Array, h: Array, c: Array, w_ih: Array, w_hh: Array, b_ih: Array | None, b_hh: Array | None
) -> tuple[Array, Array, Array, Array]:
    """(h, c, gates after activation, tanh(c)) of the step after h and c. x (B, I), h and c (B, H)."""
    B, H = h.shape
    step = _whole_step("lstm_cell", 4, x, h, w_ih, w_hh, b_ih, b_hh, c)
    if step is not None:
        return step.lstm(x, h, c, w_ih, w_hh, b_ih, b_hh)
    gates, part = x @ w_ih.T, h @ w_hh.T
    whole = (B, 4 * H)
    _check("lstm_cell", (c, h.shape), (gates, whole), (part, whole), (b_ih, whole[1:]), (b_hh, whole[1:]))
    passes = _compiled(c, gates, part)
    if passes is not None and b_ih is not None and b_hh is not None:
        new, cell, y = np.empty_like(c), np.empty_like(c), np.empty_like(c)
        passes.lstm(gates, part, b_ih + b_hh, c, new, cell, y)
        return new, cell, gates, y
    gates += part
    for b in (b_ih, b_hh):
        if b is not None:
            gates += b
    g = gates[:, 2 * H : 3 * H]
    g += g  # tanh(g) = 2 sigmoid(2 g) - 1: one pass over all four
    _sigmoid(gates)
    g *= 2
    g -= 1
    i, f, o = gates[:, :H], gates[:, H : 2 * H], gates[:, 3 * H :]
    c = f * c
    c += i * g
    y = np.tanh(c)
    return o * y, c, gates, y


def lstm_cell_grad(dh: Array, dc: Array, c: Array, gates: Array, y: Array) -> tuple[Array, Array]:
    """Cotangents of the gates before their activation (B, 4 H), and of c, the cells before the step."""
    B, H = c.shape
    _check("lstm_cell_grad", (dh, (B, H)), (dc, (B, H)), (y, (B, H)), (gates, (B, 4 * H)))
    passes = _compiled(c, dh, dc)
    if passes is not None:
        d, total = np.empty_like(gates), np.empty_like(c)
        passes.lstm_grad(dh, dc, c, gates, y, d, total)
        return d, total
    i, f, g, o = gates[:, :H], gates[:, H : 2 * H], gates[:, 2 * H : 3 * H], gates[:, 3 * H :]
    d = 1 - gates
    d *= gates  # right for the three sigmoids
    d_i, d_f, d_g, d_o = d[:, :H], d[:, H : 2 * H], d[:, 2 * H : 3 * H], d[:, 3 * H :]
    np.multiply(g, g, d_g)
    np.subtract(1, d_g, d_g)
    total = 1 - y * y
    total *= o
    total *= dh
    total += dc
    d_o *= dh
    d_o *= y
    d_i *= total
    d_i *= g
    d_f *= total
    d_f *= c
    d_g *= total
    d_g *= i
    total *= f
    return d, total


def gru_cell(
    x: Array, h: Array, w_ih: Array, w_hh: Array, b_ih: Array | None, b_hh: Array | None
) -> tuple[Array, Array, Array]:
    """(h, gates r, z, n after activation, what the state gives to n) of the step after h. x (B, I), h (B, H)."""
    B, H = h.shape
    step = _whole_step("gru_cell", 3, x, h, w_ih, w_hh, b_ih, b_hh)
    if step is not None:
        return step.gru(x, h, w_ih, w_hh, b_ih, b_hh)
    gates, part = x @ w_ih.T, h @ w_hh.T
    whole = (B, 3 * H)
    _check("gru_cell", (gates, whole), (part, whole), (b_ih, whole[1:]), (b_hh, whole[1:]))
    passes = _compiled(h, gates, part)
    if passes is not None and b_ih is not None and b_hh is not None:
        b, new = b_ih + b_hh, np.empty_like(h)
        b[2 * H :] = b_ih[2 * H :]
        passes.gru(gates, part, b, np.ascontiguousarray(b_hh[2 * H :]), h, new)
        return new, gates, part[:, 2 * H :]
    for z, b_z in ((gates, b_ih), (part, b_hh)):
        if b_z is not None:
            z += b_z
    both, n = gates[:, : 2 * H], gates[:, 2 * H :]
    both += part[:, : 2 * H]
    _sigmoid(both)
    n += gates[:, :H] * part[:, 2 * H :]
    np.tanh(n, n)
    new = h - n
    new *= gates[:, H : 2 * H]
    new += n
    return new, gates, part[:, 2 * H :]


def gru_cell_grad(dh: Array, h: Array, gates: Array, y: Array) -> tuple[Array, Array, Array]:
    """Cotangents of what input and state give to the gates (B, 3 H), and of h where it is carried on."""
    B, H = h.shape
    _check("gru_cell_grad", (dh, (B, H)), (gates, (B, 3 * H)), (y, (B, H)))
    d = np.empty_like(gates)
    passes = _compiled(h, dh)
    if passes is not None:
        d_h, carried = np.empty_like(gates), np.empty_like(h)
        passes.gru_grad(dh, h, gates, np.ascontiguousarray(y), d, d_h, carried)
        return d, d_h, carried
    both, r, z, n = gates[:, : 2 * H], gates[:, :H], gates[:, H : 2 * H], gates[:, 2 * H :]
    d_both, d_r, d_z, d_n = d[:, : 2 * H], d[:, :H], d[:, H : 2 * H], d[:, 2 * H :]
    np.subtract(1, both, d_both)
    np.multiply(n, n, d_n)
    np.subtract(1, d_n, d_n)
    d_n *= d_z  # 1 - z
    d_n *= dh
    d_both *= both
    d_z *= h - n
    d_z *= dh
    d_r *= y
    d_r *= d_n
    d_h = d.copy()
    d_h[:, 2 * H :] *= r
    return d, d_h, dh * z


def rnn_cell(
    x: Array, h: Array, w_ih: Array, w_hh: Array, b_ih: Array | None, b_hh: Array | None, rectified: bool
) -> Array:
    """h of the step after h. x (B, I), h (B, H)."""
    step = _whole_step("rnn_cell", 1, x, h, w_ih, w_hh, b_ih, b_hh)
    if step is not None:
        return step.rnn(x, h, w_ih, w_hh, b_ih, b_hh, rectified)
    z = _affine(x, w_ih, b_ih)
    z += _affine(h, w_hh, b_hh)
    return np.maximum(z, 0, out=z) if rectified else np.tanh(z, z)


def rnn_cell_grad(dz: Array, z: Array, rectified: bool) -> Array:
    """The cotangent of what is activated."""
    if rectified:
        return dz * (z != 0)
    d = z * z
    np.subtract(1, d, d)
    d *= dz
    return d
