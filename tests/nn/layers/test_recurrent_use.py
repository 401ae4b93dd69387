"""Recurrent layers in programs: long streams, batches of different lengths, dropout, files, open forget gates."""

import numpy as np
import pytest

import autograd
import nn
from nn.utils.rnn import pack_sequence, pad_packed_sequence, pad_sequence

KINDS = ["RNN", "LSTM", "GRU"]


def detached(state):
    return tuple([part.detach() for part in state]) if isinstance(state, tuple) else state.detach()


def first(state):
    return state[0] if isinstance(state, tuple) else state


@pytest.mark.parametrize("kind", KINDS)
def test_cost_is_linear_in_the_length(kind):
    """What is recorded does not grow with the length, and what is kept grows as the length does."""
    layer = getattr(nn, kind)(2, 4, 2)
    records, kept = [], []
    for steps in (1_000, 2_000, 4_000):
        out, _ = layer(autograd.zeros(steps, 1, 2))
        records.append(len(autograd.tape()))
        kept.append(sum(autograd.tape().memory().values()))
        out.sum().backward()
        autograd.tape().clear()
    assert records[0] == records[1] == records[2] < 20
    assert kept[2] - kept[1] == pytest.approx(2 * (kept[1] - kept[0]), rel=0.01)


@pytest.mark.parametrize("kind", ["RNNCell", "LSTMCell", "GRUCell"])
def test_a_cell_over_ten_thousand_steps(kind):
    """No recursion, neither in backward nor when the chain of records is let go."""
    cell = getattr(nn, kind)(1, 2)
    x = autograd.ones(1, 1)
    state = None
    for _ in range(10_000):
        state = cell(x, state)
    first(state).sum().backward()
    assert all(np.isfinite(p.grad.numpy()).all() for p in cell.parameters())
    assert cell.weight_hh.grad.numpy().any()


@pytest.mark.parametrize("kind", KINDS)
def test_a_stream_in_pieces_keeps_nothing(kind):
    """Truncated backpropagation: after hundreds of pieces the tape holds no array, and not ever more records."""
    layer = getattr(nn, kind)(2, 4, 2)
    state, lengths = None, []
    for _ in range(1000):
        out, state = layer(autograd.ones(3, 1, 2), state)
        out.sum().backward()
        state = detached(state)
        lengths.append(len(autograd.tape()))
    assert sum(autograd.tape().memory().values()) == 0
    assert max(lengths) < 1_000


def test_going_on_without_detach_says_what_is_wrong():
    layer = nn.LSTM(2, 3)
    out, state = layer(autograd.ones(3, 1, 2))
    out.sum().backward()
    out, _ = layer(autograd.ones(3, 1, 2), state)
    with pytest.raises(RuntimeError, match="backward through the graph a second time"):
        out.sum().backward()


@pytest.mark.parametrize("kind", KINDS)
def test_training_on_packed_sequences_is_training_on_each(kind):
    """The same steps as with every sequence run on its own, in the order they were given in."""
    rng = np.random.default_rng(0)
    sequences = [autograd.tensor(rng.standard_normal((length, 2))) for length in (3, 7, 1, 7, 5)]
    goals = autograd.tensor(rng.standard_normal((5, 4)))
    weights = []
    for packed in (True, False):
        autograd.manual_seed(1)
        layer = getattr(nn, kind)(2, 4, 2, dtype=np.float64)
        optimizer = nn.optim.Adam(layer.parameters(), lr=0.05)
        losses = []
        for _ in range(10):
            if packed:
                _, state = layer(pack_sequence(sequences, enforce_sorted=False))
                last = first(state)[-1]
            else:
                last = autograd.stack([first(layer(sequence)[1])[-1] for sequence in sequences])
            loss = ((last - goals) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        assert losses[-1] < losses[0]
        weights.append([p.detach().numpy() for p in layer.parameters()])
    for one, other in zip(*weights, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-9)


def test_padding_has_no_gradient_and_packed_outputs_keep_their_order():
    lengths = [2, 5, 3]
    padded = pad_sequence([autograd.ones(length, 1) for length in lengths]).requires_grad_()
    layer = nn.GRU(1, 3)
    packed, _ = layer(nn.utils.rnn.pack_padded_sequence(padded, lengths, enforce_sorted=False))
    out, found = pad_packed_sequence(packed)
    assert found.tolist() == lengths
    out.sum().backward()
    used = padded.grad.numpy()[:, :, 0] != 0
    np.testing.assert_array_equal(used, np.arange(5)[:, None] < np.array(lengths))


def test_dropout_keeps_the_mean_and_follows_the_seed():
    """A quarter of what goes to the second layer is dropped, the rest is scaled up; the first layer is untouched."""
    layer = nn.RNN(1, 1, 2, "relu", bias=False, dropout=0.25)
    with autograd.no_grad():
        for p, value in zip(layer.parameters(), (1.0, 0.0, 1.0, 0.0), strict=True):
            p.fill_(value)  # both layers pass on what they get
    x = autograd.ones(200, 100, 1)
    autograd.manual_seed(0)
    out, h = layer(x)
    values = out.detach().numpy()
    np.testing.assert_allclose(np.unique(values), [0, 1 / 0.75], rtol=1e-6)
    assert np.mean(values == 0) == pytest.approx(0.25, abs=0.01)
    assert (h[0].detach().numpy() == 1).all()
    autograd.manual_seed(0)
    np.testing.assert_array_equal(layer(x)[0].detach().numpy(), values)
    assert not np.array_equal(layer(x)[0].detach().numpy(), values)
    layer.eval()
    assert (layer(x)[0].detach().numpy() == 1).all()


@pytest.mark.parametrize("name", ["model.npz", "model.safetensors"])
@pytest.mark.parametrize("settings", [{}, {"num_layers": 2, "bidirectional": True, "proj_size": 2}, {"bias": False}])
def test_files(tmp_path, name, settings):
    layer, other = nn.LSTM(3, 4, **settings), nn.LSTM(3, 4, **settings)
    nn.save(layer.state_dict(), tmp_path / name)
    other.load_state_dict(nn.load(tmp_path / name))
    x = autograd.randn(5, 2, 3)
    np.testing.assert_array_equal(other(x)[0].detach().numpy(), layer(x)[0].detach().numpy())


def test_open_forget_gates_keep_what_is_in_the_cells():
    """As the docstring of LSTM says: from one half to sigmoid(bias) a step."""
    layer = nn.LSTM(1, 4)
    with autograd.no_grad():
        for p in layer.parameters():
            p.fill_(0.0)
    first = autograd.zeros(1, 1, 4), autograd.ones(1, 1, 4)
    x = autograd.zeros(20, 1, 1)
    _, (_, c) = layer(x, first)
    np.testing.assert_allclose(c.detach().numpy(), 0.5**20, rtol=1e-5)
    with autograd.no_grad():
        layer.bias_ih_l0[4:8] = 1.0
    _, (_, c) = layer(x, first)
    np.testing.assert_allclose(c.detach().numpy(), (1 / (1 + np.exp(-1))) ** 20, rtol=1e-4)
