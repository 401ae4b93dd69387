"""Single steps of LSTM, GRU and RNN, with NumPy or as `skeleton` makes them: chosen here.

Where there is enough to do, all of a step is compiled code; else products are made by BLAS, and gates in one compiled
pass, or by NumPy where there are few: there the formulas of `autograd.ops.recurrent`, run on arrays, would take twice
as long for LSTM and GRU (4 sequences of 16 units: 37 us and 51 us for 21 and 32), and keep nothing. What is kept is
what backward needs: the gates after activation (B, G * H), and `y` (B, H), tanh(c) of an LSTM and what the state gives
to n of a GRU.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy import ndarray as Array

from ..machine.fast import SIZES
from .kinds import Cell

GATES, WORK = SIZES["gates"], SIZES["step"]
"""From `WORK` on our own threads make the products: up to there, BLAS takes one thread and is as quick. With more it
would start its own, which spin for a while when they are done, and take half a processor from ours."""

FEW = 8
"""Rows of a batch up to which turning the weights around takes longer than multiplying by them."""


# ----------------------------------------------------------------------------------------------------------- choices


def step(cell: Cell, x: Array, states: tuple[Array, ...], weights: tuple[Any, ...]) -> tuple[Array, ...]:
    """The states after a step; then its gates and y, but for an RNN.

    x (B, I), states (B, H): h, and c of an LSTM;  weights: w_ih (G * H, I), w_hh (G * H, H), b_ih, b_hh (G * H,), None
    without.
    """
    w_ih, w_hh, b_ih, b_hh = weights
    if _worth_threads(cell, x, states, weights):
        from . import single  # loads Numba

        return single.step(cell, x, states, weights)
    gates, part = x @ w_ih.T, states[0] @ w_hh.T
    if cell.gates > 1:
        B, H = states[0].shape
        whole = (B, cell.gates * H)
        _check(cell.name, (gates, whole), (part, whole), (b_ih, whole[1:]), (b_hh, whole[1:]), (states[-1], (B, H)))
        if b_ih is not None and b_hh is not None and _worth_compiling(states[-1], gates, part):
            from . import single  # loads Numba

            return single.gates_of(cell, gates, part, b_ih, b_hh, states)
    return STEP[cell.parts](gates, part, b_ih, b_hh, *states)


def step_back(cell: Cell, cotangents: tuple[Array, ...], state: Array, *kept: Array) -> tuple[Array, Array, Any]:
    """Cotangents of what input and state give to the gates (B, G * H), and of `state` where it is carried on, or None.

    state (B, H): c of an LSTM, or h, before the step; of an RNN h after it.  kept: gates and y, but for an RNN.
    """
    if kept:
        (B, H), (gates, y) = state.shape, kept
        _check(cell.name, *[(a, (B, H)) for a in (*cotangents, y)], (gates, (B, cell.gates * H)))
        if _worth_compiling(state, *cotangents):
            from . import single  # loads Numba

            return single.step_back(cell, cotangents, state, gates, y)
    return BACK[cell.parts](*cotangents, state, *kept)


def _worth_threads(cell: Cell, x: Array, states: tuple[Array, ...], weights: tuple[Any, ...]) -> bool:
    """Is compiled code for the whole step worth it, and are the arrays what it takes?"""
    B, H = states[0].shape
    I, rows = x.shape[-1], cell.gates * H
    # shortcut: with both biases, enough rows and work; dtypes, layouts and shapes are looked at below
    if weights[2] is None or weights[3] is None or B < FEW or B * rows * (I + H) < WORK.least:
        return False
    dtype = x.dtype
    if dtype.char not in "fd":
        return False
    for a in (x, *states, *weights):
        if a.dtype != dtype or not a.flags.c_contiguous:
            return False
    w_ih, w_hh, b_ih, b_hh = weights
    whole = (rows,)
    if x.ndim != 2 or w_ih.shape != (rows, I) or not b_ih.shape == b_hh.shape == whole or len(x) != B:
        raise _misfit(cell.name, x, *weights)
    if w_hh.shape != (rows, H) or states[-1].shape != (B, H):
        raise _misfit(cell.name, w_hh, *states)
    return True


def _worth_compiling(*arrays: Array) -> bool:
    """Are compiled passes worth it, and are the arrays what they take?"""
    first = arrays[0]
    if first.size < GATES.least or first.dtype.char not in "fd":
        return False
    return all(a.dtype == first.dtype and a.flags.c_contiguous for a in arrays)


def _check(function: str, *pairs: tuple[Array | None, tuple[int, ...]]) -> None:
    """Nothing that does not fit reaches a loop."""
    for a, shape in pairs:
        if a is not None and a.shape != shape:
            raise ValueError(f"{function}: arrays do not fit: wanted {shape}, got {a.shape}")


def _misfit(function: str, *arrays: Array) -> ValueError:
    return ValueError(f"{function}: arrays do not fit: {', '.join(str(a.shape) for a in arrays)}")


def through(d_x: Array, d_h: Array, w_ih: Array, w_hh: Array) -> tuple[Array, Array]:
    """d_x @ w_ih and d_h @ w_hh: the cotangents of x and h."""
    if d_x.size * (w_ih.shape[1] + w_hh.shape[1]) >= WORK.least:
        from ..matrix.products import through  # loads Numba

        found = through(d_x, w_ih, d_h, w_hh)
        if found is not None:
            return found
    return d_x @ w_ih, d_h @ w_hh


# ------------------------------------------------------------------------------------------------------------- NumPy


def _add(z: Array, *parts: Array | None) -> None:
    for part in parts:
        if part is not None:
            z += part


def _sigmoid(x: Array) -> None:
    """1 / (1 + e^-x) in place, as (1 + tanh(x / 2)) / 2: quick, and nothing overflows."""
    x *= 0.5
    np.tanh(x, x)
    x += 1
    x *= 0.5


def _lstm(gates: Array, part: Array, b_ih: Any, b_hh: Any, h: Array, c: Array) -> tuple[Array, ...]:
    _add(gates, part, b_ih, b_hh)
    H = c.shape[1]
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


def _gru(gates: Array, part: Array, b_ih: Any, b_hh: Any, h: Array) -> tuple[Array, ...]:
    H = h.shape[1]
    _add(gates, b_ih)
    _add(part, b_hh)
    both, n, y = gates[:, : 2 * H], gates[:, 2 * H :], part[:, 2 * H :]
    both += part[:, : 2 * H]
    _sigmoid(both)
    n += gates[:, :H] * y
    np.tanh(n, n)
    new = h - n
    new *= gates[:, H : 2 * H]
    new += n
    return new, gates, y


def _rnn(rectified: bool, gates: Array, part: Array, b_ih: Any, b_hh: Any, h: Array) -> tuple[Array, ...]:
    _add(gates, b_ih)
    _add(part, b_hh)
    gates += part
    return (np.maximum(gates, 0, out=gates) if rectified else np.tanh(gates, gates),)


def _lstm_back(dh: Array, dc: Array, c: Array, gates: Array, y: Array) -> tuple[Array, Array, Array]:
    H = c.shape[1]
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
    return d, d, total


def _gru_back(dh: Array, h: Array, gates: Array, y: Array) -> tuple[Array, Array, Array]:
    H, d = h.shape[1], np.empty_like(gates)
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


def _rnn_back(rectified: bool, dz: Array, z: Array) -> tuple[Array, Array, None]:
    if rectified:
        d = dz * (z != 0)
    else:
        d = z * z
        np.subtract(1, d, d)
        d *= dz
    return d, d, None


STEP: dict[str, Any] = {"lstm": _lstm, "gru": _gru, "tanh": partial(_rnn, False), "relu": partial(_rnn, True)}
BACK: dict[str, Any] = {
    "lstm": _lstm_back,
    "gru": _gru_back,
    "tanh": partial(_rnn_back, False),
    "relu": partial(_rnn_back, True),
}
