"""Does compiling a program pay? It does not where nothing is computed together. Decided by what there is to compute."""

from __future__ import annotations

import math

from ..op import Op
from ..program import Program
from .groups import LARGE
from .values import Node

FEW = 3
"""Operations up to which a program that computes none of them together is no faster than without a compiler."""


def pays(program: Program, nodes: list[Node], computed: int) -> bool:
    """Is it worth it?

    nodes      what the program has become;   computed   number of calls and loops that these are
    """
    if 0 < len(nodes) <= FEW and all(node.kind == "call" for node in nodes):
        return False
    steps = program.steps
    if not 0 < len(steps) <= FEW or not all(isinstance(step.op, Op) for step in steps):
        return True
    large = all(math.prod(step.shapes[0]) > LARGE for step in steps)
    return len(steps) > 1 and not (large and computed >= len(steps))


__all__ = ["pays"]
