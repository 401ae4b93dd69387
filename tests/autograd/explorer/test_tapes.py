"""What a page is told about a tape: records, what they have kept, the way back."""

from __future__ import annotations

import pytest

import autograd
from autograd.errors import GraphError
from autograd.explorer import explore

from .examples import array_of


def loss_of(x, w):
    return (autograd.tanh(x * w) * x).sum()


def leaves():
    return autograd.tensor([1.0, 2.0], requires_grad=True), autograd.tensor([0.5, -0.5], requires_grad=True)


def test_gradients_are_those_of_backward_and_the_tape_stays():
    x, w = leaves()
    loss = loss_of(x, w)
    found = explore(loss).description
    assert [step.op for step in found.steps[: found.turn]] == ["mul", "tanh", "mul", "sum"]
    loss.backward()
    for name, leaf in (("a", x), ("b", w)):
        home = next(slot for slot in found.slots if slot.name == name)
        last = [slot for slot in found.slots if slot.of == home.number][-1]
        assert array_of(last.value).tobytes() == leaf.grad.numpy().tobytes()
    assert [step.op for step in found.steps if step.adds] == ["add"]


def test_only_what_was_kept_is_known():
    x, w = leaves()
    found = explore(loss_of(x, w)).description
    known = {slot.name: slot.value is not None for slot in found.slots}
    assert not known["%0"]  # the product: no rule asks for it
    assert known["%1"]  # tanh keeps its result
    assert known["%3"]  # the loss itself was given
    assert found.steps[1].held == found.steps[0].held + 8
    assert found.steps[-1].held == 0


def test_the_whole_tape():
    x, w = leaves()
    loss = loss_of(x, w)
    other = x.exp().sum()
    found = autograd.tape().explore().description
    assert found.turn == len(autograd.tape()) == 6
    assert [step.op for step in explore(loss).description.steps].count("exp") == 0
    assert other.requires_grad


def test_after_backward_the_list_is_still_there():
    x, w = leaves()
    loss = loss_of(x, w)
    loss.backward(retain_graph=True)
    assert len(explore(loss).description.steps) > 4
    loss.backward()
    found = explore(w * x.sum()).description
    assert found.turn == 2


def test_what_has_no_history_is_refused():
    with pytest.raises(GraphError, match="computed from one that requires grad"):
        explore(autograd.ones(2))
    x, w = leaves()
    with pytest.raises(TypeError, match="takes no inputs"):
        explore(loss_of(x, w), x)


def test_several_outputs():
    x = autograd.tensor([[3.0, 1.0], [2.0, 5.0]], requires_grad=True)
    a, b = autograd.split(x, 1)
    loss = (a * a + b).sum()
    found = explore(loss).description
    loss.backward()
    last = [slot for slot in found.slots if slot.of is not None and found.slots[slot.of].name == "a"][-1]
    assert array_of(last.value).tobytes() == x.grad.numpy().tobytes()
