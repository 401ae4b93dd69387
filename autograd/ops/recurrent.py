"""Recurrent layers: one op per layer and direction over a whole sequence, and the formulas they compute.

The formulas are written in primitives and run on arrays and Tensors. The ops do the same by kernels that keep the gates
for backward; where a graph of their gradient is asked for, the formula is differentiated instead.

Sequences are rows (N, *) in order of time: all first elements, then all second ones, ...; `sizes` (T,) says how many
sequences have that many elements. They stand longest first, so that the rows of a step belong to the first sequences.
A layer in reverse starts each sequence at its end.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import ndarray as Array

from kernels.machine import jit
from kernels.recurrent import cells

from ..op import op
from ..products import product, product_of
from .activation import relu
from .linalg import linear
from .special import sigmoid

# ------------------------------------------------------------------------------------------------------- one step


def lstm_step(gates: Any, c: Any) -> tuple[Any, Any]:
    """(h, c) from the gates i, f, g, o before their activation. Hochreiter & Schmidhuber 1997; Gers et al. 2000."""
    i, f, g, o = np.split(gates, 4, -1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def gru_step(x: Any, y: Any, h: Any) -> Any:
    """h from what input and state give to r, z, n. Cho et al. 2014, with r applied to the product as in cuDNN."""
    x_r, x_z, x_n = np.split(x, 3, -1)
    y_r, y_z, y_n = np.split(y, 3, -1)
    r, z = sigmoid(x_r + y_r), sigmoid(x_z + y_z)
    n = np.tanh(x_n + r * y_n)
    return n + z * (h - n)


# ------------------------------------------------------------------------------------------------------ sequences


def unrolled(step: Callable[..., tuple[Any, ...]], x: Any, states: tuple[Any, ...], sizes: Array, reverse: bool) -> Any:
    """Carry `states` (B, *) through states = step(rows of x, *states): the first at all steps (N, *), and the last."""
    parts = list(np.split(x, np.cumsum(sizes)[:-1].tolist()))
    if reverse:
        parts.reverse()
    now = tuple([state[: len(parts[0])] for state in states])
    finished, first = [], []
    for part in parts:
        rows, running = len(part), len(now[0])
        if rows < running:
            finished.append([state[rows:] for state in now])
            now = tuple([state[:rows] for state in now])
        elif rows > running:
            begun = [state[running:rows] for state in states]
            now = tuple([np.concatenate(pair) for pair in zip(now, begun, strict=True)])
        now = step(part, *now)
        first.append(now[0])
    if reverse:
        first.reverse()
    last = [np.concatenate(list(pieces)) for pieces in zip(now, *finished[::-1], strict=True)]
    return np.concatenate(first), *last


def lstm_formula(
    x: Any, h: Any, c: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, w_hr: Any = None, *, sizes: Array, reverse: bool
) -> Any:
    """x (N, I), h (B, H), c (B, H): h at all steps (N, H), last h, last c. With w_hr (P, H), h is w_hr @ h: (B, P)."""

    def step(x: Any, h: Any, c: Any) -> tuple[Any, ...]:
        h, c = lstm_step(x + linear(h, w_hh, b_hh), c)
        return (h if w_hr is None else linear(h, w_hr)), c

    return unrolled(step, linear(x, w_ih, b_ih), (h, c), sizes, reverse)


def gru_formula(
    x: Any, h: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, *, sizes: Array, reverse: bool
) -> tuple[Any, Any]:
    """x (N, I), h (B, H): h at all steps (N, H), last h."""

    def step(x: Any, h: Any) -> tuple[Any, ...]:
        return (gru_step(x, linear(h, w_hh, b_hh), h),)

    return unrolled(step, linear(x, w_ih, b_ih), (h,), sizes, reverse)


def rnn_formula(
    x: Any, h: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, *, sizes: Array, reverse: bool, rectified: bool
) -> tuple[Any, Any]:
    """x (N, I), h (B, H): h at all steps (N, H), last h. tanh, or relu if `rectified`. Elman 1990."""
    activation = relu if rectified else np.tanh

    def step(x: Any, h: Any) -> tuple[Any, ...]:
        return (activation(x + linear(h, w_hh, b_hh)),)

    return unrolled(step, linear(x, w_ih, b_ih), (h,), sizes, reverse)


# ------------------------------------------------------------------------------------------------------------- ops

WORTH_COMPILING = 4096
"""Elements of all gates at all steps from which on a sequence is one op of compiled code."""

STEPS = 32
"""Steps from which on it is, however small they are."""


def compiled(steps: int, elements: int) -> bool:
    """Does a sequence of `steps` steps, whose gates have so many elements in all, go to the kernels?"""
    return jit.ENABLED and steps > 0 and elements > 0 and (elements >= WORTH_COMPILING or steps >= STEPS)


def _kernels() -> Any:
    from kernels.recurrent import sequence as recurrent  # loads Numba

    return recurrent


def _lstm_rule(
    dz: Any,
    x: Array,
    w_ih: Array,
    w_hh: Array,
    sizes: Array,
    reverse: bool,
    states: Array,
    cells: Array,
    gates: Array,
    wanted: tuple[int, ...],
) -> Any:
    return _kernels().lstm_grad(*dz, x, w_ih, w_hh, sizes, reverse, states, cells, gates, 0 in wanted, max(wanted) >= 3)


@op("lstm", joint=_lstm_rule, outputs=3, keeps=("states", "cells", "gates"), formula=lstm_formula)
def lstm(
    x: Array,
    h: Array,
    c: Array,
    w_ih: Array,
    w_hh: Array,
    b_ih: Any,
    b_hh: Any,
    *,
    sizes: Array,
    reverse: bool = False,
) -> Any:
    """`lstm_formula` by kernels."""
    return _kernels().lstm(x, h, c, w_ih, w_hh, b_ih, b_hh, sizes, reverse)


def _gru_rule(
    dz: Any,
    x: Array,
    w_ih: Array,
    w_hh: Array,
    sizes: Array,
    reverse: bool,
    states: Array,
    gates: Array,
    wanted: tuple[int, ...],
) -> Any:
    return _kernels().gru_grad(*dz, x, w_ih, w_hh, sizes, reverse, states, gates, 0 in wanted, max(wanted) >= 2)


@op("gru", joint=_gru_rule, outputs=2, keeps=("states", "gates"), formula=gru_formula)
def gru(
    x: Array, h: Array, w_ih: Array, w_hh: Array, b_ih: Any, b_hh: Any, *, sizes: Array, reverse: bool = False
) -> Any:
    """`gru_formula` by kernels."""
    return _kernels().gru(x, h, w_ih, w_hh, b_ih, b_hh, sizes, reverse)


def _rnn_rule(
    dz: Any,
    x: Array,
    w_ih: Array,
    w_hh: Array,
    sizes: Array,
    reverse: bool,
    rectified: bool,
    states: Array,
    wanted: tuple[int, ...],
) -> Any:
    return _kernels().rnn_grad(*dz, x, w_ih, w_hh, sizes, reverse, rectified, states, 0 in wanted, max(wanted) >= 2)


@op("rnn", joint=_rnn_rule, outputs=2, kinks=True, keeps=("states",), formula=rnn_formula)
def rnn(
    x: Array,
    h: Array,
    w_ih: Array,
    w_hh: Array,
    b_ih: Any,
    b_hh: Any,
    *,
    sizes: Array,
    reverse: bool = False,
    rectified: bool = False,
) -> Any:
    """`rnn_formula` by kernels."""
    return _kernels().rnn(x, h, w_ih, w_hh, b_ih, b_hh, sizes, reverse, rectified)


# ----------------------------------------------------------------------------------------------------------- cells


def lstm_cell_formula(x: Any, h: Any, c: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any) -> tuple[Any, Any]:
    """(h, c) of the step after h, c (B, H)."""
    return lstm_step(linear(x, w_ih, b_ih) + linear(h, w_hh, b_hh), c)


def gru_cell_formula(x: Any, h: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any) -> Any:
    """h of the step after h (B, H)."""
    return gru_step(linear(x, w_ih, b_ih), linear(h, w_hh, b_hh), h)


def rnn_cell_formula(x: Any, h: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, *, rectified: bool) -> Any:
    """h of the step after h (B, H)."""
    z = linear(x, w_ih, b_ih) + linear(h, w_hh, b_hh)
    return relu(z) if rectified else np.tanh(z)


def _through_products(
    d_x: Array, d_h: Array, x: Array, h: Array, w_ih: Array, w_hh: Array, wanted: tuple[int, ...], weights: int
) -> tuple[Any, ...]:
    """Cotangents of x, h, w_ih, w_hh, b_ih, b_hh from those of the two products; the weights begin at that input."""
    dx: Any
    dh: Any
    if 0 in wanted and 1 in wanted:
        dx, dh = cells.through(d_x, d_h, w_ih, w_hh)
    else:
        dx = product(d_x, w_ih) if 0 in wanted else None
        dh = product(d_h, w_hh) if 1 in wanted else None
    to_b_x, to_b_h = weights + 2 in wanted, weights + 3 in wanted
    b_x = np.add.reduce(d_x, 0) if to_b_x else None
    return (
        dx,
        dh,
        product_of(d_x, x) if weights in wanted else None,
        product_of(d_h, h) if weights + 1 in wanted else None,
        b_x,
        None if not to_b_h else np.array(b_x) if to_b_x and d_h is d_x else np.add.reduce(d_h, 0),
    )


def _lstm_cell_rule(
    dz: Any,
    x: Array,
    h: Array,
    c: Array,
    w_ih: Array,
    w_hh: Array,
    gates: Array,
    y: Array,
    wanted: tuple[int, ...],
) -> Any:
    dh, dc = dz
    d, dc = cells.lstm_cell_grad(dh, dc, c, gates, y)
    dx, dh, *rest = _through_products(d, d, x, h, w_ih, w_hh, wanted, 3)
    return dx, dh, dc, *rest


@op(
    "lstm_cell",
    joint=_lstm_cell_rule,
    products=("w_ih", "w_hh"),
    outputs=2,
    keeps=("gates", "y"),
    formula=lstm_cell_formula,
)
def lstm_cell(x: Array, h: Array, c: Array, w_ih: Array, w_hh: Array, b_ih: Any, b_hh: Any) -> Any:
    """`lstm_cell_formula` at once. y is tanh(c)."""
    return cells.lstm_cell(x, h, c, w_ih, w_hh, b_ih, b_hh)


def _gru_cell_rule(
    dz: Any, x: Array, h: Array, w_ih: Array, w_hh: Array, gates: Array, y: Array, wanted: tuple[int, ...]
) -> Any:
    d_x, d_h, carried = cells.gru_cell_grad(dz, h, gates, y)
    dx, dh, *rest = _through_products(d_x, d_h, x, h, w_ih, w_hh, wanted, 2)
    return dx, None if dh is None else dh + carried, *rest


@op("gru_cell", joint=_gru_cell_rule, products=("w_ih", "w_hh"), keeps=("gates", "y"), formula=gru_cell_formula)
def gru_cell(x: Array, h: Array, w_ih: Array, w_hh: Array, b_ih: Any, b_hh: Any) -> Any:
    """`gru_cell_formula` at once. y is what the state gives to n."""
    return cells.gru_cell(x, h, w_ih, w_hh, b_ih, b_hh)


def _rnn_cell_rule(
    dz: Any, x: Array, h: Array, w_ih: Array, w_hh: Array, z: Array, rectified: bool, wanted: tuple[int, ...]
) -> Any:
    d = cells.rnn_cell_grad(dz, z, rectified)
    return _through_products(d, d, x, h, w_ih, w_hh, wanted, 2)


@op("rnn_cell", joint=_rnn_cell_rule, products=("w_ih", "w_hh"), kinks=True, formula=rnn_cell_formula)
def rnn_cell(x: Array, h: Array, w_ih: Array, w_hh: Array, b_ih: Any, b_hh: Any, *, rectified: bool = False) -> Any:
    """`rnn_cell_formula` at once."""
    return cells.rnn_cell(x, h, w_ih, w_hh, b_ih, b_hh, rectified)
