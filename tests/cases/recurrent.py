"""Recurrent layers: autograd/ops/recurrent.py. Ops over sequences are compiled code, and run where that is on."""

import numpy as np

from autograd.ops import recurrent as ops
from autograd.tensors.run import apply
from kernels.machine import jit
from tests import naive

from .case import Case, unit


def _layer(op, **settings):
    def run(*inputs, sizes, reverse=False):
        inputs += (None,) * (len(op.inputs) - len(inputs))  # no biases
        known = {"sizes": np.array(sizes), "reverse": reverse, **settings}
        return apply(op, *inputs, **known) if jit.ENABLED else op.formula(*inputs, **known)

    return run


def _reference(step, states):
    def run(x, *rest, sizes, reverse=False):
        weights = rest[states:]
        if len(weights) == 2:
            weights += (np.zeros(len(weights[0])),) * 2
        return naive.recurrent(step, x, rest[:states], weights, sizes, reverse)

    return run


def _cell(op, **settings):
    def run(*inputs):
        return apply(op, *inputs, *(None,) * (len(op.inputs) - len(inputs)), **settings)

    return run


def _cell_with_room(op):
    def run(*inputs):
        return _cell(op)(*inputs)

    return run


def _cell_reference(step, states):
    def run(x, *rest):
        weights = rest[states:] if len(rest) == states + 4 else rest[states:] + (np.zeros(len(rest[states])),) * 2
        outs = [step(row, parts, *weights) for row, *parts in zip(x, *rest[:states], strict=True)]
        shape = (len(x), rest[0].shape[1])
        found = tuple(np.array([out[k] for out in outs]).reshape(shape) for k in range(states))
        return found if states > 1 else found[0]

    return run


def _shapes(rows, batch, inputs, units, gates, states, biases=True):
    weights = ((gates * units, inputs), (gates * units, units), *[(gates * units,)] * (2 * biases))
    return ((rows, inputs), *[(batch, units)] * states, *weights)


_SIZES = (  # of the steps, inputs, units
    ((2, 2, 2), 3, 2),
    ((1,), 1, 1),
    ((3, 2, 2, 1), 2, 3),
    ((0, 0), 2, 2),
    ((2, 1), 1, 17),
)
_LAYERS = (
    ("lstm", _layer(ops.lstm), naive.lstm_step, 4, 2),
    ("gru", _layer(ops.gru), naive.gru_step, 3, 1),
    ("rnn", _layer(ops.rnn, rectified=False), naive.tanh_step, 1, 1),
    ("rnn", _layer(ops.rnn, rectified=True), naive.relu_step, 1, 1),
)
_CELLS = (
    ("lstm_cell", _cell_with_room(ops.lstm_cell), naive.lstm_step, 4, 2),
    ("gru_cell", _cell_with_room(ops.gru_cell), naive.gru_step, 3, 1),
    ("rnn_cell", _cell(ops.rnn_cell), naive.tanh_step, 1, 1),
    ("rnn_cell", _cell(ops.rnn_cell, rectified=True), naive.relu_step, 1, 1),
)

CASES: list[Case] = [
    *[
        Case(
            name,
            function,
            _shapes(sum(sizes), sizes[0], inputs, units, gates, states, biases),
            {"sizes": sizes, "reverse": reverse},
            _reference(step, states),
            unit,
            note=step.__name__,
        )
        for name, function, step, gates, states in _LAYERS
        for sizes, inputs, units in _SIZES
        for reverse, biases in ((False, True), (True, False))
        if units < 10 or not reverse
    ],
    *[
        Case(
            name,
            function,
            _shapes(batch, batch, 3, units, gates, states, biases),
            {},
            _cell_reference(step, states),
            unit,
            note=step.__name__,
        )
        for name, function, step, gates, states in _CELLS
        for batch, units in ((2, 3), (1, 1), (0, 2))
        for biases in (True, False)
    ],
]
