"""What is seen of a function beside its operations: what Python asks of values, and writes in place."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..modes import state
from ..records import Record
from ..tensors.core import Core
from ..tensors.rewrite import keep_value, note_write
from .functions import Graft, of_context
from .operations import Assign, Rewrite, numpy_function, plain_copy
from .slots import Slots, refuse
from .steps import Guard, Hole, answer, filled
from .storage import raw

_NUMBERS = (bool, int, float, complex)
_COPY = numpy_function(plain_copy)


class Effects(Slots):
    """Questions, writes in place, and functions with a backward of their own."""

    def asked(self, slot: int, how: str, array: Any) -> Any:
        """Python asks for a value: note what it was told."""
        told = answer(how, array)
        if self.slots[slot].kind != "constant":
            self._guard(Guard(slot, how, told, len(self.steps), self.places()))
        return told

    def _guard(self, guard: Guard) -> None:
        if not any(guard.like(other) for other in self.guards[-8:]):
            self.guards.append(guard)

    def handed_out(self, slot: int, array: Any, own: bool = False) -> Any:
        """A real array for code that insists on one. If it does not come back as a value, Python has looked at it.

        own   is it a copy, which that code may write to?
        """
        view = array.view()
        before = array.copy() if own else array
        view.flags.writeable = own
        key, at, places = id(view), len(self.steps), self.places()
        if self.slots[slot].kind == "constant":
            self.arrays[key] = view, slot
            return view

        def gone(reference: Any) -> None:
            if self.handed.get(key, (None,))[0] is reference:
                del self.handed[key]
                self._guard(Guard(slot, "numpy", before.copy(), at, places))

        self.handed[key] = weakref.ref(view, gone), slot, at, places, before
        return view

    def finish(self) -> None:
        """Note what was handed out and never came back."""
        for _, slot, at, places, before in list(self.handed.values()):
            self._guard(Guard(slot, "numpy", before.copy(), at, places))
        self.handed.clear()
        self.guards.sort(key=lambda guard: guard.at)

    @contextmanager
    def _noting_copies(self, records: Any) -> Iterator[None]:
        """A block in which records may be given copies of what they kept, because that is about to be overwritten."""
        before = [(record, list(record.arrays())) for record in records if type(record) is Record]
        yield
        for record, arrays in before:
            for old, new in zip(arrays, record.arrays(), strict=True):
                if new is not old and id(new) not in self.arrays:
                    source = self.slot_of_array(old)
                    self.step(_COPY, (source,), {"args": (Hole(0),)}, (self.slot("step", new),))

    def keeping_value(self, tensor: Any, records: list[Any]) -> None:
        """`tensors.rewrite.keep_value`, which gives copies to records."""
        with self._noting_copies(records), self.paused():
            keep_value(raw(tensor), records)

    def overwriting(self, array: Any) -> None:
        """`Tape.overwriting`, which gives copies to records."""
        home = state.home
        with self._noting_copies([r for r in home.records if type(r) is Record and r.plan.private]):
            type(home).overwriting(home, array)

    def assigned(self, assign: Any, tensor: Any, name: str, index: Any, value: Any) -> Any:
        """`assign(tensor, name, index, value)`, as one step."""
        inputs: list[Any] = [self.slot_of_tensor(tensor)]
        number = isinstance(value, (*_NUMBERS, np.generic))
        if not number:
            inputs.append(self.slot_of(value))
        own = self.bored({"index": index} | ({"value": value} if number else {}), inputs)
        real = filled(own, [self.values[slot] for slot in inputs])["index"]
        given = value if number or isinstance(value, Core) else self.values[inputs[1]]
        with self.paused():
            assign(tensor, name, real, given)
        self._rewritten(tensor, inputs[0])
        self.step(Assign(name), inputs, own, (), writes=(0,))
        return tensor

    def _rewritten(self, tensor: Any, slot: int) -> None:
        self.written.add(slot)
        self.nodes[slot] = tensor._node
        self.slots[slot].tracked |= tensor._node is not None

    def rewrote(self, tensor: Any, name: str, result: Any, write: Any, records: list[Any], first: int) -> Any:
        """`write` puts what was computed, by steps from `first` on, into the memory of a Tensor: write that down."""
        target, source = self.slot_of_tensor(tensor), self.slot_of(result)
        steps = tuple(range(first, len(self.steps)))
        with self._noting_copies(records), self.paused():
            write()
        self._rewritten(tensor, target)
        self.step(Rewrite(name), (target, source), {}, (), writes=(0,), since=steps)

    def rewritten(self, op: Any, tensor: Any, inputs: tuple[Any, ...], settings: dict[str, Any]) -> bool:
        """An op, and a write of what it gives."""
        first = len(self.steps)
        result = self.call(op, (tensor, *inputs), settings, False)

        def write() -> None:
            note_write(tensor, op.name)
            raw(tensor)[...] = raw(result)

        self.rewrote(tensor, op.name, result, write, [], first)
        return True

    def grafted(self, function: Any, context: Any, args: Any, kwargs: Any, outputs: Any) -> Any:
        """What a Function returns: one more step after those of its `forward`."""
        if context._dirty:
            self.gives_up(refuse(f"mark_dirty() in {function.__name__}", self.line()))
            return function.finished(context, args, kwargs, outputs)
        inputs: list[Any] = []
        own = self.bored(of_context(context, args, kwargs, outputs), inputs)
        graft = Graft(function, context, outputs)
        with self.paused():
            results = function.finished(context, args, kwargs, outputs)
        made = [z for z in (results if isinstance(results, tuple) else (results,)) if isinstance(z, Core)]
        slots = [self.slot("step", raw(z), z._node) for z in made]
        for z, slot in zip(made, slots, strict=True):
            self.register(z, slot)
        self.step(graft, inputs, own, slots)
        return results
