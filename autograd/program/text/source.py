"""`Program.source()`: a file of NumPy that computes the same, forward and backward, and needs nothing else.

One line per step, with the names that one would give the values by hand. What an operation is made of is taken from
where it is declared: an expression stands in the line itself, a longer function above.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...errors import CaptureError, GraphError
from ..gradients import vjp_of
from ..operations import Draw, NumPyCall
from ..steps import Step, leaves
from .declared import literal
from .lines import Lines
from .naming import names_of
from .vendored import Vendored

_SMALL = 8


def source(program: Any, captured: Any) -> str:
    """The text. Raises CaptureError where a step cannot be written out.

    Operations that are compiled code only are written by their formula.
    """
    formulas: set[str] = set()
    while True:
        whole = _whole_of(program, captured, frozenset(formulas))
        try:
            return _written(program, whole)
        except UnwritableError as error:
            if error.step.op.name in formulas or getattr(_op_of(error.step), "formula", None) is None:
                raise CaptureError(str(error)) from None
            formulas.add(_op_of(error.step).name)


class UnwritableError(CaptureError):
    """A step that cannot be written out."""

    step: Step


def _op_of(step: Step) -> Any:
    return getattr(step.op, "op", step.op)


def _whole_of(program: Any, captured: Any, formulas: frozenset[str]) -> Any:
    """The program with its gradients, if it has any; the operations of these names by their formulas."""
    found = program.wholes.get(formulas)
    if found is None:
        try:
            found = vjp_of(program, captured, formulas)
        except GraphError:
            found = program
        program.wholes[formulas] = found
    program.wholes["latest"] = found
    return found


def _written(program: Any, whole: Any) -> str:
    turn = len(whole.steps) if whole.turn is None else whole.turn
    names = names_of(whole)
    vendored = Vendored({"np", "rng", "kept", "forward", "backward", *names.values()})
    lines = Lines(whole, names, vendored)
    forward = [_shown(whole, lines, step) for step in whole.steps[:turn] if _matters(whole, step)]
    backward = [_shown(whole, lines, step) for step in whole.steps[turn:] if _matters(whole, step)]
    given = [names[slot] for slot in arguments_of(whole) if not _arrives_later(program, whole, slot)]
    results = _results(program, whole, lines)
    kept = _kept(whole, turn, names)
    parts = [_head(program, whole, names), "import numpy as np\n"]
    parts += [f"import {module}\n" for module in sorted(vendored.modules)]
    parts.append("\n")
    parts += [f"\n{text}\n" for text in vendored.texts.values()]
    random = any(isinstance(step.op, Draw) for step in whole.steps)
    parts.append(f"\ndef forward({', '.join([*given, *(['rng=None'] if random else [])])}):\n")
    if random:
        parts.append("    rng = np.random.default_rng() if rng is None else rng\n")
    parts += _constants(whole, names)
    parts += [f"    {line}\n" for line in forward]
    if whole is program:
        parts.append(f"    return {results}\n")
        return "".join(parts)
    parts.append(f"    kept = {_tuple(kept)}\n" if kept else "    kept = ()\n")
    parts.append(f"    return {results}, kept\n")
    seeds = [names[slot] for slot in whole.inputs[whole.given :]]
    parts.append(f"\n\ndef backward({', '.join(['kept', *seeds])}):\n")
    if kept:
        parts.append(f"    {_tuple(kept)[1:-1]} = kept\n")
    parts += [f"    {line}\n" for line in backward]
    gradients = [lines.name(leaf.slot) for part in whole.results[1:] for leaf in leaves(part)]
    parts.append(f"    return {', '.join(gradients) or 'None'}\n")
    return "".join(parts)


def _matters(whole: Any, step: Step) -> bool:
    """Is there more to a step than that Python looked at what it gives?"""
    return type(step.op) is not NumPyCall or bool(step.writes) or not whole.live.isdisjoint(step.outputs)


def arguments_of(program: Any) -> list[int]:
    """The slots of what `forward` takes: inputs, parameters, and constants that are too large to be written out."""
    found = list(program.inputs)
    for slot in program.slots:
        large = slot.kind == "constant" and slot.value.size > _SMALL
        if slot.kind == "parameter" or large:
            found.append(slot.number)
    return found


def _arrives_later(program: Any, whole: Any, slot: int) -> bool:
    return whole is not program and slot in whole.inputs[whole.given :]


def _shown(program: Any, lines: Lines, step: Step) -> str:
    try:
        line = lines.line(step)
    except CaptureError as error:
        found = UnwritableError(f"source: {step.name} at {step.lines[0] if step.places else '?'}: {error}")
        found.step = step
        raise found from None
    shape = " ".join(str(program.slots[slot].shape) for slot in step.outputs)
    where = step.lines[0] if step.places else ""
    note = "  # " + "  ".join(part for part in (shape, where) if part) if shape or where else ""
    return f"{line:<60}{note}" if note else line


def _results(program: Any, whole: Any, lines: Lines) -> str:
    nest = program.results if whole is program else whole.results[0]

    def written(part: Any) -> str:
        if hasattr(part, "slot"):
            return lines.name(part.slot)
        if isinstance(part, dict):
            return "{" + ", ".join(f"{key!r}: {written(value)}" for key, value in part.items()) + "}"
        if isinstance(part, (tuple, list)):
            inside = ", ".join(map(written, part)) + ("," if isinstance(part, tuple) and len(part) == 1 else "")
            return f"[{inside}]" if isinstance(part, list) else f"({inside})"
        return literal(part)

    return written(nest)


def _kept(whole: Any, turn: int, names: dict[int, str]) -> list[str]:
    """What `backward` needs of what `forward` had, in the order in which it came about."""
    made = {slot for step in whole.steps[turn:] for slot in step.fills}
    later = set(whole.inputs[whole.given :])
    needed = {slot for step in whole.steps[turn:] for slot in step.reads}
    needed |= {leaf.slot for part in whole.results[1:] for leaf in leaves(part)}
    return [names[slot] for slot in sorted(needed - made - later) if slot in names]


def _tuple(names: list[str]) -> str:
    return f"({', '.join(names)},)" if len(names) == 1 else f"({', '.join(names)})"


def _constants(whole: Any, names: dict[int, str]) -> list[str]:
    found = []
    for slot in whole.slots:
        if slot.kind == "constant" and 1 != slot.value.size <= _SMALL:
            found.append(f"    {names[slot.number]} = {literal(np.asarray(slot.value))}\n")
    return found


def _head(program: Any, whole: Any, names: dict[int, str]) -> str:
    rows = []
    for slot in arguments_of(whole):
        if _arrives_later(program, whole, slot):
            continue
        each = whole.slots[slot]
        rows.append(f"    {names[slot]:<10} {each.kind:<10} {each.dtype} {each.shape}\n")
    backward = (
        "" if whole is program else ", and its derivatives: forward(...) gives (result, kept), backward(kept, ...)"
    )
    return f'"""{program.name} in NumPy{backward}.\n\n{"".join(rows)}"""\n\n'
