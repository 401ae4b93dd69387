"""Whole steps of a training as frozen functions: what they do is what Python does without."""

from __future__ import annotations

import copy
import tracemalloc
import warnings

import numpy as np
import pytest

import autograd
import nn
from autograd import tensor
from autograd.compiler import frozen
from autograd.errors import CaptureError, GraphError
from kernels.machine import jit

pytestmark = pytest.mark.skipif(not jit.ENABLED, reason="nothing is compiled")

RNG = np.random.default_rng(0)
BATCHES = [tensor(RNG.standard_normal((8, 6)), dtype=autograd.float32) for _ in range(6)]
TARGETS = [tensor(RNG.standard_normal((8, 3)), dtype=autograd.float32) for _ in range(6)]


def network():
    autograd.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 16), nn.Tanh(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 3))


def loss_of(model, x, y):
    return ((model(x) - y) ** 2).mean()


def textbook(model, opt):
    def step(x, y):
        opt.zero_grad()
        loss = loss_of(model, x, y)
        loss.backward()
        opt.step()
        return loss

    return step


def clipped(model, opt):
    def step(x, y):
        loss = loss_of(model, x, y)
        opt.zero_grad()
        loss.backward()
        norm = nn.utils.clip_grad_norm_(model.parameters(), 0.5)
        opt.step()
        return loss, norm

    return step


def adding_up(model, opt):
    def step(x, y):
        loss = loss_of(model, x[:4], y[:4])
        loss.backward()
        other = loss_of(model, x[4:], y[4:])
        other.backward()
        opt.step()
        opt.zero_grad(set_to_none=False)
        return loss.detach() + other.detach()

    return step


def two_losses(model, opt):
    def step(x, y):
        model.zero_grad()
        z = model(x)
        first = (z - y).abs().mean()
        second = (z * z).mean()
        (first + second).backward()
        opt.step()
        return first, second, z

    return step


STEPS = [textbook, clipped, adding_up, two_losses]
OPTIMIZERS = {
    "sgd": lambda p: nn.optim.SGD(p, lr=0.1),
    "momentum": lambda p: nn.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01),
    "adam": lambda p: nn.optim.Adam(p, lr=0.01),
    "adamw": lambda p: nn.optim.AdamW(p, lr=0.01, amsgrad=True),
    "rmsprop": lambda p: nn.optim.RMSprop(p, lr=0.01),
}


def arrays(nest):
    return [z.detach().numpy().copy() for z in (nest if isinstance(nest, tuple) else (nest,))]


def beside(make, optimizer="adam", between=lambda model, opt, number: None):
    """Two equal trainings, one of them frozen: what they returned, and what is left in the end is the same."""
    found = []
    for way in (lambda f: f, frozen):
        model = network()
        opt = OPTIMIZERS[optimizer](model.parameters())
        step = way(make(model, opt))
        results = []
        for number, (x, y) in enumerate(zip(BATCHES, TARGETS, strict=True)):
            between(model, opt, number)
            results += arrays(step(x, y))
        state = [opt.state[p] for p in model.parameters()]
        results += [np.asarray(each[key]) for each in state for key in sorted(each)]
        results += [p.detach().numpy() for p in model.parameters()]
        results += [p.grad.numpy() for p in model.parameters() if p.grad is not None]
        found.append(results)
    assert len(found[0]) == len(found[1])
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, 1e-4, 1e-6)
    return step


@pytest.mark.parametrize(
    ("make", "optimizer"), [*[(make, "adam") for make in STEPS], *[(clipped, name) for name in OPTIMIZERS]]
)
def test_steps_are_those_of_python(make, optimizer):
    step = beside(make, optimizer)
    assert len(step.compiled) == 1


def test_nothing_is_recorded():
    model = network()
    step = frozen(textbook(model, nn.optim.SGD(model.parameters(), lr=0.1)))
    step(BATCHES[0], TARGETS[0])
    autograd.tape().clear()
    step(BATCHES[1], TARGETS[1])
    assert len(autograd.tape()) == 0


def walks(step):
    """How often values and gradients were computed at once."""
    (((staged, _),),) = step.compiled.values()
    return [part for part in staged.parts if type(part).__name__ == "_Walk" and part.descent.ways]


def test_values_and_gradients_are_computed_at_once():
    assert len(walks(beside(textbook))) == 1
    assert len(walks(beside(adding_up))) == 2
    assert not walks(beside(two_losses))  # the caller may want another gradient of z


def test_settings_are_read_at_every_step():
    def between(model, opt, number):
        opt.param_groups[0]["lr"] = 0.1 / (number + 1)
        if number == 3:
            opt.param_groups[0]["weight_decay"] = 0.1
        if number == 4:
            last = opt.param_groups[0]["params"].pop()
            opt.add_param_group({"params": [last], "lr": 1.0})

    beside(textbook, between=between)


def test_schedules_go_on():
    def make(model, opt):
        step, schedule = textbook(model, opt), nn.optim.lr_scheduler.StepLR(opt, 2, 0.1)

        def whole(x, y):
            loss = step(x, y)
            schedule.step()
            return loss

        return whole

    beside(make, "sgd")


def test_a_schedule_that_looks_at_the_loss():
    def make(model, opt):
        step, schedule = textbook(model, opt), nn.optim.lr_scheduler.ReduceLROnPlateau(opt, patience=0)

        def whole(x, y):
            loss = step(x, y)
            schedule.step(loss)
            return loss

        return whole

    beside(make, "sgd")


def test_layers_that_are_frozen_and_thawed():
    def between(model, opt, number):
        model[0].requires_grad_(number % 2 == 0)

    beside(textbook, between=between)


def test_weights_that_get_other_arrays():
    def between(model, opt, number):
        if number == 3:
            model[0].weight.data = tensor(np.ones((16, 6)), dtype=autograd.float32)

    beside(textbook, "sgd", between)


def test_hooks_are_called():
    seen = {}

    def between(model, opt, number):
        heard = seen.setdefault(id(model), [])
        if number == 2:
            model[0].weight.register_hook(lambda g: g * 0.5)
            model[2].bias.register_post_accumulate_grad_hook(lambda p: heard.append(p.grad.numpy().sum()))
            opt.register_step_post_hook(lambda *_: heard.append("stepped"))
        if number == 4:
            opt.register_step_pre_hook(lambda *_: heard.append("steps"))

    beside(textbook, "sgd", between)
    first, second = seen.values()
    assert [type(x) for x in first] == [type(x) for x in second]
    assert first.count("stepped") == 4
    assert first.count("steps") == 2


def test_the_loss_is_spent():
    model = network()
    step = frozen(textbook(model, nn.optim.SGD(model.parameters(), lr=0.1)))
    for x, y in zip(BATCHES, TARGETS, strict=True):
        loss = step(x, y)
        assert loss.requires_grad
        assert not loss.is_leaf
        with pytest.raises(GraphError, match="second time"):
            loss.backward()


def test_gradients_belong_to_nobody_else():
    cell = nn.LSTMCell(3, 4)
    x = tensor(RNG.standard_normal((2, 3)), dtype=autograd.float32, requires_grad=True)

    @autograd.compile(frozen=True)
    def step(x):
        loss = cell(x)[0].sum() + cell(x)[1].sum()
        loss.backward()
        return loss

    for _ in range(4):
        cell.zero_grad()
        x.grad = None
        step(x)
    held = [x.grad, *[p.grad for p in cell.parameters()]]
    for a in range(len(held)):
        for b in range(a):
            assert not np.shares_memory(held[a].numpy(), held[b].numpy())
    before = [g.numpy().copy() for g in held]
    for _ in range(2):  # what is computed later is added
        step(x)
    for g, was in zip(held, before, strict=True):
        np.testing.assert_allclose(g.numpy(), 3 * was, 1e-5)


def test_what_python_asks_before_the_step_is_looked_at():
    def make(model, opt):
        def step(x, y):
            opt.zero_grad()
            loss = loss_of(model, x, y)
            if loss > 1:
                loss = loss * 2
            loss.backward()
            opt.step()
            return loss

        return step

    assert len(next(iter(beside(make).compiled.values()))) == 2


def test_what_python_asks_after_the_step_cannot_be_compiled():
    def make(model, opt):
        def step(x, y):
            opt.zero_grad()
            loss = loss_of(model, x, y)
            loss.backward()
            opt.step()
            return loss * 2 if loss > 1 else loss

        return step

    with pytest.warns(UserWarning, match=r"test_training.py:\d+ Python looks at a value after backward"):
        beside(make)


def test_a_closure_runs_as_it_is():
    def make(model, opt):
        def closure(x, y):
            opt.zero_grad()
            loss = loss_of(model, x, y)
            loss.backward()
            return loss

        return lambda x, y: opt.step(lambda: closure(x, y))

    with pytest.warns(UserWarning, match="step with a function to call"):
        beside(make, "sgd")


def test_the_first_call_is_one_step():
    model = network()
    other = copy.deepcopy(model)
    for each, way in ((model, frozen), (other, lambda f: f)):
        way(textbook(each, nn.optim.SGD(each.parameters(), lr=0.1)))(BATCHES[0], TARGETS[0])
    for a, b in zip(model.parameters(), other.parameters(), strict=True):
        np.testing.assert_array_equal(a.detach().numpy(), b.detach().numpy())


def test_dropout_draws_as_ever():
    def make(model, opt):
        drop = nn.Dropout(0.5)

        def step(x, y):
            opt.zero_grad()
            loss = loss_of(model, drop(x), y)
            loss.backward()
            opt.step()
            return loss

        return step

    beside(make)


def test_nobody_is_warned_without_a_reason():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        beside(textbook)


def test_captures_that_are_values_alone_still_refuse():
    model = network()
    opt = nn.optim.SGD(model.parameters(), lr=0.1)
    with pytest.raises(CaptureError, match=r"backward\(\) at .* adds to \.grad"):
        autograd.capture(textbook(model, opt), BATCHES[0], TARGETS[0])


def test_steps_allocate_gradients_alone():
    model = network()
    step = frozen(textbook(model, nn.optim.SGD(model.parameters(), lr=0.1)))
    x, y = BATCHES[0], TARGETS[0]
    for _ in range(4):
        step(x, y)
    (ready,) = walks(step)[0].descent.ways.values()
    gradients = sum(p.nelement() * 4 for p in model.parameters())
    tracemalloc.start()
    try:
        for _ in range(100):  # what Python keeps for next time is there then
            step(x, y)
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        for _ in range(100):
            step(x, y)
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 500
    assert peak - before < gradients + 5_000
    assert ready.frames.made == 1


@pytest.mark.filterwarnings("ignore:compile. not compiled")
def test_running_statistics_are_those_of_python():
    found = []
    for way in (lambda f: f, frozen):
        autograd.manual_seed(0)
        model = nn.Sequential(nn.Linear(6, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 3))
        step = way(textbook(model, nn.optim.SGD(model.parameters(), lr=0.1)))
        losses = [step(x, y).item() for x, y in zip(BATCHES, TARGETS, strict=True)]
        norm = model[1]
        found.append([losses, norm.running_mean.tolist(), norm.running_var.tolist(), norm.num_batches_tracked.item()])
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, 1e-4, 1e-6)
