"""Loops over time steps in Python, as compiled programs: what many steps bring is put together at once."""

from __future__ import annotations

import numpy as np
import pytest

import autograd
import nn
from autograd import tensor
from autograd.compiler import build, frozen
from autograd.compiler.shapes import part_of
from kernels.machine import jit

from .test_compiled import agrees

pytestmark = pytest.mark.skipif(not jit.ENABLED, reason="nothing is compiled")


def drawn(*shape, seed=0, dtype=autograd.float64):
    return tensor(np.random.default_rng(seed).standard_normal(shape), dtype=dtype, requires_grad=True)


def names(function, *inputs):
    """The kinds of nodes of the way back, and the products' shapes."""
    program = build(autograd.capture(function, *inputs))
    ready = program.training(program.tracked)
    forward, backward = [phase.nodes for phase in ready.plan.phases]
    return [[(node.name, node.out.shape) for node in nodes] for nodes in (forward, backward)]


@pytest.mark.parametrize("size", [1, 3, 5, 17])
def test_parts_that_fill_an_array(size):
    x = drawn(6, size, 3)
    agrees(lambda x: sum((x[t] * (t + 1)).sin() for t in range(6)), [x], 1e-9)
    _, backward = names(lambda x: sum((x[t] * (t + 1)).sin() for t in range(6)), x)
    assert ("join", (6, size, 3)) in backward
    assert not [name for name, _ in backward if name.startswith("getitem")]


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x[1:4].sin() + x[2:5].cos() + x[0:3].exp() + x[3:6] + x[-3:],  # parts that overlap
        lambda x: x[0].sin() + x[2].cos() + x[-1] + x[4] * x[4],  # gaps
        lambda x: x[:, 1].sin().sum() + x[0].cos().sum() + x[:, :2].exp().sum() + x[5].sum() + x[:, -1].sum(),
        lambda x: x[0] * x[1] + x[::2][1] + x[[1, 2]].sum(0) + x[3, None][0] + x[4, ...],  # all kinds of indices
        lambda x: x[2:4].sum(),
        lambda x: x[0],
        lambda x: (x * 2)[1] + (x * 2)[1] * x[1] + x.mean(0),
    ],
)
def test_parts_of_all_kinds(function):
    agrees(function, [drawn(6, 4, 3)], 1e-9)


def test_what_is_a_part():
    assert part_of(-1, (4, 3)) == (0, 3, 4)
    assert part_of((slice(None), slice(1, 9)), (4, 3)) == (1, 1, 3)
    for index in ((0, 1), slice(None), slice(None, None, 2), slice(3, 1), None, (0, None), [0]):
        assert part_of(index, (4, 3)) is None


def loop(cell, x):
    state, found = None, []
    for t in range(len(x)):
        state = cell(x[t], state)
        found.append(state[0] if isinstance(state, tuple) else state)
    return autograd.stack(found)


@pytest.mark.parametrize("kind", [nn.LSTMCell, nn.GRUCell, nn.RNNCell])
@pytest.mark.parametrize(("batch", "inputs", "units"), [(3, 5, 7), (9, 33, 65)])
def test_cells(kind, batch, inputs, units):
    autograd.manual_seed(0)
    cell = kind(inputs, units, dtype=autograd.float64)
    parameters = list(cell.parameters())
    x = drawn(6, batch, inputs)

    def function(x, *weights):
        return loop(cell, x)

    program = build(autograd.capture(function, x))
    found = []
    for run in (lambda x: loop(cell, x), program):
        x.grad = None
        cell.zero_grad()
        z = run(x)
        (z * z.detach().cos()).sum().backward()
        found.append([z.detach().numpy(), x.grad.numpy(), *[p.grad.numpy().copy() for p in parameters]])
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, 1e-9, 1e-11)


def test_weights_of_all_steps_take_one_product():
    w, x = drawn(40, 30), drawn(8, 33, 30, seed=1)

    def function(x, w):
        z = x[0] @ w.T
        for t in range(1, 8):
            z = (z + x[t] @ w.T).tanh()
        return z

    agrees(function, [x, w], 1e-8)
    forward, backward = names(function, x, w)
    assert [shape for name, shape in forward if name == "product"] == [(8 * 33, 40)]
    assert "sum_of_products" in [name for name, _ in backward]
    assert [shape for name, shape in backward if name == "product"] == [(8 * 33, 30)]


def test_a_weight_that_is_packed_once_for_all_steps_is_that_of_the_call():
    rng = np.random.default_rng(0)
    w = tensor(rng.standard_normal((144, 144)).astype("f") / 11, requires_grad=True)

    def last(x):
        for _ in range(5):
            x = (x @ w.T).tanh()
        return (x * x).mean()

    f = frozen(last)
    for call in range(4):
        x = tensor(rng.standard_normal((32, 144)).astype("f"), requires_grad=True)
        found = [[z.detach().numpy(), *autograd.grad(z, [x, w])] for z in (f(x), last(x))]
        for got, wanted in zip(*found, strict=True):
            np.testing.assert_allclose(got, wanted, rtol=2e-5, atol=1e-7)
        with autograd.no_grad():
            w.mul_(1.1) if call % 2 else w.copy_(w.T.clone())
    assert f.source.count("packed(") == 2  # in forward, and in backward
