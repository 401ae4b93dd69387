"""Recurrent layers on rows of packed sequences, and single steps of them.

Sequences of some length are one op of compiled code. Short and small ones, and LSTMs with a projection, are made of
primitives, a dozen a step: no code needs to be compiled for them.
"""

from __future__ import annotations

from typing import Any

from numpy import ndarray as Array

from autograd.extend import apply
from autograd.ops import recurrent as ops


def _at_once(x: Any, sizes: Array, gates: Any) -> bool:
    return ops.compiled(len(sizes), x._array.shape[0] * gates._array.shape[0])


def lstm(
    x: Any,
    states: Any,
    w_ih: Any,
    w_hh: Any,
    b_ih: Any = None,
    b_hh: Any = None,
    w_hr: Any = None,
    *,
    sizes: Array,
    reverse: bool = False,
) -> tuple[Any, tuple[Any, ...]]:
    """One layer in one direction. x (N, I), states (h, c) (B, H): h at all steps (N, H), and the last states.

    The N rows are those of step 0, of step 1, ...; sizes (T,) says how many there are at each step, never more than at
    the step before: sequences stand longest first. w_ih (4 H, I), w_hh (4 H, H), biases (4 H,): gates i, f, g, o.
    With w_hr (P, H), w_hr @ h takes the place of h, whose size is then P.
    """
    h, c = states
    # shortcut: no projection; direction, sizes and biases are given on
    if w_hr is None and _at_once(x, sizes, w_ih):
        z, *last = apply(ops.lstm, x, h, c, w_ih, w_hh, b_ih, b_hh, sizes=sizes, reverse=reverse)
    else:
        z, *last = ops.lstm_formula(x, h, c, w_ih, w_hh, b_ih, b_hh, w_hr, sizes=sizes, reverse=reverse)
    return z, tuple(last)


def gru(
    x: Any,
    states: Any,
    w_ih: Any,
    w_hh: Any,
    b_ih: Any = None,
    b_hh: Any = None,
    *,
    sizes: Array,
    reverse: bool = False,
) -> tuple[Any, tuple[Any, ...]]:
    """As `lstm`, with states (h,); w_ih (3 H, I), w_hh (3 H, H), biases (3 H,): gates r, z, n."""
    (h,) = states
    if _at_once(x, sizes, w_ih):
        z, *last = apply(ops.gru, x, h, w_ih, w_hh, b_ih, b_hh, sizes=sizes, reverse=reverse)
    else:
        z, *last = ops.gru_formula(x, h, w_ih, w_hh, b_ih, b_hh, sizes=sizes, reverse=reverse)
    return z, tuple(last)


def rnn(
    x: Any,
    states: Any,
    w_ih: Any,
    w_hh: Any,
    b_ih: Any = None,
    b_hh: Any = None,
    *,
    sizes: Array,
    reverse: bool = False,
    rectified: bool = False,
) -> tuple[Any, tuple[Any, ...]]:
    """As `lstm`, with states (h,); w_ih (H, I), w_hh (H, H), biases (H,). tanh, or relu if `rectified`."""
    (h,) = states
    settings: dict[str, Any] = {"sizes": sizes, "reverse": reverse, "rectified": rectified}
    if _at_once(x, sizes, w_ih):
        z, *last = apply(ops.rnn, x, h, w_ih, w_hh, b_ih, b_hh, **settings)
    else:
        z, *last = ops.rnn_formula(x, h, w_ih, w_hh, b_ih, b_hh, **settings)
    return z, tuple(last)


def lstm_cell(x: Any, h: Any, c: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None) -> tuple[Any, Any]:
    """One step: x (B, I), h and c (B, H): the next h and c. Weights as in `lstm`."""
    return apply(ops.lstm_cell, x, h, c, w_ih, w_hh, b_ih, b_hh)


def gru_cell(x: Any, h: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None) -> Any:
    """One step: x (B, I), h (B, H): the next h. Weights as in `gru`."""
    return apply(ops.gru_cell, x, h, w_ih, w_hh, b_ih, b_hh)


def rnn_cell(
    x: Any, h: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None, *, rectified: bool = False
) -> Any:
    """One step: x (B, I), h (B, H): the next h. Weights as in `rnn`."""
    return apply(ops.rnn_cell, x, h, w_ih, w_hh, b_ih, b_hh, rectified=rectified)
