"""A tape as a page shows it: what was recorded, what the records have kept, and the way back over them.

The values of most operations are gone: a tape keeps only what the rules ask for. That is what one sees here.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import GraphError
from ..listing import letters
from ..modes import no_grad
from ..records import Leaf, Record
from .arrays import limits, values_of
from .description import Description, Slot, Step
from .marks import marks_of
from .programs import quote
from .words import words_back, words_of


def describe_tape(tape: Any, loss: Any = None) -> Description:
    """All about the records that led to `loss`; without one, about all records, from the last one back."""
    records = [record for record in tape.records if type(record) is Record]
    end = None if loss is None else loss._node
    if loss is not None:
        if type(end) is not Record:
            raise GraphError("explore: wanted a Tensor that was computed from one that requires grad")
        records = _behind(end, records)
    elif records:
        end = records[-1]
    return _Describing(records, end, loss).description()


def _behind(end: Record, records: list[Record]) -> list[Record]:
    """The records that a walk back from `end` comes to, in order."""
    found, waiting = set[int](), [end]
    while waiting:
        record = waiting.pop()
        if id(record) not in found:
            found.add(id(record))
            waiting += [node for node in record.parents if type(node) is Record]
    return [record for record in records if id(record) in found]


class _Describing:
    def __init__(self, records: list[Record], end: Any, loss: Any) -> None:
        self.records, self.end = records, end
        self.slots: list[Slot] = []
        self.of: dict[Any, int] = {}  # node -> its slot
        self.values: dict[int, Any] = {}
        self.keeps: dict[Any, list[int]] = {}  # record -> the slots of the arrays that it has kept
        self.letters = 0
        self.held = 0  # bytes that the records keep
        self.texts = [""]
        if loss is not None:
            self.known_end = loss.detach().numpy()
        self.has_end = loss is not None

    def description(self) -> Description:
        found = Description("tape", "tape", slots=self.slots, texts=self.texts)
        found.notes.append(
            "A tape keeps only what the rules ask for: other values are gone. To see them all, explore the function."
        )
        for number, record in enumerate(self.records):
            found.steps.append(self._forward(number, record))
        if self.has_end:
            self.values[self.of[self.end]] = self.known_end
        found.turn = len(found.steps)
        if any(record.consumed for record in self.records):
            found.notes.append("A walk back has been here already: what the records had kept was let go.")
        elif self.end is not None:
            self._back(found)
        for step, record in zip(found.steps, self.records, strict=False):
            step.marks = marks_of(step.op, step.reads, step.outputs, self.values)
            quote(found.sources.setdefault(step.file, {}), record.code.co_filename, step.line)
        sizes = [x.size for x in self.values.values()]
        kept = limits(sizes)
        if note := kept.note(sizes):
            found.notes.append(note)
        for number, array in self.values.items():
            self.slots[number].value = values_of(array, kept)
        found.outputs = [self.of[self.end]] if self.end is not None else []
        return found

    # -- the way forward

    def _forward(self, number: int, record: Record) -> Step:
        plan = record.plan
        reads = [self._slot(node) for node in record.parents]
        own = self._new(f"%{number}", "step", record.shape, record.dtype, record)
        own_kept = self._kept(record)
        names = ", ".join(self.slots[slot].name for slot in reads)
        step = Step(number, record.op, f"%{number} = {record.op}({names})", [*reads, *own_kept], [own])
        step.file, _, line = record.line.rpartition(":")
        step.line = int(line)
        self.held += record.nbytes
        step.held = self.held
        step.words = self._said(words_of(record.op))
        if plan.op is not None and not isinstance(plan.op.forward, np.ufunc):
            step.doc = self._said((plan.op.__doc__ or "").strip().split("\n")[0])
        return step

    def _slot(self, node: Any) -> int:
        if node not in self.of:
            tensor = node.tensor() if isinstance(node, Leaf) else None
            self._new(letters(self.letters), "input", node.shape, node.dtype, node)
            self.letters += 1
            if tensor is not None:
                self.values[self.of[node]] = np.array(tensor.detach().numpy())
        return self.of[node]

    def _new(self, name: str, kind: str, shape: Any, dtype: Any, node: Any = None, of: int | None = None) -> int:
        flat = list(shape) if all(isinstance(size, int) for size in shape) else []
        size = int(np.prod(flat, dtype=np.int64)) * np.dtype(dtype).itemsize
        made = Slot(len(self.slots), name, kind, flat, str(dtype), size, of)
        self.slots.append(made)
        if node is not None:
            self.of[node] = made.number
        return made.number

    def _kept(self, record: Record) -> list[int]:
        """Note the arrays that a record has kept; gives the slots of those that belong to no other record."""
        plan = record.plan
        own: list[int] = []
        kept = self.keeps[record] = []
        if record.consumed or plan.op is None or plan.variadic:
            return own
        saved = record.saved if len(plan.names) != 1 else (record.saved,)
        for name, x in zip(plan.names, saved, strict=True):
            if not isinstance(x, np.ndarray):
                continue
            if name == "z":
                slot = self.of[record]
            elif name in plan.op.inputs and plan.op.inputs.index(name) in plan.wanted:
                slot = self.of[record.parents[plan.wanted.index(plan.op.inputs.index(name))]]
            else:
                slot = self._new(name, "constant", x.shape, x.dtype)
                own.append(slot)
            self.values[slot] = x
            kept.append(slot)
        return own

    # -- the way back

    def _back(self, found: Description) -> None:
        arrived: dict[Any, Any] = {self.end: np.ones(self.end.shape, self.end.dtype)}
        seed = self._new(f"d_{self._name(self.end)}", "input", self.end.shape, self.end.dtype, of=self.of[self.end])
        self.values[seed] = arrived[self.end]
        slots: dict[Any, int] = {self.end: seed}
        with no_grad():
            for number in range(len(self.records) - 1, -1, -1):
                record = self.records[number]
                dz = arrived.pop(record, None)
                if dz is None or record.plan.opaque:
                    continue
                sent: dict[Any, Any] = {}
                record.plan.step(dz, record, sent, set())
                for node, g in sent.items():
                    self._arrives(found, number, record, node, g, arrived, slots)
                self.held -= record.nbytes
                found.steps[-1].held = self.held
                found.steps[-1].freed = self.keeps[record]

    def _arrives(
        self, found: Description, number: int, record: Record, node: Any, g: Any, arrived: Any, slots: dict[Any, int]
    ) -> None:
        """A part of the gradient of a node comes from a record: a step, and another one if it is added to others."""
        which = self._which(record, node)
        reads = [slots[record], *self.keeps[record]]
        slot = self._step_back(found, f"{record.op}.d{which}", reads, node, g, record, number)
        if node in arrived:
            g = _sum(arrived[node], g)
            slot = self._step_back(found, "add", [slots[node], slot], node, g, record, None)
            found.steps[-1].adds = True
        else:
            found.steps[-1].words = self._said(words_back(record.op, which))
        arrived[node], slots[node] = g, slot

    def _step_back(
        self, found: Description, op: str, reads: list[int], node: Any, g: Any, record: Record, forward: int | None
    ) -> int:
        name = f"d_{self._name(node)}"
        taken = sum(slot.name.partition("'")[0] == name for slot in self.slots)
        slot = self._new(name + "'" * taken, "step", node.shape, node.dtype, of=self.of[node])
        if isinstance(g, np.ndarray):
            self.values[slot] = g
        names = ", ".join(self.slots[each].name for each in reads)
        step = Step(
            len(found.steps), op, f"{self.slots[slot].name} = {op}({names})", list(dict.fromkeys(reads)), [slot]
        )
        step.forward = forward
        step.file, _, line = record.line.rpartition(":")
        step.line, step.held = int(line), self.held
        step.marks = marks_of(op, reads, [slot], self.values, [slot] if isinstance(node, Leaf) else [])
        found.steps.append(step)
        return slot

    def _which(self, record: Record, node: Any) -> str:
        plan = record.plan
        if plan.op is None:
            return ""
        index = plan.wanted[record.parents.index(node)]
        return str(plan.op.inputs[0][1:] if plan.variadic else plan.op.inputs[index])

    def _name(self, node: Any) -> str:
        return self.slots[self.of[node]].name

    def _said(self, text: str) -> int:
        if text not in self.texts:
            self.texts.append(text)
        return self.texts.index(text)


def _sum(x: Any, y: Any) -> Any:
    """The sum of two cotangents; of several outputs, each may be missing."""
    if isinstance(x, list):
        return [b if a is None else a if b is None else a + b for a, b in zip(x, y, strict=True)]
    return x + y
