"""Training mode and evaluation mode: what `nn.modes` promises to several threads, and to Ctrl-C."""

from __future__ import annotations

import os
import threading

import pytest

import autograd
import nn
from nn import modes
from nn.modes import evaluating
from tests.autograd.test_interrupts import block, interrupted


def network():
    return nn.Sequential(*[nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2), nn.Dropout()) for _ in range(8)])


def modes_of(model):
    return [module.training for module in model.modules()]


class Frozen(nn.BatchNorm1d):
    """As programs write what stays in evaluation mode."""

    def train(self, mode=True):
        return super().train(False)


def test_a_layer_decides_by_its_own_train():
    model = nn.Sequential(nn.Linear(2, 2), nn.Sequential(Frozen(2), nn.Dropout()))
    assert modes_of(model.train()) == [True, True, True, False, True]
    assert modes_of(model.eval()) == [False] * 5


def test_layers_are_put_back_into_the_modes_they_were_in():
    model = network()
    model[2].eval()
    before = modes_of(model)
    with evaluating(model):
        assert not any(modes_of(model))
        with evaluating(model[0]):
            pass
        assert not any(modes_of(model))
    assert modes_of(model) == before


class Interrupting(nn.Module):
    """While it is put into training mode, another thread puts the whole model into evaluation mode."""

    def __init__(self, patience):
        super().__init__()
        self.patience = patience
        self.others = []

    def train(self, mode=True):
        if mode:
            thread = threading.Thread(target=self.others[0].eval)
            thread.start()
            thread.join(self.patience)
            self.others.append(thread)
        return super().train(mode)


def after_both(patience):
    """The modes of a model that two threads wanted in different modes."""
    middle = Interrupting(patience)
    model = nn.Sequential(nn.Dropout(), middle, nn.Dropout())
    middle.others.append(model)
    model.train()
    middle.others.pop().join(30)
    return {module.training for module in model.modules()}


class NoLock:
    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None


def test_two_threads_leave_a_model_in_one_mode():
    assert after_both(0.2) == {False}


def test_without_the_lock_they_would_not(monkeypatch):
    monkeypatch.setattr(modes, "_changing", NoLock())
    assert after_both(30) == {True, False}


def test_the_last_block_of_evaluation_puts_the_modes_back():
    model = network()
    inside, leave = threading.Event(), threading.Event()
    seen = []

    def other():
        with evaluating(model):
            inside.set()
            leave.wait(30)
            seen.extend(modes_of(model))

    thread = threading.Thread(target=other)
    with evaluating(model):
        thread.start()
        assert inside.wait(30)
    assert not any(modes_of(model))
    leave.set()
    thread.join(30)
    assert not any(seen)
    assert all(modes_of(model))
    assert modes._held == {}


def test_predictions_in_threads_leave_the_model_in_training_mode():
    model, x = network(), autograd.ones(3, 2)
    threads = [threading.Thread(target=nn.predict, args=(model, x)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert all(modes_of(model))


# ------------------------------------------------------------------------------------------------------------- Ctrl-C


def half_done(model):
    """The places at which Ctrl-C in a block of evaluation left something behind."""
    wrong, at = [], 1
    program = block(lambda: evaluating(model))
    before = modes_of(model)
    while interrupted(program, at, ("modes.py", "module.py", "contextlib.py")):
        if modes_of(model) != before or modes._held:
            wrong.append(at)
            modes._held.clear()
            model.train()
            model[1].eval()
        at += 1
    assert at > 10
    return wrong


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_ctrl_c_leaves_every_layer_in_its_mode():
    model = nn.Sequential(nn.Linear(2, 2), nn.Dropout(), nn.Sequential(nn.ReLU()))
    model[1].eval()
    assert half_done(model) == []


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_block_that_is_put_back_once_only_is_found(monkeypatch):
    model = nn.Sequential(nn.Linear(2, 2), nn.Dropout(), nn.Sequential(nn.ReLU()))
    model[1].eval()
    leave, seen = modes._leave, set()

    def once(block):
        if block not in seen:
            seen.add(block)
            leave(block)

    monkeypatch.setattr(modes, "_leave", once)
    assert half_done(model) != []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of Python, about threads
def test_a_forked_child_can_change_modes():
    model = network()
    held, leave = threading.Event(), threading.Event()

    def other():
        with evaluating(model), modes.changing_modes():
            held.set()
            leave.wait(30)

    thread = threading.Thread(target=other)
    thread.start()
    held.wait(30)
    child = os.fork()
    if not child:
        threading.Timer(20, os._exit, (1,)).start()
        os._exit(0 if modes_of(model) == modes_of(model.train()) and not modes._held else 2)
    leave.set()
    thread.join(30)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
