"""The plain interpreter of programs: one step after the other, as they stand there. It says what a Program means.

Ops run as they do when they are called: they are recorded on the tape if one of their inputs requires grad. Every other
way to run a Program has to give what this one gives.
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import Parameter
from typing import Any

import numpy as np

from ..errors import GuardError
from ..modes import no_grad, state
from ..op import Op
from ..ops.index import getitem
from ..records import Record
from ..tensors.core import Core, wrap
from ..tensors.rewrite import assign, keep_value, note_write, update
from ..tensors.run import apply_keeping
from .capturing import apply_recorded
from .functions import Graft
from .operations import Assign, Detach, NumPyCall, Rewrite
from .rules import Again
from .steps import Guard, Step, filled, leaves
from .storage import plain


def run(
    program: Any,
    inputs: list[Any],
    formulas: frozenset[str] = frozenset(),
    seen: Callable[[int, list[Any]], None] | None = None,
) -> list[Any]:
    """The values of all slots, as Tensors, after all steps.

    formulas   names of operations that are run by their formulas
    seen       is called after each step, with its number and the values of all slots so far
    """
    values: list[Any] = [None] * len(program.slots)
    for slot in program.slots:
        if slot.kind == "parameter":
            values[slot.number] = slot.value
        elif slot.kind == "constant":
            written = slot.number in program.written
            values[slot.number] = wrap(slot.value.copy(order="K") if written else slot.value)
    for number, x in zip(program.inputs, inputs, strict=True):
        values[number] = x
    guards = iter(program.guards)
    guard = next(guards, None)
    for number, step in enumerate(program.steps):
        while guard is not None and guard.at <= number:
            _check(guard, values)
            guard = next(guards, None)
        if state.capture is not None:
            state.capture.inherited = step.places
        if step.quiet:
            with no_grad():
                _run_step(step, values, program, formulas)
        else:
            _run_step(step, values, program, formulas)
        if seen is not None:
            seen(number, values)
    while guard is not None:
        _check(guard, values)
        guard = next(guards, None)
    if state.capture is not None:
        state.capture.inherited = None
    return values


def _check(guard: Guard, values: list[Any]) -> None:
    if state.capture is not None:
        state.capture.asked(
            state.capture.slot_of_tensor(values[guard.slot], False), guard.how, plain(values[guard.slot])
        )
    if not guard.holds(plain(values[guard.slot])):
        told = "an array" if guard.how == "numpy" else repr(guard.value)
        raise GuardError(
            f"the program was captured where Python was told {told} by {guard.how}() at {guard.line}, and has gone on "
            "from there; this time it would be told something else. Capture it again, or keep the question outside"
        )


def _run_step(step: Step, values: list[Any], program: Any, formulas: frozenset[str]) -> None:
    given: list[Any] = [None if slot is None else values[slot] for slot in step.inputs]
    if isinstance(step.op, Op):
        outs, kept = _by_formula(step, given) if step.name in formulas else _apply(step, given)
    elif isinstance(step.op, Assign):
        settings = filled(step.settings, [None if x is None else x._array for x in given])
        value = given[1] if len(step.operands) > 1 else settings["value"]
        (state.capture.assigned if state.capture is not None else _assigned)(
            assign, given[0], step.name, settings["index"], value
        )
        return
    elif isinstance(step.op, Rewrite):
        _rewrite(step, given, values, program)
        return
    elif isinstance(step.op, Graft):
        results = step.op.run(step.settings, given)
        found = results if isinstance(results, tuple) else (results,)
        outs, kept = [z for z in found if isinstance(z, Core)], ()
    elif isinstance(step.op, Detach):
        outs, kept = (given[0].detach(),), ()
    else:
        outs, kept = _compute(step, given, program), ()
    for slot, out, shape in zip(step.outputs, outs, step.shapes, strict=True):
        if out._array.shape != shape:
            raise GuardError(
                f"{step.name} at {step.lines[0] if step.places else '?'} gave the shape {shape} when the program was "
                f"captured, and gives {out._array.shape} now: Python may have counted on it. Capture the program again"
            )
        values[slot] = out
    for slot, array in zip(step.kept, kept, strict=True):
        values[slot] = array


def _apply(step: Step, given: list[Any]) -> tuple[Any, Any]:
    op, count = step.op, len(step.operands)
    settings = filled(step.settings, [None if x is None else x._array for x in given])
    tensors = given[:count]
    if op is getitem:
        return (tensors[0][settings["index"]],), ()
    tracked = state.tape is not None and any(x is not None and x._node is not None for x in tensors)
    if step.kept and step.recorded and not tracked:
        if state.capture is not None:
            out, kept = state.capture.applied(op, tensors, settings, recorded=True)
        else:
            out, kept = apply_recorded(op, tensors, settings)
    else:
        out, kept = apply_keeping(op, *tensors, **settings)
    arrays = [wrap(x) for x in leaves(kept) if isinstance(x, np.ndarray)] if step.kept else ()
    return out if isinstance(out, tuple) else (out,), arrays


def _by_formula(step: Step, given: list[Any]) -> tuple[Any, Any]:
    defaults = {name: value for name, value in step.op.defaults.items() if value is not Parameter.empty}
    settings = defaults | filled(step.settings, [None if x is None else x._array for x in given])
    settings.pop("recorded", None)
    out = step.op.formula(*given[: len(step.operands)], **settings)
    kept: list[Any] = [None] * len(step.kept)
    if step.name.startswith("batch_norm_relu") and len(step.kept) >= 3:  # mean, 1 / deviation, variance, and more
        x = given[0]._array
        axes = (0, *range(2, x.ndim))
        mean, var = np.mean(x, axis=axes), np.var(x, axis=axes)
        kept[:3] = [wrap(part) for part in (mean, 1 / np.sqrt(var + settings["eps"]), var)]
    return out if isinstance(out, tuple) else (out,), kept


def _compute(step: Step, given: list[Any], program: Any) -> list[Any]:
    """A function of arrays, which nothing is recorded of."""
    tracked = state.tape is not None and any(x is not None and x._node is not None for x in given)
    if tracked and hasattr(step.op, "recorded"):
        count = len(step.operands)
        settings = filled(step.settings, [x if x is None or x._node is not None else x._array for x in given])
        if state.capture is not None:
            return list(step.op.recorded(*given[:count], **settings))
        return list(Again.apply(step.op, settings, *given[:count]))
    if tracked and isinstance(step.op, NumPyCall):
        _check_constant(step, given, program)
    arrays = [None if x is None else x._array for x in given]
    if state.capture is not None:
        result = _compute_captured(step, arrays)
    else:
        for position in step.writes:
            note_write(given[position], step.name)
        if "args" in step.settings:
            result = step.op.forward(*arrays, **step.settings)
        else:
            result = step.op.forward(*arrays[: len(step.operands)], **filled(step.settings, arrays))
    return [wrap(x) for x in leaves(result) if _is_value(x)][: len(step.outputs)]


def _check_constant(step: Step, given: list[Any], program: Any) -> None:
    """A value that came from no operation when the program was captured may come from one where inputs are tracked."""
    floats = any(dtype.kind == "f" for dtype in step.dtypes) and step.name not in _NO_GRADIENT
    floats = floats and not program.live.isdisjoint(step.outputs)
    for slot, x in zip(step.inputs, given, strict=True):
        if floats and x is not None and x._node is not None and not program.slots[slot].tracked:
            raise GuardError(
                f"{step.name} at {step.lines[0] if step.places else '?'} was computed from a constant when the program "
                "was captured, and its input requires grad now: capture it on examples that require grad"
            )


_NO_GRADIENT = {f"np.{name}_like" for name in ("zeros", "ones", "empty", "full")} | {"np.sign", "np.floor", "np.ceil"}


def _compute_captured(step: Step, arrays: list[Any]) -> Any:
    if "args" in step.settings:
        own = filled(step.settings, arrays)
        written = [arrays[position] for position in step.writes]
        return state.capture.computed(step.op, own["args"], own.get("kwargs", {}), written)
    count = len(step.operands)
    return state.capture.rule(step.op, arrays[:count], filled(step.settings, arrays), step.writes)


def _is_value(x: Any) -> bool:
    return isinstance(x, (np.ndarray, np.generic, bool, int, float, complex))


def _assigned(assign: Any, *arguments: Any) -> None:
    assign(*arguments)


def _rewrite(step: Step, given: list[Any], values: list[Any], program: Any) -> None:
    target, source = given
    nodes = [values[slot]._node for number in step.since for slot in program.steps[number].outputs[:1]]
    records = [node for node in nodes if isinstance(node, Record)]
    if records and source._node is not None:
        if state.capture is not None:
            state.capture.keeping_value(target, records)
        else:
            keep_value(target._array, records)
    update(target, step.name, lambda old: source)
