"""Walking through the tables of the block machine.

    code      (instructions, CODE)    where its loop is; the slots of a, b, c and z; n = rows * PER_ROW + FIXED
    groups    (groups, GROUP)         rows, rows of a block, where its instructions begin and end, parts for threads
    slots     (threads, slots, 2)     an address, and how many bytes it moves from a row to the next
    links     (links, 3)              a slot, which array from outside it looks into, and where: bytes behind its start
    outside   (arrays)                the addresses of these, which may be others in each call
    head      (HEAD)                  where all these are, and how long: all that a call is given

A group is a loop over rows, a block of them at a time: its instructions before the loop, in it, and after it. Blocks
between the instructions (registers) have a place for each thread, so each thread has its own table of slots.

Imported when the machine first runs, because it loads Numba.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numba.core import types
from numpy import ndarray as Array

from ..machine import threads
from ..machine.instructions import intrinsic
from ..machine.jit import kernel, piece
from .memory import block

LOOP, A, B, C, Z, PER_ROW, FIXED = range(7)
CODE = 7
ROWS, BLOCK, BEGIN, BODY, AFTER, END, PARTS = range(7)
GROUP = 7
CODES, CODED, GROUPS, GROUPED, SLOTS, SLOTTED, THREADS, LINKS, LINKED, OUTSIDE, OUTSIDERS = range(11)
HEAD = 11

_KINDS = (types.intp,) * 5


@intrinsic
def _call(typing: Any, loop: Any, a: Any, b: Any, c: Any, z: Any, n: Any) -> Any:
    """Run the instruction at an address."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        address, *given = arguments
        kind = context.call_conv.get_function_type(types.none, _KINDS)
        called = builder.inttoptr(address, kind.as_pointer())
        context.call_conv.call_function(builder, called, types.none, _KINDS, given)
        return context.get_dummy_value()

    return types.void(*[types.intp] * 6), generate


@piece
def _words(address: int, count: int) -> Array:
    return block(address, count, np.int64)


@kernel
def _step(code: Array, slots: Array, begin: int, end: int, row: int, rows: int) -> None:
    """The instructions from `begin` to `end`, for some rows from `row` on."""
    for t in range(begin, end):
        line = t * CODE
        a, b, c, z = 2 * code[line + A], 2 * code[line + B], 2 * code[line + C], 2 * code[line + Z]
        _call(
            code[line + LOOP],
            slots[a] + row * slots[a + 1],
            slots[b] + row * slots[b + 1],
            slots[c] + row * slots[c + 1],
            slots[z] + row * slots[z + 1],
            rows * code[line + PER_ROW] + code[line + FIXED],
        )


@kernel
def _rows(code: Array, group: Array, slots: Array, first: int, last: int) -> None:
    """Some of the rows of a group."""
    _step(code, slots, group[BEGIN], group[BODY], first, last - first)
    for row in range(first, last, group[BLOCK]):
        _step(code, slots, group[BODY], group[AFTER], row, min(group[BLOCK], last - row))
    _step(code, slots, group[AFTER], group[END], first, last - first)


@piece
def _link(head: Array) -> None:
    """Enter the addresses of arrays from outside into the slots of all threads."""
    links, outside = _words(head[LINKS], 3 * head[LINKED]), _words(head[OUTSIDE], head[OUTSIDERS])
    for part in range(head[THREADS]):
        slots = _words(head[SLOTS] + part * head[SLOTTED] * 16, 2 * head[SLOTTED])
        for i in range(head[LINKED]):
            slots[2 * links[3 * i]] = outside[links[3 * i + 1]] + links[3 * i + 2]


@kernel
def run(at: int, first: int, last: int) -> None:
    """Some groups, one after the other, in this thread. `at` is where the head of the tables is."""
    head = _words(at, HEAD)
    _link(head)
    code, slots = _words(head[CODES], CODE * head[CODED]), _words(head[SLOTS], 2 * head[SLOTTED])
    groups = _words(head[GROUPS], GROUP * head[GROUPED])
    for g in range(first, last):
        group = groups[g * GROUP : (g + 1) * GROUP]
        _rows(code, group, slots, 0, group[ROWS])


@kernel
def _part(at: int, g: int, first: int, last: int) -> None:
    """The part of a group that begins at row `first`, with the slots of that part."""
    head = _words(at, HEAD)
    group = _words(head[GROUPS] + g * GROUP * 8, GROUP)
    part = threads.number(first, group[ROWS], group[PARTS])
    slots = _words(head[SLOTS] + part * head[SLOTTED] * 16, 2 * head[SLOTTED])
    _rows(_words(head[CODES], CODE * head[CODED]), group, slots, first, last)


def share(at: int, g: int, rows: int, parts: int) -> None:
    """A group in several parts: in threads, where there are some."""
    run(at, 0, 0)
    threads.split(rows, partial(_part, at, g), 1, parts)
