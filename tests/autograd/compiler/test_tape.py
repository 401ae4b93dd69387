"""A compiled program as one record on the tape: hooks, optimisers, second derivatives, memory."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import autograd
from autograd import tensor
from autograd.compiler import build, frozen
from autograd.errors import CaptureError, GraphError, GuardError, InplaceError, ShapeError
from kernels.machine import jit

from .test_compiled import agrees, results

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.skipif(not jit.ENABLED, reason="nothing is compiled")


def drawn(*shape, seed=0, dtype=autograd.float64):
    return tensor(np.random.default_rng(seed).standard_normal(shape), dtype=dtype, requires_grad=True)


def compiled(function, *inputs):
    return build(autograd.capture(function, *inputs))


def test_it_is_one_record():
    autograd.tape().clear()
    x = drawn(3, 4)
    program = compiled(lambda x: (x.tanh() * x).sum() * 2, x)
    autograd.tape().clear()
    z = program(x * 1)
    assert [record.op for record in autograd.tape()][-2:] == ["mul", program.name]
    z.backward()
    assert len(autograd.tape()) == 0
    with autograd.no_grad():
        assert not program(x).requires_grad


def test_hooks_see_gradients_at_its_ends():
    x, seen = drawn(3), []
    program = compiled(lambda x: x * x * 3, x)
    x.register_hook(lambda g: seen.append(g.numpy().copy()))
    y = program(x)
    y.register_hook(lambda g: g * 2)
    y.sum().backward()
    np.testing.assert_array_equal(seen[0], 12 * x.detach().numpy())
    np.testing.assert_array_equal(x.grad.numpy(), seen[0])


def test_second_derivatives_are_those_of_the_operations():
    def function(x, w):
        return ((x @ w).sin() * x.sum(-1, keepdim=True)).mean()

    x, w = drawn(3, 4), drawn(4, 5, seed=1)
    program = compiled(function, x, w)
    found = []
    for each in (function, program):
        (g,) = autograd.grad(each(x, w), [w], create_graph=True)
        found.append([h.numpy() for h in autograd.grad((g * g).sum(), [x, w])])
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, 1e-12)


def test_parameters_are_read_anew():
    w = drawn(4)
    program = compiled(lambda x: (x * w).sum(), drawn(4, seed=1))
    x = drawn(4, seed=2)
    with autograd.no_grad():
        w += 1
    assert program(x).item() == pytest.approx((x * w).sum().item())
    w.data = tensor([1.0, 2.0, 3.0, 4.0], dtype=autograd.float64)
    program(x).backward()
    np.testing.assert_array_equal(x.grad.numpy(), w.detach().numpy())
    np.testing.assert_array_equal(w.grad.numpy(), x.detach().numpy())


def test_several_forwards_before_the_first_backward():
    w = drawn(3)
    program = compiled(lambda x: (x * w).exp().sum(), drawn(3, seed=1))
    inputs = [drawn(3, seed=seed) for seed in range(2, 7)]
    losses = [program(x) for x in inputs]
    autograd.backward(losses)
    for x in inputs:
        np.testing.assert_allclose(x.grad.numpy(), (np.exp((x * w).detach().numpy()) * w.detach().numpy()), 1e-12)
    (ready,) = program.ways.values()
    made = ready.frames.made
    assert made == 5
    for _ in range(20):
        autograd.backward([program(x) for x in inputs])
    assert ready.frames.made == made


def test_results_that_are_dropped_give_their_memory_back():
    program = compiled(lambda x: (x * x).sum(), drawn(3))
    for _ in range(10):
        program(drawn(3))
        autograd.tape().clear()
    gc.collect()
    (ready,) = program.ways.values()
    assert ready.frames.made <= 2


def test_results_are_never_overwritten():
    for size in (5, 9000):
        program = compiled(lambda x: (x * 2, x.view(-1, 5) + 1, x), drawn(size))
        first = program(drawn(size, seed=1))
        copies = [z.detach().numpy().copy() for z in first]
        for seed in range(2, 5):
            program(drawn(size, seed=seed))
            with autograd.no_grad():
                program(drawn(size, seed=seed))
        for z, copy in zip(first, copies, strict=True):
            np.testing.assert_array_equal(z.detach().numpy(), copy)


def test_backward_twice_with_retain_graph():
    x = drawn(4, 5)
    program = compiled(lambda x: (x.softmax(-1).log() * x).sum(), x)
    loss = program(x)
    loss.backward(retain_graph=True)
    once = x.grad.numpy().copy()
    loss.backward()
    np.testing.assert_allclose(x.grad.numpy(), 2 * once, 1e-14)
    with pytest.raises(autograd.errors.GraphError, match="second time"):
        loss.backward()


def test_writing_into_what_backward_needs_is_noticed():
    x = drawn(3)
    y = x * 1
    z = compiled(lambda x: x * x, drawn(3))(y)
    y.detach().mul_(2)
    with pytest.raises(InplaceError):
        z.sum().backward()


@pytest.mark.parametrize("size", [3, 40_000])
def test_writing_into_what_only_the_compiler_reads_is_allowed(size):
    def function(x, w):
        return (x + w).relu() * 2  # backward needs the result of relu; we compute that again from x and w

    x, w = drawn(size), drawn(size, seed=1)
    y = x * 1
    z = compiled(function, x, w)(y, w)
    wanted = autograd.grad(function(x, w).sum(), [x, w])
    y.detach().fill_(-100)
    with autograd.no_grad():
        w.fill_(-100)
    for g, h in zip(autograd.grad(z.sum(), [x, w]), wanted, strict=True):
        np.testing.assert_array_equal(g.numpy(), h.numpy())


def test_only_some_inputs_require_grad():
    x, y = drawn(3, 4), drawn(4, seed=1)
    program = compiled(lambda x, y: x * y + y, x, y)
    for tracked in ((x, y.detach()), (x.detach(), y), (x.detach(), y.detach())):
        z = program(*tracked)
        assert z.requires_grad == any(each.requires_grad for each in tracked)
        if z.requires_grad:
            leaves = [each for each in tracked if each.requires_grad]
            got, wanted = (autograd.grad(f(*tracked).sum(), leaves) for f in (program, lambda x, y: x * y + y))
            for a, b in zip(got, wanted, strict=True):
                np.testing.assert_array_equal(a.numpy(), b.numpy())


@pytest.mark.parametrize("shape", [(0,), (3, 0), (1,), (1, 1, 1), ()])
def test_no_elements_and_one(shape):
    agrees(lambda x: ((x * 2).exp() + x.sum(), x.tanh().sum()), [drawn(*shape)], 1e-12)


def test_inputs_with_gaps_and_inputs_that_are_one():
    x = drawn(6, 8)

    def function(x, y):
        return x @ y.transpose(0, 1), (x * y).relu().sum(0)

    program = compiled(function, drawn(3, 4), drawn(3, 4, seed=1))
    for a, b in [(x[::2, ::2], x[1::2, 4:]), (x[:3, :4], x[:3, :4]), (x.T[:3, :4], x[:3, 4:])]:
        for got, wanted in zip(program(a, b), function(a, b), strict=True):
            np.testing.assert_allclose(got.detach().numpy(), wanted.detach().numpy(), 1e-12)


def test_long_chains():
    def function(x, y):
        for _ in range(1000):
            x = x * y
        return x

    x = drawn(16, dtype=autograd.float32)
    y = tensor(np.linspace(0.99, 1.01, 16), dtype=autograd.float32, requires_grad=True)
    agrees(function, [x, y], 1e-4)


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_large_arrays_in_threads(threads):
    before = autograd.get_num_threads()
    autograd.set_num_threads(threads)
    try:
        x = drawn(300, 401, dtype=autograd.float32)
        agrees(lambda x: ((x.softmax(-1) * x).sum(0), x.exp().mean(), x.T * 2), [x], 1e-4)
    finally:
        autograd.set_num_threads(before)


def test_shapes_and_guards_are_checked():
    program = compiled(lambda x: x * 2 if x.sum() > 0 else x * 3, tensor([1.0, 2.0]))
    assert program(tensor([2.0, 5.0])).tolist() == [4.0, 10.0]
    with pytest.raises(GuardError, match="item"):
        program(tensor([-2.0, 1.0]))
    with pytest.raises(ShapeError):
        program(tensor([1.0]))


def test_what_changes_arrays_is_refused_with_its_line():
    with pytest.raises(CaptureError, match="test_tape"):
        compiled(lambda x: x.detach().add_(1), drawn(3))


def test_the_source_is_shown():
    program = compiled(lambda x: (x @ x).exp().sum(), drawn(3, 3))
    results(program, [drawn(3, 3)])
    assert "def forward(frame" in program.source
    assert "def backward(frame" in program.source


def test_without_a_compiler_functions_run_as_they_are():
    code = """
import autograd
from autograd.compiler import build
f = autograd.compile(lambda x: (x * 2).sum(), frozen=True)
x = autograd.ones(3, requires_grad=True)
f(x).backward()
assert x.grad.tolist() == [2.0] * 3
try:
    build(autograd.capture(lambda x: x * 2, x))
except autograd.errors.CaptureError as error:
    assert "NUMBA_DISABLE_JIT" in str(error)
else:
    raise AssertionError
"""
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "NUMBA_DISABLE_JIT": "1"}, cwd=ROOT)


class TestFrozen:
    def test_python_runs_once_for_each_kind_of_call(self):
        calls = []

        @autograd.compile(frozen=True)
        def function(x, scale=1.0, *, name="a"):
            calls.append(x.shape)
            return x * scale if name == "a" else x

        x = drawn(3)
        for _ in range(3):
            assert function(x).tolist() == x.tolist()
            assert function(x, 2.0).tolist() == (x * 2).tolist()
            assert function(x, name="b").tolist() == x.tolist()
            assert function(drawn(4)).shape == (4,)
        assert len(calls) == 4

    def test_branches_on_values_are_found_again(self):
        function = frozen(lambda x: x * 2 if x.sum() > 0 else -x)
        for values in ([1.0, 2.0], [-3.0, 1.0], [4.0, 4.0], [-1.0, -1.0]):
            wanted = [2 * v for v in values] if sum(values) > 0 else [-v for v in values]
            assert function(tensor(values)).tolist() == wanted
        assert sum(map(len, function.compiled.values())) == 2

    def test_training_and_evaluation(self):
        import nn

        autograd.manual_seed(0)
        net = nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.5))
        function = frozen(net)
        x = drawn(2, 4, dtype=autograd.float32)
        autograd.manual_seed(1)
        wanted = [net(x).tolist() for _ in range(3)]
        autograd.manual_seed(1)
        got = [function(x).tolist() for _ in range(3)]
        np.testing.assert_allclose(got, wanted, 1e-5, 1e-6)  # of the same random numbers
        net.eval()
        np.testing.assert_allclose(function(x).detach().numpy(), net(x).detach().numpy(), 1e-5, 1e-6)

    def test_a_network_learns_the_same(self):
        import nn
        from nn import optim

        x, y = drawn(32, 6, dtype=autograd.float32).detach(), autograd.tensor(np.arange(32) % 3)
        losses = []
        for freeze in (False, True):
            autograd.manual_seed(0)
            net = nn.Sequential(nn.Linear(6, 16), nn.GELU(), nn.LayerNorm(16), nn.Linear(16, 3))
            optimiser = optim.Adam(net.parameters(), lr=0.01)
            net = nn.Sequential(net, nn.Softplus())
            forward = frozen(net) if freeze else net
            losses.append([])
            for _ in range(20):
                optimiser.zero_grad()
                loss = nn.functional.cross_entropy(forward(x), y)
                loss.backward()
                optimiser.step()
                losses[-1].append(loss.item())
        np.testing.assert_allclose(losses[1], losses[0], 1e-4)
        assert losses[0][-1] < losses[0][0]


def test_a_walk_back_that_is_retained_leaves_what_the_next_reads():
    """Backward overwrites what forward has kept: where another walk may come, it runs on a copy."""
    rng = np.random.default_rng(3)
    w = tensor(rng.standard_normal((9, 9)), requires_grad=True)
    x = tensor(rng.standard_normal((5, 9)), requires_grad=True)

    def deep(x):
        for _ in range(6):
            x = (x @ w).tanh() * x.sigmoid()
        return x

    compiled = frozen(deep)
    compiled(x)
    seeds = [tensor(rng.standard_normal((5, 9))) for _ in range(3)]
    for function in (compiled, deep):
        z = function(x)
        found = [autograd.grad(z, [x, w], seed, retain_graph=True) for seed in (*seeds, seeds[0])]
        found.append(autograd.grad(z, [x, w], seeds[0]))
        with pytest.raises(GraphError):
            autograd.grad(z, [x, w], seeds[0])
        if function is compiled:
            kept = found
    for a, b in zip(kept, found, strict=True):
        for got, wanted in zip(a, b, strict=True):
            np.testing.assert_allclose(got.numpy(), wanted.numpy(), 1e-9, 1e-12)
    for a, b in zip(kept[0], kept[3], strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())
