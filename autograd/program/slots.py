"""Slots: which value stands where, while a function is captured.

What is known of a value is which slot it stands in: by the Tensor, by the array, or by the memory it looks into.
"""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any

import numpy as np

from ..errors import CaptureError
from ..interpreter import Interpreter
from ..lines import outer, place, user_files
from ..modes import state
from ..records import Leaf, Record
from ..tensors.core import Core, array_of
from ..writes import owner
from .operations import NumPyCall, detach
from .steps import Guard, Hole, Place, Slot, Step, mapped
from .storage import raw
from .watched import Watched

_NUMPY = np.__file__.removesuffix("__init__.py")


class Paused:
    """See `Slots.paused`. (A generator that Ctrl-C meets at the end of its block would end when it is thrown away.)"""

    __slots__ = ("capture",)

    def __init__(self, capture: Slots) -> None:
        self.capture = capture

    def __enter__(self) -> None:
        state.interpreter = None

    def __exit__(self, *error: object) -> None:
        state.interpreter = self.capture.around if self.capture.lost else self.capture


class Slots(Interpreter):
    """Slots, steps and guards as they come about."""

    captures = True

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
        self.around: Any = None  # the interpreter before
        self.lost = ""  # why nothing is written down any more

    def gives_up(self, error: CaptureError) -> None:
        """Write nothing down any more, and let the function go on as without; raise the error where nobody asked."""
        raise error

    def paused(self) -> Paused:
        """A block that runs as if nothing were captured."""
        return Paused(self)

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

    def adopt(self, tensor: Any) -> None:
        """A Tensor that another interpreter has made of an array that stands in a slot."""
        found = self.arrays.get(id(raw(tensor)))
        if id(tensor) not in self.tensors and found is not None:
            self.register(tensor, found[1])
            self.keep.append(tensor)

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


_REGION = NumPyCall("region", region)


def _address(array: Any) -> Any:
    return array.__array_interface__["data"][0], array.shape, array.strides, array.dtype


def refuse(what: str, line: str) -> CaptureError:
    """The error for what a Program cannot hold."""
    return CaptureError(f"{what} at {line} cannot be captured")
