"""A Program as a page shows it: its way forward and back, with all values for some inputs."""

from __future__ import annotations

import ast
import linecache
from typing import Any

import numpy as np

from ..errors import CaptureError, GraphError
from ..op import Op
from ..program.operations import Detach, Draw
from ..program.rules import AddProducts, Into, Rule, Sum, Unbroadcast
from ..program.text.lines import Lines
from ..program.text.listing import call_of
from ..program.text.naming import names_of
from ..program.text.specialised import expression
from ..program.text.vendored import Vendored
from ..tensors.core import wrap
from .arrays import limits, values_of
from .description import Description, Slot, Step
from .marks import marks_of
from .modules import Owners
from .running import Trace, tensors_of, traced
from .trees import UnknownError, folded, tree_of
from .words import ADDS, UNBROADCAST, words_back, words_of

BY_NAME = ("erf", "erfc", "take_along")
"""Operations that a page computes though their lines of NumPy tell nothing."""


def describe(program: Any, inputs: tuple[Any, ...] = (), owners: Owners | None = None, title: str = "") -> Description:
    """All about a program for these inputs (by default those that it was captured with)."""
    notes = []
    try:
        whole = program.vjp()
    except GraphError:
        whole = program
    if whole.turn in (None, len(whole.steps)):
        notes.append("Nothing here depends on an input that has a gradient: there is only the way forward.")
    given = tensors_of(program, inputs)
    seeds = [np.ones(whole.slots[slot].shape, whole.slots[slot].dtype) for slot in whole.inputs[len(given) :]]
    if any(seed.ndim for seed in seeds):
        notes.append("The result is no single number: gradients are those of the sum of its elements.")
    trace = traced(whole, [*given, *[wrap(seed) for seed in seeds]], program)
    return _Describing(program, whole, trace, owners or Owners(), notes).description(title or program.name)


class _Describing:
    def __init__(self, program: Any, whole: Any, trace: Trace, owners: Owners, notes: list[str]) -> None:
        self.program, self.whole, self.trace, self.owners = program, whole, trace, owners
        self.turn = len(whole.steps) if whole.turn is None else whole.turn
        self.names = names_of(whole)
        taken = {"np", "rng", "kept", "forward", "backward", *self.names.values()}
        self.lines = Lines(whole, self.names, Vendored(taken))
        self.makers = {slot: number for number, step in enumerate(whole.steps) for slot in step.outputs}
        self.results = dict(zip(whole.inputs[whole.given :], whole.results_of, strict=False))
        self.notes = notes
        self.texts = [""]
        self.minor = self._minor()
        alike = len(program.steps) == self.turn
        self.paths = [owners.paths.get(id(step), "") for step in program.steps] if alike else [""] * self.turn

    def description(self, title: str) -> Description:
        """The whole."""
        found = Description(title, "program", turn=self.turn, notes=self.notes, outputs=list(self.whole.outputs))
        found.texts = self.texts
        found.slots = self._slots()
        freed, held = self._lives()
        for number, step in enumerate(self.whole.steps):
            made = self._step(number, step)
            made.freed, made.held = freed[number], held[number]
            found.steps.append(made)
            if made.file:
                quote(found.sources.setdefault(made.file, {}), step.places[0][0].co_filename, made.line)
        used = {step.module for step in found.steps}
        found.modules = [module for path, module in self.owners.modules.items() if _holds(path, used)]
        sources = [step.number for step in found.steps for mark in step.marks if mark.kind in "nan inf" and mark.source]
        found.open_at = sources[0] if sources else 0
        return found

    def _minor(self) -> set[int]:
        """The steps that no result depends on: what Python asked about, as a rule."""
        needed, found = set(self.whole.outputs), set()
        for number, step in reversed(list(enumerate(self.whole.steps))):
            if step.writes or not needed.isdisjoint(step.fills):
                needed.update(step.reads)
            else:
                found.add(number)
        return found

    # -- slots

    def _slots(self) -> list[Slot]:
        values = self.trace.values
        sizes = [x.size for x in values.values()]
        kept = limits(sizes)
        if note := kept.note(sizes):
            self.notes.append(note)
        found = []
        for slot in self.whole.slots:
            array = values.get(slot.number)
            shape = slot.shape if array is None else array.shape
            made = Slot(slot.number, self._name(slot), slot.kind, list(shape), str(slot.dtype), slot.nbytes, slot.of)
            made.path = self.owners.parameters.get(id(slot.value), "") if slot.kind == "parameter" else ""
            made.hidden = slot.number in self.trace.second
            if array is not None:
                made.value = values_of(array, kept)
                versions = self.trace.versions.get(slot.number, {})
                made.versions = {str(number): values_of(x, kept) for number, x in versions.items()}
            found.append(made)
        return found

    def _name(self, slot: Any) -> str:
        name = self.names.get(slot.number)
        if name is not None:
            return name
        return (
            f"{slot.value.reshape(-1)[0].item():g}" if slot.value is not None and slot.value.size else f"%{slot.number}"
        )

    # -- steps

    def _step(self, number: int, step: Any) -> Step:
        outputs = [slot for slot in step.fills if slot not in self.trace.second]
        reads = [slot for slot in step.reads if slot not in self.trace.second]
        made = Step(number, step.name, call_of(self.whole, step, self.names), reads, outputs)
        made.numpy, made.tree = self._text(step)
        if made.tree is None and isinstance(step.op, Op) and step.name in BY_NAME:
            settings = {name: ["n", x] for name, x in step.settings.items() if isinstance(x, int)}
            made.tree = ["f", f"op.{step.name}", [["s", slot] for slot in reads], settings]
        made.minor = number in self.minor
        made.asked = {str(guard.slot): guard.how for guard in self.whole.guards if guard.at == number}
        if step.places:
            made.file, _, line = step.lines[0].rpartition(":")
            made.line = int(line)
        if number < self.turn:
            made.module = self.paths[number]
            made.words = self._said(words_of(step.name))
            if isinstance(step.op, (Op, Detach)) and not isinstance(getattr(step.op, "forward", None), np.ufunc):
                made.doc = self._said((step.op.__doc__ or "").strip().split("\n")[0])
            if isinstance(step.op, Draw):
                made.words = self._said("Draws random numbers. The page keeps those that were drawn.")
        else:
            self._back(made, step)
        final = None if number < self.turn else [slot for slot in step.outputs if slot in self.whole.outputs]
        if not made.minor:
            made.marks = marks_of(step.name, step.reads, step.outputs, self.trace.values, final)
        return made

    def _said(self, text: str) -> int:
        """The number of a text among those of the page: most are said of many steps."""
        if text not in self.texts:
            self.texts.append(text)
        return self.texts.index(text)

    def _back(self, made: Step, step: Any) -> None:
        """What is said of a step on the way back."""
        made.forward = self._forward_of(step)
        if made.forward is not None:
            made.module = self.paths[made.forward]
        elif step.outputs:
            made.module = self._home(self.whole.slots[step.outputs[0]].of)
        op = step.op
        if isinstance(op, Rule):
            which = op.name.partition(".d")[2]
            made.words, made.rule = self._said(words_back(op.op.name, which)), self._general(op, which)
            return
        if isinstance(op, Into):
            made.words = self._said(words_back(op.plan.name, op.plan.op.inputs[0]))
        elif isinstance(op, Unbroadcast):
            made.words = self._said(UNBROADCAST)
        elif isinstance(op, (Sum, AddProducts)):
            made.adds, made.words = True, self._said(ADDS)

    def _home(self, slot: int | None) -> str:
        """The module that a value was computed in, or is a parameter of."""
        if slot is None:
            return ""
        if slot in self.makers:
            return self.paths[self.makers[slot]] if self.makers[slot] < self.turn else ""
        return self.owners.parameters.get(id(self.whole.slots[slot].value), "").rpartition(".")[0]

    def _forward_of(self, step: Any) -> int | None:
        """The step whose rule this is: the one that computed what the first operand is the cotangent of."""
        if isinstance(step.op, (Sum, AddProducts)) or not step.reads:
            return None
        first = step.reads[1] if isinstance(step.op, Into) and step.inputs[0] is not None else step.reads[0]
        source = self.results.get(first, self.whole.slots[first].of)
        if source is None and first in self.makers and self.makers[first] >= self.turn:
            return self._forward_of(self.whole.steps[self.makers[first]])
        return self.makers.get(source) if source is not None else None

    def _general(self, rule: Rule, which: str) -> str:
        """The rule as it is declared: "dx = dz * y"."""
        function = rule.plan.rules[rule.position]
        known = {name: name for name in rule.plan.needs[rule.position]}
        try:
            text = expression(self.lines.vendored, function, {function.__code__.co_varnames[0]: "dz", **known}, {})
        except (CaptureError, AttributeError, KeyError):
            return ""
        parts = list(ast.walk(ast.parse(text))) if text else []
        asks = any(isinstance(part, ast.IfExp) for part in parts)
        plain = (
            which and parts and not asks and not any(isinstance(getattr(part, "func", 0), ast.Name) for part in parts)
        )
        return f"d{which} = {text}" if plain else ""

    def _text(self, step: Any) -> tuple[str, list[Any] | None]:
        """The step in NumPy, "" if that tells nobody anything; and the same as a tree."""
        try:
            text = self.lines.line(step)
            statement = folded(text)
        except (CaptureError, SyntaxError):
            return "", None
        if statement is None:
            return text, None
        private = any(isinstance(each, ast.Name) and each.id.startswith("_") for each in ast.walk(statement.value))
        text = "" if private else ast.unparse(statement)
        slots = {name: slot for slot, name in self.names.items()}
        functions = {name: _known_as(of, name) for of, name in self.lines.vendored.names.items()}
        try:
            return text, tree_of(statement.value, slots, functions)
        except UnknownError:
            return text, None

    # -- memory

    def _lives(self) -> tuple[list[list[int]], list[int]]:
        """For each step: what nobody needs after it, and how many bytes of computed values are alive while it runs.

        Every value is let go after its last use, as a walk back does; results stay. Views share their memory.
        """
        steps, memory = self.whole.steps, self.trace.memory
        outside = {slot.number for slot in self.whole.slots if slot.kind != "step"}
        last = {slot: number for number, step in enumerate(steps) for slot in (*step.fills, *step.reads)}
        stay = {*self.whole.outputs, *outside}
        freed: list[list[int]] = [[] for _ in steps]
        for slot, number in last.items():
            if slot not in stay and slot not in self.trace.second:
                freed[number].append(slot)
        held, alive = [], set[int]()
        for number, step in enumerate(steps):
            alive.update(slot for slot in step.fills if slot in memory)
            bases = dict(memory[slot] for slot in alive)
            alive.difference_update(freed[number])
            held.append(sum(bases.values()))
        return freed, held


def quote(lines: dict[str, str], file: str, line: int, around: int = 3) -> None:
    """Put the text around a line into `lines`."""
    for number in range(max(1, line - around), line + around + 1):
        text = linecache.getline(file, number).rstrip("\n")
        if text or number == line:
            lines[str(number)] = text


def _known_as(function: Any, name: str) -> str:
    """The name of a function where it was declared, with its module where several have it; else that in the text."""
    own = getattr(function, "__name__", "<lambda>")
    if own.startswith("_"):
        return f"{function.__module__.rpartition('.')[2]}.{own}"
    if own == "put":
        return f"{function.__module__}.put"
    return name if own == "<lambda>" else own


def _holds(path: str, used: set[str]) -> bool:
    """Is a path one of those used, or does it lead to one?"""
    return path in used or any(each.startswith(f"{path}.") for each in used)
