"""A Program as compiled code: `build(program)` is a function of Tensors, and one record on the tape."""

from __future__ import annotations

import dataclasses
import itertools
import sys
from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np

from ..errors import GuardError
from ..lines import outer
from ..modes import state
from ..op import Op
from ..program import Program
from ..records import Record
from ..tensors.core import Core, wrap
from ..tensors.run import output
from .backward import Backward
from .emit import Writer
from .frames import Frames, Lease
from .graph import Graph, Value
from .lower import Lowering
from .plan import Phase, Plan
from .split import Split

_numbers = itertools.count()


class Compiled:
    """A Program, compiled. Called with the Tensors of its inputs, it returns what the function returned.

    source     the text of the functions that run: `forward`, and `backward` where something requires grad
    tracked    slots of the inputs and parameters that get a gradient
    frames     the memory: `frames.made` says how many there are
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.parameters = list(program.parameters.values())
        numbers = [*program.inputs, *program.parameters]
        self.slots = [program.slots[number] for number in numbers]
        self.tracked = [index for index, slot in enumerate(self.slots) if slot.tracked]
        graph = Graph()
        inputs = [graph.input(slot.shape, slot.dtype) for slot in self.slots]
        given = dict(zip(numbers, inputs, strict=True))
        lowering = Lowering(graph)
        values = lowering.program(program, given)
        self.results = [_there(values[number]) for number in program.outputs]
        self.guards = list(program.guards)
        asked = [_there(values[guard.slot]) for guard in self.guards]
        held = inputs[len(program.inputs) :]
        outs = [*self.results, *asked]
        self.name = f"{program.name}_{next(_numbers)}"
        self.plain = _Ready([Phase(inputs, graph.needed([*outs, *graph.effects]), outs)], held, self.name)
        self.differ = [program.slots[number].tracked for number in program.outputs]  # which outputs are tracked
        self.known_reach: dict[tuple[bool, ...], frozenset[int]] = {}
        self.ways: dict[tuple[int, ...], _Ready] = {}
        self.lowered = lowering, inputs, values, held, outs
        self.op = _op_of(self) if self.tracked else None

    def keeps(self, positions: set[int]) -> None:
        """Of the inputs, only those at `positions` must not be written to before the walk back."""
        if self.op is not None:
            self.op.private = tuple([name for k, name in enumerate(self.op.inputs) if k not in positions])

    def training(self, wanted: tuple[int, ...]) -> _Ready:
        """Forward and backward to the inputs at the positions `wanted`."""
        found = self.ways.get(wanted)
        if found is None:
            found = self.ways[wanted] = self._train(wanted)
        return found

    def _train(self, wanted: tuple[int, ...]) -> _Ready:
        lowering, inputs, values, held, outs = self.lowered
        program = self.program
        seeds = {number: Value(*_kind(program.slots[number])) for number in dict.fromkeys(program.outputs)}
        numbers = [*program.inputs, *program.parameters]
        leaves = [numbers[index] for index in wanted]
        arrived = Backward(lowering, program, values, leaves).run(seeds)
        split = Split(lowering.graph, outs, [arrived.get(number) for number in leaves], list(seeds.values()))
        ready = _Ready(
            [
                Phase(inputs, split.forward, outs),
                Phase(list(seeds.values()), split.backward, [g for g in split.grads if g is not None]),
            ],
            held,
            self.name,
        )
        ready.arrives = [g is not None for g in split.grads]
        ready.outputs = [list(seeds).index(number) for number in program.outputs]
        ready.kinds = [program.slots[number] for number in program.outputs]
        return ready

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
        return self._packed(self.direct(self.program.bound(inputs)))

    def direct(self, inputs: list[Any]) -> list[Any]:
        """The Tensors of the output slots for those of the input slots, which nobody checks: only guards are.

        Inputs may be arrays, too.
        """
        tensors = [*inputs, *self.parameters] if self.parameters else inputs
        arrays = [x if type(x) is np.ndarray else x._array for x in tensors]
        if state.tape is not None and self.op is not None:
            wanted = tuple([index for index in self.tracked if tensors[index]._node is not None])
            if wanted:
                return self._recorded(tensors, arrays, wanted)
        outs = self.plain.run(arrays)
        if self.guards:
            self.check(outs)
        return [wrap(z) for z in outs[: len(self.results)]]

    def check(self, outs: Any) -> None:
        """Raise GuardError if Python would be told something else than in the capture."""
        for guard, array in zip(self.guards, outs[len(self.results) :], strict=True):
            if not guard.holds(array):
                raise GuardError(
                    f"{self.program.name}: at {guard.line} Python was told {guard.value!r} by {guard.how}() when the "
                    "program was captured, and would be told something else now"
                )

    def _packed(self, outs: list[Any]) -> Any:
        values: list[Any] = [None] * len(self.program.slots)
        for number, z in zip(self.program.outputs, outs, strict=True):
            values[number] = z
        return self.program.packed(values)

    def _recorded(self, tensors: list[Any], arrays: list[Any], wanted: tuple[int, ...]) -> list[Any]:
        assert self.op is not None
        plan = self.op.plan(wanted)
        ready = self.training(wanted)
        frame = ready.frames.take()
        lease = Lease(frame, ready.frames.free)
        outs = ready.forward(frame, *arrays)
        if self.guards:
            self.check(outs)
        zs = outs[: len(self.results)]
        single = len(zs) == 1
        z = zs[0] if single else zs
        saved = plan.save(arrays, z, {}, (lease,))
        nodes = tuple([tensors[index]._node for index in wanted])
        shape: Any = z.shape if single else tuple([part.shape for part in zs])
        record = Record.at(
            outer(sys._getframe(2)), plan, nodes[0] if len(nodes) == 1 else nodes, saved, shape, zs[0].dtype
        )
        if plan.private:
            state.home.private = True
        state.home.append(record, z, arrays, {})
        if single:
            return [wrap(z, record)]
        return [wrap(part, output(record, i, len(zs), part) if self.differ[i] else None) for i, part in enumerate(zs)]


def _there(value: Value | None) -> Value:
    assert value is not None
    return value


def _kind(slot: Any) -> tuple[Any, Any]:
    return slot.shape, slot.dtype


class _Ready:
    """Functions of a plan, and its memory."""

    def __init__(self, phases: list[Phase], held: list[Value], name: str) -> None:
        plan = Plan(phases, held)
        writer = Writer(plan, name)
        self.text = writer.text
        self.plan = plan
        self.frames = Frames(plan)
        functions = writer.functions_of()
        self.forward = functions[0]
        self.backward: Callable[..., Any] | None = functions[1] if len(functions) > 1 else None
        self.arrives: list[bool] = []
        self.outputs: list[int] = []
        self.kinds: list[Any] = []  # slots of the outputs: their shapes and dtypes

    def run(self, arrays: list[Any]) -> Any:
        """Forward alone."""
        frame = self.frames.take()
        try:
            return self.forward(frame, *arrays)
        finally:
            self.frames.free.append(frame)

    def back(self, dz: Any, frame: Any) -> list[Any]:
        """The cotangents of the inputs that are wanted."""
        assert self.backward is not None
        seeds: dict[int, Any] = {}
        for part, number, z in zip(dz, self.outputs, self.kinds, strict=True):
            if part is None:
                seeds.setdefault(number, np.zeros(z.shape, z.dtype))
            else:
                seeds[number] = part if number not in seeds else seeds[number] + part
        grads = iter(self.backward(frame, *[seeds[number] for number in range(len(seeds))]))
        return [next(grads) if arrives else None for arrives in self.arrives]


_TEXT = """\
def forward({names}, *, recorded=False):
    raise NotImplementedError

def rule(dz, {read}lease, wanted):
    return back(dz, lease, wanted)

def formula({names}):
    return replay(({names},))
"""


def _op_of(compiled: Compiled) -> Op:
    """What stands on the tape: one op, whose formula are the steps of the program."""
    names = [f"x{number}" for number in range(len(compiled.slots))]
    single = len(compiled.results) == 1

    def back(dz: Any, lease: Any, wanted: tuple[int, ...]) -> list[Any]:
        grads: list[Any] = [None] * len(names)
        dzs = (dz,) if single else dz
        found = compiled.training(wanted).back(dzs, lease.frame)
        reached = compiled.reached(dzs)
        for index, g in zip(wanted, found, strict=True):
            grads[index] = g if index in reached else None
        return grads

    def replay(inputs: tuple[Any, ...]) -> Any:
        return replayed(compiled.program, inputs)

    known: dict[str, Any] = {"back": back, "replay": replay}
    read = "".join([f"{name}, " for name in names])
    exec(compile(_TEXT.format(names=", ".join(names), read=read), "<compiled>", "exec"), known)
    return Op(
        compiled.name,
        known["forward"],
        {},
        joint=known["rule"],
        keeps=("lease",),
        formula=known["formula"],
        partial=True,
        outputs=1 if single else len(compiled.results),
    )


def replayed(program: Program, inputs: tuple[Any, ...]) -> Any:
    """The results of a program, step by step, with other Tensors in the place of its parameters, too."""
    count = len(program.inputs)
    tensors = [x if isinstance(x, Core) else wrap(x) for x in inputs]
    given = dict(zip(program.parameters, tensors[count:], strict=True))
    slots = [dataclasses.replace(s, value=given[s.number]) if s.number in given else s for s in program.slots]
    own = Program(slots, program.steps, program.guards, program.arguments, program.results, program.name)
    from ..program.running import run

    interpreter = state.interpreter
    if interpreter is not None:
        interpreter.settle("a walk back that is recorded")
    state.interpreter = None
    try:
        values = run(own, tensors[:count])
    finally:
        state.interpreter = interpreter
    outs = tuple([values[number] for number in program.outputs])
    return outs[0] if len(outs) == 1 else outs


def build(program: Program) -> Compiled:
    """A Program as compiled code."""
    return Compiled(program)
