"""Programs that break compilers, frozen: each does what it does without, is refused, or reads what Python would not."""

from __future__ import annotations

import pytest

from autograd.errors import CaptureError
from autograd.replay import compile
from tests.autograd.replay.test_programs import COMPILED, differences, loud
from tests.programs import PROGRAMS, identity, seen_of

REFUSED = {"out_arguments": "read-only"}
"""Programs that raise in their first call, and what they say."""

PYTHON = {
    "a_branch_on_the_call": "a counter decides",
    "a_factor_hangs_on_what_is_differentiated": "a gradient goes through what was computed before the call",
    "a_thread_started_inside": "another thread computes",
    "an_array_of_a_weight_is_kept_and_written_to": "memory is written to through NumPy",
    "an_operation_of_ones_own_that_raises": "an operation has a setting that changes",
    "anomalies_are_found_where_they_are": "a list grows",
    "closed_over_numbers_change": "a number that is closed over",
    "errors_that_depend_on_values": "errors are caught",
    "gradients_are_asked_for_in_other_ways": "a hook of an argument is called by a gradient inside",
    "hooks_on_modules_and_optimisers": "hooks of modules are added later",
    "layers_replaced_frozen_loaded_and_tied": "layers are replaced",
    "memory_of_from_numpy_is_written_to_inside": "memory is written to through NumPy",
    "methods_are_decorated": "a counter is a factor",
    "numpy_buffers_are_refilled_between_calls": "memory is written to through NumPy",
    "numpy_buffers_are_refilled_inside": "memory is written to through NumPy",
    "operations_of_ones_own_that_draw_and_count": "an operation draws by itself",
    "settings_in_a_list_that_changes": "a list that is closed over",
    "sizes_zero_and_one": "the strides of an expanded result",
    "try_around_shapes_that_do_not_fit": "errors are caught",
    "weak_references_and_deleted_values": "when values are deleted",
}
"""Programs whose Python does in later calls what it did not in the first, which nobody sees who does not run it."""

NOISE = {"modules_are_given_to_compile", "batch_norm_and_its_buffers", "layers_with_statistics_change_their_mode"}
"""Biases before a batch norm, whose gradients are rounding errors; a warning that is said once in a process."""

SLOW = {
    "a_leaf_made_inside",
    "a_loop_until_a_value_is_small",
    "a_step_of_learning_is_differentiated",
    "a_very_long_loop",
    "an_actor_looks_at_what_it_does",
    "an_optimiser_step_inside",
    "checkpoint_inside",
    "compiled_functions_in_compiled_functions",
    "constants_are_looked_at_and_seen_through",
    "early_return_and_recursion",
    "einsum_attention_and_norms",
    "grad_and_hessian_inside",
    "gradients_are_asked_for_in_other_ways",
    "gradients_for_several_values_and_seeds",
    "gradients_through_what_looks_at_numbers",
    "losses_that_check_their_targets",
    "networks_of_convolutions_with_statistics_learn",
    "numpy_functions_on_tensors",
    "numpy_is_told_to_raise",
    "one_half_is_never_the_same",
    "one_layer_is_used_twice_and_two_layers_share_statistics",
    "operations_of_ones_own_that_draw_and_count",
    "others_have_the_memory_of_statistics",
    "outputs_of_all_kinds",
    "partials_and_wrappers",
    "promises_are_kept_in_a_list",
    "recurrent_layers",
    "residuals_of_differential_equations",
    "results_are_dropped",
    "several_threads",
    "signs_of_zero_and_types_of_numbers",
    "something_fails_after_statistics_have_moved",
    "sort_topk_unique_and_shapes_that_depend_on_values",
    "split_chunk_and_unbind_partly_used",
    "statistics_are_looked_at_in_the_middle",
    "statistics_are_operands_of_what_comes_before_and_after",
    "statistics_are_replaced_reset_written_and_loaded",
    "statistics_are_returned_and_kept",
    "the_state_of_a_recurrence_is_carried_over",
    "transforms_of_a_compiled_function",
    "weights_that_are_computed",
    "what_was_computed_before_an_exception_is_there",
    "writing_to_one_of_several_views",
}
"""What takes longer than a third of a second."""


def timed(names):
    """Parameters for tests, slow ones marked."""
    return [pytest.param(name, marks=pytest.mark.slow if name in SLOW else ()) for name in names]


def frozen(function=None, **_):
    """`compile(frozen=True)`, with parentheses and without."""
    return frozen if function is None else compile(function, frozen=True)


def without_reasons(seen):
    """What a program did, without the warnings that it is not compiled."""
    found, said, drawn = loud(seen)
    return [found, [each for each in said if not each[1].startswith("compile: not compiled")], drawn]


ALIKE = [name for name in PROGRAMS if name not in {*REFUSED, *PYTHON, *NOISE}]


@pytest.mark.parametrize("name", timed(ALIKE))
def test_frozen_programs_do_what_they_do(name):
    program = PROGRAMS[name]
    found = differences(loud(seen_of(program, identity)), without_reasons(seen_of(program, frozen)), COMPILED)
    assert not found, f"{len(found)} differences:\n" + "\n".join(found[:5])


def test_most_programs_may_be_frozen():
    assert len(ALIKE) >= 80
    assert not {*REFUSED, *PYTHON, *NOISE} - {*PROGRAMS}


@pytest.mark.parametrize("name", timed(REFUSED))
def test_what_cannot_be_frozen_is_refused(name):
    with pytest.raises((CaptureError, ValueError), match=REFUSED[name]):
        seen_of(PROGRAMS[name], frozen)


@pytest.mark.parametrize("name", timed(PYTHON))
def test_what_python_does_is_done_once(name):
    """A planted fault of its own: the comparison above sees what these leave out."""
    program = PROGRAMS[name]
    assert differences(loud(seen_of(program, identity)), without_reasons(seen_of(program, frozen)), COMPILED)
