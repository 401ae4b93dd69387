"""What reference counts say on the Python that runs: several places ask whether anybody else has an object.

Each place has learnt, when it was imported, what `getrefcount` says of an object that nobody else has. That differs
between Pythons, and with every way to write the question down. Here each is asked again, at other times and more often,
because Python compiles what runs often in another way, and once more while somebody else does hold the object: the
answer must then be one more. A Python that counts otherwise fails here, before gradients are overwritten in silence.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import shared, tapes
from autograd.compiler import called
from autograd.extend import wrap
from autograd.fast import tape as fast
from autograd.records import Mark
from autograd.replay import rewriting, run
from autograd.tensors import rewrite
from nn.functional import norm

OFTEN = 300
"""Calls after which Python has specialised a function, and compiled it if it does."""


def of_list() -> tuple[Callable[[], int], int, Any]:
    records = [Mark()]
    return lambda: tapes._count(records, 0), tapes.UNREFERENCED, lambda: records[0]


def of_tensor() -> tuple[Callable[[], int], int, Any]:
    tensor = SimpleNamespace(_array=np.zeros(1))
    return lambda: shared._holders(tensor), shared._ALONE, lambda: tensor._array


def of_base() -> tuple[Callable[[], int], int, Any]:
    view = SimpleNamespace(_base=SimpleNamespace())
    return lambda: rewrite._count_base(view), rewrite._ONLY_THE_VIEW, lambda: view._base


def of_replayed() -> tuple[Callable[[], int], int, Any]:
    tensor = wrap(np.zeros(1))
    return lambda: rewriting._references(tensor), rewriting._ALONE, lambda: tensor._array


def of_promises() -> tuple[Callable[[], int], int, Any]:
    promises = [object(), object()]
    return lambda: list(map(sys.getrefcount, promises))[1], run.ONLY_THE_LIST, lambda: promises[1]


def of_gradient() -> tuple[Callable[[], int], int, Any]:
    holder = SimpleNamespace(array=np.zeros(1))
    return lambda: fast._count_when_held(None, holder.array), fast._HELD_ONCE, lambda: holder.array


def of_results() -> tuple[Callable[[], int], int, Any]:
    view = np.empty(2)[:]
    return lambda: called._references(view), called.ALONE, lambda: view.base


def of_statistics() -> tuple[Callable[[], int], int, Any]:
    tensor = wrap(np.zeros(1))
    return lambda: norm._references(tensor) + 1, norm._ALONE, lambda: tensor._array


PLACES = [of_list, of_tensor, of_base, of_replayed, of_promises, of_gradient, of_results, of_statistics]


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
def test_one_more_who_holds_it_is_one_more(place):
    count, alone, held = place()
    assert {count() for _ in range(OFTEN)} == {alone}
    somebody = [held()]
    assert {count() for _ in range(OFTEN)} == {alone + 1}
    somebody.append(somebody[0])
    assert count() == alone + 2
    somebody.clear()
    assert count() == alone


@pytest.mark.parametrize("often", [1, OFTEN])
@pytest.mark.parametrize("view", [False, True])
def test_a_cotangent_is_taken_only_from_nobody(often, view):
    tape = fast.FastTape()
    for _ in range(often):
        g = np.arange(6.0)
        found = {None: g.reshape(2, 3) if view else g}
        place = g.ctypes.data
        assert tape.take(found, None).ctypes.data != place, "g is held here"
        found = {None: g.reshape(2, 3) if view else g}
        del g
        assert tape.take(found, None).ctypes.data == place, "nobody else has it"


@pytest.mark.parametrize("often", [1, OFTEN])
def test_a_result_is_kept_only_from_nobody(often):
    for _ in range(often):
        whole = np.arange(4.0)
        part = whole.reshape(2, 2)
        assert called.own(part) is not part
        del whole
        assert called.own(part) is part


def test_hooks_are_stale_when_everybody_has_let_go_of_the_record():
    hooks = tapes.HookList()
    for _ in range(OFTEN):
        record: Any = SimpleNamespace()
        hooks.record = record
        assert not hooks.stale()
        del record
        assert hooks.stale()


def test_gradients_that_somebody_has_are_not_overwritten():
    """Through the whole engine: what a hook keeps, and what `.grad` was, stay as they were."""
    x = autograd.tensor([1.0, 2.0], requires_grad=True)
    seen = []
    for k in range(OFTEN):
        y = x * 2
        y.register_hook(seen.append)
        (y * y).sum().backward()
        before = x.grad.detach().numpy()
        assert before.tolist() == [8.0 * (k + 1), 16.0 * (k + 1)]
    assert all(g.tolist() == [4.0, 8.0] for g in seen)


def test_a_count_that_is_off_is_found(monkeypatch):
    monkeypatch.setattr(tapes, "UNREFERENCED", tapes.UNREFERENCED + 1)
    with pytest.raises(AssertionError):
        test_one_more_who_holds_it_is_one_more(of_list)


def test_a_tape_that_takes_what_others_have_is_found(monkeypatch):
    monkeypatch.setattr(fast, "_ALONE", fast._ALONE + 1)
    with pytest.raises(AssertionError, match="held here"):
        test_a_cotangent_is_taken_only_from_nobody(1, False)


@pytest.mark.parametrize("name", ["log", "exp", "sqrt", "__add__", "__truediv__", "softmax"])
def test_functions_made_from_text_can_import(name):
    """What NumPy warns of within is shown by a module, which is looked for by the names that the function has."""
    function = getattr(autograd.Tensor, name)
    assert "__builtins__" in function.__globals__


def test_numpy_warns_inside_of_operations():
    with pytest.warns(RuntimeWarning, match="invalid value"):
        assert np.isnan(autograd.tensor([-1.0]).log().item())
