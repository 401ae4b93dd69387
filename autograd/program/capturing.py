"""Capturing: running a function once, and writing down every operation that ran as a step of a Program.

Where steps come from: `tensors.run.plainly` asks `state.capture` (with it in place, compiled calls hand everything to
that function), and arrays that other code of the library gets to see are `Watched`. What is known of a value is which
slot it stands in: by the Tensor, by the array, or by the memory it looks into.
"""

from __future__ import annotations

import sys
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import accumulate
from types import FrameType
from typing import Any

import numpy as np

from ..errors import CaptureError
from ..lines import outer, place, user_files
from ..modes import state
from ..records import Leaf, Record
from ..tensors import core
from ..tensors.core import Core, array_of, wrap
from ..tensors.inplace import keep_value
from ..tensors.run import plainly
from ..writes import owner
from .functions import Graft, of_context
from .operations import Assign, NumPyCall, Rewrite, detach, numpy_function, plain_copy
from .steps import Guard, Hole, Place, Slot, Step, answer, filled, leaves, mapped
from .storage import raw, set_raw
from .watched import Watched, WatchedRandom

_NUMPY = np.__file__.removesuffix("__init__.py")
_NUMBERS = (bool, int, float, complex)


class Capture:
    """What is known while a function is captured: slots, steps, guards, and in which slot a value stands."""

    def __init__(self, open_walks: bool = False) -> None:
        self.open = open_walks  # may walks back be differentiated again, although the engine does not record them?
        self.slots: list[Slot] = []
        self.steps: list[Step] = []
        self.guards: list[Guard] = []
        self.values: list[Any] = []  # slot -> array
        self.nodes: list[Any] = []  # slot -> node of its Tensor
        self.tensors: dict[int, tuple[Any, int, Any]] = {}  # id of a Tensor -> itself, its slot, its array
        self.arrays: dict[int, tuple[Any, int]] = {}  # id of an array -> itself, its slot
        self.memory: dict[Any, list[int]] = {}  # address, shape, strides, dtype -> slots
        self.owners: dict[int, int] = {}  # id of the owner of memory -> the first slot in it
        self.handed: dict[int, tuple[Any, int, int, tuple[Place, ...], Any]] = {}  # views that other code was given
        self.by_node: dict[int, tuple[int, Any]] = {}  # id of a node -> the slot of its Tensor, itself
        self.maker: dict[int, Step] = {}  # slot -> the step that fills it
        self.detached: dict[int, int] = {}
        self.written: set[int] = set()  # slots that a step writes to
        self.keep: list[Any] = []
        self.quiet = state.tape is None  # was nothing recorded when it began?
        self.inherited: tuple[Place, ...] | None = None  # the places of a step of another Program that runs here
        self.walk: Any = None  # the walk back that is under way
        self.states: list[tuple[Any, Any]] = []  # generators, and their states before the first draw
        self.frame: FrameType | None = None

    @contextmanager
    def paused(self) -> Iterator[None]:
        """A block that runs as if nothing were captured."""
        state.capture = None
        try:
            yield
        finally:
            state.capture = self

    # -- slots

    def slot(self, kind: str, array: Any, node: Any = None, value: Any = None) -> int:
        """A new slot for an array."""
        number = len(self.slots)
        self.slots.append(Slot(number, kind, array.shape, array.dtype, value, node is not None))
        self.values.append(array)
        self.nodes.append(node)
        if node is not None:
            self.by_node.setdefault(id(node), (number, node))
        self.arrays.setdefault(id(array), (array, number))
        self.memory.setdefault(_address(array), []).append(number)
        self.owners.setdefault(id(owner(array)), number)
        return number

    def register(self, tensor: Any, slot: int) -> None:
        """A Tensor stands in a slot."""
        self.tensors[id(tensor)] = (tensor, slot, raw(tensor))

    def slot_of(self, x: Any) -> int:
        """The slot of a Tensor, an array or a number."""
        if isinstance(x, Core):
            return self.slot_of_tensor(x)
        return x._slot if type(x) is Watched else self.slot_of_array(x if type(x) is np.ndarray else array_of(x))

    def slot_of_tensor(self, tensor: Any, history: bool = True) -> int:
        """The slot of a Tensor; without `history`, it does not matter whether it is tracked."""
        array = raw(tensor)
        known = self.tensors.get(id(tensor))
        if known is not None and known[2] is array:
            slot = known[1]
        elif known is None:  # it was there before: the function has it from outside
            slot = self.slot("parameter", array, tensor._node, tensor)
            self.register(tensor, slot)
            return slot
        else:
            slot = self.slot_of_array(array)
            self.register(tensor, slot)
        node, before = tensor._node, self.nodes[slot]
        self.slots[slot].tracked |= node is not None
        if node is not None and node is not before:
            self.by_node.setdefault(id(node), (slot, node))
        if not history or node is before:
            return slot
        if before is not None and (node is None or isinstance(node, Leaf)):
            if slot not in self.detached:
                self.detached[slot] = self._detach(slot)
            return self.detached[slot]
        if isinstance(node, Record):
            self.nodes[slot] = node
        return slot

    def slot_of_node(self, node: Any) -> int | None:
        """The slot of the Tensor with a node."""
        return self.by_node.get(id(node), (None, node))[0]

    def _detach(self, slot: int) -> int:
        out = self.slot("step", self.values[slot].view())
        self.step(detach, (slot,), {}, (out,))
        return out

    def slot_of_array(self, array: Any) -> int:
        """The slot of an array: a constant if nobody here has computed it."""
        seen = self.handed.get(id(array))
        if seen is not None and array.tobytes() == seen[4].tobytes():  # it comes back as it was
            del self.handed[id(array)]
            self.arrays[id(array)] = array, seen[1]
        found = self.arrays.get(id(array))
        if found is not None and self._fresh(found[1]):
            return found[1]
        if found is None:
            alike = self.memory.get(_address(array))
            if alike:
                self.arrays[id(array)] = array, alike[-1]
                return alike[-1]
            whole = self.owners.get(id(owner(array)))
            if whole is not None and self.slots[whole].kind != "constant":
                return self._part(whole, array)
        frozen = array.copy(order="K")
        frozen.flags.writeable = False
        slot = self.slot("constant", array, None, frozen)
        self.arrays[id(array)] = array, slot
        return slot

    def _fresh(self, slot: int) -> bool:
        """Has a constant still the values that it had, as far as steps have not changed them?"""
        frozen = self.slots[slot].value
        if self.slots[slot].kind != "constant" or slot in self.written:
            return True
        return frozen.tobytes() == self.values[slot].tobytes()

    def _part(self, whole: int, array: Any) -> int:
        offset = array.__array_interface__["data"][0] - self.values[whole].__array_interface__["data"][0]
        out = self.slot("step", array)
        settings = {"args": (Hole(0), offset, array.shape, array.strides, array.dtype)}
        self.step(_REGION, (whole,), settings, (out,))
        return out

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
                raise refuse("giving another array to a Tensor that the function was called with", self.line())
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

    def step(self, op: Any, inputs: Any, settings: dict[str, Any], outputs: Any, **more: Any) -> Step:
        """Write down a step."""
        quiet = state.tape is None and not (self.quiet or (self.open and self.walk is not None))
        step = Step(op, tuple(inputs), settings, tuple(outputs), quiet=quiet, places=self.places(), **more)
        step.shapes = tuple([self.slots[slot].shape for slot in step.outputs])
        step.dtypes = tuple([self.slots[slot].dtype for slot in step.outputs])
        self.steps.append(step)
        self.maker.update(dict.fromkeys(step.outputs, step))
        return step

    def bored(self, nest: Any, inputs: list[Any]) -> Any:
        """A nest with holes in the place of arrays, whose slots are added to `inputs`."""

        def bore(leaf: Any) -> Any:
            if type(leaf) is Watched or type(leaf) is np.ndarray or isinstance(leaf, Core):
                inputs.append(self.slot_of(leaf))
                return Hole(len(inputs) - 1)
            return leaf

        return mapped(nest, bore)

    def bare(self, nest: Any) -> Any:
        """A nest with the real arrays."""
        return mapped(
            nest, lambda leaf: leaf._value if type(leaf) is Watched else raw(leaf) if isinstance(leaf, Core) else leaf
        )

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

    def call(self, operation: Any, args: Any, kwargs: Any, written: Any = ()) -> Any:
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

    # -- writes in place

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
        """`tensors.inplace.keep_value`, which gives copies to records."""
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

    # -- Functions

    def grafted(self, function: Any, context: Any, args: Any, kwargs: Any, outputs: Any) -> Any:
        """What a Function returns: one more step after those of its `forward`."""
        if context._dirty:
            raise refuse(f"mark_dirty() in {function.__name__}", self.line())
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

    # -- Python looks

    def asked(self, slot: int, how: str, array: Any) -> Any:
        """Python asks for a value: note what it was told."""
        told = answer(how, array)
        if self.slots[slot].kind != "constant":
            self._guard(Guard(slot, how, told, len(self.steps), self.places()))
        return told

    def _guard(self, guard: Guard) -> None:
        if guard not in self.guards[-8:]:
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

    # -- places

    def places(self) -> tuple[Place, ...]:
        """The lines of the user's program that are running, innermost first."""
        if self.inherited is not None:
            return self.inherited
        found = []
        frame: FrameType | None = sys._getframe(1)
        while frame is not None and frame is not self.frame:
            file = frame.f_code.co_filename
            if not file.startswith(_NUMPY) and (file in user_files or outer(frame) is frame):
                found.append((frame.f_code, frame.f_lasti))
            frame = frame.f_back
        return tuple(found)

    def places_of(self, record: Record) -> tuple[Place, ...]:
        """Where the operation of a record ran, by the step that wrote it down."""
        slot = self.slot_of_node(record)
        step = None if slot is None else self.maker.get(slot)
        return step.places if step is not None and step.places else ((record.code, record.lasti),)

    def line(self) -> str:
        """The innermost of these, for messages."""
        places = self.places()
        return place(*places[0]) if places else "?"

    def finish(self) -> None:
        """Note what was handed out and never came back."""
        for _, slot, at, places, before in list(self.handed.values()):
            self._guard(Guard(slot, "numpy", before.copy(), at, places))
        self.handed.clear()
        self.guards.sort(key=lambda guard: guard.at)

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


class _Memory:
    """An array's memory under another shape."""

    def __init__(self, array: Any, offset: int, shape: Any, strides: Any, dtype: Any) -> None:
        at, readonly = array.__array_interface__["data"]
        self.array = array
        self.__array_interface__ = {
            "version": 3,
            "data": (at + offset, readonly),
            "shape": shape,
            "strides": strides,
            "typestr": dtype.str,
        }


def region(array: Any, offset: int, shape: Any, strides: Any, dtype: Any) -> Any:
    """The part of an array's memory that begins `offset` bytes after its first element."""
    return np.asarray(_Memory(array, offset, shape, strides, dtype))


_REGION = NumPyCall("region", region)
_COPY = numpy_function(plain_copy)


def _address(array: Any) -> Any:
    return array.__array_interface__["data"][0], array.shape, array.strides, array.dtype


def refuse(what: str, line: str) -> CaptureError:
    """The error for what a Program cannot hold."""
    return CaptureError(f"{what} at {line} cannot be captured")
