"""Writes in place that can wait until a program has run: running statistics.

A program that is compiled has no memory to write to while it runs: what it reads are values. So a Tensor that the
function closed over, and that one operation after the other sets, is a value, too, and another one after each write;
the last one is copied into the Tensor's memory when all else is computed. Nobody may see the difference: no view, no
result, no record has this memory.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..op import Op
from ..program.operations import Rewrite


def movable(program: Any) -> set[int]:
    """The slots that may be written so."""
    found = {number for number in program.written if _own(program, number)}
    found -= {*program.outputs, *[guard.slot for guard in program.guards]}
    for step in program.steps:
        if type(step.op) is Rewrite:
            found.discard(step.inputs[1])
        elif step.recorded or step.writes or not _computes_anew(step.op):
            found.difference_update(step.reads)
    return found


def _computes_anew(op: Any) -> bool:
    """Is what an operation gives certainly no view of its inputs?"""
    return isinstance(op, Op) and not op.view and (op.broadcasts or op.name == "running_average")


def _own(program: Any, number: int) -> bool:
    """Is this a Tensor that is not tracked, and whose memory no other that is known has?"""
    slot = program.slots[number]
    if slot.kind != "parameter" or slot.tracked:
        return False
    array = slot.value._array
    others = [other.value._array for other in program.slots if other.kind == "parameter" and other is not slot]
    return not any(np.may_share_memory(array, other) for other in others)
