"""Compiled programs against eager ones: values and gradients of random programs, and of what compilers get wrong."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import autograd
import nn
import nn.functional as F
from autograd.compiler import build
from kernels.machine import jit

from .programs import Drawn

if jit.ENABLED:
    from autograd.compiler import known, scalar

pytestmark = pytest.mark.skipif(not jit.ENABLED, reason="nothing is compiled")


def results(function, inputs, seed=0):
    """Values and gradients of a function whose results are Tensors."""
    for x in inputs:
        x.grad = None
    outs = function(*inputs)
    outs = outs if isinstance(outs, tuple) else (outs,)
    rng = np.random.default_rng(seed)
    weights = [rng.standard_normal(z.shape) for z in outs]
    tracked = [(z, w) for z, w in zip(outs, weights, strict=True) if z.requires_grad]
    if tracked:
        autograd.backward([z for z, _ in tracked], [autograd.tensor(w, dtype=z.dtype) for z, w in tracked])
    return [z.detach().numpy().copy() for z in outs], [None if x.grad is None else x.grad.numpy() for x in inputs]


def near(got, wanted, tolerance):
    """Equal but for rounding, as much as the largest number allows; NaN and infinities where they were."""
    assert got.dtype == wanted.dtype
    assert got.shape == wanted.shape
    finite = np.isfinite(wanted)
    np.testing.assert_array_equal(np.isnan(got), np.isnan(wanted))
    np.testing.assert_array_equal(got[~finite], wanted[~finite])
    scale = float(np.abs(wanted[finite]).max(initial=1e-3))
    np.testing.assert_allclose(got[finite], wanted[finite], rtol=tolerance, atol=tolerance * scale)


def agrees(function, inputs, tolerance):
    program = autograd.capture(function, *inputs)
    compiled = build(program)
    values, grads = results(function, inputs)
    for _ in range(2):
        got, slopes = results(compiled, inputs)
        for a, b in zip(got, values, strict=True):
            near(a, b, tolerance)
        for a, b in zip(slopes, grads, strict=True):
            if b is None:
                assert a is None or not a.any()
            else:
                near(a, b, tolerance)
    with autograd.no_grad():
        outs = compiled(*inputs)
        for a, b in zip(outs if isinstance(outs, tuple) else (outs,), values, strict=True):
            near(a.numpy(), b, tolerance)
    return compiled


@pytest.mark.parametrize("seed", range(40))
def test_random_programs(seed):
    drawn = Drawn(seed, 4 + seed % 13)
    with np.errstate(all="ignore"):
        agrees(drawn, drawn.inputs(autograd.float64), 1e-9)
        agrees(drawn, drawn.inputs(autograd.float32, 0.7), 2e-3)


def image(seed=0, dtype=autograd.float32):
    return autograd.tensor(np.random.default_rng(seed).standard_normal((3, 2, 8, 8)), dtype=dtype, requires_grad=True)


KEEPING = {
    "max_pool": lambda x: F.max_pool2d(x, 2).square(),
    "batch_norm": lambda x: F.batch_norm(x, None, None, training=True) * x,
    "layer_norm": lambda x: F.layer_norm(x, (8,)) * x,
    "group_norm": lambda x: F.group_norm(x, 2).tanh(),
    "attention": lambda x: F.scaled_dot_product_attention(x, x * 2, x + 1),
    "conv": lambda x: F.conv2d(x, x[:2, :, :3, :3], padding=1).relu(),
    "cross_entropy": lambda x: F.cross_entropy(x.reshape(3, -1), autograd.tensor([1, 0, 5])) * 2,
    "cross_entropy of images": lambda x: F.cross_entropy(x, autograd.zeros(3, 8, 8, dtype=autograd.int64)),
    "std": lambda x: x.std(-1),
    "norm": lambda x: autograd.linalg.vector_norm(x, 2, -1),
    "split": lambda x: autograd.split(x, 3, -1)[1] * autograd.stack([x, x * 2])[..., 1:4].sum(0),
    "masked": lambda x: x.masked_fill(x > 0.3, -2.0).exp() + x.masked_fill(autograd.eye(8).bool(), x.sum()),
    "einsum": lambda x: autograd.einsum("abij,abkj->aik", x, x),
    "embedding": lambda x: F.embedding(autograd.tensor([[0, 2], [2, 1]]), x.reshape(3, -1)),
    "indices": lambda x: x[autograd.tensor([0, 2, 0]), 1] * 2,
    "dtypes": lambda x: (x.to(autograd.float64) * 3).to(autograd.float16) * 2,
    "integers": lambda x: x * (autograd.arange(8) % 3) + (x > 0).sum(-1, keepdim=True),
}
"""What the compiler does not know runs as it is: ops that keep something, views of several results, other dtypes."""


@pytest.mark.parametrize("kind", ["LSTMCell", "GRUCell", "RNNCell"])
def test_steps_of_recurrent_layers_are_those_of_their_formula(kind):
    autograd.manual_seed(0)
    cell = getattr(nn, kind)(8, 5)

    def function(x, *weights):
        state = None
        for part in x.unbind(0):
            state = cell(part[0], state)
        return state

    x = image()
    weights = list(cell.parameters())
    program = agrees(function, [x, *weights], 1e-4)
    assert not [node.name for node in program.lowered[1].graph.nodes if node.name.endswith("cell")]


@pytest.mark.parametrize("name", KEEPING)
def test_what_is_not_known_runs_as_it_is(name):
    agrees(KEEPING[name], [image()], 2e-5 if name != "dtypes" else 2e-3)


@pytest.mark.parametrize("op", ["tanh", "mul", "where", "sum"])
def test_a_wrong_formula_is_found(op, monkeypatch):
    wrong = {
        "tanh": (scalar.FORMULAS, lambda e, x: e.tanh(x) * 1.001),
        "mul": (scalar.FORMULAS, lambda e, x, y: x + y),
        "where": (scalar.FORMULAS, lambda e, condition, x, y: e.choose(condition, y, x)),
        "sum": (known.OPS, lambda graph, step, x, **settings: known.OPS["mean"](graph, step, x, **settings)),
    }
    table, formula = wrong[op]
    monkeypatch.setitem(table, op, formula)
    with pytest.raises(AssertionError):
        agrees(lambda x: autograd.where(x > 0, x.tanh() * x, x).sum(-1), [image()], 1e-5)


def test_threads_of_python_do_not_share_memory():
    x = image(dtype=autograd.float64)
    program = build(autograd.capture(lambda x: (x.exp() @ x.transpose(-1, -2)).tanh().sum(-1), x))
    inputs = [image(seed, autograd.float64) for seed in range(8)]
    wanted = [results(program, [each])[1][0] for each in inputs]
    with ThreadPoolExecutor(4) as pool:
        for _ in range(10):
            found = pool.map(lambda each: results(program, [each])[1][0], inputs)
            for got, right in zip(found, wanted, strict=True):
                np.testing.assert_array_equal(got, right)


def test_what_is_returned_twice_has_memory_of_its_own():
    frozen = autograd.compile(lambda x: (x * 2, x * 2, (x + 1).sum()), frozen=True)
    for size in (3, 20_000):  # in the frame, or handed over
        x = autograd.tensor(np.ones(size, np.float32))
        for _ in range(2):
            a, b, _ = frozen(x)
            assert not np.shares_memory(a.numpy(), b.numpy())
            np.testing.assert_array_equal(a.numpy(), b.numpy())


def test_a_single_large_op_is_left_as_it_is():
    """It would take as long compiled, and what stands around it would come on top."""
    norm = nn.LayerNorm(64)
    x = autograd.tensor(np.random.default_rng(0).standard_normal((1024, 64)).astype(np.float32))
    replayed, two = autograd.compile(lambda x: norm(x)), autograd.compile(lambda x: norm(x).tanh() * 2)
    for _ in range(12):
        assert np.array_equal(replayed(x).detach().numpy(), norm(x).detach().numpy())
        two(x)
    assert replayed.memory.left == ("too little is computed together to pay", replayed.memory.left[1])
    assert two.memory.left is None
