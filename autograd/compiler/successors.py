"""Which results of a loop may be written where one of its operands stands, as nobody reads that any more."""

from __future__ import annotations

from .tables import Table
from .values import Value


def successors(table: Table, dying: set[Value], made: set[Value]) -> list[tuple[Value, Value]]:
    """Pairs of an operand and the result that gets its memory: each of both is in one pair at the most.

    dying   operands that no later step reads
    made    results that no step before has anything to do with

    A block of rows of the operand has been read by the instructions before the one that writes these rows of the
    result, and by nothing after it: no instruction reads and writes the same memory, as compiled loops must not.
    """
    read: dict[Value, list[tuple[int, int]]] = {}  # root -> instructions, bytes from a row to the next
    written: dict[Value, tuple[int, int]] = {}
    for lines, first in ((table.before, None), (table.body, 0), (table.after, None)):
        for number, line in enumerate(lines):
            place = LATE if first is None else number
            for slot in (line.a, line.b, line.c):
                if slot is not None and slot.kind == "value":
                    read.setdefault(_root(slot.what), []).append((place, slot.step))
            if line.z.kind == "value" and line.z.step:
                written[line.z.what] = place, line.z.step
    pairs = []
    left = [x for x in read if x in dying]
    for z, (place, step) in written.items():
        if z not in made:
            continue
        for x in left:
            if x.nbytes == z.nbytes and all(at < place and apart == step for at, apart in read[x]):
                pairs.append((x, z))
                left.remove(x)
                break
    return pairs


LATE = 1 << 30
"""The place of instructions outside of the loop: after all others."""


def _root(what: Value | tuple[Value, int]) -> Value:
    return what[0] if isinstance(what, tuple) else what
