"""Frozen functions with running statistics: written when all is computed, or not compiled."""

from __future__ import annotations

import copy

import numpy as np
import pytest

import autograd
import nn
from autograd import tensor
from autograd.compiler import build
from autograd.compiler.compiled import Compiled
from autograd.errors import CaptureError
from autograd.extend import array_of, rewritten
from autograd.ops.norm import running_average
from autograd.replay import compile


def floats(*shape, seed=0):
    return tensor(np.random.default_rng(seed).standard_normal(shape).astype(np.float32))


def net():
    autograd.manual_seed(0)
    layers = nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(12, 4)
    return nn.Sequential(*layers, nn.BatchNorm1d(4), nn.Linear(4, 2))


def trained(wrap, whole, again=False):
    """Losses and the state of a net after some steps; `whole`: backward and the optimiser stand in the function."""
    model, loss_of = net(), nn.MSELoss()
    optimiser = nn.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)

    def loss_at(x, y):
        z = loss_of(model(x), y)
        if again:
            z = z + loss_of(model(x * 0.5), y)
        if whole:
            optimiser.zero_grad()
            z.backward()
            optimiser.step()
        return z

    step = wrap(loss_at)
    losses = []
    for seed in range(6):
        z = step(floats(5, 1, 6, 6, seed=seed), floats(5, 2, seed=seed + 9))
        losses.append(z.item())
        if not whole:
            optimiser.zero_grad()
            z.backward()
            optimiser.step()
    return losses, {name: value.tolist() for name, value in model.state_dict().items()}


def close(a, b):
    (losses, state), (others, other) = a, b
    return np.allclose(losses, others, 1e-4, 1e-5) and all(
        np.allclose(value, other[name], 1e-3, 1e-4) for name, value in state.items()
    )


@pytest.mark.parametrize("again", [False, True])
@pytest.mark.parametrize("whole", [False, True])
def test_batch_norm_in_training_is_frozen(whole, again):
    frozen = []

    def wrap(function):
        frozen.append(compile(function, frozen=True))
        return frozen[0]

    found = trained(wrap, whole, again)
    assert close(trained(lambda function: function, whole, again), found)
    assert found[1]["1.num_batches_tracked"] == 6 * (1 + again)
    assert "running_average" in frozen[0].source


def test_a_write_that_is_left_out_is_found(monkeypatch):
    monkeypatch.setattr(Compiled, "write", lambda self, outs: None)
    plain = trained(lambda function: function, False)
    assert not close(plain, trained(lambda function: compile(function, frozen=True), False))


def test_memory_and_pending_walks():
    """The memory stays what it was; a record that was made before has what it has kept."""
    norm, x, w = nn.BatchNorm1d(3), floats(4, 3), floats(3, seed=1).requires_grad_()
    view, address = norm.running_mean[1:], array_of(norm.running_mean).__array_interface__["data"]
    frozen = compile(lambda x: norm(x).sum(), frozen=True)
    for _ in range(3):
        frozen(x)
    assert array_of(norm.running_mean).__array_interface__["data"] == address
    assert view.tolist() == norm.running_mean.tolist()[1:]
    waits = (norm.running_mean * w).sum()
    frozen(x)
    with pytest.raises(autograd.errors.InplaceError, match="mul"):
        waits.backward()


def test_second_derivatives_leave_statistics_alone():
    norm, x = nn.BatchNorm1d(3).double(), tensor(np.random.default_rng(0).standard_normal((4, 3)), requires_grad=True)
    other = copy.deepcopy(norm)
    frozen = compile(lambda x: (norm(x) ** 3).sum(), frozen=True)
    for _ in range(3):
        z = frozen(x)
        other(x)
    before = norm.running_mean.tolist()
    assert before == pytest.approx(other.running_mean.tolist(), rel=1e-12)
    (g,) = autograd.autograd.grad(z, x, create_graph=True)
    (h,) = autograd.autograd.grad((g * g).sum(), x)
    (plain,) = autograd.autograd.grad((other(x) ** 3).sum(), x, create_graph=True)
    (expected,) = autograd.autograd.grad((plain * plain).sum(), x)
    assert np.allclose(h, expected, 1e-9, 1e-9)
    assert norm.running_mean.tolist() == before


def moves(mean, x):
    assert rewritten(running_average, mean, array_of(x), momentum=0.1, scale=1.0)


def program_of(function):
    mean, w = floats(3), floats(3, seed=1).requires_grad_()
    return autograd.capture(lambda x: function(mean, x, w), floats(3, seed=2))


@pytest.mark.parametrize(
    "function",
    [
        lambda mean, x, w: (moves(mean, x), mean)[1],  # a result
        lambda mean, x, w: (mean[1:], moves(mean, x), (x * w).sum())[2],  # a view
        lambda mean, x, w: ((mean * w).sum(), moves(mean, x))[0],  # a record
        lambda mean, x, w: (moves(mean, x), x * mean.sum().item())[1],  # somebody looks
        lambda mean, x, w: (moves(mean, x), mean.add_(1.0), mean.view(1, 3) * x)[2],  # the same memory twice
        lambda mean, x, w: (mean.zero_(), (x * w).sum())[1],  # a part is written, or a number
    ],
)
def test_what_others_could_see_is_not_compiled(function):
    with pytest.raises(CaptureError, match="writes into an array, which is not compiled"):
        build(program_of(function))


def test_what_nobody_sees_is():
    x, times = floats(3, seed=4), [0]

    def function(mean, x, w):
        before = mean * 2.0
        moves(mean, x)
        moves(mean, before * x)
        times[0] = mean
        return (x * w).sum() + (mean * 1.0).sum().detach()

    program = program_of(function)
    mean = times[0]
    begin = mean.clone()
    found = build(program)(x)
    after = mean.tolist()
    mean.copy_(begin)
    assert found.item() == pytest.approx(program(x).item(), rel=1e-6)
    assert after == pytest.approx(mean.tolist(), rel=1e-6)
