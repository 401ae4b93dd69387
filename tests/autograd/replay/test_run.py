"""Promises, paths and settling: the parts of `autograd.replay`."""

from __future__ import annotations

import copy
import itertools
import pickle

import numpy as np
import pytest

import autograd
import nn
from autograd import tensor
from autograd.errors import CaptureError, GraphError
from autograd.extend import array_of, noted
from autograd.replay import compile, variants
from autograd.replay.fitting import arranged, lies_plainly
from autograd.replay.learned import facts_of
from autograd.replay.promise import Promise
from kernels.machine import jit


def numbers(*shape, seed=0):
    return tensor(np.random.default_rng(seed).standard_normal(shape))


def called(function, *inputs, times=4, backend="eager"):
    """The results of a compiled function, called several times, as lists."""
    compiled = compile(function, backend=backend)
    return [autograd.as_tensor(compiled(*inputs)).tolist() for _ in range(times)]


def test_what_was_seen_before_is_promised():
    seen = []
    w = numbers(4, 3).requires_grad_()

    def f(x):
        h = (x @ w).tanh()
        seen.append((type(h) is Promise, isinstance(h, autograd.Tensor), h.shape, h.dtype, h.requires_grad, h.ndim))
        return (h * 2.0).sum()

    x = numbers(5, 4, seed=1)
    expected = f(x)
    expected.backward()
    gradient, w.grad = w.grad, None
    seen.clear()
    compiled = compile(f, backend="eager")
    for _ in range(3):
        z = compiled(x)
        assert type(z) is autograd.Tensor
        z.backward()
        assert z.item() == expected.item()
        assert w.grad.tolist() == gradient.tolist()
        w.grad = None
    assert [was for was, *_ in seen] == [False, True, True]
    assert {tuple(rest) for _, *rest in seen} == {(True, (5, 3), np.dtype(np.float64), True, 2)}


@pytest.mark.parametrize("way", ["copied", "pickled"])
def test_weights_of_copies_wait_too(way):
    layers = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    layers = copy.deepcopy(layers) if way == "copied" else pickle.loads(pickle.dumps(layers))
    compiled = compile(lambda x: layers(x).sum(), backend="eager")
    x = numbers(5, 3).float()
    for _ in range(3):
        compiled(x)
    assert compiled.memory.steps == 4
    assert compiled.memory.promised == 8


def trained(wrap, between=lambda model, number: None, loss_of=lambda z: (z * z).mean()):
    """Losses, weights and gradients of a training whose step is compiled as a whole."""
    autograd.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    opt = nn.optim.SGD(model.parameters(), lr=0.1)

    def step(x):
        loss = loss_of(model(x))
        opt.zero_grad()
        loss.backward()
        opt.step()
        return loss

    run, found = wrap(step), []
    for number in range(8):
        between(model, number)
        found.append(run(numbers(5, 3, seed=number).float()).item())
        found += [p.grad.tolist() if p.requires_grad else None for p in model.parameters()]
    return found, [p.tolist() for p in model.parameters()]


def hooked(model, number):
    if number == 5:
        model[0].weight.register_hook(lambda g: g * 0.5)
        model[2].bias.register_post_accumulate_grad_hook(lambda p: p.grad.mul_(2.0))


def refrozen(model, number):
    model[0].requires_grad_(number != 5)


@pytest.mark.parametrize(
    ("between", "at_once"),
    [(lambda model, number: None, [True] * 5), (hooked, [True, True, False, False, False]), (refrozen, [True] * 4)],
)
def test_a_loss_and_its_gradients_are_computed_at_once(between, at_once, monkeypatch):
    ways = []
    descend = variants.Variant.descend

    def noticed(self, *args):
        found = descend(self, *args)
        ways.append(found is not None)
        return found

    monkeypatch.setattr(variants.Variant, "descend", noticed)
    expected, got = trained(lambda step: step, between), trained(compile, between)
    if jit.ENABLED:
        assert ways == at_once
    for a, b in zip(expected, got, strict=True):
        for x, y in zip(a, b, strict=True):
            assert (x is None) == (y is None)
            if x is not None:
                np.testing.assert_allclose(y, x, 1e-5, 1e-6)


def test_walking_back_twice_where_nothing_is_kept():
    w = numbers(3).requires_grad_()

    def twice():
        loss = (w + 1).sum()
        loss.backward()
        loss.backward()
        return loss

    compiled = compile(twice)
    for _ in range(6):
        w.grad = None
        compiled()
        assert w.grad.tolist() == [2.0] * 3


def test_a_walk_back_from_a_loss_that_others_look_at():
    model = nn.Linear(3, 2)
    kept = []

    def step(x, how):
        z = model(x)
        loss = (z * z).mean()
        if how == "kept":
            kept.append(z)
        loss.backward(retain_graph=how == "retained")
        if how in ("retained", "again"):
            loss.backward()
        return loss

    compiled = compile(step)
    x = numbers(5, 3).float()
    for how in ("", "", "", "kept", "retained", "again", "", "kept"):
        grads = []
        for function in (step, compiled):
            model.zero_grad()
            try:
                function(x, how)
            except GraphError as error:
                assert how == "again"
                grads.append(str(error).split(":")[0])
            grads.append(model.weight.grad.tolist())
        half = len(grads) // 2
        assert grads[: half - 1] == grads[half:-1]
        np.testing.assert_allclose(grads[half - 1], grads[-1], 1e-5, 1e-6)
    assert kept[0].grad_fn is not None


@pytest.mark.parametrize(
    "look",
    [
        lambda h: h.sum().item(),
        lambda h: float(h.detach()[0, 0]),
        lambda h: bool(h.sum() > 0),
        lambda h: h.tolist(),
        lambda h: repr(h),
        lambda h: h.detach().numpy().copy().tolist(),
        lambda h: np.asarray(h.detach()).sum(),
        lambda h: len(h),
        lambda h: h.grad_fn.name(),
        lambda h: h.is_leaf,
        lambda h: h.stride(),
        lambda h: h.data.tolist(),
        lambda h: [row.tolist() for row in h],
        lambda h: pickle.loads(pickle.dumps(h.detach())).tolist(),
        lambda h: copy.copy(h).tolist(),
        lambda h: (np.ones(3) @ h.detach().T.numpy()).tolist(),
        lambda h: hash(h) == id(h),
        lambda h: array_of(h).sum(),
    ],
)
def test_whoever_looks_at_a_value_sees_it(look):
    w, x = numbers(4, 3).requires_grad_(), numbers(5, 4, seed=1)
    looked = []

    def f(x):
        h = (x @ w).exp()
        looked.append(look(h))
        return (h * h).sum()

    expected = f(x).item()
    assert called(f, x) == [expected] * 4
    assert looked == looked[:1] * 5
    assert called(f, x, backend=None) == pytest.approx([expected] * 4, rel=1e-12)


def test_a_value_is_what_it_was_when_the_operation_was_called():
    x, state = numbers(3), numbers(3, seed=1)

    def f(x):
        before = state * x
        state.add_(1)
        after = state * x
        with autograd.no_grad():
            state.copy_(after)
        return before + after

    begin = state.clone()
    expected = [f(x).tolist() for _ in range(4)]
    for backend in ("eager", None):
        state.copy_(begin)
        assert np.allclose(called(f, x, backend=backend), expected, 1e-12 * (backend is None), 0)


def test_memory_that_numpy_has_is_not_promised_on():
    x, state = numbers(3), numbers(3, seed=1)

    def f(x):
        first = state * x
        array = state.numpy()
        second = state * x
        array += 1
        return first + second

    begin = state.clone()
    expected = [f(x).tolist() for _ in range(4)]
    for backend in ("eager", None):
        state.copy_(begin)
        assert np.allclose(called(f, x, backend=backend), expected, 1e-12 * (backend is None), 0)


def test_an_optimiser_inside_sees_and_changes_what_it_should():
    def trained(wrap):
        autograd.manual_seed(0)
        model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.2), nn.Linear(8, 1))
        optimiser = nn.optim.Adam(model.parameters(), lr=0.01)

        def step(x, y):
            optimiser.zero_grad()
            loss = ((model(x) - y) ** 2).mean()
            penalty = sum((p * p).sum() for p in model.parameters())
            (loss + 1e-3 * penalty).backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            return loss + sum((p * p).sum() for p in model.parameters())

        step = wrap(step)
        x, y = numbers(6, 4).float(), numbers(6, 1, seed=2).float()
        losses = [step(x, y).item() for _ in range(6)]
        return losses, {name: value.tolist() for name, value in model.state_dict().items()}

    losses, weights = trained(lambda function: function)
    assert trained(lambda function: compile(function, backend="eager")) == (losses, weights)
    others, moved = trained(compile)
    assert others == pytest.approx(losses, rel=1e-5)
    for name, values in weights.items():
        assert np.allclose(moved[name], values, 1e-4, 1e-5), name


def test_a_write_that_nobody_announced_is_an_error():
    """The planted fault: arrays written without `settle` would give another value to what waits."""
    x, state = numbers(3), numbers(3, seed=1)

    def f(x):
        waits = state * x
        array_of(state)[...] = 0
        noted("a fault", state)
        return waits

    compiled = compile(f)
    compiled(x)
    with pytest.raises(RuntimeError, match="a fault has written to a Tensor that a promise waits for"):
        compiled(x)


def test_programs_that_never_repeat_are_not_remembered_for_ever():
    compiled = compile(lambda x: x.exp().sum(), backend="eager")
    compiled.memory.limit = 10
    for length in range(1, 30):
        x = numbers(length)
        assert compiled(x).item() == x.exp().sum().item()
    assert compiled.memory.steps <= 10


@pytest.mark.parametrize("how", [{"backend": "eager"}, {}, {"frozen": True}])
def test_who_is_not_reached_gets_no_gradient(how):
    """Of two heads on one trunk, backward from one leaves the other alone: None is not zero to an optimiser."""
    trunk, left, right, unused = (numbers(3, seed=seed).requires_grad_() for seed in range(4))
    both = compile(lambda: ((trunk * left).sum(), (trunk * right).sum() + unused.detach().sum(), left > 0), **how)
    for turn in range(6):
        for x in (trunk, left, right):
            x.grad = None
        results = both()
        assert [z.requires_grad for z in results] == [True, True, False]
        results[turn % 2].backward(retain_graph=True)
        found = [x.grad is not None for x in (trunk, left, right, unused)]
        assert found == [True, turn % 2 == 0, turn % 2 == 1, False]
        again = autograd.autograd.grad(results[0], (left, right), create_graph=True, allow_unused=True)
        assert again[0].tolist() == trunk.tolist()
        assert again[1] is None


def test_what_would_be_cut_to_pieces_is_left_as_it_is():
    """A moving average of all batches is another one at every call: the report says so, and nothing is slower."""
    model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8, momentum=None), nn.ReLU())
    compiled = compile(lambda x: model(x).sum())
    x = numbers(6, 4).float()
    for _ in range(5):
        compiled(x)
    assert compiled.memory.calls == 1
    assert "batch_norm writes in place: the function runs as it is" in compile.report()
    model.eval()
    again = compile(lambda x: model(x).sum())
    values = [again(x).item() for _ in range(4)]
    assert again.memory.calls == 4
    assert values == pytest.approx([compiled(x).item()] * 4, rel=1e-5)


def test_weights_of_layers_are_known_to_be_nobody_elses():
    """A weight that NumPy might write to could not be waited for: every call would be learned anew."""
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
    compiled = compile(lambda x: model(x).sum())
    for _ in range(5):
        compiled(numbers(6, 4).float())
    assert compiled.memory.steps == 4
    assert compiled.memory.promised == 4 * 4


@pytest.mark.parametrize("fault", [ZeroDivisionError, CaptureError])
def test_a_fault_of_the_compiler_breaks_no_program(fault, monkeypatch):
    """It is said in the report; and raised where somebody looks for faults, which what is merely refused is not."""

    def fails(*_):
        raise fault("planted")

    monkeypatch.setattr(variants, "compiled", fails)
    monkeypatch.setattr(variants, "RAISES", False)
    x = numbers(3)
    compiled = compile(lambda x: x.exp().sum())
    assert [compiled(x).item() for _ in range(4)] == [x.exp().sum().item()] * 4
    assert ("a fault of the compiler: ZeroDivisionError: planted" in compile.report()) == (fault is ZeroDivisionError)
    monkeypatch.setattr(variants, "RAISES", True)
    if fault is CaptureError:
        assert called(lambda x: x.exp().sum(), x, backend=None) == [x.exp().sum().item()] * 4
    else:
        with pytest.raises(fault, match="planted"):
            called(lambda x: x.exp().sum(), x, backend=None)


def test_batch_norm_in_training_is_promised_in_one_piece():
    """Its running statistics wait, in their own memory; what others look into does not."""
    model = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.ReLU())
    mean = model[1].running_mean
    memory = array_of(mean)
    address = memory.__array_interface__["data"]
    del memory
    waits = []
    compiled = compile(lambda x: (model(x).sum(), waits.append(type(mean) is Promise))[0])
    expected = nn.BatchNorm1d(3)
    for seed in range(5):
        x = numbers(6, 4, seed=seed).float()
        compiled(x).backward()
        expected(model[0](x))
        assert np.allclose(mean, expected.running_mean, 1e-6, 1e-7)
    assert waits == [False, True, True, True, True]
    assert compiled.memory.steps == 6
    assert array_of(mean).__array_interface__["data"] == address
    assert model[1].num_batches_tracked.item() == 5
    held = mean.detach()
    compiled(numbers(6, 4).float())
    assert waits[-1] is False
    assert held.tolist() == mean.tolist()
    assert mean.tolist() != expected.running_mean.tolist()


def test_second_derivatives_are_promised_in_one_piece():
    """After some calls the rules are not even called: what they do is known by the way that the walk begins."""
    w = numbers(4, 3).requires_grad_()
    x = numbers(2, 4, seed=1).requires_grad_()
    waits = []

    def f(x):
        (g,) = autograd.autograd.grad((x @ w).tanh().sum(), x, create_graph=True)
        (h,) = autograd.autograd.grad((g * g).sum(), x, create_graph=True)
        waits.append((type(g) is Promise, type(h) is Promise))
        return (h * h).sum()

    f(x).backward()
    expected = x.grad.tolist(), w.grad.tolist()
    waits.clear()
    for backend, exact in (("eager", 0), (None, 1e-12)):
        compiled = compile(f, backend=backend)
        for _ in range(6):
            x.grad = w.grad = None
            compiled(x).backward()
            assert np.allclose(x.grad, expected[0], exact, exact)
            assert np.allclose(w.grad, expected[1], exact, exact)
        assert waits[-3:] == [(True, True)] * 3
        root = next(iter(compiled.memory.roots.values()))
        steps = [root]
        while steps[-1].follow is not None:
            steps.append(steps[-1].follow)
        assert sum([len(step.walks) for step in steps]) == 2


def test_second_derivatives_of_frozen_functions():
    w, x = numbers(4, 3).requires_grad_(), numbers(2, 4, seed=1).requires_grad_()

    def f(x):
        (g,) = autograd.autograd.grad((x @ w).tanh().sum(), x, create_graph=True)
        return (g * g).sum()

    f(x).backward()
    expected = x.grad.tolist(), w.grad.tolist()
    frozen = compile(f, frozen=True)
    for _ in range(3):
        x.grad = w.grad = None
        frozen(x).backward()
        assert np.allclose(x.grad, expected[0], 1e-12, 1e-12)
        assert np.allclose(w.grad, expected[1], 1e-12, 1e-12)


def test_dropout_of_large_arrays_is_promised():
    x = numbers(200, 500).requires_grad_()

    def f(x):
        return (nn.functional.dropout(x * 2, 0.5) * 3).sum()

    compiled = compile(f, backend="eager")
    found = []
    for run in (f, compiled):
        autograd.manual_seed(3)
        for _ in range(4):
            x.grad = None
            z = run(x)
            z.backward()
            found.append((z.item(), x.grad.numpy().copy()))
    for (a, g), (b, h) in zip(found[:4], found[4:], strict=True):
        assert a == b
        np.testing.assert_array_equal(g, h)
    assert compiled.memory.steps == 4
    assert compiled.memory.promised == 3 * 4


@pytest.mark.parametrize("shape", [(2, 3, 4), (2, 1, 4), (3,), (), (1, 1), (0, 2)])
def test_results_lie_in_memory_as_they_would(shape):
    base = np.random.default_rng(0).standard_normal(shape)
    for axes in itertools.permutations(range(base.ndim)):
        array = base.transpose(axes)
        found = arranged(array.copy(), array.strides)
        assert found.tobytes() == array.tobytes()
        assert found.strides == array.strides
        assert lies_plainly(facts_of(array)) == array.flags.c_contiguous
    assert lies_plainly(facts_of(base))


def test_results_with_gaps_lie_so():
    base = np.random.default_rng(0).standard_normal((4, 6))
    for array in (base[:, ::2], np.broadcast_to(base[0, :3], (2, 3)), base[:, 1:], base[::-1, ::-2], base[1:3, 2:3]):
        found = arranged(array.copy(), array.strides)
        assert found.strides == array.strides
        np.testing.assert_array_equal(found, array)
        assert not lies_plainly(facts_of(array))


@pytest.mark.parametrize("fault", [False, True])
def test_transposed_results_are_compiled(fault, monkeypatch):
    w = numbers(3, 4).requires_grad_()
    if fault:
        monkeypatch.setattr(variants, "arranged", lambda array, strides: array)

    def f(x):
        return (x @ w).tanh().T

    compiled = compile(f)
    for seed in range(5):
        x = numbers(5, 3, seed=seed)
        gradients = []
        for z, planted in ((compiled(x), fault and seed > 2), (f(x), False)):
            assert z.stride() == ((5, 1) if planted else (1, 4))
            (z * z).sum().backward()
            gradients.append(w.grad.tolist())
            w.grad = None
        assert np.allclose(*gradients, 1e-12, 1e-12)
    root = next(iter(compiled.memory.roots.values()))
    assert all(variant.compiled is not None for variant in root.follow.follow.follow.variants.values())
