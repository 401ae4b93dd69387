"""Does compiling a program pay? It does not where nothing is computed together. Decided by what there is to compute."""

from __future__ import annotations

import math

from ..op import Op
from ..program import Program
from ..program.operations import NumPyCall
from .groups import LARGE, grouped
from .values import Node

FEW = 3
"""Operations up to which a program that computes none of them together is no faster than without a compiler."""

AROUND = 8
"""The same with what is computed around them of which no gradient is wanted, such as what each label counts."""


def pays(program: Program, nodes: list[Node]) -> bool:
    """Is it worth it?

    nodes   what the program has become, without what is there for guards alone
    """
    steps = [step for step in program.steps if not program.live.isdisjoint(step.fills)]
    calls = {node.name for node in nodes if node.kind == "call"}
    if 0 < len(nodes) <= FEW and all(node.kind == "call" for node in nodes):
        return False
    if not 0 < len(steps) <= AROUND or not all(isinstance(step.op, (Op, NumPyCall)) for step in steps):
        return True
    recorded = [step.name for step in steps if step.recorded]
    if len(recorded) == 1 and recorded[0] in calls:
        return False
    if len(steps) > FEW or not all(isinstance(step.op, Op) for step in steps):
        return True
    if len(steps) == 1:
        return bool(program.guards) and not calls  # which are asked in the same call of the machine
    alone = len(grouped(nodes)) >= len(steps)
    large = all(math.prod(step.shapes[0]) > LARGE for step in steps)
    return not (alone and (large or (calls and len(steps) == 2)))


__all__ = ["pays"]
