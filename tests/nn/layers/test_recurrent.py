"""Recurrent layers: values, gradients, every setting, packed sequences, errors; compiled and of primitives alike."""

import copy
import itertools
import pickle
import time
import warnings

import numpy as np
import pytest

import autograd
import nn
from autograd.errors import DTypeError, InplaceError, SettingError, ShapeError
from autograd.ops import recurrent as ops
from kernels.machine import jit
from nn.utils.rnn import pack_padded_sequence, pack_sequence, pad_packed_sequence, unpack_sequence
from tests import naive

KINDS = ("RNN", "LSTM", "GRU")
CELLS = ("RNNCell", "LSTMCell", "GRUCell")
STEPS = {"RNN": naive.tanh_step, "LSTM": naive.lstm_step, "GRU": naive.gru_step}
GATES = {"RNN": 1, "LSTM": 4, "GRU": 3}


@pytest.fixture(
    params=[pytest.param("compiled", marks=pytest.mark.skipif(not jit.ENABLED, reason="no JIT")), "primitives"]
)
def path(request, monkeypatch):
    """Runs a test with one op per sequence, and with a formula of primitives."""
    monkeypatch.setattr(ops.SEQUENCE, "least", 0 if request.param == "compiled" else 1 << 60)
    monkeypatch.setattr(ops, "STEPS", 0 if request.param == "compiled" else 1 << 60)
    return request.param


def series(*shape, dtype=np.float64):
    """Numbers between -0.5 and 0.5 that are the same everywhere: easy to make in another library too."""
    n = np.arange(np.prod(shape))
    return ((n * 7 % 11) / 11 - 0.45).reshape(shape).astype(dtype)


def with_series(module):
    for p in module.parameters():
        p._array[...] = series(*p.shape)
    return module


def states_of(kind, *shape, proj=None):
    if kind != "LSTM":
        return series(*shape)
    return autograd.tensor(series(*shape[:-1], proj or shape[-1])), autograd.tensor(series(*shape) / 2)


def last_of(kind, last):
    return last if kind == "LSTM" else (last,)


def by_loops(module, kind, x, first=None):
    """The layer by plain loops over numbers: x (T, B, I) -> (output, last states), each a list of arrays."""
    steps, batch, inputs = x.shape
    sizes = np.full(steps, batch)
    rows = x.reshape(steps * batch, inputs)
    directions = 1 + module.bidirectional
    count = 2 if kind == "LSTM" else 1
    last = []
    for layer in range(module.num_layers):
        outs = []
        for direction in range(directions):
            weights = [w.detach().numpy() for w in module.all_weights[layer * directions + direction]]
            if len(weights) == 2:
                weights += [np.zeros(len(weights[0]))] * 2
            index = layer * directions + direction
            zeros = np.zeros((batch, module.hidden_size))
            states = [zeros] * count if first is None else [state[index] for state in first]
            out, *after = naive.recurrent(STEPS[kind], rows, states, weights, sizes, bool(direction))
            outs.append(out)
            last.append(after)
        rows = np.concatenate(outs, 1)
    return rows.reshape(steps, batch, rows.shape[1]), [np.stack(each) for each in zip(*last, strict=True)]


# ---------------------------------------------------------------------------------------------------------- values


def test_one_step_by_hand(path):
    """With all weights 0 every gate is half open and nothing comes in: the cell halves."""
    layer = nn.LSTM(2, 1, dtype=np.float64)
    for p in layer.parameters():
        p._array[...] = 0
    out, (h, c) = layer(
        autograd.zeros(2, 1, 2, dtype=np.float64),
        (autograd.zeros(1, 1, 1, dtype=np.float64), autograd.ones(1, 1, 1, dtype=np.float64)),
    )
    assert c.item() == 0.25
    np.testing.assert_allclose(out.detach().numpy().ravel(), 0.5 * np.tanh([0.5, 0.25]), rtol=1e-14)
    assert h.item() == out[1].item()
    gru = nn.GRU(2, 1, dtype=np.float64)
    for p in gru.parameters():
        p._array[...] = 0
    out, h = gru(autograd.zeros(3, 2, dtype=np.float64), np.full((1, 1), 8.0))
    assert out.detach().numpy().ravel().tolist() == [4.0, 2.0, 1.0]
    assert h.tolist() == [[1.0]]


PYTORCHS = [
    (
        "RNN",
        {},
        [-0.51821583660979, 0.11466839791196, -0.45890529107746],
        [-0.54348019278737, 0.07739866507625, -0.2613857015042],
        [1.997986747023, 1.671761291262, 7.885365341563, 8.210293009132, 8.210293009132],
    ),
    (
        "RNN",
        {"nonlinearity": "relu", "num_layers": 2},
        [0.0, 0.47725995065228, 0.0],
        [0.0, 0.43921282872933, 0.0],
        [
            0.6044579706624,
            0.7327443298175,
            0.756597207715,
            2.144850863641,
            2.144850863641,
            3.938929493184,
            4.968589432943,
            8.207933044674,
            8.207933044674,
        ],
    ),
    (
        "LSTM",
        {},
        [0.23435692894413, 0.02502835130448, -0.0938509643722],
        [0.45897418039412, -0.04238165645775, -0.50502880174824],
        [0.004365261702402, 0.4292480159479, 0.8170097762854, 2.444303003016, 2.444303003016],
    ),
    (
        "LSTM",
        {"num_layers": 2, "bidirectional": True},
        [0.22872514105598, 0.03683130157409, -0.09534714289384, 0.20977335883872, 0.03868421034073, -0.09987137777096],
        [0.46868293599033, 0.07268816416107, -0.4007528333284],
        [
            0.2385303884074,
            0.2894849249986,
            0.5161771320353,
            1.660516739191,
            1.660516739191,
            0.6455262596542,
            0.962724283632,
            2.265842768011,
            2.265842768011,
            1.970387864378,
            0.8354667024766,
            2.994739239403,
            2.994739239403,
            1.725149025357,
            0.680135566615,
            2.763335818712,
            2.763335818712,
        ],
    ),
    (
        "LSTM",
        {"proj_size": 2},
        [-0.08900624097344, 0.13808483216193],
        [0.47784679073694, -0.01244617429826, -0.40807030459633],
        [0.04805288899153, 0.3044048894027, 0.5170598756234, 1.88155298229, 1.88155298229, 0.7159804047396],
    ),
    (
        "GRU",
        {},
        [0.43242850214899, 0.05965585085588, -0.49215832104709],
        [0.43689322560427, -0.05916423796234, -0.57685183596166],
        [-0.2734841116989, 0.921461466418, 1.024643683182, 4.181995355301, 1.946967796943],
    ),
    (
        "GRU",
        {"bidirectional": True, "bias": False},
        [0.12553241191185, 0.08190649250119, -0.06448881595718, 0.11402610159662, 0.03937293213069, -0.24236845939769],
        [-0.01639148825471, -0.01765004387971, 0.01029567707738],
        [-0.2482044459706, 0.4838195557821, 0.4055873391059, 0.5028107646072, 0.8288634651808],
    ),
]


@pytest.mark.parametrize(
    ("kind", "settings", "output", "last", "slopes"), PYTORCHS, ids=lambda v: v if isinstance(v, str) else ""
)
def test_values_and_gradients_are_pytorchs(path, kind, settings, output, last, slopes):
    layer = with_series(getattr(nn, kind)(2, 3, dtype=np.float64, **settings))
    x = autograd.tensor(series(3, 2, 2), requires_grad=True)
    count = layer.num_layers * (1 + layer.bidirectional)
    out, after = layer(x, states_of(kind, count, 2, 3, proj=layer.proj_size))
    assert out[1, 1].tolist() == pytest.approx(output, abs=1e-12)
    assert last_of(kind, after)[-1][-1, -1].tolist() == pytest.approx(last, abs=1e-12)
    total = (out * out).sum() + sum((state * state * state).sum() for state in last_of(kind, after))
    total.backward()
    found = [x.grad.numpy().sum(), *[np.abs(p.grad.numpy()).sum() for p in layer.parameters()]]
    assert found == pytest.approx(slopes, rel=1e-10)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("layers", "bidirectional", "batch_first", "bias"),
    list(itertools.product((1, 2), (False, True), (False, True), (True, False))),
)
def test_every_setting_by_loops(path, kind, layers, bidirectional, batch_first, bias):
    layer = getattr(nn, kind)(
        3, 4, layers, bias=bias, batch_first=batch_first, bidirectional=bidirectional, dtype=np.float64
    )
    x = series(5, 2, 3)
    count = layers * (1 + bidirectional)
    out, last = by_loops(layer, kind, x)
    got, got_last = layer(autograd.tensor(x.swapaxes(0, 1) if batch_first else x))
    np.testing.assert_allclose(got.detach().numpy(), out.swapaxes(0, 1) if batch_first else out, atol=1e-12)
    for a, b in zip(last_of(kind, got_last), last, strict=True):
        np.testing.assert_allclose(a.detach().numpy(), b, atol=1e-12)
    first = [series(count, 2, 4) / (k + 1) for k in range(2 if kind == "LSTM" else 1)]
    out, last = by_loops(layer, kind, x, first)
    given = [autograd.tensor(state) for state in first]
    got, got_last = layer(
        autograd.tensor(x.swapaxes(0, 1) if batch_first else x), tuple(given) if kind == "LSTM" else given[0]
    )
    np.testing.assert_allclose(got.detach().numpy(), out.swapaxes(0, 1) if batch_first else out, atol=1e-12)
    for a, b in zip(last_of(kind, got_last), last, strict=True):
        assert a.shape == (count, 2, 4)
        np.testing.assert_allclose(a.detach().numpy(), b, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_batch(path, kind):
    layer = getattr(nn, kind)(3, 4, 2, bidirectional=True, batch_first=True)
    x = autograd.tensor(series(5, 3, dtype=np.float32))
    out, last = layer(x)
    batched, batched_last = layer(x.unsqueeze(0))
    assert out.shape == (5, 8)
    np.testing.assert_array_equal(out.detach().numpy(), batched[0].detach().numpy())
    for a, b in zip(last_of(kind, last), last_of(kind, batched_last), strict=True):
        assert a.shape == (4, 4)
        np.testing.assert_array_equal(a.detach().numpy(), b[:, 0].detach().numpy())
    again, _ = layer(x, tuple(autograd.zeros(4, 4) for _ in range(2)) if kind == "LSTM" else autograd.zeros(4, 4))
    np.testing.assert_array_equal(again.detach().numpy(), out.detach().numpy())


@pytest.mark.skipif(not jit.ENABLED, reason="compares compiled code")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("sizes", [(4, 4, 4), (4, 2, 1)])
def test_compiled_code_and_primitives_agree(monkeypatch, rng, kind, order, sizes):
    """Values, gradients and second derivatives with respect to everything."""
    layer = getattr(nn, kind)(3, 17, 2, bidirectional=True, dtype=np.float64)
    data, first = rng.standard_normal((sum(sizes), 3)), rng.standard_normal((2, 4, 4, 17))
    found = []
    for limit in (0, 1 << 60):
        monkeypatch.setattr(ops.SEQUENCE, "least", limit)
        monkeypatch.setattr(ops, "STEPS", limit)
        x = autograd.tensor(data, requires_grad=True)
        states = [autograd.tensor(state, requires_grad=True) for state in first[: 2 if kind == "LSTM" else 1]]
        packed = nn.utils.rnn.PackedSequence(x, autograd.tensor(sizes))
        out, last = layer(packed, tuple(states) if kind == "LSTM" else states[0])
        total = (out.data * out.data).sum() + sum((each.sin()).sum() for each in last_of(kind, last))
        inputs = [x, *states, *layer.parameters()]
        grads = autograd.grad(total, inputs, create_graph=order == 2)
        if order == 2:
            grads += autograd.grad(sum((g * g).sum() for g in grads), inputs)
        found.append([out.data, *last_of(kind, last), *grads])
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("kind", KINDS)
def test_only_what_needs_a_gradient_gets_one(path, kind):
    layer = getattr(nn, kind)(3, 4)
    layer.requires_grad_(False)
    x = autograd.tensor(series(3, 2, 3, dtype=np.float32), requires_grad=True)
    layer(x)[0].sum().backward()
    assert all(p.grad is None for p in layer.parameters())
    assert np.abs(x.grad.numpy()).min() > 0
    layer.weight_hh_l0.requires_grad_()
    expected = x.grad.numpy()
    layer(x.detach())[0].sum().backward()
    assert layer.weight_hh_l0.grad.shape == layer.weight_hh_l0.shape
    first = autograd.zeros(1, 2, 4).requires_grad_()
    x.grad = None
    given = (first, autograd.zeros(1, 2, 4)) if kind == "LSTM" else first
    _, last = layer(x, given)
    last_of(kind, last)[0].sum().backward()
    assert first.grad.shape == first.shape
    assert x.grad.shape == expected.shape


@pytest.mark.parametrize("kind", KINDS)
def test_float32_stays_float32(path, kind):
    layer = getattr(nn, kind)(3, 4, 2, dropout=0.5)
    x = autograd.tensor(series(3, 2, 3, dtype=np.float32), requires_grad=True)
    out, last = layer(x)
    assert {t.dtype for t in (out, *last_of(kind, last))} == {np.dtype(np.float32)}
    grads = autograd.grad((out * out).sum(), [x, *layer.parameters()], create_graph=True)
    assert {g.dtype for g in grads} == {np.dtype(np.float32)}
    second = autograd.grad(sum((g * g).sum() for g in grads), [x, *layer.parameters()])
    assert {g.dtype for g in second} == {np.dtype(np.float32)}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("steps", "batch", "inputs", "units"), [(1, 1, 1, 1), (1, 3, 2, 4), (3, 1, 1, 33), (2, 0, 3, 2)]
)
def test_small_sizes(path, kind, steps, batch, inputs, units):
    layer = getattr(nn, kind)(inputs, units, dtype=np.float64)
    x = autograd.tensor(series(steps, batch, inputs), requires_grad=True)
    out, last = layer(x)
    expected, expected_last = by_loops(layer, kind, x.detach().numpy())
    np.testing.assert_allclose(out.detach().numpy(), expected, atol=1e-13)
    for a, b in zip(last_of(kind, last), expected_last, strict=True):
        np.testing.assert_allclose(a.detach().numpy(), b, atol=1e-13)
    out.sum().backward()
    assert x.grad.shape == (steps, batch, inputs)
    assert all(p.grad.shape == p.shape for p in layer.parameters())


@pytest.mark.parametrize("kind", KINDS)
def test_memory_layout_does_not_matter(path, kind):
    layer = getattr(nn, kind)(3, 4, dtype=np.float64)
    x = series(5, 2, 3)
    expected = layer(autograd.tensor(x))[0].detach().numpy()
    strided = np.zeros((10, 4, 6))
    strided[::2, ::2, ::2] = x
    for other in (np.asfortranarray(x), strided[::2, ::2, ::2], x[::-1].copy()[::-1]):
        leaf = autograd.from_numpy(other).requires_grad_()
        out = layer(leaf)[0]
        np.testing.assert_allclose(out.detach().numpy(), expected, atol=1e-14)
        out.transpose(0, 2).sum().backward()
        assert leaf.grad.shape == x.shape


def test_projection(path):
    """h is smaller than c: what the next step and the next layer see."""
    layer = nn.LSTM(3, 5, 2, proj_size=2, bidirectional=True, dtype=np.float64)
    assert [tuple(w.shape) for w in layer.all_weights[2]] == [(20, 4), (20, 2), (20,), (20,), (2, 5)]
    out, (h, c) = layer(autograd.tensor(series(4, 3, 3)))
    assert (out.shape, h.shape, c.shape) == ((4, 3, 4), (4, 3, 2), (4, 3, 5))
    np.testing.assert_array_equal(out[-1, :, :2].detach().numpy(), h[2].detach().numpy())
    np.testing.assert_array_equal(out[0, :, 2:].detach().numpy(), h[3].detach().numpy())
    out.sum().backward()
    assert all(np.abs(p.grad.numpy()).sum() > 0 for p in layer.parameters())


# --------------------------------------------------------------------------------------------------------- dropout


def test_dropout_is_between_layers_and_while_training_only():
    layer = nn.GRU(3, 4, 2, dropout=1.0, dtype=np.float64)
    x = autograd.tensor(series(5, 2, 3))
    dropped, last = layer(x)
    upper = nn.GRU(4, 4, dtype=np.float64)
    upper.load_state_dict({name[:-1] + "0": p for name, p in layer.state_dict().items() if name.endswith("1")})
    np.testing.assert_allclose(
        dropped.detach().numpy(), upper(autograd.zeros(5, 2, 4, dtype=np.float64))[0].detach().numpy()
    )
    np.testing.assert_array_equal(dropped[-1].detach().numpy(), last[1].detach().numpy())
    layer.eval()
    assert not np.allclose(layer(x)[0].detach().numpy(), dropped.detach().numpy())
    np.testing.assert_allclose(layer(x)[0].detach().numpy(), by_loops(layer, "GRU", series(5, 2, 3))[0], atol=1e-12)


def test_dropout_of_a_single_layer_warns():
    with pytest.warns(
        UserWarning, match="non-zero dropout expects num_layers greater than 1, but got dropout=0.5"
    ) as seen:
        nn.LSTM(3, 4, dropout=0.5)
    assert seen[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        nn.LSTM(3, 4, 2, dropout=0.5)


# ---------------------------------------------------------------------------------------------------------- packed


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lengths", [(4, 2, 1), (1, 4, 2), (3, 3, 3), (1, 1, 1), (5,)])
@pytest.mark.parametrize("given", [False, True])
def test_packed_sequences_run_as_if_each_were_alone(path, kind, lengths, given):
    layer = getattr(nn, kind)(3, 4, 2, bidirectional=True, dtype=np.float64)
    sequences = [autograd.tensor(series(n, 3) * (k + 1), requires_grad=True) for k, n in enumerate(lengths)]
    first = states_of(kind, 4, len(lengths), 4)
    whole, last = layer(pack_sequence(sequences, enforce_sorted=False), *[first] * given)
    total = (whole.data * whole.data).sum() + sum(state.sum() for state in last_of(kind, last))
    grads = autograd.grad(total, [*sequences, *layer.parameters()])
    total = 0
    for k, (sequence, out) in enumerate(zip(sequences, unpack_sequence(whole), strict=True)):
        own = tuple(state[:, k] for state in first) if kind == "LSTM" else first[:, k]
        alone, alone_last = layer(sequence, *[own] * given)
        np.testing.assert_allclose(out.detach().numpy(), alone.detach().numpy(), atol=1e-13)
        for a, b in zip(last_of(kind, last), last_of(kind, alone_last), strict=True):
            np.testing.assert_allclose(a[:, k].detach().numpy(), b.detach().numpy(), atol=1e-13)
        total = total + (alone * alone).sum() + sum(state.sum() for state in last_of(kind, alone_last))
    for a, b in zip(grads, autograd.grad(total, [*sequences, *layer.parameters()]), strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), atol=1e-11)


def test_packed_and_padded():
    layer = nn.LSTM(3, 4, batch_first=True)
    x = autograd.tensor(series(2, 5, 3, dtype=np.float32))
    packed, (h, _) = layer(pack_padded_sequence(x, [5, 3], batch_first=True))
    out, lengths = pad_packed_sequence(packed, batch_first=True)
    assert out.shape == (2, 5, 4)
    assert lengths.tolist() == [5, 3]
    assert not out[1, 3:].detach().numpy().any()
    np.testing.assert_array_equal(h[0, 1].detach().numpy(), out[1, 2].detach().numpy())


# ------------------------------------------------------------------------------------------------- long sequences


@pytest.mark.skipif(not jit.ENABLED, reason="long in Python")
@pytest.mark.parametrize("kind", KINDS)
def test_ten_thousand_steps(kind):
    layer = getattr(nn, kind)(1, 4)
    layer(autograd.zeros(100, 1, 1))[0].sum().backward()
    start = time.process_time()
    x = autograd.tensor(series(10_000, 1, 1, dtype=np.float32), requires_grad=True)
    layer(x)[0][-1].sum().backward()
    assert time.process_time() - start < 5
    assert x.grad.numpy()[-1].any()


def test_a_long_sequence_of_primitives_needs_no_recursion(monkeypatch):
    monkeypatch.setattr(ops, "STEPS", 1 << 60)
    layer = nn.RNN(1, 2)
    x = autograd.tensor(series(3000, 1, 1, dtype=np.float32), requires_grad=True)
    layer(x)[0][-1].sum().backward()
    assert x.grad.numpy()[-1].any()


@pytest.mark.skipif(not jit.ENABLED, reason="what compiled code keeps")
@pytest.mark.parametrize(("kind", "arrays"), [("RNN", 1), ("GRU", 5), ("LSTM", 6)])
def test_what_a_step_keeps(kind, arrays):
    """The states, of an LSTM its cells, and the gates: each as large as the output."""
    layer = getattr(nn, kind)(32, 32)
    out, _ = layer(autograd.zeros(100, 8, 32))
    kept = autograd.tape().memory()[kind.lower()]
    rest = (
        sum(p.detach().numpy().nbytes for p in layer.parameters()) + out.detach().numpy().nbytes * 1.1
    )  # and the input
    assert arrays * out.detach().numpy().nbytes <= kept <= (arrays * 1.02) * out.detach().numpy().nbytes + rest


def test_nothing_is_recorded_without_gradients(path):
    layer = nn.LSTM(3, 4, 2)
    with autograd.no_grad():
        out, (h, _) = layer(autograd.zeros(5, 2, 3))
    assert not out.requires_grad
    assert not h.requires_grad
    assert len(autograd.tape()) == 0


def test_truncated_backpropagation(path):
    """By detach: the state goes on, the gradient does not."""
    layer = nn.GRU(2, 3, dtype=np.float64)
    x = autograd.tensor(series(6, 1, 2), requires_grad=True)
    _, h = layer(x[:3])
    out, _ = layer(x[3:], h.detach())
    out.sum().backward()
    assert not x.grad.numpy()[:3].any()
    assert x.grad.numpy()[3:].all()
    np.testing.assert_allclose(out.detach().numpy(), layer(x)[0][3:].detach().numpy(), atol=1e-13)


def test_truncated_backpropagation_by_a_mark(path):
    layer = nn.GRU(2, 3, dtype=np.float64)
    x = autograd.tensor(series(6, 1, 2), requires_grad=True)
    _, h = layer(x[:3])
    mark = autograd.tape().mark()
    layer(x[3:], h)[0].sum().backward(until=mark)
    by_mark = [p.grad.numpy() for p in layer.parameters()]
    layer.zero_grad()
    layer(x[3:].detach(), h.detach())[0].sum().backward()
    for a, p in zip(by_mark, layer.parameters(), strict=True):
        np.testing.assert_allclose(a, p.grad.numpy(), atol=1e-13)


def test_writing_into_the_output_is_detected(path):
    layer = nn.LSTM(3, 4)
    out, _ = layer(autograd.zeros(5, 2, 3))
    loss = (out * out).sum()
    with autograd.no_grad():
        out.zero_()
    with pytest.raises(InplaceError):
        loss.backward()


# ------------------------------------------------------------------------------------------------------- the module


def test_parameters_are_pytorchs():
    layer = nn.LSTM(3, 4, 2, bidirectional=True)
    names = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"]
    assert list(layer.state_dict()) == [
        f"{name}_l{k}{suffix}" for k in range(2) for suffix in ("", "_reverse") for name in names
    ]
    assert layer.weight_ih_l0.shape == (16, 3)
    assert layer.weight_ih_l1_reverse.shape == (16, 8)
    assert nn.GRU(3, 4).weight_hh_l0.shape == (12, 4)
    assert nn.RNN(3, 4, bias=False).weight_hh_l0.shape == (4, 4)
    assert list(nn.LSTM(3, 4, bias=False, proj_size=2).state_dict()) == ["weight_ih_l0", "weight_hh_l0", "weight_hr_l0"]
    assert nn.RNN(3, 4, bias=False).all_weights[0][1].shape == (4, 4)
    assert layer.flatten_parameters() is None


@pytest.mark.parametrize("kind", [*KINDS, *CELLS])
def test_first_values_are_within_pytorchs_bound(kind):
    for p in getattr(nn, kind)(30, 100).parameters():
        assert 0.09 < np.abs(p.detach().numpy()).max() <= 0.1


@pytest.mark.parametrize(
    ("module", "text"),
    [
        (nn.RNN(3, 4, nonlinearity="relu"), "RNN(3, 4)"),
        (nn.LSTM(3, 4, proj_size=2), "LSTM(3, 4, proj_size=2)"),
        (
            nn.GRU(3, 4, 2, False, True, 0.5, True),
            "GRU(3, 4, num_layers=2, bias=False, batch_first=True, dropout=0.5, bidirectional=True)",
        ),
        (nn.RNNCell(3, 4, nonlinearity="relu"), "RNNCell(3, 4, nonlinearity=relu)"),
        (nn.LSTMCell(3, 4), "LSTMCell(3, 4)"),
        (nn.GRUCell(3, 4, bias=False), "GRUCell(3, 4, bias=False)"),
    ],
    ids=str,
)
def test_printed_form(module, text):
    assert repr(module) == text


@pytest.mark.parametrize("kind", [*KINDS, *CELLS])
def test_copies_and_files(kind):
    layer = getattr(nn, kind)(3, 4)
    x = autograd.tensor(series(2, 3, dtype=np.float32))

    def value(module):
        out = module(x)
        return (out[0] if isinstance(out, tuple) else out).detach().numpy()

    other = getattr(nn, kind)(3, 4)
    other.load_state_dict(layer.state_dict())
    for same in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer)), other):
        np.testing.assert_array_equal(value(same), value(layer))
    double = copy.deepcopy(layer).double()
    out = double(x.double())
    assert (out[0] if isinstance(out, tuple) else out).dtype == np.float64


# ----------------------------------------------------------------------------------------------------------- cells


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("bias", [True, False])
def test_cells_are_single_steps(kind, bias):
    layer = getattr(nn, kind)(3, 4, bias=bias, dtype=np.float64)
    cell = getattr(nn, f"{kind}Cell")(3, 4, bias=bias, dtype=np.float64)
    cell.load_state_dict({name[:-3]: p for name, p in layer.state_dict().items()})
    x = autograd.tensor(series(5, 2, 3), requires_grad=True)
    out, last = layer(x)
    state, outs = None, []
    for t in range(5):
        state = cell(x[t], state)
        outs.append(state[0] if kind == "LSTM" else state)
    np.testing.assert_allclose(autograd.stack(outs).detach().numpy(), out.detach().numpy(), atol=1e-13)
    np.testing.assert_allclose(
        last_of(kind, state)[-1].detach().numpy(), last_of(kind, last)[-1][0].detach().numpy(), atol=1e-13
    )
    a = autograd.grad((out * out).sum(), [x, *layer.parameters()])
    b = autograd.grad(sum((z * z).sum() for z in outs), [x, *cell.parameters()])
    for g, h in zip(a, b, strict=True):
        np.testing.assert_allclose(g.numpy(), h.numpy(), atol=1e-12)


@pytest.mark.parametrize("kind", CELLS)
def test_cells_without_a_batch_and_with_none_in_it(kind):
    cell = getattr(nn, kind)(3, 4)
    x = autograd.tensor(series(1, 3, dtype=np.float32))
    state = (autograd.ones(4), autograd.ones(4)) if kind == "LSTMCell" else autograd.ones(4)
    batched = tuple(s.unsqueeze(0) for s in state) if kind == "LSTMCell" else state.unsqueeze(0)
    alone, many = cell(x[0], state), cell(x, batched)
    for a, b in zip(alone if kind == "LSTMCell" else [alone], many if kind == "LSTMCell" else [many], strict=True):
        assert a.shape == (4,)
        np.testing.assert_array_equal(a.detach().numpy(), b[0].detach().numpy())
    none = cell(autograd.zeros(0, 3))
    assert (none[0] if kind == "LSTMCell" else none).shape == (0, 4)


def test_relu_cells():
    cell = with_series(nn.RNNCell(2, 3, nonlinearity="relu", dtype=np.float64))
    x, h = series(2, 2), series(2, 3)
    expected = np.array(
        [
            naive.relu_step(a, (b,), *[p.detach().numpy() for p in cell.parameters()])[0]
            for a, b in zip(x, h, strict=True)
        ]
    )
    np.testing.assert_allclose(cell(autograd.tensor(x), autograd.tensor(h)).detach().numpy(), expected, atol=1e-14)


# ---------------------------------------------------------------------------------------------------------- errors

zeros = autograd.zeros


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: nn.LSTM(3, 4, dropout=1.5), r"dropout should be a number in range \[0, 1\]"),
        (lambda: nn.LSTM(3, 4, dropout=True), r"dropout should be a number in range \[0, 1\]"),
        (lambda: nn.LSTM(0, 4), "input_size must be greater than zero"),
        (lambda: nn.LSTM(3, 0), "hidden_size must be greater than zero"),
        (lambda: nn.GRU(3, 4, 0), "num_layers must be greater than zero"),
        (lambda: nn.LSTM(3, 4, proj_size=4), "proj_size has to be smaller than hidden_size"),
        (lambda: nn.LSTM(3, 4, proj_size=-1), "proj_size should be a positive integer or zero"),
        (lambda: nn.RNNBase("GRU", 3, 4, proj_size=1), "only supported for LSTM, not RNN or GRU"),
        (lambda: nn.RNNBase("XYZ", 3, 4), "Unrecognized RNN mode: XYZ"),
        (lambda: nn.RNN(3, 4, nonlinearity="sin"), "Unknown nonlinearity 'sin'. Select from 'tanh' or 'relu'"),
        (lambda: nn.RNNCell(3, 4, nonlinearity="sin"), "Unknown nonlinearity: sin"),
        (lambda: nn.LSTM(3, 4)(zeros(5, 2, 3), zeros(1, 2, 4)), "wanted hx as a tuple of two Tensors"),
        (lambda: nn.LSTMCell(3, 4)(zeros(2, 3), zeros(2, 4)), "wanted hx as a tuple of two Tensors"),
    ],
)
def test_wrong_settings(make, message):
    with pytest.raises(SettingError, match=message):
        make()


@pytest.mark.parametrize("sizes", [(3.0, 4), (3, 4.0), (3, True)])
def test_sizes_are_integers(sizes):
    with pytest.raises(TypeError, match="should be of type int"):
        nn.LSTM(*sizes)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.LSTM(3, 4)(zeros(5)), "LSTM: Expected input to be 2D or 3D, got 1D instead"),
        (lambda: nn.GRU(3, 4)(zeros(5, 2, 3, 1)), "GRU: Expected input to be 2D or 3D, got 4D instead"),
        (lambda: nn.LSTM(3, 4)(zeros(5, 2, 7)), r"input.size\(-1\) must be equal to input_size. Expected 3, got 7"),
        (lambda: nn.LSTM(3, 4)(zeros(0, 2, 3)), "Expected sequence length to be larger than 0 in RNN"),
        (
            lambda: nn.LSTM(3, 4)(zeros(5, 2, 3), (zeros(1, 3, 4), zeros(1, 2, 4))),
            r"Expected hidden\[0\] size \(1, 2, 4\), got \[1, 3, 4\]",
        ),
        (
            lambda: nn.LSTM(3, 4)(zeros(5, 2, 3), (zeros(1, 2, 4), zeros(1, 2, 5))),
            r"Expected hidden\[1\] size \(1, 2, 4\), got \[1, 2, 5\]",
        ),
        (
            lambda: nn.LSTM(3, 4)(zeros(5, 2, 3), (zeros(2, 4), zeros(2, 4))),
            r"For batched 3-D input, hx and cx should also be 3-D but got \(2-D, 2-D\) tensors",
        ),
        (
            lambda: nn.GRU(3, 4)(zeros(5, 3), zeros(1, 2, 4)),
            "For unbatched 2-D input, hx should also be 2-D but got 3-D tensor",
        ),
        (lambda: nn.GRU(3, 4)(zeros(5, 2, 3), zeros(1, 3, 4)), r"Expected hidden size \(1, 2, 4\), got \[1, 3, 4\]"),
        (
            lambda: nn.GRU(3, 4)(pack_padded_sequence(zeros(5, 2, 3), [5, 3]), zeros(1, 3, 4)),
            r"Expected hidden size \(1, 2, 4\), got \[1, 3, 4\]",
        ),
        (lambda: nn.GRU(3, 4)(pack_padded_sequence(zeros(5, 2, 7), [5, 3])), "Expected 3, got 7"),
        (
            lambda: nn.GRU(3, 4)(nn.utils.rnn.PackedSequence(zeros(3, 3), autograd.tensor([1, 2]))),
            "batch_sizes that never grow",
        ),
        (lambda: nn.LSTMCell(3, 4)(zeros(2, 3, 1)), "LSTMCell: Expected input to be 1D or 2D, got 3D instead"),
        (lambda: nn.GRUCell(3, 4)(zeros(2, 5)), "input has inconsistent input_size: got 5 expected 3"),
        (lambda: nn.GRUCell(3, 4)(zeros(2, 3), zeros(3, 4)), "Input batch size 2 doesn't match hidden0 batch size 3"),
        (
            lambda: nn.LSTMCell(3, 4)(zeros(2, 3), (zeros(2, 4), zeros(2, 5))),
            "hidden1 has inconsistent hidden_size: got 5, expected 4",
        ),
        (lambda: nn.RNNCell(3, 4)(zeros(2, 3), zeros(1, 1, 4)), "RNNCell: Expected hidden to be 1D or 2D"),
    ],
)
def test_wrong_shapes(call, message):
    with pytest.raises(ShapeError, match=message):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: nn.LSTM(3, 4)(zeros(5, 2, 3, dtype=np.float64)),
            r"RNN input dtype \(float64\) does not match weight dtype \(float32\): convert .* input.float\(\)",
        ),
        (lambda: nn.GRU(3, 4)(zeros(5, 2, 3), zeros(1, 2, 4, dtype=np.float64)), "first state has dtype float64"),
        (lambda: nn.GRUCell(3, 4)(zeros(2, 3, dtype=np.float64)), "must have the same dtype"),
    ],
)
def test_wrong_dtypes(call, message):
    with pytest.raises(DTypeError, match=message):
        call()
