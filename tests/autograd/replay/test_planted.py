"""Faults planted in `autograd.replay`: the programs that break compilers find each of them."""

from __future__ import annotations

import pytest

from autograd.compiler.emit import Writer
from autograd.replay import compile, matching, promise, rewriting, run, variants, walking
from autograd.replay.learned import Given
from autograd.replay.matching import Matching
from autograd.replay.run import Run
from autograd.replay.world import World
from tests.autograd.replay.test_programs import COMPILED, EXACT, differences, interpreted, loud
from tests.programs import PROGRAMS, identity, seen_of


def silent_writes(monkeypatch):
    settle = Run.settle
    monkeypatch.setattr(Run, "settle", lambda self, why: None if "writes in place" in why else settle(self, why))
    monkeypatch.setattr(Run, "wrote", lambda self, operation, tensors: None)


def blind_to_aliases(monkeypatch):
    matches = Run._matches

    def same_place(self, want, x):
        return (type(want) is Given and want.number < len(self.given)) or matches(self, want, x)

    monkeypatch.setattr(Run, "_matches", same_place)


def blind_to_leaves(monkeypatch):
    settle = Run.settle
    monkeypatch.setattr(Run, "settle", lambda self, why: None if why == "requires_grad_" else settle(self, why))


def blind_to_the_mode(monkeypatch):
    settle = Run.settle

    def stay(self, why):
        if why == "recording is switched on or off":
            self.mode = run.state.tape
        else:
            settle(self, why)

    monkeypatch.setattr(Run, "settle", stay)


def out_of_order(monkeypatch):
    settle = Run.settle
    monkeypatch.setattr(Run, "settle", lambda self, why: None if why == "an index" else settle(self, why))


FAULTS = {
    "settings are not compared": (
        lambda m: m.setattr(matching, "same", lambda a, b: type(a) is type(b)),
        ("closed_over_numbers_change", "settings_in_a_list_that_changes"),
    ),
    "the sign of zero is lost": (
        lambda m: m.setattr(matching, "same", lambda a, b: type(a) is type(b) and a == b),
        ("signs_of_zero_and_types_of_numbers",),
    ),
    "the type of a number is lost": (
        lambda m: m.setattr(matching, "same", lambda a, b: a == b),
        ("signs_of_zero_and_types_of_numbers",),
    ),
    "inputs may be one another": (blind_to_aliases, ("the_same_tensor_twice_and_views_of_one_another",)),
    "nothing is computed before a write": (
        silent_writes,
        ("inputs_are_written_to",),
    ),
    "leaves change unseen": (blind_to_leaves, ("requires_grad_is_toggled",)),
    "what is referred to once counts as dropped": (
        lambda m: m.setattr(run, "ONLY_THE_LIST", run.ONLY_THE_LIST + 1),
        ("results_are_dropped", "promises_are_kept_in_a_list"),
    ),
    "recording is not looked at": (blind_to_the_mode, ("parts_without_recording",)),
    "views forget what they look into": (
        lambda m: m.setattr(promise.core, "link_view", lambda out, source: None),
        ("views_of_promises_are_written_to", "a_view_whose_base_is_dropped"),
    ),
    "arrays are not copied": (
        lambda m: m.setattr(matching, "fixed", lambda array: True),
        ("numpy_buffers_are_refilled_inside",),
    ),
    "memory that NumPy has is waited for": (
        lambda m: m.setattr(matching, "is_shared", lambda tensor: False),
        ("memory_of_from_numpy_is_written_to_inside", "an_array_of_a_weight_is_kept_and_written_to"),
    ),
    "shapes that hang on values are promised": (
        lambda m: m.setattr(run, "INDEXED", run.INDEXED - {"repeat"}),
        ("sort_topk_unique_and_shapes_that_depend_on_values",),
    ),
    "what may raise is promised": (lambda m: m.setattr(run, "STOPS", frozenset()), ("errors_that_depend_on_values",)),
    "warnings come where they do not belong": (
        lambda m: m.setattr(World, "changed", lambda self: False),
        ("warnings_are_caught_inside", "numpy_is_told_not_to_warn"),
    ),
    "running statistics are written although others have their memory": (
        lambda m: m.setattr(rewriting, "_has_memory_alone", lambda run, tensor: True),
        ("others_have_the_memory_of_statistics",),
    ),
    "all may wait for running statistics": (
        lambda m: m.setattr(Matching, "rewriting", property(lambda self: True, lambda self, now: None)),
        ("statistics_are_operands_of_what_comes_before_and_after",),
    ),
    "walks do not look at what lies behind the path": (
        lambda m: m.setattr(walking.Route, "is_open", lambda self, run: True),
        ("a_factor_hangs_on_what_is_differentiated",),
    ),
    "walks pass hooks by": (
        lambda m: m.setattr(walking, "_has_hooks", lambda node: False),
        ("gradients_are_asked_for_in_other_ways",),
    ),
    "records stand in another order": (out_of_order, ("gradients_of_many_uses_are_added_in_order",)),
}

COMPILED_FAULTS = {
    "all results are those of one record": (
        lambda m: m.setattr(variants, "misfit", lambda steps, live: ""),
        ("hooks_on_tensors", "what_backward_needs_is_overwritten"),
    ),
    "results may have the same memory": (
        lambda m: m.setattr(Writer, "_outputs", lambda self, phase: [self._output(x) for x in phase.outputs]),
        ("what_is_computed_twice_is_written_to_once",),
    ),
    "everything that was given is watched": (
        lambda m: m.setattr(variants, "kept_of", lambda values, given: set(range(len(given)))),
        ("promises_are_written_to", "the_same_tensor_twice_and_views_of_one_another"),
    ),
}


def found_by(program, expected, wrap, tolerance):
    """Does a program do something else than expected, or nothing?"""
    try:
        seen = seen_of(program, wrap)
    except Exception:
        return True
    return differences(*((loud(expected), loud(seen)) if tolerance else (expected, seen)), tolerance) != []


@pytest.mark.parametrize("fault", FAULTS)
def test_planted_faults_are_found(fault, monkeypatch):
    plant, names = FAULTS[fault]
    expected = [seen_of(PROGRAMS[name], identity) for name in names]
    plant(monkeypatch)
    for name, seen in zip(names, expected, strict=True):
        assert found_by(PROGRAMS[name], seen, interpreted, EXACT), name


@pytest.mark.parametrize("fault", COMPILED_FAULTS)
def test_planted_faults_of_what_is_compiled_are_found(fault, monkeypatch):
    plant, names = COMPILED_FAULTS[fault]
    expected = [seen_of(PROGRAMS[name], identity) for name in names]
    plant(monkeypatch)
    for name, seen in zip(names, expected, strict=True):
        assert found_by(PROGRAMS[name], seen, compile, COMPILED), name
