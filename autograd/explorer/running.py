"""All values of a program in one run, as arrays: what each step gave, and what writes in place have made of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy import ndarray as Array

from ..modes import no_grad
from ..program.gradients import left_alone
from ..program.rules import Rule
from ..program.running import run
from ..program.storage import plain
from ..tensors.core import Core, wrap
from ..writes import owner


@dataclass
class Trace:
    """Of one run.

    values     slot -> its array when it was computed, or given
    versions   slot -> number of a step that overwrites it -> its array after that
    memory     slot of a computed value -> what owns its memory, and its bytes: views share it
    joined     slots that hold one factor of a product which waits to be computed: `values` has the product
    second     those that hold the other factor
    """

    values: dict[int, Array] = field(default_factory=dict)
    versions: dict[int, dict[int, Array]] = field(default_factory=dict)
    memory: dict[int, tuple[int, int]] = field(default_factory=dict)
    joined: set[int] = field(default_factory=set)
    second: set[int] = field(default_factory=set)


def traced(program: Any, inputs: list[Any], made_of: Any) -> Trace:
    """Run a program, and leave no traces: what it writes to and draws from is put back.

    made_of   the program whose gradients it is: it knows where generators stood
    """
    trace = Trace()
    for slot in program.slots:
        if slot.kind in ("parameter", "constant"):
            trace.values[slot.number] = np.array(plain(slot.value) if isinstance(slot.value, Core) else slot.value)
    for slot, x in zip(program.inputs, inputs, strict=True):
        trace.values[slot] = np.array(plain(x))
    copied = bool(program.written)

    given = set[int]()  # what owns the memory of values that come from outside

    def seen(number: int, values: list[Any]) -> None:
        step = program.steps[number]
        if number == 0:
            outside = [slot.number for slot in program.slots if slot.kind != "step"]
            given.update(id(owner(plain(values[slot]))) for slot in outside)
        for slot in step.fills:
            if values[slot] is None:
                continue
            array = plain(values[slot])
            base = owner(array)
            if id(base) not in given:
                trace.memory[slot] = id(base), int(getattr(base, "nbytes", array.nbytes))
            trace.values[slot] = np.array(array) if copied else array
        for position in step.writes:
            slot = step.inputs[position]
            trace.versions.setdefault(slot, {})[number] = np.array(plain(values[slot]))

    with left_alone(made_of), left_alone(program), no_grad():
        run(program, inputs, seen=seen)
    for step in program.steps:
        if isinstance(step.op, Rule) and step.op.apart:
            _join(step, trace)
    return trace


def _join(step: Any, trace: Trace) -> None:
    """Compute the products that a rule has left as two factors."""
    outputs = iter(step.outputs)
    for number in range(len(step.outputs) - len(step.op.apart)):
        left = next(outputs)
        if number in step.op.apart:
            right = next(outputs)
            trace.values[left] = trace.values[left].T @ trace.values[right]
            trace.joined.add(left)
            trace.second.add(right)


def tensors_of(program: Any, inputs: tuple[Any, ...]) -> list[Any]:
    """Copies of the inputs to run a program on: those given, else those that it was captured with."""
    if inputs:
        return [wrap(np.array(plain(x))) for x in program.bound(inputs)]
    return [wrap(np.array(program.examples[slot])) for slot in program.inputs]
