"""`print(program)`: numbered straight-line code, with shapes, dtypes, bytes, and the lines of the user's program."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...lines import place
from ..steps import Hole, Step, mapped
from .naming import names_of

Row = tuple[str, str, str, str]


def listing(program: Any) -> str:
    """One line per value that comes from outside, and one per step; guards stand where they are asked."""
    names = names_of(program)
    rows: list[Row] = []
    for slot in program.slots:
        if slot.kind != "step" and slot.number in names:
            rows.append((f"     {names[slot.number]} = {slot.kind}", _what(slot), f"{slot.nbytes:,} B", ""))
    for number, step in enumerate(program.steps):
        rows += [_guard(guard, names) for guard in program.guards if guard.at == number]
        slots = [program.slots[slot] for slot in step.outputs]
        size = sum(slot.nbytes for slot in slots)
        line = step.lines[0] if step.places else ""
        what = ", ".join(map(_what, slots))
        rows.append((f"{number:>4} {call_of(program, step, names)}", what, f"{size:,} B" if slots else "", line))
    rows += [_guard(guard, names) for guard in program.guards if guard.at >= len(program.steps)]
    results = ", ".join(_named(program, slot, names) for slot in program.outputs)
    widths = [min(max([len(row[column]) for row in rows], default=0), 78) for column in range(3)]
    total = sum(slot.nbytes for slot in program.slots if slot.kind == "step")
    lines = [f"{program.name}: {len(program.steps)} steps, which compute {total:,} bytes"]
    lines += [
        f"{call:<{widths[0]}}  {what:<{widths[1]}}  {size:>{widths[2]}}  {line}".rstrip()
        for call, what, size, line in rows
    ]
    return "\n".join([*lines, f"     return {results}"])


def _what(slot: Any) -> str:
    return f"{slot.dtype} ({', '.join(map(str, slot.shape))})"


def _guard(guard: Any, names: dict[int, str]) -> Row:
    told = "" if isinstance(guard.value, np.ndarray) else f" == {guard.value!r}"
    asked = place(*guard.places[0]) if guard.places else ""
    return (f"     # guard: {guard.how}({names.get(guard.slot, '?')}){told}", "", "", asked)


def _named(program: Any, slot: int | None, names: dict[int, str]) -> str:
    if slot is None:
        return "None"
    if slot in names:
        return names[slot]
    value = program.slots[slot].value
    return repr(value.reshape(-1)[0].item()) if value is not None and value.size else "[]"


def call_of(program: Any, step: Step, names: dict[int, str]) -> str:
    """The step as a line of code."""

    def shown(leaf: Any) -> Any:
        if type(leaf) is Hole:
            return _Word(_named(program, step.inputs[leaf.position], names))
        return _Word(leaf.name) if isinstance(leaf, np.dtype) else leaf

    settings = mapped(step.settings, shown)
    if "args" in settings:
        parts = [repr(part) for part in settings["args"]]
        parts += [f"{key}={value!r}" for key, value in settings.get("kwargs", {}).items()]
    else:
        parts = [_named(program, slot, names) for slot in step.operands]
        parts += [f"{key}={value!r}" for key, value in settings.items()]
    call = f"{step.name}({', '.join(parts)})"
    filled = ", ".join(names[slot] for slot in step.outputs)
    if step.writes:
        over = ", ".join(_named(program, step.inputs[position], names) for position in step.writes)
        call += f"  # writes {over}"
    text = f"{filled} = {call}" if filled else call
    return text if len(text) < 74 else text[:70] + "..."


class _Word(str):
    """A text that is shown without quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)
