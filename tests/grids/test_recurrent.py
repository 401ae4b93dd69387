"""Recurrent layers over the full product of their settings, as primitives and as compiled loops, against plain steps.

Values are those of `naive.recurrent`, one sequence after the other. Gradients are compared with central differences of
it along one random direction through input, first states and all weights; float32 with float64.
"""

import itertools

import numpy as np
import pytest

import autograd
import nn
from nn.utils.rnn import pack_padded_sequence, pad_packed_sequence
from tests import naive

STEPS = {"LSTM": naive.lstm_step, "GRU": naive.gru_step, "tanh": naive.tanh_step, "relu": naive.relu_step}


def made(kind, dtype, **settings):
    if kind in ("LSTM", "GRU"):
        return getattr(nn, kind)(dtype=dtype, **settings)
    return nn.RNN(nonlinearity=kind, dtype=dtype, **settings)


def by_steps(layer, kind, x, sizes, first, weights):
    """Rows of packed sequences through all layers and directions: outputs and last states."""
    directions, last = 1 + layer.bidirectional, []
    per = len(weights) // (layer.num_layers * directions)
    for number in range(layer.num_layers):
        outs = []
        for direction in range(directions):
            index = number * directions + direction
            own = list(weights[per * index : per * (index + 1)])
            own += [np.zeros(len(own[0]))] * (4 - per)
            states = [state[index] for state in first]
            out, *after = naive.recurrent(STEPS[kind], x, states, own, sizes, bool(direction))
            outs.append(out)
            last.append(after)
        x = np.concatenate(outs, 1)
    return x, [np.stack(each) for each in zip(*last, strict=True)]


def packed_rows(x, lengths):
    """(T, B, I) as the rows of step 0, of step 1, ..., and how many there are at each step."""
    sizes = np.array([(lengths > t).sum() for t in range(lengths.max())])
    return np.concatenate([x[t, :n] for t, n in enumerate(sizes)]), sizes


LENGTHS = [np.array(each) for each in ([1], [3], [2, 2], [3, 1], [3, 2, 2], [1, 1, 1])]


@pytest.mark.parametrize("kind", STEPS)
def test_every_setting(way, kind, rng):
    grid = itertools.product(LENGTHS, (1, 2), (False, True), (True, False), (False, True), (False, True))
    for lengths, layers, both, bias, batch_first, given in grid:
        sizes_of = {"input_size": 2, "hidden_size": 3, "num_layers": layers, "bias": bias, "bidirectional": both}
        what = (kind, lengths.tolist(), layers, both, bias, batch_first, given)
        layer = made(kind, np.float64, batch_first=batch_first, **sizes_of)
        parameters = list(layer.parameters())
        weights = [p.numpy(force=True).copy() for p in parameters]
        x = rng.standard_normal((lengths.max(), len(lengths), 2))
        count = 2 if kind == "LSTM" else 1
        first = [rng.standard_normal((layers * (1 + both), len(lengths), 3)) * given for _ in range(count)]
        rows, sizes = packed_rows(x, lengths)
        z, last = by_steps(layer, kind, rows, sizes, first, weights)

        v = [rng.standard_normal(a.shape) for a in (rows, *first, *weights)]
        v[1 : 1 + count] = [d * given for d in v[1 : 1 + count]]
        dz, *dlast = [rng.standard_normal(a.shape) for a in (z, *last)]

        def along(h, layer=layer, rows=rows, sizes=sizes, first=first, weights=weights, v=v, count=count):
            moved = [a + h * b for a, b in zip((rows, *first, *weights), v, strict=True)]
            return by_steps(layer, kind, moved[0], sizes, moved[1 : 1 + count], moved[1 + count :])

        (z1, last1), (z0, last0) = along(1e-6), along(-1e-6)
        slope = ((z1 - z0) * dz).sum() + sum(((a - b) * d).sum() for a, b, d in zip(last1, last0, dlast, strict=True))

        gradients = {}
        for dtype in (np.float64, np.float32):
            own = layer if dtype == np.float64 else layer.to(dtype)
            t = autograd.tensor((x.swapaxes(0, 1) if batch_first else x).astype(dtype), requires_grad=True)
            states = [autograd.tensor(s.astype(dtype), requires_grad=True) for s in first]
            hx = None if not given else tuple(states) if kind == "LSTM" else states[0]
            if (lengths == lengths[0]).all():
                y, after = own(t, hx)
            else:
                y, after = own(pack_padded_sequence(t, lengths, batch_first), hx)
                y, found = pad_packed_sequence(y, batch_first)
                assert found.tolist() == lengths.tolist(), what
            y = y.transpose(0, 1) if batch_first else y
            after = after if kind == "LSTM" else (after,)
            rows_of = np.concatenate([y.numpy(force=True)[step, :n] for step, n in enumerate(sizes)])
            tolerance = 1e-5 if dtype == np.float32 else 1e-11
            assert y.dtype == dtype, what
            for got, expected in zip((rows_of, *after), (z, *last), strict=True):
                array = got if isinstance(got, np.ndarray) else got.numpy(force=True)
                assert np.allclose(array, expected, tolerance, tolerance), what
            full = np.zeros(y.shape)
            ends = np.cumsum(sizes)
            for step, n in enumerate(sizes):
                full[step, :n] = dz[ends[step] - n : ends[step]]
            inputs = [t, *(states if given else []), *own.parameters()]
            cotangents = [autograd.tensor(d.astype(dtype)) for d in (full, *dlast)]
            grads = [g.numpy() for g in autograd.grad([y, *after], inputs, cotangents)]
            gradients[dtype] = grads
            if dtype == np.float64:
                dx = packed_rows(grads[0].swapaxes(0, 1) if batch_first else grads[0], lengths)[0]
                moved = [v[0], *(v[1 : 1 + count] if given else []), *v[1 + count :]]
                total = sum((g * d).sum() for g, d in zip([dx, *grads[1:]], moved, strict=True))
                assert np.isclose(total, slope / 2e-6, 1e-6, 1e-6), what
        for a, b in zip(gradients[np.float64], gradients[np.float32], strict=True):
            assert np.allclose(a, b, 1e-4, 1e-4), what
