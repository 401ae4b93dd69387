"""Fused ops in the steps of their formula: a step of a recurrent layer is small, and then the machine is quicker.

The formula of an op is captured, on numbers of the same shapes, and its steps stand in the place of the op.
"""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np

from ..modes import state
from ..op import Op
from ..program import Program, capture
from ..program.steps import holes, leaves
from ..tensors.core import new_leaf, wrap

INLINED = {"lstm_cell", "gru_cell", "rnn_cell", "normalise", "scale_shift"}
"""Ops that are replaced, where they are small."""

SMALL = 1 << 15
"""Elements of a result up to which they are."""


def inlined(program: Program) -> Program:
    """The same program with the formula of some ops in their place."""
    if not any(_inline(step, program) for step in program.steps):
        return program
    slots, steps = list(program.slots), []
    known: dict[Any, Program | None] = {}
    for step in program.steps:
        body = _body(step, program, known) if _inline(step, program) else None
        if body is None:
            steps.append(step)
            continue
        place = dict(zip(body.inputs, [slot for slot in step.operands if slot is not None], strict=True))
        outs = dict(zip(body.outputs, step.outputs, strict=True))
        for slot in body.slots:
            if slot.number in place:
                continue
            if slot.number in outs:
                place[slot.number] = outs[slot.number]
            else:
                place[slot.number] = len(slots)
                slots.append(dataclasses.replace(slot, number=len(slots)))
        for inner in body.steps:
            steps.append(_moved(inner, place, step.places))
    fresh = [dataclasses.replace(guard, at=len(steps)) for guard in program.guards]
    return Program(slots, steps, fresh, program.arguments, program.results, program.name)


def _inline(step: Any, program: Program) -> bool:
    """Is this such a step, whose results alone are used?"""
    if step.name not in INLINED or not isinstance(step.op, Op) or next(holes(step.settings), None) is not None:
        return False
    if state.capture is not None or math.prod(program.slots[step.outputs[0]].shape) > SMALL:
        return False
    return program.slots[step.outputs[0]].dtype.char in "fd" and not _read(program).intersection(step.kept)


def _read(program: Program) -> set[int]:
    """All slots that something reads."""
    found = {slot for step in program.steps for slot in step.reads}
    return found | set(program.outputs) | {guard.slot for guard in program.guards}


def _body(step: Any, program: Program, known: dict[Any, Program | None]) -> Program | None:
    """The formula as a program; None if it asks for values, or needs more than its inputs."""
    given = [None if slot is None else program.slots[slot] for slot in step.operands]
    kinds = tuple([None if slot is None else (slot.shape, slot.dtype.char, slot.tracked) for slot in given])
    key = (step.name, kinds, repr(step.settings), step.recorded)
    if key not in known:
        known[key] = _captured(step, given)
    return known[key]


def _captured(step: Any, given: list[Any]) -> Program | None:
    rng = np.random.default_rng(0)
    tensors: list[Any] = []
    for slot in given:
        if slot is not None:
            x = wrap(rng.standard_normal(slot.shape).astype(slot.dtype))
            if slot.tracked and step.recorded:
                new_leaf(x)
            tensors.append(x)

    def function(*values: Any) -> Any:
        rest = iter(values)
        z = step.op.formula(*[None if slot is None else next(rest) for slot in given], **step.settings)
        return z if isinstance(z, tuple) else (z,)

    body = capture(function, *tensors)
    simple = not body.guards and not body.written and not body.parameters
    results = list(leaves(body.results))
    return body if simple and len(set(body.outputs)) == len(results) == len(step.outputs) else None


def _moved(step: Any, place: dict[int, int], places: Any) -> Any:
    """A step with other numbers of slots."""

    def at(numbers: Any) -> Any:
        return tuple([None if number is None else place[number] for number in numbers])

    inputs, outputs, kept = at(step.inputs), at(step.outputs), at(step.kept)
    return dataclasses.replace(step, inputs=inputs, outputs=outputs, kept=kept, places=places)
