"""Recurrent layers: one op per layer and direction over a whole sequence, and the formulas they compute.

The formulas are written in primitives and run on arrays and Tensors. The ops do the same by kernels that keep the gates
for backward; where a graph of their gradient is asked for, the formula is differentiated instead.

Sequences are rows (N, *) in order of time: all first elements, then all second ones, ...; `sizes` (T,) says how many
sequences have that many elements. They stand longest first, so that the rows of a step belong to the first sequences.
A layer in reverse starts each sequence at its end.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import ndarray as Array

from kernels.machine.fast import NEVER, SIZES
from kernels.recurrent import plain
from kernels.recurrent.kinds import GRU, LSTM, RELU, TANH, Cell

from ..op import Op, op
from ..products import Product, product
from .activation import relu
from .linalg import linear
from .special import sigmoid

# ------------------------------------------------------------------------------------------------------- one step
#
# The states after a step from those before it, and from what input and state give to the gates before activation.


def lstm_step(x: Any, y: Any, h: Any, c: Any) -> tuple[Any, ...]:
    """h, c by the gates i, f, g, o. Hochreiter & Schmidhuber 1997; Gers et al. 2000."""
    i, f, g, o = np.split(x + y, 4, -1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def gru_step(x: Any, y: Any, h: Any) -> tuple[Any, ...]:
    """h by the gates r, z, n. Cho et al. 2014, with r applied to the product as in cuDNN."""
    x_r, x_z, x_n = np.split(x, 3, -1)
    y_r, y_z, y_n = np.split(y, 3, -1)
    r, z = sigmoid(x_r + y_r), sigmoid(x_z + y_z)
    n = np.tanh(x_n + r * y_n)
    return (n + z * (h - n),)


def rnn_step(x: Any, y: Any, h: Any, rectified: bool = False) -> tuple[Any, ...]:
    """h by tanh, or relu if `rectified`. Elman 1990."""
    return (relu(x + y) if rectified else np.tanh(x + y),)


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


def _formulas(step: Callable[..., tuple[Any, ...]], count: int) -> tuple[Any, Any]:
    """Functions of x, `count` states and weights w_ih, w_hh, b_ih, b_hh: over sequences, and of a single step."""

    def of_sequences(x: Any, *rest: Any, sizes: Array, reverse: bool, w_hr: Any = None, **settings: Any) -> Any:
        """x (N, I), states (B, H): h at all steps (N, H), the last states. With w_hr (P, H), h is w_hr @ h: (B, P)."""
        w_ih, w_hh, b_ih, b_hh = rest[count:]

        def one(x: Any, h: Any, *c: Any) -> tuple[Any, ...]:
            h, *c_next = step(x, linear(h, w_hh, b_hh), h, *c, **settings)
            return (h if w_hr is None else linear(h, w_hr)), *c_next

        return unrolled(one, linear(x, w_ih, b_ih), rest[:count], sizes, reverse)

    def of_one(x: Any, *rest: Any, **settings: Any) -> Any:
        """x (B, I), states (B, H): those after the step."""
        w_ih, w_hh, b_ih, b_hh = rest[count:]
        found = step(linear(x, w_ih, b_ih), linear(rest[0], w_hh, b_hh), *rest[:count], **settings)
        return found if count > 1 else found[0]

    return of_sequences, of_one


# ------------------------------------------------------------------------------------------------------------- ops

SEQUENCE = SIZES["sequence"]
"""From so many gates on, at all steps together, a sequence is one op of compiled code."""

STEPS = 32
"""Steps from which on it is, however small they are."""


def compiled(steps: int, elements: int) -> bool:
    """Does a sequence of `steps` steps, whose gates have so many elements in all, go to the kernels?"""
    return steps > 0 and elements > 0 and (elements >= SEQUENCE.least or (steps >= STEPS and SEQUENCE.least < NEVER))


def _kernels() -> Any:
    from kernels.recurrent import sequence  # loads Numba

    return sequence


def _through_sequences(
    cell: Cell,
    dz: Any,
    x: Array,
    weights: tuple[Array, Array],
    sizes: Array,
    reverse: bool,
    kept: tuple[Array, Array, Array],
    wanted: tuple[int, ...],
) -> Any:
    """Cotangents of the inputs; those of first states are always computed."""
    return _kernels().back(cell, dz, x, weights, sizes, reverse, kept, (0 in wanted, max(wanted) > cell.states))


def _through_step(
    cell: Cell,
    dz: tuple[Array, ...],
    x: Array,
    h: Array,
    both: tuple[Array, Array],
    state: Array,
    kept: tuple[Array, ...],
    wanted: tuple[int, ...],
) -> tuple[Any, ...]:
    """Cotangents of the inputs that are wanted, perhaps of others. state, kept: see `plain.step_back`."""
    weights = cell.states + 1  # the position of the first of them
    every = len(wanted) == weights + 4
    d_x, d_h, carried = plain.step_back(cell, dz, state, *kept)
    dx: Any
    dh: Any
    if every or (0 in wanted and 1 in wanted):
        dx, dh = plain.through(d_x, d_h, *both)
    else:
        dx = product(d_x, both[0]) if 0 in wanted else None
        dh = product(d_h, both[1]) if 1 in wanted else None
    if carried is not None and dh is not None and cell.states == 1:
        dh = dh + carried
    to_b_x, to_b_h = every or weights + 2 in wanted, every or weights + 3 in wanted
    b_x = np.add.reduce(d_x, 0) if to_b_x else None
    return (
        dx,
        *((dh,) if cell.states == 1 else (dh, carried)),
        Product(d_x, x) if every or weights in wanted else None,
        Product(d_h, h) if every or weights + 1 in wanted else None,
        b_x,
        None if not to_b_h else np.array(b_x) if to_b_x and d_h is d_x else np.add.reduce(d_h, 0),
    )


def _ops(
    name: str,
    step: Callable[..., tuple[Any, ...]],
    cell: Callable[..., Cell],
    through_sequences: Callable[..., Any],
    through_step: Callable[..., Any],
    **settings: bool,
) -> tuple[Op, Op]:
    """The op over sequences and that of a single step, by their formula and rules.

    cell      (**settings) -> what is known of it
    settings  with their defaults
    """
    count = cell().states
    inputs = ["x", *("h", "c")[:count], "w_ih", "w_hh", "b_ih", "b_hh"]
    of_sequences, of_one = _formulas(step, count)

    def sequences(x: Array, *rest: Any, sizes: Array, reverse: bool = False, **settings: bool) -> Any:
        return _kernels().forward(cell(**settings), x, rest[:count], rest[count:], sizes, reverse)

    def one(x: Array, *rest: Any, **settings: bool) -> Any:
        found = plain.step(cell(**settings), x, rest[:count], rest[count:])
        return found if len(found) > 1 else found[0]

    known: dict[str, Any] = {"sizes": inspect.Parameter.empty, "reverse": False}
    kinks = bool(settings)
    return (
        op(
            name,
            _with_parameters(sequences, of_sequences, inputs, {**known, **settings}),
            joint=through_sequences,
            outputs=1 + count,
            keeps=("hs", "cs", "gates"),
            formula=of_sequences,
            kinks=kinks,
        ),
        op(
            f"{name}_cell",
            _with_parameters(one, of_one, inputs, settings),
            joint=through_step,
            outputs=count,
            products=("w_ih", "w_hh"),
            keeps=("gates", "y") if cell().gates > 1 else (),
            formula=of_one,
            kinks=kinks,
        ),
    )


def _with_parameters(function: Any, formula: Any, inputs: list[str], settings: dict[str, Any]) -> Any:
    """The function, which says which inputs and settings it has."""
    parameters = [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in inputs]
    for name, default in settings.items():
        parameters.append(inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default))
    function.__signature__ = inspect.Signature(parameters)
    function.__doc__ = formula.__doc__
    return function


lstm, lstm_cell = _ops(
    "lstm",
    lstm_step,
    lambda: LSTM,
    lambda dz, x, w_ih, w_hh, sizes, reverse, hs, cs, gates, wanted: _through_sequences(
        LSTM, dz, x, (w_ih, w_hh), sizes, reverse, (hs, cs, gates), wanted
    ),
    lambda dz, x, h, c, w_ih, w_hh, gates, y, wanted: _through_step(
        LSTM, dz, x, h, (w_ih, w_hh), c, (gates, y), wanted
    ),
)
gru, gru_cell = _ops(
    "gru",
    gru_step,
    lambda: GRU,
    lambda dz, x, w_ih, w_hh, sizes, reverse, hs, cs, gates, wanted: _through_sequences(
        GRU, dz, x, (w_ih, w_hh), sizes, reverse, (hs, cs, gates), wanted
    ),
    lambda dz, x, h, w_ih, w_hh, gates, y, wanted: _through_step(GRU, (dz,), x, h, (w_ih, w_hh), h, (gates, y), wanted),
)


def _rnn(rectified: bool = False) -> Cell:
    return RELU if rectified else TANH


rnn, rnn_cell = _ops(
    "rnn",
    rnn_step,
    _rnn,
    lambda dz, x, w_ih, w_hh, sizes, reverse, rectified, hs, cs, gates, wanted: _through_sequences(
        _rnn(rectified), dz, x, (w_ih, w_hh), sizes, reverse, (hs, cs, gates), wanted
    ),
    lambda dz, x, h, w_ih, w_hh, z, rectified, wanted: _through_step(
        _rnn(rectified), (dz,), x, h, (w_ih, w_hh), z, (), wanted
    ),
    rectified=False,
)
