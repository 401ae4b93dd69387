"""Every operation at its example, mapped over each input alone and over all, against a loop over the slices.

The value, with the slices along each axis; gradients of slices; the walk back for several cotangents at once; the
gradient of it all together; second derivatives.
"""

from __future__ import annotations

import numpy as np
import pytest

import autograd
from autograd import func
from autograd.batching import rules
from kernels.machine import fast
from nn.examples import examples
from tests.cases import CASES

SLICES = 3
EXAMPLES = examples()
ROWS = {f"{case}-{number}": case for number, case in enumerate(CASES)}
CONSTANT = "converts what is mapped with numpy()"
WRITES = "moves running statistics that the slices would share"


def _parts(z):
    return list(z) if isinstance(z, (tuple, list)) else [z]


def _real(zs):
    return [z for z in zs if z.dtype.kind == "f"]


class Mapped:
    """A function of some of the inputs of an operation, stacked: slices differ by a few percent."""

    def __init__(self, call, arrays, chosen):
        self.call, self.arrays, self.chosen = call, arrays, chosen
        self.stacked = [np.stack([arrays[k] * (1 + 0.01 * i) for i in range(SLICES)]) for k in chosen]

    def __call__(self, *given):
        inputs = [autograd.tensor(a) for a in self.arrays]
        for k, x in zip(self.chosen, given, strict=True):
            inputs[k] = x
        return tuple(_parts(self.call(*inputs)))

    def loss(self, *given):
        return sum((z * z).sum() for z in _real(self(*given)))

    def slices(self, axes):
        return [autograd.tensor(np.moveaxis(s, 0, axis)) for s, axis in zip(self.stacked, axes, strict=True)]

    def places(self):
        """Where the slices may be: at each axis of the input with the most, and there, or last, in the others."""
        most = max(s.ndim for s in self.stacked)
        return [tuple(min(axis, s.ndim - 1) for s in self.stacked) for axis in range(most)] + [(-1,) * len(self.chosen)]

    def slice(self, i):
        return [autograd.tensor(s[i]) for s in self.stacked]


def assert_same(got, want, rtol=1e-10):
    for z, parts in zip(got, zip(*want, strict=True), strict=True):
        whole = np.stack([x.numpy() for x in parts])
        assert z.shape == whole.shape
        assert z.dtype == whole.dtype
        precise = whole.dtype != np.float32
        np.testing.assert_allclose(z.numpy(), whole, rtol if precise else 1e-5, rtol if precise else 1e-6)


def check(call, arrays):
    floating = [k for k, a in enumerate(arrays) if a.dtype.kind == "f"]
    for chosen in [[k] for k in floating] + ([floating] if len(floating) > 1 else []):
        mapped = Mapped(call, arrays, chosen)
        numbers = tuple(range(len(chosen)))
        want = [mapped(*mapped.slice(i)) for i in range(SLICES)]
        for axes in mapped.places():
            assert_same(func.vmap(mapped, in_dims=axes)(*mapped.slices(axes)), want)
        if not _real(mapped(*mapped.slice(0))):
            continue
        each = func.grad(mapped.loss, argnums=numbers)
        gradients = [each(*mapped.slice(i)) for i in range(SLICES)]
        front = mapped.slices([0] * len(chosen))
        assert_same(func.vmap(each)(*front), gradients)
        together = func.grad(lambda *xs, f=mapped: func.vmap(f.loss)(*xs).sum(), argnums=numbers)
        assert_same(together(*front), gradients)
        assert_walks_together(mapped)


def assert_walks_together(mapped):
    """Several cotangents, pulled back at once."""
    outs, pull = func.vjp(lambda *xs: tuple(_real(mapped(*xs))), *mapped.slice(0))
    rng = np.random.default_rng(0)
    seeds = [autograd.tensor(rng.standard_normal((2, *z.shape)), dtype=z.dtype) for z in outs]
    with np.errstate(invalid="ignore"):  # formulas of losses over impossible paths
        assert_same(func.vmap(lambda *us: pull(us))(*seeds), [pull(tuple(u[i] for u in seeds)) for i in range(2)], 1e-8)


@pytest.fixture(autouse=True)
def _every_operation_has_a_rule(monkeypatch):
    def missing(batch, op, *rest):
        raise AssertionError(f"{op.name} has no batch rule")

    monkeypatch.setattr(rules, "one_by_one", missing)


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_an_example_mapped_over_equals_the_loop(name):
    example = EXAMPLES[name]
    check(example.call, [x.detach().numpy() for x in example.tensors()])


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_an_example_in_compiled_loops_equals_the_loop(name, monkeypatch):
    """However small it is."""
    for size in fast.SIZES.values():
        monkeypatch.setattr(size, "least", 1)
    test_an_example_mapped_over_equals_the_loop(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_second_derivatives_of_an_example_equal_the_loop(name):
    example = EXAMPLES[name]
    arrays = [x.detach().numpy() for x in example.tensors()]
    chosen = [k for k, a in enumerate(arrays) if a.dtype.kind == "f"]
    mapped = Mapped(example.call, arrays, chosen)
    numbers = tuple(range(len(chosen)))
    if not numbers or not _real(mapped(*mapped.slice(0))):
        return

    def second(*xs):
        first = func.grad(mapped.loss, argnums=numbers)
        return func.grad(lambda *xs: sum((g * g).sum() for g in first(*xs)), argnums=numbers)(*xs)

    want = [second(*mapped.slice(i)) for i in range(SLICES)]
    front = mapped.slices([0] * len(chosen))
    assert_same(func.vmap(second)(*front), want, 1e-8)
    assert_same(func.vmap(func.vmap(second))(*[x.unsqueeze(0) for x in front]), _nested(want), 1e-8)


def _nested(want):
    """What a map over one map gives: all slices of it, once."""
    return [tuple(autograd.stack(list(column)) for column in zip(*want, strict=True))]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:divide by zero encountered in log")
@pytest.mark.parametrize("name", sorted(ROWS))
def test_a_row_mapped_over_equals_the_loop(name):
    case = ROWS[name]
    if case.covers == "keep":
        pytest.skip(CONSTANT)
    if case.params.get("training") and case.covers.startswith("batch_norm_relu"):
        pytest.skip(WRITES)
    check(lambda *xs: case.function(*xs, **case.params), case.draw(np.random.default_rng(1)))


def test_a_wrong_rule_is_found(monkeypatch):
    def wrong(batch, op, given, on, settings):
        return batch.whole(autograd.Tensor.exp(given[0]) * 1.001), ()

    tanh = autograd.op.registry["tanh"]
    monkeypatch.setitem(rules._rules, tanh, wrong)
    with pytest.raises(AssertionError):
        check(tanh, [np.ones((2, 3))])
