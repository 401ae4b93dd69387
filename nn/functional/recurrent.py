"""Recurrent layers on rows of packed sequences, and single steps of them.

Sequences of some length are one op of compiled code. Short and small ones, and LSTMs with a projection, are made of
primitives, a dozen a step: no code needs to be compiled for them.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from numpy import ndarray as Array

from autograd.extend import apply, shape_of
from autograd.ops import recurrent as ops


class Kind(NamedTuple):
    """What there is of LSTM, GRU and RNN."""

    over: Any
    """The op over sequences,"""
    once: Any
    """and that of a single step,"""
    settings: dict[str, Any]
    """with these."""
    gates: int
    states: int


KINDS = {
    "LSTM": Kind(ops.lstm, ops.lstm_cell, {}, 4, 2),  # gates i, f, g, o
    "GRU": Kind(ops.gru, ops.gru_cell, {}, 3, 1),  # gates r, z, n
    "RNN_TANH": Kind(ops.rnn, ops.rnn_cell, {"rectified": False}, 1, 1),
    "RNN_RELU": Kind(ops.rnn, ops.rnn_cell, {"rectified": True}, 1, 1),
}
"""By the names that PyTorch has for them."""


def run(kind: Kind, x: Any, states: Any, weights: Any, *, sizes: Array, reverse: bool) -> tuple[Any, tuple[Any, ...]]:
    """One layer in one direction. x (N, I), states (B, H): h at all steps (N, H), and the last states.

    The N rows are those of step 0, of step 1, ...; sizes (T,) says how many there are at each step, never more than at
    the step before: sequences stand longest first.
    states: h, and c of an LSTM.  weights: w_ih (G * H, I), w_hh (G * H, H), b_ih and b_hh (G * H,), or None;  perhaps
    w_hr (P, H) of an LSTM: w_hr @ h takes the place of h, whose size is then P.
    """
    settings = {"sizes": sizes, "reverse": reverse, **kind.settings}
    # shortcut: no projection; direction, sizes and biases are given on
    if len(weights) == 4 and ops.compiled(len(sizes), shape_of(x)[0] * shape_of(weights[0])[0]):
        z, *last = apply(kind.over, x, *states, *weights, **settings)
    else:
        w_hr = weights[4] if len(weights) > 4 else None
        z, *last = kind.over.formula(x, *states, *weights[:4], w_hr=w_hr, **settings)
    return z, tuple(last)


def step(kind: Kind, x: Any, states: Any, weights: Any) -> Any:
    """One step: x (B, I), states (B, H): the next h, or (h, c). Weights as in `run`, without w_hr."""
    return apply(kind.once, x, *states, *weights, **kind.settings)
