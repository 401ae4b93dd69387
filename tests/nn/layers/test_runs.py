"""`F.relu(self.bn(x))` and `self.pool(F.relu(self.bn(x)))` in a `forward` are one operation, where nobody can tell.

Whoever has the value between, in whatever way, finds it as it was: with its negative elements, and with its record.
"""

from __future__ import annotations

import gc
import sys
import threading
import weakref

import numpy as np
import pytest

import autograd
import nn
from autograd import no_grad
from autograd.fast import INSTALLED, runs
from kernels.machine import jit
from nn import functional as F

pytestmark = pytest.mark.skipif(not INSTALLED or not jit.ENABLED, reason="then nothing is taken together")
SHAPE = (8, 4, 16, 20)
RELU, POOL = nn.ReLU(), nn.MaxPool2d(2)

FORMS = {
    "method": lambda bn, x: bn(x).relu(),
    "function": lambda bn, x: F.relu(bn(x)),
    "of the package": lambda bn, x: autograd.relu(bn(x)),
    "layer": lambda bn, x: RELU(bn(x)),
    "new layer": lambda bn, x: nn.ReLU()(bn(x)),
    "functions with pooling": lambda bn, x: F.max_pool2d(F.relu(bn(x)), 2),
    "with a layer that pools": lambda bn, x: POOL(F.relu(bn(x))),
    "layers with pooling": lambda bn, x: nn.MaxPool2d(2)(nn.ReLU()(bn(x))),
    "windows of two sizes": lambda bn, x: F.max_pool2d(F.relu(bn(x)), (3, 2)),
}


def apart(bn, x, form):
    """The same, with every value between in a variable."""
    y = bn(x)
    z = F.relu(y)
    if "pool" in form or "windows" in form:
        return F.max_pool2d(z, (3, 2) if "windows" in form else 2)
    return z


def layer(shape=SHAPE, training=True, dtype=np.float32):
    bn = (nn.BatchNorm1d if len(shape) < 4 else nn.BatchNorm2d)(shape[1], dtype=dtype).train(training)
    rng = np.random.default_rng(3)
    with no_grad():
        for vector in (bn.weight, bn.bias, bn.running_mean):
            vector.copy_(autograd.tensor(rng.standard_normal(shape[1]).astype(dtype)))
    return bn


def data(shape=SHAPE, dtype=np.float32):
    return autograd.tensor(np.random.default_rng(1).standard_normal(shape).astype(dtype), requires_grad=True)


def names():
    return [record.op for record in autograd.tape()]


def gradients(z, *of, **options):
    dz = np.random.default_rng(2).standard_normal(z.shape)
    return autograd.grad(z, of, autograd.tensor(dz.astype(z.dtype)), **options)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("form", FORMS)
def test_one_operation_with_the_same_values(form, training, dtype):
    results = []
    for together in (True, False):
        autograd.tape().clear()
        bn, x = layer(training=training, dtype=dtype), data(dtype=dtype)
        z = FORMS[form](bn, x) if together else apart(bn, x, form)
        seen = names()
        grads = gradients(z, x, bn.weight, bn.bias, create_graph=True)
        twice = autograd.grad(sum((g * g).sum() for g in grads), [x, bn.weight])
        results.append((seen, [z, bn.running_mean, bn.running_var], [*grads, *twice]))
    (one, values, slopes), (several, expected, expected_slopes) = results
    assert len(one) == 1, one
    assert len(several) == 2 + ("max_pool" in several)
    for a, b in zip(values, expected, strict=True):
        np.testing.assert_array_equal(a.detach().numpy(), b.detach().numpy())
    near = 1e-4 if dtype == np.float32 else 1e-11
    for a, b in zip(slopes, expected_slopes, strict=True):
        scale = np.abs(b.detach().numpy()).max()
        np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), rtol=near, atol=near * scale)


@pytest.mark.parametrize("shape", [(500, 40), (50, 6, 40)])
def test_of_fewer_dimensions(shape):
    bn, x = layer(shape), data(shape)
    z = F.relu(bn(x))
    assert names() == ["batch_norm_relu"]
    got = gradients(z, x)[0].numpy()
    y = bn(x)
    np.testing.assert_allclose(got, gradients(F.relu(y), x)[0].numpy(), rtol=1e-5, atol=1e-6)


# ------------------------------------------------------------------------------------------- somebody has the value


class Everywhere:
    """Ways to have a value, as forward hooks of a batch norm or in other places: each returns how to read it later."""

    @staticmethod
    def variable(bn, x):
        y = bn(x)
        F.relu(y)
        return lambda: y.detach().numpy()

    @staticmethod
    def attribute(bn, x):
        bn.__dict__["last"] = bn(x)
        RELU(bn.__dict__["last"])
        return lambda: bn.__dict__["last"].detach().numpy()

    @staticmethod
    def element(bn, x):
        values = [bn(x)]
        autograd.relu(values[0])
        return lambda: values[0].detach().numpy()

    @staticmethod
    def unpacked(bn, x):
        values = (bn(x),)
        F.relu(*values)
        return lambda: values[0].detach().numpy()

    @staticmethod
    def keyword(bn, x):
        values = {"input": bn(x)}
        F.relu(**values)
        return lambda: values["input"].detach().numpy()

    @staticmethod
    def mapped(bn, x):
        values = [bn(x)]
        list(map(F.relu, values))
        return lambda: values[0].detach().numpy()

    @staticmethod
    def closure(bn, x):
        y = bn(x)

        def inner():
            return F.relu(y)

        inner()
        return lambda: y.detach().numpy()

    @staticmethod
    def walrus(bn, x):
        F.relu(y := bn(x))
        return lambda: y.detach().numpy()

    @staticmethod
    def generator(bn, x):
        def values():
            y = bn(x)
            yield y
            seen.append(y.detach().numpy())

        seen = []
        for value in values():
            F.relu(value)
        return lambda: seen[0]

    @staticmethod
    def forward_hook(bn, x):
        kept = []
        handle = bn.register_forward_hook(lambda module, inputs, output: kept.append(output))
        F.relu(bn(x))
        handle.remove()
        return lambda: kept[0].detach().numpy()

    @staticmethod
    def hook_of_what_follows(bn, x):
        kept, relu = [], nn.ReLU()
        relu.register_forward_hook(lambda module, inputs, output: kept.append(inputs[0]))
        relu(bn(x))
        return lambda: kept[0].detach().numpy()

    @staticmethod
    def array(bn, x):
        kept = []
        handle = bn.register_forward_hook(lambda module, inputs, output: kept.append(output.detach().numpy()))
        F.relu(bn(x))
        handle.remove()
        return lambda: kept[0]

    @staticmethod
    def part_of_the_array(bn, x):
        kept = []
        handle = bn.register_forward_hook(lambda module, inputs, output: kept.append(output.detach().numpy()[0]))
        F.relu(bn(x))
        handle.remove()
        return lambda: kept[0]

    @staticmethod
    def memory(bn, x):
        kept = []
        handle = bn.register_forward_hook(lambda m, inputs, output: kept.append(memoryview(output.detach().numpy())))
        F.relu(bn(x))
        handle.remove()
        return lambda: np.asarray(kept[0])

    @staticmethod
    def view(bn, x):
        kept = []
        handle = bn.register_forward_hook(lambda module, inputs, output: kept.append(output[1:]))
        F.relu(bn(x))
        handle.remove()
        return lambda: kept[0].detach().numpy()

    @staticmethod
    def detached(bn, x):
        kept = []
        handle = bn.register_forward_hook(lambda module, inputs, output: kept.append(output.detach()))
        F.relu(bn(x))
        handle.remove()
        return lambda: kept[0].numpy()

    @staticmethod
    def another_thread(bn, x):
        kept, ready, done = [], threading.Event(), threading.Event()

        def reader(y):
            ready.set()
            done.wait()
            kept.append(y.detach().numpy().copy())

        threads = []

        def start(module, inputs, output):
            threads.append(threading.Thread(target=reader, args=(output,)))
            threads[0].start()
            ready.wait()

        handle = bn.register_forward_hook(start)
        F.relu(bn(x))
        handle.remove()
        done.set()
        threads[0].join()
        return lambda: kept[0]

    @staticmethod
    def profiler(bn, x):
        kept = []

        def look(frame, event, argument):
            if event == "call" and "input" in frame.f_locals and frame.f_code.co_name in ("relu", "function"):
                kept.append(frame.f_locals["input"])

        sys.setprofile(look)
        try:
            F.relu(bn(x))
        finally:
            sys.setprofile(None)
        return lambda: kept[0].detach().numpy()


HOLDERS = [name for name in vars(Everywhere) if not name.startswith("_")]


@pytest.mark.parametrize("holder", HOLDERS)
def test_who_has_the_value_finds_it_as_it_was(holder):
    F.relu(layer()(data()))  # ways are known
    read = getattr(Everywhere, holder)(layer(), data())
    expected = layer()(data()).detach().numpy()
    got = read()
    if holder in ("part_of_the_array", "view"):
        expected = expected[0] if holder == "part_of_the_array" else expected[1:]
    np.testing.assert_array_equal(got, expected)
    assert (got < 0).any()


def test_the_same_for_what_is_pooled():
    bn, x = layer(), data()
    y = F.relu(bn(x))
    before = y.detach().numpy().copy()
    F.max_pool2d(y, 2)
    POOL(y)
    assert names() == ["batch_norm_relu", "max_pool", "max_pool"]
    np.testing.assert_array_equal(y.detach().numpy(), before)
    assert y.grad_fn is not None
    np.testing.assert_allclose(gradients(y, x)[0].numpy(), gradients(F.relu(bn(x)), x)[0].numpy(), atol=1e-6)


def test_this_can_fail(monkeypatch):
    """With a wrong idea of how many references there are, a variable's value is overwritten, and that is seen."""
    F.relu(layer()(data()))
    wrong = {way: (counts[0] + 1, *counts[1:]) for way, counts in runs._alone.items()}
    monkeypatch.setattr(runs, "_alone", wrong)
    with pytest.raises(AssertionError):
        test_who_has_the_value_finds_it_as_it_was("variable")


def test_a_python_that_borrows_references_takes_nothing_together(monkeypatch):
    """Where a value in a variable has as many references as one that nobody has, nothing is learnt."""
    alone = {}
    monkeypatch.setattr(runs, "_alone", alone)
    key = ()
    runs._learn([(key, (4, 4, 2, 4)), (key, (4, 4, 2, 4))], False)
    runs._learn([(key, (4, 4, 2, 4)), (key, (6, 4, 2, 4))], False)
    runs._learn([(key, (4, 4, 2, 4)), (key, (5, 4, 3, 4))], False)
    runs._learn([(key, (4, 4, 2, 4))], False)
    assert not alone
    F.relu(layer()(data()))
    assert names() == ["normalise", "relu"]


# ----------------------------------------------------------------------------------------- something else is going on


def separate(make):
    autograd.tape().clear()
    z = make()
    return z, [name for name in names() if name != "detach"]


def test_hooks_and_weak_references_keep_the_value_apart():
    bn, x = layer(), data()
    seen = []
    handles = [
        bn.register_forward_hook(lambda m, i, y: y.register_hook(lambda g: seen.append(g.numpy().copy())) and None)
    ]
    z, ops = separate(lambda: F.relu(bn(x)))
    assert ops == ["normalise", "relu"]
    z.sum().backward()
    np.testing.assert_array_equal(seen[0], z.detach().numpy() != 0)
    handles.pop().remove()
    kept = []
    handles.append(bn.register_forward_hook(lambda m, i, y: kept.append(weakref.ref(y)) or y.retain_grad()))
    assert separate(lambda: F.relu(bn(x)))[1] == ["normalise", "relu"]
    handles.pop().remove()
    handles.append(bn.register_forward_hook(lambda m, i, y: kept.append(y.grad_fn)))
    z, ops = separate(lambda: F.relu(bn(x)))
    handles.pop().remove()
    handles.append(bn.register_forward_hook(lambda m, i, y: kept.append(list(autograd.tape()))))
    z, ops = separate(lambda: F.relu(bn(x)))
    assert ops == ["normalise", "relu"], "its record was held"
    assert kept[-1][-1].op == "normalise"


def test_who_watches_the_tape_sees_two_operations():
    with autograd.detect_anomaly():
        assert separate(lambda: F.relu(layer()(data())))[1] == ["normalise", "relu"]


def test_what_is_not_recorded_or_not_last_or_small_is_left_alone():
    bn, x = layer(), data()
    with no_grad():
        z = F.relu(bn(x))
    assert not z.requires_grad
    assert not F.relu(layer().requires_grad_(False)(x.detach())).requires_grad

    def other(module, inputs, output):
        (x * 2).sum()

    handle = bn.register_forward_hook(other)
    assert separate(lambda: F.relu(bn(x)))[1][-1] == "relu"
    handle.remove()
    assert separate(lambda: F.relu(layer((1, 4, 2, 2))(data((1, 4, 2, 2)))))[1] == ["normalise", "relu"]
    half = nn.BatchNorm2d(4, dtype=np.float16)
    assert separate(lambda: F.relu(half(data(dtype=np.float16))))[1][-1] == "relu"
    for norm in (nn.InstanceNorm2d(4, affine=True), nn.GroupNorm(2, 4), nn.LayerNorm(20), nn.RMSNorm(20)):
        assert separate(lambda norm=norm: F.relu(norm(data())))[1][-2:] == ["normalise", "relu"]
    for pool in (
        nn.MaxPool2d(3, 2),
        nn.MaxPool2d(2, padding=1),
        nn.MaxPool2d(2, ceil_mode=True),
        nn.MaxPool2d(2, 2, 0, 2),
    ):
        shape = (8, 4, 15, 19)
        assert separate(lambda pool=pool, shape=shape: pool(F.relu(layer()(data(shape)))))[1][-1] == "max_pool"
    z, place = F.max_pool2d(F.relu(layer()(data())), 2, return_indices=True)
    assert place.dtype == np.int64


def test_numbers_that_nearly_overflow_keep_their_gradients():
    """What batch norm computes in another way, the fused operation does not have."""
    x = autograd.tensor(np.random.default_rng(0).standard_normal(SHAPE).astype(np.float32) * np.float32(1e30))
    x.requires_grad_()
    z, ops = separate(lambda: F.relu(layer()(x)))
    assert ops == ["normalise", "relu"]
    assert np.isfinite(gradients(z, x)[0].numpy()).all()


def test_in_place_in_checkpoints_and_in_threads():
    bn, x = layer(), data()
    expected = gradients(apart(bn, x, ""), x)[0].numpy()
    z = autograd.utils.checkpoint.checkpoint(lambda x: F.relu(bn(x)), x, use_reentrant=False)
    np.testing.assert_allclose(gradients(z, x)[0].numpy(), expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(gradients(bn(x).relu_(), x)[0].numpy(), expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(gradients(F.relu(bn(x), inplace=True), x)[0].numpy(), expected, rtol=1e-5, atol=1e-6)
    found = {}

    def work(number):
        own, mine = layer(), data()
        for _ in range(5):
            autograd.tape().clear()
            z = F.relu(own(mine))
            found[number] = names(), gradients(z, mine)[0].numpy()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for ops, grad in found.values():
        assert ops == ["batch_norm_relu"]
        np.testing.assert_allclose(grad, expected, rtol=1e-5, atol=1e-6)


def test_writes_between_forward_and_backward_are_found():
    bn, x = layer(), data()
    z = F.relu(bn(x * 1))
    with no_grad():
        bn.weight.mul_(2)
    with pytest.raises(RuntimeError, match="modified"):
        gradients(z, x)


def test_less_memory_is_kept():
    bn, x = layer(), data()
    F.relu(bn(x)).sum().backward()
    z = F.relu(bn(x))
    together = sum(record.nbytes for record in autograd.tape())
    autograd.tape().clear()
    y = bn(x)
    z = F.relu(y)
    assert sum(record.nbytes for record in autograd.tape()) > together + z.nbytes // 2
    del y
    gc.collect()


def test_a_program_written_with_a_forward_is_that_of_a_sequential():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.bn, self.pool = nn.Conv2d(1, 6, 5), nn.BatchNorm2d(6), nn.MaxPool2d(2)
            self.conv2, self.bn2 = nn.Conv2d(6, 8, 3), nn.BatchNorm2d(8)
            self.out = nn.Linear(8 * 4 * 4, 10)

        def forward(self, x):
            x = self.pool(F.relu(self.bn(self.conv(x))))
            x = F.relu(self.bn2(self.conv2(x)))
            return self.out(F.max_pool2d(x, 2).flatten(1)[:, :128])

    autograd.manual_seed(0)
    net = Net()
    x = autograd.randn(16, 1, 28, 28)
    loss = net(x).square().mean()
    assert "batch_norm_relu_max_pool" in names()
    assert "batch_norm_relu" in names()
    loss.backward()
