"""Where values of a plan stand: who lives together does not overlap, and results take the place of operands."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd
import nn
import nn.functional as F
from autograd import tensor
from autograd.compiler import frozen, successors
from autograd.compiler.packing import placed
from autograd.compiler.plan import Plan, rounded

lives = st.lists(
    st.tuples(st.integers(1, 9).map(lambda n: 64 * n), st.integers(0, 20), st.integers(0, 20)), max_size=40
)


@given(lives)
def test_those_that_live_together_do_not_overlap(drawn):
    drawn = [(size, min(a, b), max(a, b)) for size, a, b in drawn]
    offsets, end = placed(drawn)
    apart(list(zip(drawn, offsets, strict=True)))
    together = [sum(size for size, first, last in drawn if first <= t <= last) for t in range(21)]
    assert max(together) <= end <= sum(size for size, _, _ in drawn)
    assert end == max([offset + size for (size, _, _), offset in zip(drawn, offsets, strict=True)], default=0)


def apart(values):
    """Fails if two that live at the same time overlap."""
    for k, ((size, first, last), offset) in enumerate(values):
        for (other, begin, until), place in values[k + 1 :]:
            if begin <= last and first <= until:
                assert offset + size <= place or place + other <= offset


def test_an_overlap_is_found():
    """A planted fault."""
    with pytest.raises(AssertionError):
        apart([((64, 0, 2), 0), ((64, 2, 3), 0)])


def plans_of(function, *inputs, monkeypatch):
    """The plans made for a function and its walk back."""
    plans = []
    place = Plan._place_all
    monkeypatch.setattr(Plan, "_place_all", lambda self: (plans.append(self), place(self)))
    run = frozen(function)
    run(*inputs).sum().backward()
    return run, plans


def taken_over(plan):
    """Pairs of values with the same place, of which one is read and the other written in one step."""
    found = []
    for number, (read, written) in enumerate(zip(plan.reads, plan.writes, strict=True)):
        for x in read:
            if plan.homes[x][0] == "arena" and plan.life[x][1] == number:
                found += [(x, z) for z in written if plan.homes[z] == plan.homes[x] and plan.life[z][0] == number]
    return found


def test_what_is_added_to_a_product_stands_in_its_place(monkeypatch):
    w, b = (autograd.randn(*shape, requires_grad=True) for shape in ((300, 200), (200,)))
    x = autograd.randn(150, 300)
    run, plans = plans_of(lambda x: (x @ w + b).relu(), x, monkeypatch=monkeypatch)
    assert any(taken_over(plan) for plan in plans)
    wanted = ((x @ w + b).relu()).detach().numpy()
    np.testing.assert_allclose(run(x).detach().numpy(), wanted, rtol=1e-4, atol=1e-4)


def test_others_keep_theirs(monkeypatch):
    """All that live together and do not follow each other lie apart: a network with all kinds of steps."""
    model = nn.Sequential(
        nn.Linear(64, 96), nn.GELU(), nn.LayerNorm(96), nn.Linear(96, 96), nn.Tanh(), nn.Linear(96, 8)
    )
    x, y = autograd.randn(80, 64, requires_grad=True), autograd.randint(0, 8, (80,))
    _, plans = plans_of(lambda x: F.cross_entropy(model(x), y, reduction="none"), x, monkeypatch=monkeypatch)
    for plan in plans:
        follow = {frozenset(pair) for pair in taken_over(plan)}
        there = [x for x in plan.life if plan.homes[x][0] == "arena"]
        for k, x in enumerate(there):
            for z in there[k + 1 :]:
                if frozenset((x, z)) not in follow:
                    pair = [((rounded(max(v.nbytes, 1)), *plan.life[v]), plan.homes[v][1]) for v in (x, z)]
                    apart(pair)


def test_an_operand_that_is_read_again_keeps_its_place():
    """x is read after z is written, or by the instruction that writes it, or in another way: none of these pairs."""
    from autograd.compiler.tables import Instruction, Slot, Table
    from autograd.compiler.values import Value

    x, z = Value((8, 4), "f"), Value((8, 4), "f")

    def table(*body):
        made = object.__new__(Table)
        made.before, made.body, made.after = [], list(body), []
        return made

    def line(a, out, name="tanh"):
        return Instruction(name, "f", "f", a, None, None, out, 4, 0)

    row, register = 16, Slot("register", 0)
    at_x, at_z = Slot("value", x, row), Slot("value", z, row)
    first, second = line(at_x, register), line(register, at_z)
    assert successors.successors(table(first, second), {x}, {z}) == [(x, z)]
    assert successors.successors(table(first, second), set(), {z}) == []
    assert successors.successors(table(line(at_x, at_z)), {x}, {z}) == []
    assert successors.successors(table(first, second, line(at_x, register)), {x}, {z}) == []
    whole = Slot("value", x, 0)
    assert successors.successors(table(line(whole, register), second), {x}, {z}) == []
    late = table(first, second)
    late.after = [first]
    assert successors.successors(late, {x}, {z}) == []


@pytest.mark.parametrize("length", [4, 20])
def test_gradients_in_another_shape_are_handed_over_as_they_are(length):
    """Those of a sequence that a loop takes apart: put together once, and not copied after that."""
    cell = nn.RNNCell(32, 48)
    x = autograd.randn(length, 40, 32, requires_grad=True)

    def loop(x):
        state = None
        for t in range(length):
            state = cell(x[t], state)
        return state

    run = frozen(loop)
    run(x).sum().backward()
    assert ".reshape(" in run.source
    first = x.grad
    kept = first.numpy().copy()
    x.grad = None
    run(x).sum().backward()  # which has memory of its own
    np.testing.assert_array_equal(first.numpy(), kept)
    x.grad = None
    loop(x).sum().backward()
    np.testing.assert_allclose(kept, x.grad.numpy(), rtol=1e-4, atol=1e-5)


def test_products_of_batches_are_written_where_they_are_needed():
    x, y = (tensor(np.random.default_rng(k).standard_normal((6, 40, 40)), requires_grad=True) for k in range(2))

    def function(x, y):
        return ((x @ y).tanh() @ y).tanh()

    run = frozen(function)
    for way in (run, function):
        x.grad = y.grad = None
        z = way(x, y)
        z.square().sum().backward()
        found = [z.detach().numpy(), x.grad.numpy(), y.grad.numpy()]
        if way is run:
            assert "out=" in run.source
            kept = [each.copy() for each in found]
            assert not np.shares_memory(found[0], run(x, y).detach().numpy())
        else:
            for ours, wanted in zip(kept, found, strict=True):
                np.testing.assert_allclose(ours, wanted, rtol=1e-10, atol=1e-12)
