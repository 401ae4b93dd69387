"""Programs that compiling makes no faster: their few operations, one after the other, without the Python around them.

A lone layer norm or convolution is one call of a kernel. Then a compiled program would do the same, and put a record of
its own around it; called as they are on Tensors, operations take no longer than without a compiler.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..op import Op
from ..ops.index import getitem
from ..program import Program
from ..program.program import At
from ..program.steps import holes
from ..records import Record
from ..tensors.core import wrap
from ..tensors.run import apply
from .spelled import Spelled


class Stepwise:
    """Such a program. Called like the function that was captured.

    source   the text of what runs
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        given = Spelled(lambda leaf: None)
        names = {number: f"x{place}" for place, number in enumerate(program.inputs)}
        for slot in program.slots:
            if slot.kind == "parameter":
                names[slot.number] = given.text(slot.value)
            elif slot.kind == "constant":
                names[slot.number] = f"wrap({given.text(slot.value)})"
        lines = [f"def forward({', '.join([names[number] for number in program.inputs])}):"]
        for step in program.steps:
            names[step.outputs[0]] = out = f"v{len(lines)}"
            inputs = "".join([", None" if slot is None else f", {names[slot]}" for slot in step.operands])
            settings = "".join([f", {key}={given.text(value)}" for key, value in step.settings.items()])
            what = f"apply({given.text(step.op)}{inputs}{settings})"
            where = f"{step.name} {step.lines[0]}" if step.places else step.name
            if step.places:
                code, instruction = step.places[0]
                what = f"at({what}, {given.text(code)}, {instruction})"
            lines.append(f"    {out} = {what}  # {where}")
        assert type(program.results) is At
        lines.append(f"    return {names[program.results.slot]}")
        self.source = "\n".join(lines) + "\n"
        known: dict[str, Any] = {**given.known, "apply": apply, "wrap": wrap, "at": _at}
        exec(compile(self.source, f"<steps of {program.name}>", "exec"), known)
        self.forward: Callable[..., Any] = known["forward"]

    def __call__(self, *inputs: Any) -> Any:
        return self.forward(*self.program.bound(inputs))

    def returned(self, inputs: list[Any]) -> Any:
        """What the function returned, for the Tensors of the input slots."""
        return self.forward(*inputs)


def _at(z: Any, code: Any, instruction: int) -> Any:
    """The result of an operation, whose record says that it was called there."""
    node = z._node
    if node.__class__ is Record:
        node.code, node.lasti = code, instruction
    return z


def stepwise(program: Program) -> bool:
    """Is this a program whose operations can be called one after the other, and which returns a Tensor?"""
    if program.guards or program.written or type(program.results) is not At:
        return False
    read = {slot for step in program.steps for slot in step.reads}
    read.update(program.outputs)
    return all(
        isinstance(step.op, Op)
        and step.op is not getitem
        and len(step.outputs) == 1
        and not (step.quiet or step.writes)
        and read.isdisjoint(step.kept)
        and next(holes(step.settings), None) is None
        for step in program.steps
    )


__all__ = ["Stepwise", "stepwise"]
