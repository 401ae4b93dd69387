"""Programs that compiling makes no faster: their few operations, one after the other, without the Python around them.

A lone layer norm, convolution or loss is one call of a kernel. Then a compiled program would do the same, and put a
record of its own around it; called as they are on Tensors, operations take no longer than without a compiler. What
NumPy computed on the way (are all labels classes?) is computed on arrays, and what Python asked of it is asked again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..op import Op
from ..ops.index import getitem
from ..program import Program
from ..program.operations import NumPyCall
from ..program.program import At
from ..program.steps import Guard, Hole, Step, holes
from ..records import Record
from ..tensors.core import wrap
from ..tensors.run import apply
from .called import changed
from .spelled import Spelled

OPERATORS = {
    np.less: "<",
    np.less_equal: "<=",
    np.greater: ">",
    np.greater_equal: ">=",
    np.equal: "==",
    np.not_equal: "!=",
}
"""Comparisons that take less time as operators, where they are of single numbers."""

REDUCTIONS = {"min": np.minimum.reduce, "max": np.maximum.reduce, "sum": np.add.reduce}
"""What methods of arrays call in the end, with Python around it."""


class Stepwise:
    """Such a program. Called like the function that was captured.

    source   the text of what runs
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        writer = _Writer(program)
        self.source = writer.text
        exec(compile(self.source, f"<steps of {program.name}>", "exec"), writer.known)
        self.forward: Callable[..., Any] = writer.known["forward"]

    def __call__(self, *inputs: Any) -> Any:
        return self.forward(*self.program.bound(inputs))

    def returned(self, inputs: list[Any]) -> Any:
        """What the function returned, for the Tensors of the input slots."""
        return self.forward(*inputs)


class _Writer:
    """Writes the text.

    tensors, arrays   slot -> expression, of those that are there as Tensors, and of those that are there as arrays
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.step: Any = None
        self.given = Spelled(lambda leaf: self._array(self.step.inputs[leaf.position]) if type(leaf) is Hole else None)
        self.tensors = {number: f"x{place}" for place, number in enumerate(program.inputs)}
        self.arrays: dict[int, str] = {}
        for slot in program.slots:
            if slot.kind == "parameter":
                self.tensors[slot.number] = self.given.text(slot.value)
            elif slot.kind == "constant":
                self.arrays[slot.number] = self.given.text(slot.value)
        lines = [f"def forward({', '.join([self.tensors[number] for number in program.inputs])}):"]
        for at, step in enumerate(program.steps):
            lines += [self._guard(guard) for guard in program.guards if guard.at == at]
            lines.append(self._call(step, f"v{at}"))
        lines += [self._guard(guard) for guard in program.guards if guard.at >= len(program.steps)]
        assert type(program.results) is At
        lines.append(f"    return {self._tensor(program.results.slot)}")
        self.text = "\n".join(lines) + "\n"
        known = {"apply": apply, "wrap": wrap, "asarray": np.asarray, "at": _at, "changed": changed}
        self.known: dict[str, Any] = {**self.given.known, **known}

    def _tensor(self, slot: int) -> str:
        if slot in self.tensors:
            return self.tensors[slot]
        array = self.arrays[slot]
        return f"wrap({array})" if self.program.slots[slot].shape else f"wrap(asarray({array}))"

    def _array(self, slot: int) -> str:
        return self.arrays[slot] if slot in self.arrays else f"{self.tensors[slot]}._array"

    def _call(self, step: Step, out: str) -> str:
        self.step = step
        if isinstance(step.op, NumPyCall):
            self.arrays[step.outputs[0]] = out
            what = self._numpy(step.op, step.settings["args"], step.settings.get("kwargs") or {})
        else:
            inputs = "".join([", None" if slot is None else f", {self._tensor(slot)}" for slot in step.operands])
            what = f"apply({self.given.text(step.op)}{inputs}{self._settings(step.settings)})"
            self.tensors[step.outputs[0]] = out
            if step.places:
                code, instruction = step.places[0]
                what = f"at({what}, {self.given.text(code)}, {instruction})"
        where = f"{step.name} {step.lines[0]}" if step.places else step.name
        return f"    {out} = {what}  # {where}"

    def _settings(self, settings: dict[str, Any]) -> str:
        return "".join([f", {key}={self.given.text(value)}" for key, value in settings.items()])

    def _numpy(self, op: NumPyCall, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
        """A call of NumPy's, as one writes it."""
        given = [self.given.text(x) for x in args]
        more = self._settings(kwargs)
        kind, _, method = op.name.partition(".")
        if kind == "ndarray" and type(args[0]) is Hole:
            if method == "__getitem__":
                return f"{given[0]}[{given[1]}]"
            if method in REDUCTIONS and len(args) == 1 and not kwargs:
                return f"{self.given.text(REDUCTIONS[method])}({given[0]}, None)"
            return f"{given[0]}.{method}({', '.join(given[1:])}{more if given[1:] else more.removeprefix(', ')})"
        single = all(self.program.slots[slot].shape == () for slot in self.step.reads)
        if op.function in OPERATORS and single and len(args) == 2 and not kwargs:
            return f" {OPERATORS[op.function]} ".join(given)
        return f"{self.given.text(op.function)}({', '.join(given)}{more if given else more.removeprefix(', ')})"

    def _guard(self, guard: Guard) -> str:
        array, name = self._array(guard.slot), self.given.text(guard)
        if guard.how == "bool":
            question = f"not {array}" if guard.value else array
        elif guard.how == "int":
            question = f"int({array}) != {guard.value!r}"
        else:
            question = f"not {name}.holds({array})"
        return f"    if {question}: changed({name}, {self.program.name!r})"


def _at(z: Any, code: Any, instruction: int) -> Any:
    """The result of an operation, whose record says that it was called there."""
    node = z._node
    if node.__class__ is Record:
        node.code, node.lasti = code, instruction
    return z


def stepwise(program: Program) -> bool:
    """Is this a program whose operations can be called one after the other, and which returns a Tensor?"""
    if program.written or type(program.results) is not At:
        return False
    read = {slot for step in program.steps for slot in step.reads}
    read.update(program.outputs)
    fixed = {slot.number for slot in program.slots if slot.kind == "constant"}
    made = {slot for step in program.steps if isinstance(step.op, NumPyCall) for slot in step.outputs}
    return (fixed | made).isdisjoint(program.outputs) and all(_simple(step, program, read) for step in program.steps)


def _simple(step: Step, program: Program, read: set[int]) -> bool:
    """Is this an operation that can be called as it is?"""
    if len(step.outputs) != 1 or step.quiet or step.writes or not read.isdisjoint(step.kept):
        return False
    if isinstance(step.op, NumPyCall):
        return set(step.settings) <= {"args", "kwargs"}
    if not isinstance(step.op, Op) or any(program.slots[slot].tracked for slot in _inside(step)):
        return False
    # of indexings, those that pick weights of classes: other parts may look into what they are parts of
    return step.op is not getitem or (not step.recorded and type(step.settings["index"]) is Hole)


def _inside(step: Step) -> list[Any]:
    """The slots of arrays that stand in the settings."""
    return [step.inputs[hole.position] for hole in holes(step.settings)]


__all__ = ["Stepwise", "stepwise"]
