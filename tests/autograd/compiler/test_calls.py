"""Frozen functions called in many ways: what may be another program is never taken for the same."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref

import numpy as np
import pytest

import autograd
import nn
from autograd import tensor
from autograd.compiler import frozen
from autograd.errors import LabelError, ShapeError
from kernels.machine import jit

pytestmark = pytest.mark.skipif(not jit.ENABLED, reason="nothing is compiled")

X, Y = tensor([1.0, -2.0]), tensor([0.5, 4.0])
NET = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
BATCH = tensor(np.random.default_rng(0).standard_normal((5, 2)).astype("f"))


def nested(s, depth=0):
    if isinstance(s, (list, tuple)):
        return sum((nested(each, depth + 1) for each in s), X * 0)
    return s * depth


def picked(x, index):
    return x[index].sum()


SIGNS = [0.0, -0.0, 0, False, 1, True, 1.0]
CALLS = {
    "arguments that are one Tensor": (lambda a, b: a * 2 + b, [(X, X), (X, Y), (Y, X), (Y, Y)]),
    "signs of zero, types of numbers": (lambda x, s: x / (x * 0 + s), [(X, s) for s in SIGNS]),
    "nests of another form": (nested, [([X, [Y]],), ([[X], Y],), ((X, [Y]),), ([[X, Y]],)]),
    "names in another order": (
        lambda d: d["a"] * 2 + d["b"],
        [({"a": X, "b": Y},), ({"b": X, "a": Y},), ({"a": Y, "b": X, "c": X},)],
    ),
    "a function to call": (lambda x, f: f(x), [(X, autograd.tanh), (X, autograd.exp)]),
    "lists of numbers": (lambda x, s: x.reshape(s).sum(0), [(BATCH, [2, 5]), (BATCH, [5, 2]), (BATCH, [10])]),
    "masks that pick more or less": (
        lambda x: x[x > 0].sum() * 2,
        [(tensor(np.array(v, "f")),) for v in ([1, -1, 2], [1, -1, -2], [3, 2, 1], [-1, 5, 2], [-1, -1, -1])],
    ),
    "counts that repeat more or less": (
        lambda x, n: autograd.repeat_interleave(x, n).cumsum(0),
        [(X, tensor(n)) for n in ([1, 2], [2, 1], [1, 1], [0, 3])],
    ),
    "indices out of range": (picked, [(X, tensor(i)) for i in ([0, 1], [1, -2], [0, 2], [-3, 0], [1, 1])]),
    "labels out of range": (
        nn.functional.cross_entropy,
        [(BATCH, tensor(t)) for t in ([0, 1, 1, 0, 1], [1, 1, 1, 1, 1], [0, 2, 1, 0, 1], [0, -1, 0, 0, 0], [0] * 5)],
    ),
}


def outcome(function, args):
    try:
        return function(*args).numpy()
    except (ShapeError, LabelError) as error:
        return type(error), str(error)


@pytest.mark.parametrize("name", CALLS)
def test_calls_of_another_kind(name):
    function, calls = CALLS[name]
    compiled = frozen(function)
    with np.errstate(all="ignore"):
        for args in (*calls, *calls[::-1]):
            got, expected = outcome(compiled, args), outcome(function, args)
            if isinstance(expected, tuple):
                assert got == expected
            else:
                np.testing.assert_allclose(got, expected, 1e-6)


class Held:
    def __init__(self):
        self.nets = {"one": [copy.deepcopy(NET)]}

    def look(self, x):
        return self.nets["one"][0](x)


def through_a_function(net):
    def inner(x):
        return net(x)

    return lambda x: inner(x)


@pytest.mark.parametrize("where", ["an argument", "an object", "another function", "a method"])
def test_modules_that_evaluate_are_seen_wherever_they_are(where):
    net, holder = copy.deepcopy(NET), Held()
    if where == "an argument":
        compiled = frozen(lambda model, x: model(x))
        call = lambda x: compiled(net, x)
    elif where == "an object":
        net, call = holder.nets["one"][0], frozen(holder.look)
    else:
        call = frozen(through_a_function(net) if where == "another function" else net.forward)
    for training in (True, False, True, False):
        net.train(training)
        other = copy.deepcopy(net)
        np.testing.assert_allclose(call(BATCH).detach().numpy(), other(BATCH).detach().numpy(), 1e-5, 1e-6)


def test_parameters_that_change_their_kind():
    layer = nn.Linear(2, 3)
    compiled = frozen(lambda x: layer(x).sum())
    layer.requires_grad_(False)
    for _ in range(3):
        assert not compiled(BATCH).requires_grad
    layer.requires_grad_(True)
    compiled(BATCH).backward()
    assert layer.weight.grad is not None
    layer.zero_grad()
    layer.weight.data, layer.bias.data = autograd.ones(40, 2), autograd.ones(40)
    assert compiled(BATCH).item() == pytest.approx(layer(BATCH).sum().item(), 1e-4)
    layer.double()
    assert compiled(BATCH.double()).dtype == autograd.float64
    with pytest.raises(autograd.errors.DTypeError):
        compiled(BATCH)


def test_what_comes_back_is_what_was_given():
    layer = nn.Linear(2, 2)
    compiled = frozen(lambda x: (x, layer.weight, layer(x)))
    for _ in range(3):
        x, weight, _ = compiled(BATCH)
        assert x is BATCH
        assert weight is layer.weight
    doubled = frozen(lambda x: [x * 2] * 2)
    for _ in range(3):
        one, other = doubled(BATCH)
        assert one is other
    opt = nn.optim.SGD(layer.parameters(), lr=0.1)

    def step(x):
        opt.zero_grad()
        loss = layer(x).sum()
        loss.backward()
        opt.step()
        return x, layer.bias, loss, autograd.zeros(2)

    trained = frozen(step)
    for _ in range(3):
        x, bias, _, zeros = trained(BATCH)
        assert x is BATCH
        assert bias is layer.bias
        assert not zeros.numpy().any()
        zeros.add_(1)


def test_views_of_arguments_are_views():
    compiled = frozen(lambda x: (x[1:], x * 2))
    with pytest.warns(UserWarning, match="a view of an argument"):
        compiled(tensor([1.0, 2.0]))
    x = tensor([1.0, 2.0])
    part, _ = compiled(x)
    part.add_(1)
    assert x.tolist() == [1.0, 3.0]


def test_generators_of_ones_own_draw_once():
    generator = autograd.Generator()
    generator.manual_seed(1)
    compiled = frozen(lambda x: x + autograd.rand(2, generator=generator))
    drawn = [compiled(X).tolist() for _ in range(4)]
    generator.manual_seed(1)
    assert drawn == [(X + autograd.rand(2, generator=generator)).tolist() for _ in range(4)]


def test_the_default_dtype_is_looked_at():
    compiled = frozen(lambda x: autograd.zeros(2) + 1.0)
    compiled(X)
    compiled(X)
    autograd.set_default_dtype(autograd.float64)
    try:
        assert compiled(X).dtype == autograd.float64
    finally:
        autograd.set_default_dtype(autograd.float32)
    assert compiled(X).dtype == autograd.float32


def test_a_backward_of_ones_own_is_refused_with_its_line():
    class Square(autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx, dz):
            (x,) = ctx.saved_tensors
            return dz * 2 * x

    square = frozen(lambda x: Square.apply(x).sum())
    x = tensor([3.0], requires_grad=True)
    with pytest.warns(UserWarning, match=r"not compiled.*: Square at .*test_calls.py:\d+ has a backward of its own"):
        first = square(x)
    (first + square(x)).backward()  # it runs as it is from then on
    assert x.grad.tolist() == [12.0]
    assert frozen(lambda x: Square.apply(x).sum())(X).item() == 5.0


def test_numpy_is_told_to_raise():
    compiled = frozen(lambda x: 1 / x)
    compiled(X)
    compiled(X)
    with np.errstate(all="raise"), pytest.raises(FloatingPointError):
        compiled(X * 0)


class Scaled:
    def __init__(self, factor):
        self.factor = factor

    @autograd.compile(frozen=True)
    def times(self, x):
        return x * self.factor


def test_methods_and_modules():
    twice, thrice = Scaled(2.0), Scaled(3.0)
    for _ in range(3):
        assert twice.times(X).tolist() == [2.0, -4.0]
        assert thrice.times(X).tolist() == [3.0, -6.0]
    net = autograd.compile(copy.deepcopy(NET), frozen=True)
    assert len(list(net.parameters())) == 4
    assert not net.eval().training
    assert sorted(net.state_dict()) == sorted(NET.state_dict())
    net(BATCH)
    for twin in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        with autograd.no_grad():
            twin.function[0].weight.zero_()
        assert not np.allclose(net(BATCH).numpy(force=True), twin(BATCH).numpy(force=True))


def test_layers_that_learn_their_size_in_the_first_call():
    layer = nn.LazyLinear(3)
    compiled = frozen(lambda x: layer(x))
    for _ in range(3):
        np.testing.assert_allclose(compiled(BATCH).numpy(force=True), layer(BATCH).numpy(force=True), 1e-6, 1e-7)


@pytest.mark.parametrize("frozen", [False, True])
def test_arrays_go_when_a_call_ends_and_not_only_with_the_next_collection_of_garbage(frozen):
    """What a rule was called with in a cycle of references stays, and every call asks the system for new memory."""
    autograd.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3), nn.ReLU(), nn.Flatten(), nn.Linear(1452, 2))

    def step(x):
        loss = (model(x) ** 2).mean()
        loss.backward()
        return loss

    compiled = autograd.compile(step, frozen=frozen)
    for _ in range(6):
        compiled(autograd.randn(4, 2, 24, 24))
    gc.disable()
    try:
        x = autograd.randn(4, 2, 24, 24)
        given = weakref.ref(x._array)
        compiled(x)
        del x
        assert given() is None
    finally:
        gc.enable()


def test_what_compiling_makes_no_faster_is_called_as_it_is():
    """Operations as they are, with records of their own: hooks, second derivatives and errors are theirs."""
    norm = nn.LayerNorm(300)
    x = tensor(np.random.default_rng(0).standard_normal((128, 300)).astype("f"), requires_grad=True)
    f = frozen(lambda x: norm(x))
    for _ in range(3):
        z, wanted = f(x), norm(x)
        assert "apply(" in f.source
        np.testing.assert_array_equal(z.detach(), wanted.detach())
        assert z.grad_fn.name() == wanted.grad_fn.name()
        assert "test_calls.py" in repr(z.grad_fn)
        got, want = (autograd.grad((y**2).sum(), [x, norm.weight], create_graph=True) for y in (z, wanted))
        for a, b in zip(got, want, strict=True):
            np.testing.assert_array_equal(a.detach(), b.detach())
        with autograd.no_grad():
            norm.weight += 1
            assert not f(x).requires_grad
    with pytest.raises(ShapeError, match="layer_norm"):
        f(tensor(np.zeros((128, 5), "f")))
    assert f(tensor(np.zeros((0, 300), "f"))).shape == (0, 300)


def test_large_operations_that_share_no_loop_are_called_as_they_are():
    norm = nn.LayerNorm(300)
    x = tensor(np.random.default_rng(0).standard_normal((128, 300)).astype("f"), requires_grad=True)
    apart, together = frozen(lambda x: norm(nn.functional.gelu(x))), frozen(lambda x: nn.functional.gelu(x * 2))
    for f in (apart, together):
        np.testing.assert_allclose(f(x).detach(), f.function(x).detach(), rtol=1e-5, atol=1e-6)
    assert "apply(" in apart.source
    assert "run(" in together.source
