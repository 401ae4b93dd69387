"""A Program as compiled code: `build(program)` is a function of Tensors, and one record on the tape."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np

from kernels.machine import jit

from ..errors import CaptureError
from ..modes import state
from ..op import Op
from ..program import Program
from ..program.functions import Graft
from ..program.program import At
from ..records import Record
from ..tensors.core import wrap
from ..tensors.inplace import note_write
from ..tensors.run import output
from .attending import attending
from .backward import Backward
from .called import changed
from .emit import Writer
from .frames import Frames, Lease
from .graph import Graph
from .inline import inlined
from .lower import Lowering
from .numbering import Numbering
from .operation import op_of, saver
from .paying import pays
from .plan import Phase, Plan
from .pure import pure
from .split import Split
from .values import Value

_numbers = itertools.count()


class Compiled:
    """A Program, compiled. Called with the Tensors of its inputs, it returns what the function returned.

    source     the text of the functions that run: `forward`, and `backward` where something requires grad
    tracked    slots of the inputs and parameters that get a gradient
    pays       is it worth it? See `paying`
    passed     (k, place): result number k is the input or parameter at that place
    frames     the memory: `frames.made` says how many there are
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        for step in program.steps:
            if type(step.op) is Graft and any(program.slots[number].tracked for number in step.outputs):
                where = step.lines[0] if step.places else program.name
                raise CaptureError(f"{step.name} at {where} has a backward of its own, which is not compiled")
        program = attending(inlined(pure(program)))
        self.parameters = list(program.parameters.values())
        numbers = [*program.inputs, *program.parameters]
        self.slots = [program.slots[number] for number in numbers]
        self.tracked = tuple([index for index, slot in enumerate(self.slots) if slot.tracked])
        results = program.results
        self.bare = type(results) is At  # is the result a Tensor, and no nest of them?
        alone = type(results) in (tuple, list) and all(type(x) is At for x in results)
        alone = alone and len(set(program.outputs)) == len(program.outputs)
        self.flat: Any = type(results) if alone else None  # is it a tuple or a list of Tensors, each there once?
        graph = Graph()
        inputs = [graph.input(slot.shape, slot.dtype) for slot in self.slots]
        given = dict(zip(numbers, inputs, strict=True))
        lowering = Lowering(graph)
        values = lowering.program(program, given)
        self.results = [_there(values[number]) for number in program.outputs]
        places = {number: place for place, number in enumerate(numbers)}
        self.passed = [(k, places[number]) for k, number in enumerate(program.outputs) if number in places]
        self.count = len(self.results)
        self.guards = list(program.guards)
        asked = [_there(values[guard.slot]) for guard in self.guards]
        held = inputs[len(program.inputs) :]
        self.moved = [program.slots[number].value for number in lowering.moved]  # Tensors that are written in place
        asked += lowering.moved.values()
        outs = [*self.results, *asked]
        self.name = f"{program.name}_{next(_numbers)}"
        self.glanced = frozenset([x for x in asked if x not in self.results and x not in inputs])
        nodes = graph.needed([*outs, *graph.effects])
        self.nodes = nodes
        self.pays = pays(program, graph.needed([*self.results, *graph.effects]))
        self.differ = [program.slots[number].tracked for number in program.outputs]  # which outputs are tracked
        self.tracks = any(self.differ)
        self.watched: set[int] | None = None
        self.known_reach: dict[tuple[bool, ...], frozenset[int]] = {}
        self.ways: dict[tuple[int, ...], Ready] = {}
        self.inputs = inputs
        self.lowered = program, lowering, inputs, values, held, outs

    @cached_property
    def plain(self) -> Ready:
        """What runs where nothing is recorded."""
        _, _, inputs, _, held, outs = self.lowered
        return Ready([Phase(inputs, self.nodes, outs, self.glanced)], held, self.name)

    def keeps(self, positions: set[int]) -> None:
        """Only inputs at `positions` must not be written to before the walk back. To be said before any call."""
        self.watched = positions

    def training(self, wanted: tuple[int, ...]) -> Ready:
        """Forward and backward to the inputs at the positions `wanted`."""
        found = self.ways.get(wanted)
        if found is None:
            found = self.ways[wanted] = self._train(wanted)
        return found

    def _train(self, wanted: tuple[int, ...]) -> Ready:
        program, lowering, inputs, values, held, outs = self.lowered
        seeds = {number: Value(*_kind(program.slots[number])) for number in dict.fromkeys(program.outputs)}
        numbers = [*program.inputs, *program.parameters]
        leaves = [numbers[index] for index in wanted]
        way = Backward(lowering, program, values, leaves)
        arrived = way.run(seeds)
        found = [arrived.get(number) for number in leaves]
        split = Split(lowering.graph, outs, [g for g in found if g is not None], list(seeds.values()))
        there = [index for index, g in zip(wanted, found, strict=True) if g is not None]
        places = tuple([there.index(index) if index in there else None for index in range(len(numbers))])
        back = Phase(list(seeds.values()), split.backward, split.grads, places=places)
        ready = Ready([Phase(inputs, split.forward, outs, self.glanced), back], held, self.name)
        read = way.read()
        watched = {k for k, x in enumerate(inputs) if x in read} if self.watched is None else self.watched
        ready.op = op_of(self, ready, watched)
        ready.way = ready.op.plan(wanted)
        ready.save = saver(ready.way, ready.op)
        ready.outputs = [list(seeds).index(number) for number in program.outputs]
        ready.kinds = [program.slots[number] for number in program.outputs]
        return ready

    @cached_property
    def spare(self) -> list[tuple[int, Any]]:
        """Inputs that no tracked output is computed from, such as running statistics, and what may stand for each."""
        program = self.program
        read = {number for number, differs in zip(program.outputs, self.differ, strict=True) if differs}
        read.update([guard.slot for guard in self.guards])
        for step in reversed(program.steps):
            if not read.isdisjoint(step.fills):
                read.update(step.reads)
        numbers = [*program.inputs, *program.parameters]
        left = [(k, program.slots[slot]) for k, slot in enumerate(numbers) if slot not in read]
        return [(k, np.broadcast_to(np.zeros((), slot.dtype), slot.shape)) for k, slot in left]

    @cached_property
    def reach(self) -> list[frozenset[int]]:
        """For each output, the positions of the inputs that it hangs on by operations with a derivative."""
        program = self.program
        of: dict[int, frozenset[int]] = {
            number: frozenset((index,)) for index, number in enumerate([*program.inputs, *program.parameters])
        }
        none: frozenset[int] = frozenset()
        for step in program.steps:
            if not step.recorded:
                continue
            slots: Any = step.reads
            if isinstance(step.op, Op):
                several = len(step.op.inputs) > 1
                slots = [s for k, s in enumerate(step.operands) if step.op.differentiable(k if several else 0)]
            behind = none.union(*[of.get(slot, none) for slot in slots])
            for slot in step.outputs:
                of[slot] = of.get(slot, none) | behind
        return [of.get(number, none) for number in program.outputs]

    def reached(self, dz: Any) -> frozenset[int]:
        """The positions of the inputs that get something from cotangents of the outputs, of which some are None."""
        if len(self.reach) == 1:
            return self.reach[0]
        given = tuple([part is not None for part in dz])
        found = self.known_reach.get(given)
        if found is None:
            parts = [behind for behind, there in zip(self.reach, given, strict=True) if there]
            found = self.known_reach[given] = frozenset[int]().union(*parts)
        return found

    @property
    def source(self) -> str:
        """The text of what runs."""
        return "\n".join([ready.text for ready in (self.ways.values() or [self.plain])])

    def __call__(self, *inputs: Any) -> Any:
        """The results for Tensors of the shapes and dtypes that the program was captured with.

        Raises GuardError where Python would have been told something else than when the program was captured.
        """
        if state.capture is not None:  # which wants to see the operations
            return self.program(*inputs)
        return self.returned(self.program.bound(inputs))

    def returned(self, inputs: list[Any]) -> Any:
        """What the function returned, for the Tensors of the input slots."""
        outs = self.direct(inputs)
        for k, place in self.passed:  # an argument or a parameter, which is returned itself
            outs[k] = inputs[place] if place < len(inputs) else self.parameters[place - len(inputs)]
        return outs[0] if self.bare else self._packed(outs)

    def direct(self, inputs: list[Any]) -> list[Any]:
        """The Tensors of the output slots for those of the input slots, which nobody checks: only guards are.

        Inputs may be arrays, too.
        """
        tensors = [*inputs, *self.parameters] if self.parameters else inputs
        arrays = [x if type(x) is np.ndarray else x._array for x in tensors]
        if state.tape is not None and self.tracked and self.tracks:
            nodes = [tensors[index]._node for index in self.tracked]
            wanted = self.tracked
            if None in nodes:
                wanted = tuple([index for index in wanted if tensors[index]._node is not None])
                nodes = [node for node in nodes if node is not None]
            if wanted:
                return self._recorded(arrays, wanted, nodes)
        frames = self.plain.frames
        frame = frames.take()
        try:
            outs = self.plain.forward(frame, *arrays)
            self.check(outs)
            self.write(outs)
        finally:
            frames.free.append(frame)
        return [wrap(z) for z in outs[: self.count]]

    def check(self, outs: Any) -> None:
        """Raise GuardError if Python would be told something else than in the capture."""
        self.told(outs[self.count :])

    def told(self, asked: Any) -> None:
        """The same, of the values that Python asked for."""
        for guard, array in zip(self.guards, asked, strict=False):
            if guard.how in ("bool", "item") and array.item() == guard.value:
                continue
            if not guard.holds(array):
                changed(guard, self.program.name)

    def write(self, outs: Any) -> None:
        """Write what Tensors are in the end into their memory: see `rewrites`."""
        if self.moved:
            for tensor, array in zip(self.moved, outs[self.count + len(self.guards) :], strict=False):
                note_write(tensor, self.program.name)
                tensor._array[...] = array

    def _packed(self, outs: list[Any]) -> Any:
        if self.flat is not None:
            return self.flat(outs)
        values: list[Any] = [None] * len(self.program.slots)
        for number, z in zip(self.program.outputs, outs, strict=True):
            values[number] = z
        return self.program.packed(values)

    def _recorded(self, arrays: list[Any], wanted: tuple[int, ...], nodes: list[Any]) -> list[Any]:
        ready = self.training(wanted)
        plan = ready.way
        frame = ready.frames.take()
        lease = Lease(frame, ready.frames.free)
        zs = ready.forward(frame, *arrays)
        found = zs
        if self.guards or self.moved:
            self.check(zs)
            zs = zs[: self.count]
        single = self.count == 1
        z = zs[0] if single else zs
        if self.spare:  # nobody has to be told when these are overwritten
            arrays = list(arrays)
            for position, nothing in self.spare:
                arrays[position] = nothing
        saved = ready.save(arrays, lease)
        parents = nodes[0] if len(nodes) == 1 else tuple(nodes)
        shape: Any = z.shape if single else tuple([part.shape for part in zs])
        record = Record.at(sys._getframe(2), plan, parents, saved, shape, zs[0].dtype)
        if plan.private:
            state.home.private = True
        state.home.append(record, z, arrays, {})
        self.write(found)
        if single:
            return [wrap(z, record)]
        return [wrap(part, output(record, i, len(zs), part) if self.differ[i] else None) for i, part in enumerate(zs)]


def _there(value: Value | None) -> Value:
    assert value is not None
    return value


def _kind(slot: Any) -> tuple[Any, Any]:
    return slot.shape, slot.dtype


class Ready:
    """Functions of a plan, and its memory."""

    def __init__(self, phases: list[Phase], held: list[Value], name: str) -> None:
        plan = Plan(phases, held)
        numbers = Numbering(plan)
        writer = Writer(plan, numbers, name)
        self.writer = writer
        self.plan = plan
        self.frames = Frames(plan, numbers)
        functions = writer.functions_of()
        self.forward = functions[0]
        self.backward: Callable[..., Any] | None = functions[1] if len(functions) > 1 else None
        self.again = writer.again
        self.op: Op | None = None
        self.way: Any = None  # the plan of `op`
        self.save: Any = None
        self.outputs: list[int] = []
        self.kinds: list[Any] = []  # slots of the outputs: their shapes and dtypes
        self.reached: tuple[tuple[int, bool], ...] = ()  # of values and gradients at once: which input each is for,
        # and whether something else is the same array

    @property
    def text(self) -> str:
        """The text of the functions."""
        times = self.writer.times
        return self.writer.text if times is None else times.shown(self.writer.text)

    def back(self, dz: Any, frame: Any, again: tuple[Any, ...]) -> Any:
        """The cotangents of the inputs, None of those that are not wanted."""
        assert self.backward is not None
        if len(self.outputs) == 1:
            return self.backward(frame, dz, *again)
        seeds: dict[int, Any] = {}
        for part, number, z in zip(dz, self.outputs, self.kinds, strict=True):
            if part is None:
                seeds.setdefault(number, np.zeros(z.shape, z.dtype))
            else:
                seeds[number] = part if number not in seeds else seeds[number] + part
        return self.backward(frame, *[seeds[number] for number in range(len(seeds))], *again)


def build(program: Program) -> Compiled:
    """A Program as compiled code. Raises CaptureError where nothing is compiled, or an array is changed in place."""
    if not jit.ENABLED:
        raise CaptureError(f"{program.name}: nothing is compiled with NUMBA_DISABLE_JIT=1")
    return Compiled(program)
