"""Capturing: running a function once, and writing down every operation that ran as a step of a Program.

Where steps come from: a thread hands every operation to its interpreter, which `Capture` is meanwhile, and arrays that
other code of the library gets to see are `Watched`.
"""

from __future__ import annotations

from itertools import accumulate
from typing import Any

import numpy as np

from ..ops.index import getitem
from ..records import Record
from ..tensors import core
from ..tensors.core import Core, link_view, wrap
from ..tensors.run import apply, plainly
from .acts import Acts
from .operations import NumPyCall
from .slots import refuse
from .steps import filled, leaves, mapped
from .storage import raw, set_raw
from .watched import Watched, WatchedRandom

_NUMBERS = (bool, int, float, complex)


class Capture(Acts):
    """What is known while a function is captured: slots, steps, guards, and in which slot a value stands."""

    # -- what other code sees

    def seen(self, tensor: Any) -> Any:
        """What `tensor._array` is while this is on."""
        return Watched(self, self.slot_of_tensor(tensor, history=False), raw(tensor))

    def stored(self, tensor: Any, array: Any) -> None:
        """`tensor._array = array`."""
        slot = self.slot_of(array)
        value = array._value if type(array) is Watched else array
        if value.base is not None and not value.flags.writeable and value.base is self.values[slot].base:
            value = self.values[slot]  # a view that was handed out
        try:
            before = raw(tensor)
        except AttributeError:
            before = None
        if before is not None and before is not value:
            known = self.tensors.get(id(tensor))
            if known is None or self.slots[known[1]].kind in ("input", "parameter"):
                self.gives_up(refuse("giving another array to a Tensor that the function was called with", self.line()))
        set_raw(tensor, value)
        self.register(tensor, slot)

    def random(self, generator: Any) -> Any:
        """What `generator.rng` is while this is on."""
        return WatchedRandom(self, generator)

    def draws_from(self, generator: Any) -> None:
        """Numbers are about to be drawn: note where the generator stands, the first time."""
        if not any(generator is other for other, _ in self.states):
            with self.paused():
                self.states.append((generator, generator.rng.bit_generator.state))

    # -- steps

    def call(self, op: Any, inputs: tuple[Any, ...], settings: dict[str, Any], keeping: bool) -> Any:
        """An operation is called: see `Interpreter`."""
        out, kept = self.applied(op, inputs, settings)
        return (out, kept) if keeping else out

    def picked(self, tensor: Any, index: Any, view: bool) -> Any:
        """tensor[index] as one application of an op, with the link that a view has."""
        out = apply(getitem, tensor, index=index)
        if view:
            with self.paused():
                link_view(out, tensor)
        return out

    def applied(self, op: Any, inputs: Any, settings: dict[str, Any], recorded: bool = False) -> tuple[Any, Any]:
        """Run an op on Tensors, as `plainly` does, and write it down."""
        slots: list[Any] = [None if x is None else self.slot_of(x) for x in inputs]
        given = [
            x if x is None or isinstance(x, Core) else wrap_raw(self.values[s])
            for x, s in zip(inputs, slots, strict=True)
        ]
        own = self.bored(settings, slots)
        real = filled(own, [None if slot is None else self.values[slot] for slot in slots])
        with self.paused():
            out, kept = apply_recorded(op, given, real) if recorded else plainly(op, *given, **real)
        outs = out if isinstance(out, tuple) else (out,)
        self.keep.extend(outs)
        outputs = [self.slot("step", raw(z), z._node) for z in outs]
        for z, slot in zip(outs, outputs, strict=True):
            self.register(z, slot)
        rest = [x for x in leaves(kept) if isinstance(x, np.ndarray)]
        hidden = [self.slot("step", x) for x in rest]
        recorded = recorded or any(isinstance(z._node, Record) for z in outs)
        form = mapped(kept, lambda x: ... if isinstance(x, np.ndarray) else None)
        self.step(op, slots, own, outputs, kept=tuple(hidden), recorded=recorded, form=form)
        watched = iter([Watched(self, slot, x) for slot, x in zip(hidden, rest, strict=True)])
        return out, mapped(kept, lambda x: next(watched) if isinstance(x, np.ndarray) else x)

    def computed(self, operation: Any, args: Any, kwargs: Any, written: Any = ()) -> Any:
        """Run a function of arrays, and write it down. `written`: which of the arrays it overwrites."""
        if any(type(x) is np.ndarray for x in written or ()):
            return self._looked_through(operation, args, kwargs)
        inputs: list[Any] = []
        own = self.bored((tuple(args), dict(kwargs)), inputs)
        targets = {self.slot_of(x) for x in written or () if x is not None}
        positions = tuple([position for position, slot in enumerate(inputs) if slot in targets])
        real = [self.values[slot] for slot in inputs]
        with self.paused():
            result = operation.forward(*real, args=own[0], kwargs=own[1])
        return self._noted(operation, inputs, {"args": own[0], "kwargs": own[1]}, result, positions)

    def _looked_through(self, operation: Any, args: Any, kwargs: Any) -> Any:
        """A function that writes into an array which other code has: what that code does with it cannot be seen."""
        for leaf in leaves((args, kwargs)):
            if type(leaf) is Watched:
                self.asked(leaf._slot, "numpy", leaf._value)
        real = self.bare((tuple(args), kwargs))
        return operation.forward(args=real[0], kwargs=real[1])

    def noted(self, operation: Any, arrays: Any, settings: dict[str, Any], result: Any) -> Any:
        """The same for what an operation with operands has given already."""
        inputs: list[Any] = [None if x is None else self.slot_of(x) for x in arrays]
        own = self.bored(settings, inputs)
        return self._noted(operation, inputs, own, result, ())

    def rule(self, operation: Any, arrays: Any, settings: dict[str, Any], written: Any = ()) -> Any:
        """The same for an operation with operands: `operation.forward(*arrays, **settings)`."""
        inputs: list[Any] = [None if x is None else self.slot_of(x) for x in arrays]
        own = self.bored(settings, inputs)
        positions = tuple(written)
        real = [None if slot is None else self.values[slot] for slot in inputs]
        with self.paused():
            result = operation.forward(*real[: len(arrays)], **filled(own, real))
        return self._noted(operation, inputs, own, result, positions)

    def _noted(self, operation: Any, inputs: Any, settings: Any, result: Any, writes: tuple[int, ...]) -> Any:
        if not isinstance(result, (np.ndarray, np.generic, tuple, list, *_NUMBERS)) and result is not None:
            for slot in inputs:  # a text, a dtype: Python may do anything with it
                self.asked(slot, "numpy", self.values[slot])
            return result
        if not writes and type(result) is np.ndarray:
            same = next((s for s in inputs if s is not None and self.values[s] is result), None)
            if same is not None:
                return Watched(self, same, result)
        outputs: list[int] = []
        first = len(self.steps)

        def watched(part: Any) -> Any:
            if not isinstance(part, (np.ndarray, np.generic, *_NUMBERS)):
                return part
            array = np.asarray(part)
            if writes and id(array) in self.arrays:
                return Watched(self, self.arrays[id(array)][1], array)
            outputs.append(self.slot("step", array))
            return Watched(self, outputs[-1], array)

        found = mapped(result, watched)
        self.written.update(inputs[position] for position in writes)
        self.step(operation, inputs, settings, outputs, writes=writes)
        assert len(self.steps) == first + 1
        return found

    # -- places

    def prune(self, outputs: Any) -> None:
        """Leave out what NumPy was asked to compute and nobody has used: parts of a warning that was not due."""
        used = {*outputs, *[guard.slot for guard in self.guards]}
        left = []
        for number, step in reversed(list(enumerate(self.steps))):
            if type(step.op) is not NumPyCall or step.writes or not used.isdisjoint(step.outputs):
                used.update(step.reads)
                left.append(number)
        moved = {number: place for place, number in enumerate(reversed(left))}
        first = list(accumulate([number in moved for number in range(len(self.steps))], initial=0))
        self.steps = [self.steps[number] for number in moved]
        for step in self.steps:
            step.since = tuple([moved[number] for number in step.since if number in moved])
        for guard in self.guards:
            guard.at = first[guard.at]


def apply_recorded(op: Any, tensors: list[Any], settings: dict[str, Any]) -> tuple[Any, Any]:
    """Run an op on constants as if it were recorded, and return what it keeps for its rules, too."""
    arrays = [None if x is None else raw(x) for x in tensors]
    z, kept = op.compute(arrays, dict(settings), True)
    return (wrap(z) if op.outputs == 1 else tuple([wrap(part) for part in z])), kept


def wrap_raw(array: Any) -> Any:
    """A constant Tensor, of which no capture takes notice."""
    out = object.__new__(core.Tensor)
    set_raw(out, array)
    out._node = None
    return out
