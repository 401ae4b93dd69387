"""All parameters of a group in one compiled pass: the same bits as one after the other, in values and in the state."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import autograd
import nn
from autograd import update
from kernels.machine import fast, jit
from nn import optim
from nn.optim import adam, joined

pytestmark = pytest.mark.skipif(not jit.ENABLED, reason="NUMBA_DISABLE_JIT is set")
NEVER = 1 << 60
RULES = [
    ("SGD", {}),
    ("SGD", {"weight_decay": 0.1, "maximize": True}),
    ("SGD", {"momentum": 0.9, "dampening": 0.3, "weight_decay": 0.1}),
    ("SGD", {"momentum": 0.9, "nesterov": True}),
    ("Adam", {}),
    ("Adam", {"weight_decay": 0.1, "maximize": True}),
    ("Adam", {"amsgrad": True}),
    ("AdamW", {"betas": (0.8, 0.99)}),
]


def parameters(rng, dtype=np.float32):
    return [
        nn.Parameter(np.array(rng.standard_normal(s), dtype)) for s in ((3, 5), (7,), (40, 33), (), (0,), (2, 1, 9))
    ]


def train(name, settings, limit, monkeypatch, dtype=np.float32, steps=4):
    """Values and state after some steps, in the second of which a parameter has no gradient; how many were together."""
    monkeypatch.setattr(fast.SIZES["update"], "least", limit)
    together = []
    original = update.all_at_once
    monkeypatch.setattr(update, "all_at_once", lambda *args: together.append(original(*args)) or together[-1])
    rng = np.random.default_rng(0)
    given = parameters(rng, dtype)
    opt = getattr(optim, name)(given, lr=0.01, **settings)
    for t in range(steps):
        for p in given:
            p.grad = autograd.tensor(np.array(rng.standard_normal(p.shape), dtype))
        if t == 1:
            given[0].grad = None
        opt.step()
    monkeypatch.setattr(update, "all_at_once", original)
    kept = opt.state_dict()["state"]
    values = [p.detach().numpy() for p in given]
    for _, entries in sorted(kept.items()):
        values += [np.asarray(entries[key]) for key in sorted(entries)]
    return values, sum(together)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("name", "settings"), RULES, ids=str)
def test_the_same_bits(name, settings, dtype, monkeypatch):
    plain, none = train(name, settings, NEVER, monkeypatch, dtype)
    fast_, some = train(name, settings, 0, monkeypatch, dtype)
    assert none == 0
    assert some == (0 if "amsgrad" in settings else 3 if "momentum" in settings else 4)
    assert len(plain) == len(fast_)
    for a, b in zip(plain, fast_, strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)


def test_few_numbers_are_enough_in_a_compiled_step_and_nowhere_else(monkeypatch):
    asked = []
    original = update.pays
    monkeypatch.setattr(update, "pays", lambda *args: asked.append(original(*args)) or asked[-1])
    rng = np.random.default_rng(0)
    given = parameters(rng)
    opt = optim.SGD(given, lr=0.01)

    def step():
        loss = sum((p * p).sum() for p in given)
        opt.zero_grad()
        loss.backward()
        opt.step()
        return loss

    compiled = autograd.compile(step, frozen=True)
    for _ in range(3):
        compiled()
    assert asked == [False, True, True]  # the first call is Python's
    step()
    autograd.compile(step)()
    assert asked[3:] == [False, False]


def test_small_groups_are_left_to_numpy(monkeypatch):
    monkeypatch.setattr(update, "all_at_once", None)
    p = nn.Parameter(np.ones(update.LEAST.elements - 1, np.float32))
    p.grad = autograd.ones_like(p)
    optim.SGD([p], lr=0.5).step()
    assert (p.detach().numpy() == 0.5).all()


def moved(given, monkeypatch, limit=0, **settings):
    monkeypatch.setattr(fast.SIZES["update"], "least", limit)
    for p in given:
        p.grad = autograd.tensor(np.ones(p.shape, p.dtype))
    opt = optim.SGD(given, lr=0.5, **settings)
    opt.step()
    opt.step()
    return [p.detach().numpy().copy() for p in given]


def test_unusual_arrays_are_left_to_numpy(rng, monkeypatch):
    values = rng.random((4, 6)).astype(np.float32)

    def given():
        return [nn.Parameter(values.copy().T), nn.Parameter(np.ones(3, np.float16)), nn.Parameter(values.copy())]

    for a, b in zip(moved(given(), monkeypatch), moved(given(), monkeypatch, NEVER), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_parameter_that_is_there_twice_moves_twice(monkeypatch):
    monkeypatch.setattr(fast.SIZES["update"], "least", 0)
    results = []
    for limit in (0, NEVER):
        monkeypatch.setattr(fast.SIZES["update"], "least", limit)
        p = nn.Parameter(np.ones(5))
        p.grad = autograd.tensor(np.arange(5.0))
        with pytest.warns(UserWarning, match="duplicate"):
            opt = optim.Adam([p, p])
        opt.step()
        assert opt.state[p]["step"] == 2
        results.append(p.detach().numpy())
    np.testing.assert_array_equal(*results)


def test_a_pickled_model_is_moved_together(monkeypatch):
    monkeypatch.setattr(fast.SIZES["update"], "least", 0)
    p = pickle.loads(pickle.dumps(nn.Parameter(np.ones(5, np.float32))))
    p.grad = autograd.ones(5)
    done = []
    original = update.all_at_once
    monkeypatch.setattr(update, "all_at_once", lambda *args: done.append(original(*args)) or done[-1])
    optim.Adam([p]).step()
    assert done == [True]


def test_a_rule_of_ones_own_is_not_passed_over(monkeypatch):
    monkeypatch.setattr(fast.SIZES["update"], "least", 0)

    class Backwards(optim.Adam):
        def update(self, x, g, state, group):
            x += g

    class Both(Backwards):
        def update_all(self, found, group):
            for _, x, g in found:
                x += 2 * g
            return True

    for kind, expected in ((Backwards, 2.0), (Both, 3.0)):
        p = nn.Parameter(np.ones(3))
        p.grad = autograd.ones_like(p)
        kind([p]).step()
        assert (p.detach().numpy() == expected).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("norm_type", [2, 1, np.inf])
def test_gradients_are_clipped_to_the_same_bits(norm_type, dtype, monkeypatch):
    results = []
    for limit in (0, NEVER):
        monkeypatch.setattr(fast.SIZES["update"], "least", limit)
        rng = np.random.default_rng(0)
        given = parameters(rng, dtype)
        for p in given:
            p.grad = autograd.tensor(np.array(rng.standard_normal(p.shape), dtype))
        total = nn.utils.clip_grad_norm_(given, 0.5, norm_type)
        assert total.dtype == dtype
        results.append([total.numpy(), *(p.grad.numpy() for p in given)])
    for a, b in zip(*results, strict=True):
        np.testing.assert_array_equal(a, b)
    expected = np.linalg.norm(np.concatenate([g.reshape(-1) for g in results[0][1:]]), norm_type)
    np.testing.assert_allclose(expected, 0.5, rtol=1e-5)


def test_gradients_that_are_no_usual_arrays_are_clipped_too(monkeypatch):
    monkeypatch.setattr(fast.SIZES["update"], "least", 0)
    p = nn.Parameter(np.ones((3, 4)))
    p.grad = autograd.tensor(np.ones((4, 3))).T
    nn.utils.clip_grad_norm_([p], 1.0)
    np.testing.assert_allclose(np.linalg.norm(p.grad.numpy()), 1.0, rtol=1e-6)


# ------------------------------------------------------------------------------------- small ones, without a compiler


def trained_small(kind, dtype, monkeypatch, together, settings):
    """Values and state after steps with all that may happen between them; how many were taken together."""
    taken = []
    original = joined.joined_of
    monkeypatch.setattr(
        adam, "joined_of", lambda *args: taken.append(original(*args) if together else None) or taken[-1]
    )
    rng = np.random.default_rng(0)
    given = parameters(rng, dtype)
    opt = getattr(optim, kind)(given, lr=0.01, **settings)
    values = []
    for t in range(20):
        for p in given:
            p.grad = autograd.tensor(np.array(rng.standard_normal(p.shape), dtype))
        if t == 4:
            given[2].grad = None
            given[0].grad = autograd.tensor(np.array(rng.standard_normal((5, 3)), dtype)).T
        if t == 8:
            opt.load_state_dict(opt.state_dict())
            for p in given:
                opt.state[p]["step"] = 7
        if t == 11:
            opt.param_groups[0]["lr"] = 0.1
            opt.state[given[1]]["exp_avg"] = autograd.ones(7, dtype=dtype)
            opt.state[given[5]]["exp_avg_sq"].zero_()
        if t == 13:
            again = pickle.loads(pickle.dumps(opt))
            assert not again._buffers
            given[3].data = autograd.tensor(np.array(2.0, dtype))
        if t == 16:
            opt.add_param_group({"params": [nn.Parameter(np.ones(3, dtype))]})
        opt.step()
        values += [p.detach().numpy().copy() for p in given]
    values += [np.asarray(entries[key]) for _, entries in sorted(opt.state_dict()["state"].items()) for key in entries]
    return values, sum(one is not None for one in taken)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("kind", "settings"), [("Adam", {}), ("AdamW", {"betas": (0.5, 0.9)})], ids=str)
def test_small_parameters_together_give_the_same_bits(kind, settings, dtype, monkeypatch):
    monkeypatch.setattr(fast.SIZES["update"], "least", NEVER)
    plain, _ = trained_small(kind, dtype, monkeypatch, False, settings)
    row, count = trained_small(kind, dtype, monkeypatch, True, settings)
    assert 9 <= count < 19
    assert len(plain) == len(row)
    for a, b in zip(plain, row, strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)
