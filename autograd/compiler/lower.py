"""A Program as a graph: each step in the few kinds of nodes that are compiled, or as a call of what it was.

Two tables (`known`) say what is known: ops by name, and functions of NumPy's by name. Whatever is in neither runs as it
is, so there is nothing that cannot be compiled but what changes arrays in place.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import CaptureError
from ..op import Op
from ..program.operations import Rewrite
from ..program.steps import Hole, filled, holes, leaves
from . import scalar
from .graph import Graph
from .known import NUMPY, OPS, UFUNCS
from .rewrites import movable
from .shapes import part_of
from .spelled import Spelled
from .values import Value


class Lowering:
    """Steps of programs in one graph: what two of them have in common is there once."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.slots: list[Any] = []
        self.movable: set[int] = set()
        self.moved: dict[int, Value] = {}  # slots of Tensors that are written in place -> what they are in the end
        self.kept: dict[int, Value] = {}  # id of a step -> what its op keeps, where it runs as it is

    def program(self, program: Any, given: dict[int, Value]) -> list[Value | None]:
        """The values of all slots of a program, those of its inputs and parameters being given."""
        values: list[Value | None] = [None] * len(program.slots)
        self.slots = program.slots
        self.movable = movable(program)
        for slot in program.slots:
            if slot.kind == "constant":
                values[slot.number] = self.graph.constant(slot.value)
        for number, value in given.items():
            values[number] = value
        unrolled = _unrolled(program)
        self.graph.unrolled.update([x.root for slot in unrolled if (x := values[slot]) is not None])
        for step in program.steps:
            self.step(step, values)
            for slot in unrolled.intersection(step.outputs):
                x = values[slot]
                assert x is not None
                self.graph.unrolled.add(x.root)
        return values

    def step(self, step: Any, values: list[Value | None]) -> None:
        """The values that a step fills its slots with."""
        graph = self.graph
        graph.line = step.lines[0] if step.places else ""
        if step.writes:
            self._rewrite(step, values)
            return
        inputs = [None if slot is None else values[slot] for slot in step.inputs]
        found = self._known(step, inputs)
        if found is None:
            found = self._call(step, inputs)
        for slot, value in zip(step.fills, found, strict=True):
            values[slot] = value

    def _rewrite(self, step: Any, values: list[Value | None]) -> None:
        self.graph.line = self.graph.line or "a layer"
        target, value = step.inputs[0], values[step.inputs[-1]]
        held = values[target]
        if target not in self.movable or value is None or held is None or type(step.op) is not Rewrite:
            raise CaptureError(f"{step.name} at {self.graph.line} writes into an array, which is not compiled")
        if (value.shape, value.dtype) != (held.shape, held.dtype):
            raise CaptureError(f"{step.name} at {self.graph.line} writes what is of another kind: not compiled")
        values[target] = self.moved[target] = value

    def _known(self, step: Any, inputs: list[Any]) -> list[Any] | None:
        settings = filled(step.settings, inputs)
        found: Any = None
        if step.name == "detach":
            found = inputs[0]
        elif any(x is not None and x.size == 0 for x in inputs) or any(0 in shape for shape in step.shapes):
            return None
        elif isinstance(step.op, Op):
            found = self._op(step, inputs[: len(step.operands)], settings)
        elif "args" in step.settings:
            found = self._numpy(step, settings["args"], settings.get("kwargs", {}))
        if found is None:
            return None
        found = found if isinstance(found, list) else [found]
        if len(found) != len(step.fills):
            return None
        for value, shape, dtype in zip(found, step.shapes, step.dtypes, strict=False):
            if value.shape != shape or value.dtype != dtype:
                raise AssertionError(f"{step.name} at {self.graph.line}: {value} in the place of {dtype} {shape}")
        return found

    def _op(self, step: Any, operands: list[Any], settings: dict[str, Any]) -> Any:
        own = OPS.get(step.name)
        if own is not None:
            return own(self.graph, step, *operands, **settings)
        if step.kept or len(step.outputs) != 1 or any(x is None for x in operands):
            return None
        return scalar.lower(self.graph, step.name, operands, settings, step.dtypes[0])

    def _numpy(self, step: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        own = NUMPY.get(step.name)
        if own is not None:
            return own(self.graph, step, *args, **kwargs)
        name = UFUNCS.get(step.name)
        if (
            name is None
            or kwargs
            or len(step.outputs) != 1
            or not all(isinstance(x, (Value, int, float)) for x in args)
        ):
            return None
        if name == "pow_number":
            if isinstance(args[0], Value) and not isinstance(args[1], Value):
                return scalar.lower(self.graph, name, [args[0]], {"exponent": args[1]}, step.dtypes[0])
            return None
        return scalar.lower(self.graph, name, list(args), {}, step.dtypes[0])

    # -- what runs as it is

    def _call(self, step: Any, inputs: list[Any]) -> list[Value]:
        slots = [self.slots[number] for number in step.fills]
        outs = [Value(slot.shape, slot.dtype) for slot in slots]
        op = step.op
        pure = type(op).__name__ != "Draw"
        if isinstance(op, Op) and op.floating:
            e = scalar.Forms(self.graph)
            inputs = [x if x is None or x.dtype.kind == "f" else e.cast(x, outs[0].dtype) for x in inputs]
        simple = isinstance(op, Op) and not op.keeps and not op.single and op.outputs == 1 and len(outs) == 1
        if simple and next(holes(step.settings), None) is None:
            return self.graph.call(op.choose, inputs, step.settings, outs, pure)
        if isinstance(op, Op) and op.keeps:
            hidden = Value((), OBJECT)
            found = self.graph.call(Runs(step), inputs, {}, [*outs, hidden])
            self.kept[id(step)] = found[-1]
            return found[:-1]
        return self.graph.call(Runs(step), inputs, {}, outs, pure)


def _unrolled(program: Any) -> set[int]:
    """The slots of which every part along the first axis is taken, as in a loop over time steps."""
    taken: dict[int, set[int]] = {}
    for step in program.steps:
        if step.name == "getitem" and not isinstance(index := step.settings.get("index"), Hole):
            slot = step.inputs[0]
            part = part_of(index, program.slots[slot].shape)
            if part is not None and part[0] == 0 and part[2] == part[1] + 1:
                taken.setdefault(slot, set()).add(part[1])
    return {slot for slot, parts in taken.items() if len(parts) == program.slots[slot].shape[0] >= SEVERAL}


SEVERAL = 4
"""Parts that make it a loop."""

OBJECT = np.dtype(object)
"""The dtype of what is no array: what an op keeps for its rules, as it is."""


class Runs:
    """A step as a function of the arrays in the slots that it reads: its results, and what it keeps."""

    def __init__(self, step: Any) -> None:
        self.op = step.op
        self.fixed = step.settings
        self.count = len(step.operands)
        self.outputs = len(step.outputs)
        self.kept = len(step.kept)
        self.recorded = step.recorded
        self.__name__ = step.name
        given = Spelled(lambda leaf: f"arrays[{leaf.position}]" if type(leaf) is Hole else None)
        self.settings = given.function(f"lambda arrays: {given.text(step.settings)}")

    def __call__(self, *arrays: Any) -> Any:
        if isinstance(self.op, Op):
            z, kept = self.op.compute(arrays[: self.count], self.settings(arrays), self.recorded)
            if self.op.keeps:
                results = [z] if self.op.outputs == 1 else [*z]
                hidden = [x for x in leaves(kept) if isinstance(x, np.ndarray)] if self.kept else []
                return [*results, *hidden, kept]
        elif "args" in self.fixed:  # which it fills itself
            z = self.op.forward(*arrays, **self.fixed)
        else:
            z = self.op.forward(*arrays[: self.count], **self.settings(arrays))
        found = [x for x in leaves(z) if isinstance(x, (np.ndarray, np.generic, bool, int, float, complex))]
        return found[0] if self.outputs == 1 else found[: self.outputs]
