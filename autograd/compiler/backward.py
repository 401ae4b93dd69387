"""The way back through a Program as nodes of the graph that it was lowered into: its rules run on `Symbol`s.

What a rule cannot say in nodes runs on arrays, as in `backward()`: the rule as it is, with what it asks for.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from ..broadcast import unbroadcast
from ..errors import CaptureError
from ..op import Op
from ..plan import HALF, Plan, in_single
from ..products import computed
from ..program.steps import filled
from .arriving import Arriving, Piece
from .graph import Graph
from .known import OPS
from .lower import Lowering
from .shapes import part_of
from .spelled import Spelled
from .symbols import Symbol, UnknownError, Wanted
from .values import Value


class NoRuleError(CaptureError):
    """A step has no rules that could be compiled."""


class Backward:
    """Cotangents of the slots of a program, from those of its outputs."""

    def __init__(self, lowered: Lowering, program: Any, values: list[Value | None], leaves: Iterable[int]) -> None:
        self.graph = lowered.graph
        self.kept = lowered.kept
        self.program = program
        self.values = values
        self.needs = set(leaves)
        self.arriving: dict[int, Arriving] = {}
        self.ways: dict[int, tuple[int, ...]] = {}  # number of a step -> positions of the inputs to go back to
        for number, step in enumerate(program.steps):
            if not step.recorded:
                continue
            if not isinstance(step.op, Op):
                if self.needs.intersection(step.reads):
                    raise NoRuleError(f"{step.name} at {step.lines[0]}")
                continue
            count = len(step.op.inputs)
            wanted = tuple(
                [
                    position
                    for position, slot in enumerate(step.operands)
                    if slot in self.needs and step.op.differentiable(position if count > 1 else 0)
                ]
            )
            if wanted:
                self.ways[number] = wanted
                self.needs.update(step.outputs)

    def run(self, seeds: dict[int, Value]) -> dict[int, Value]:
        """Slot of a leaf -> its cotangent, where one arrives; `seeds` are those of the outputs."""
        for slot, seed in seeds.items():
            if slot in self.needs:
                self._arrive(slot, seed)
        for number in reversed(self.ways):
            step = self.program.steps[number]
            dz = [self._arrived(slot) if slot not in step.reads else None for slot in step.outputs]
            if any(each is not None for each in dz):
                self.graph.line = step.lines[0] if step.places else ""
                self._step(step, self.ways[number], dz)
        return {slot: arriving.total() for slot, arriving in self.arriving.items()}

    def _arrived(self, slot: int) -> Value | None:
        found = self.arriving.pop(slot, None)
        return None if found is None else found.total()

    def read(self) -> set[Value]:
        """The roots of what rules ask for: whoever overwrites these before backward is told."""
        found: set[Value] = set()
        for number, wanted in self.ways.items():
            step = self.program.steps[number]
            plan = Plan(step.op, wanted)
            for name in [name for need in plan.needs for name in need]:
                slots = step.outputs if name == "z" else ()
                if plan.variadic and name == step.op.inputs[0][1:]:
                    slots = step.operands
                elif name in step.op.inputs:
                    slots = step.operands[step.op.inputs.index(name) :][:1]
                found |= {x.root for slot in slots if slot is not None and (x := self.values[slot]) is not None}
        return found

    def _at(self, slot: int) -> Arriving:
        found = self.arriving.get(slot)
        if found is None:
            found = self.arriving[slot] = Arriving(self.graph, self.program.slots[slot].shape)
        return found

    def _arrive(self, slot: int, g: Value) -> None:
        self._at(slot).parts.append(g)

    def _piece(self, step: Any, dz: Value, known: dict[str, Any]) -> bool:
        """Let the gradient of a part of a value arrive; False if that lies in no simple way in the whole."""
        whole: Any = self.values[step.operands[0]]
        place = part_of(known["index"], whole.shape)
        if place is None or dz.dtype != whole.dtype or dz.dtype.char not in "fd":
            return False
        axis, start, stop = place
        g = self.graph.reshape(dz, (*whole.shape[:axis], stop - start, *whole.shape[axis + 1 :]))
        self._at(step.operands[0]).pieces.append(Piece(axis, start, stop, g))
        return True

    def _step(self, step: Any, wanted: tuple[int, ...], parts: list[Value | None]) -> None:
        op, graph = step.op, self.graph
        plan = Plan(op, wanted)
        for index, part in enumerate(parts):
            if part is None:
                zero = graph.constant(0, step.dtypes[index])
                parts[index] = graph.expand(zero, step.shapes[index])
        known = self._known(step, plan)
        dz: Any = parts[0] if op.outputs == 1 else tuple(parts)
        if op.name == "getitem" and self._piece(step, dz, known):
            return
        together: Any = self._joint(step, plan, dz, known) if plan.joint else None
        if op.name in RULES:
            together = RULES[op.name](graph, step, dz, known) or together
        for position, index in enumerate(wanted):
            slot = step.operands[index]
            target = self.values[slot]
            assert target is not None
            g = self._given(plan, position, dz, known, target) if together is None else together[position]
            if g is not None:
                self._arrive(slot, g)

    def _known(self, step: Any, plan: Plan) -> dict[str, Any]:
        """What rules may ask for, by name."""
        op = step.op
        inputs: Any = [None if slot is None else self.values[slot] for slot in step.operands]
        outputs = [self.values[slot] for slot in step.outputs]
        settings = {
            **op.defaults,
            **filled(step.settings, [None if s is None else self.values[s] for s in step.inputs]),
        }
        names = op.inputs
        if plan.variadic:
            first = names[0][1:]
            return {first: tuple(inputs), f"{first}_shape": tuple([x.shape for x in inputs]), **settings}
        found = dict(zip(names, inputs, strict=False))
        for name, x in zip(names, inputs, strict=False):
            if x is not None:
                found[f"{name}_shape"], found[f"{name}_dtype"] = x.shape, x.dtype
        hidden = self.kept.get(id(step))
        if hidden is not None:
            found.update({name: Kept(hidden, number) for number, name in enumerate(op.keeps)})
        elif len(step.kept) == len(op.keeps):
            found.update(zip(op.keeps, [self.values[slot] for slot in step.kept], strict=True))
        return {**settings, **found, "z": outputs[0] if op.outputs == 1 else tuple(outputs), "wanted": plan.wanted}

    def _given(self, plan: Plan, position: int, dz: Any, known: dict[str, Any], target: Value) -> Value:
        """What a rule gives, of the shape of its input."""
        rule: Any = plan.rules[position]
        asked = [known[name] for name in plan.needs[position]]
        if plan.op.formula is None:
            try:
                g = unbroadcast(rule(self._symbol(dz), *[self._symbol(each) for each in asked]), target.shape)
            except (UnknownError, AttributeError, TypeError, ValueError, IndexError):
                pass
            else:
                if isinstance(g, Symbol) and g.dtype == target.dtype:
                    return g.value
        call = RuleCall(plan, rule, plan.widens(rule), [target.shape])
        return self.graph.call(call, *call.bound(dz, asked), [Value(target.shape, target.dtype)])[0]

    def _joint(self, step: Any, plan: Plan, dz: Any, known: dict[str, Any]) -> list[Value | None]:
        """What a rule gives for all inputs at once."""
        rule: Any = plan.rules[0]
        asked = [plan.wanted if name == "wanted" else known[name] for name in plan.needs[0]]
        targets = [self.values[step.operands[index]] for index in plan.wanted]
        shapes = [x.shape for x in targets if x is not None]
        if plan.op.formula is None:
            try:
                found = rule(self._symbol(dz), *[self._symbol(each) for each in asked])
                picked = [unbroadcast(found[index], shape) for index, shape in zip(plan.wanted, shapes, strict=True)]
            except (UnknownError, AttributeError, TypeError, ValueError, IndexError):
                pass
            else:
                return [each.value for each in picked]
        call = RuleCall(plan, rule, plan.widens(rule), shapes, plan.wanted)
        outs = [Value(x.shape, x.dtype) for x in targets if x is not None]
        return list(self.graph.call(call, *call.bound(dz, asked), outs))

    def _symbol(self, nest: Any) -> Any:
        if isinstance(nest, Value):
            return Symbol(self.graph, nest)
        if isinstance(nest, Kept):
            raise UnknownError("what an op keeps")
        return type(nest)([self._symbol(each) for each in nest]) if type(nest) in (tuple, list) else nest


def _cross_entropy(graph: Graph, step: Any, dz: Value, known: dict[str, Any]) -> list[Value] | None:
    """The slope that the op keeps, times dz."""
    x, target, share, total = [known[name] for name in ("x", "target", "share", "total")]
    wanted = Wanted(step.name, step.shapes, step.dtypes, (0,))
    found = OPS[step.name](graph, wanted, x, target=target, share=share, total=total)
    if found is None:
        return None
    return [graph.map("mul", found[1], dz if total else graph.reshape(dz, (*dz.shape, 1)))]


def _gelu(graph: Graph, step: Any, dz: Value, known: dict[str, Any]) -> list[Value] | None:
    """In one instruction."""
    x = known["x"]
    return [graph.map("gelu_grad", dz, x)] if x.dtype == dz.dtype and dz.dtype.char in "fd" else None


RULES = {"cross_entropy": _cross_entropy, "gelu": _gelu}
"""Rules of ops that ask for values, or see arrays only, in nodes; and such as have an instruction of their own."""


class RuleCall:
    """A rule as a function of arrays: the cotangent, and those of the things it asks for that are arrays."""

    def __init__(
        self, plan: Plan, rule: Any, widens: bool, shapes: list[Any], picked: tuple[int, ...] | None = None
    ) -> None:
        self.rule = rule
        self.widens = widens
        self.shapes = shapes
        self.picked = picked
        self.__name__ = f"{plan.name}_rule"
        self.call: Any = None

    def bound(self, dz: Any, asked: list[Any]) -> tuple[list[Value], dict[str, Any]]:
        """The arrays that it is called with, and its settings."""
        arrays: list[Value] = []

        def place(each: Any) -> Any:
            if not isinstance(each, (Value, Kept)):
                return None
            arrays.append(each if isinstance(each, Value) else each.hidden)
            return f"a{len(arrays) - 1}" + ("" if isinstance(each, Value) else f"[{each.number}]")

        rule = self.rule
        if self.widens and isinstance(dz, Value) and dz.dtype == HALF:
            rule = partial(in_single, rule)
        given = Spelled(place)
        arguments = ", ".join([given.text(each) for each in (dz, *asked)])
        names = ", ".join([f"a{number}" for number in range(len(arrays))])
        self.call = given.function(f"lambda {names}: computed(rule({arguments}))", computed=computed, rule=rule)
        return arrays, {}

    def __call__(self, *arrays: Any) -> Any:
        g = self.call(*arrays)
        if self.picked is None:
            return np.asarray(unbroadcast(g, self.shapes[0]))
        found = [unbroadcast(g[index], shape) for index, shape in zip(self.picked, self.shapes, strict=True)]
        return np.asarray(found[0]) if len(found) == 1 else found


class Kept(NamedTuple):
    """One of the things that an op keeps, which only its rule can read."""

    hidden: Value
    number: int
