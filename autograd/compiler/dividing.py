"""Which operations of a step of a training stand together on the tape, where it walks back more than once.

What lies between two acts of a step becomes one record. A walk back consumes the record whole; so what another walk
needs must be a record of its own, as in a step of adversarial networks:

    fake = G(z)                              one record
    loss_d = f(D(x)) + f(D(fake.detach()))   another, which loss_d.backward() consumes
    loss_d.backward() ...
    loss_g = f(D(fake))                      loss_g.backward() comes to the first one through this
"""

from __future__ import annotations

from typing import Any

from ..errors import CaptureError
from ..op import Op
from ..program import Program
from ..program.operations import Draw


def divided(program: Program, numbers: list[int], losses: list[int]) -> list[list[int]]:
    """The numbers of steps that lie between two acts, as lists that become a record each, in the order of computing.

    losses   slots from which walks back begin that consume what they come to, and tracked results of the function

    Raises CaptureError where what walks come to lies in each other: Python will do what it does.
    """
    made = {slot for number in numbers for slot in program.steps[number].fills if program.slots[slot].tracked}
    ways = [way & made for way in (behind(program, loss) for loss in losses)]
    touching = [way for loss, way in zip(losses, ways, strict=True) if way]
    for at, first in enumerate(touching):
        for second in touching[at + 1 :]:
            if first.isdisjoint(second):
                own = _needed(program, numbers, second)
                rest = [number for number in numbers if number not in own]
                _check(program, sorted(own), rest, first)
                return [*divided(program, sorted(own), losses), *divided(program, rest, losses)]
    return [numbers]


def behind(program: Program, loss: int) -> set[int]:
    """The slots that a walk back from one comes to."""
    found = {loss}
    for step in reversed(program.steps):
        if not step.recorded or found.isdisjoint(step.outputs):
            continue
        slots: Any = step.reads
        if isinstance(step.op, Op):
            several = len(step.op.inputs) > 1
            slots = [s for k, s in enumerate(step.operands) if step.op.differentiable(k if several else 0)]
        found.update([slot for slot in slots if slot is not None])
    return found


def _needed(program: Program, numbers: list[int], slots: set[int]) -> set[int]:
    """The numbers of the steps that some slots are computed by."""
    wanted = set(slots)
    found = set()
    for number in reversed(numbers):
        step = program.steps[number]
        if not wanted.isdisjoint(step.fills):
            found.add(number)
            wanted.update(step.reads)
    return found


def _check(program: Program, own: list[int], rest: list[int], other: set[int]) -> None:
    """May the steps `own` run before the `rest`, and does the walk back through `other` not come to them?"""
    steps = program.steps
    for number in own:
        step = steps[number]
        before = [steps[each] for each in rest if each < number]
        writes = {step.inputs[k] for k in step.writes}
        moved = any(not writes.isdisjoint(each.reads) for each in before)
        moved = moved or any(not {each.inputs[k] for k in each.writes}.isdisjoint(step.reads) for each in before)
        drawn = type(step.op) is Draw and any(type(each.op) is Draw for each in before)
        if moved or drawn or not other.isdisjoint(step.outputs):
            raise CaptureError(
                f"{program.name}: {step.name} at {step.lines[0] if step.places else 'a layer'} belongs to what two "
                "walks back come to, one after the other"
            )


__all__ = ["behind", "divided"]
