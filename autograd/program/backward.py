"""The way back under capture: the rules of ops become steps, and so do the sums of what they give.

A walk back goes over the records of the tape as always; only what a record does is different. Where the engine applies
the rules of an op to arrays, they are applied to the arrays in slots, and written down. Bit for bit the same comes out:
the same rules, or their compiled twins, on the same arrays, added up in the same order.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from .. import engine
from ..errors import CaptureError
from ..modes import state
from ..plan import COMPONENT, wrong_shape
from ..products import Product
from ..records import Record
from ..tensors.core import Core
from .rules import Sum, Unbroadcast, add_products, applied, into_of, needs_of, rule_of
from .watched import Watched

_SUM, _UNBROADCAST = Sum(), Unbroadcast()


class Walk:
    """What the records of a walk do while a program is captured. `push` takes the place of `engine.push`.

    waits   the class that collects products which wait, if they do in this walk
    """

    def __init__(self, capture: Any, waits: Any = None) -> None:
        self.capture = capture
        self.waits = waits
        self.waiting: dict[Any, list[Any]] = {}
        self.nbytes = 0

    def push(self, dz: Any, record: Record, cotangents: Any, owned: Any, needed: set[int] | None = None) -> None:
        """Apply the rules of a record, and write them down."""
        plan = record.plan
        parts = dz if isinstance(dz, (list, tuple)) else [dz]
        if any(isinstance(part, Core) for part in parts):
            with self._watching(record):
                original_push(dz, record, cotangents, owned, needed)
        elif plan is COMPONENT or plan.op is None:
            plan.step(dz, record, cotangents, owned)
            for node in record.parents:
                if type(cotangents.get(node)) is Watched:
                    self._belongs(cotangents[node], node)
        else:
            self.capture.inherited = self.capture.places_of(record)
            try:
                self._push_arrays(dz, record, cotangents, needed)
            finally:
                self.capture.inherited = None

    @contextmanager
    def _watching(self, record: Record) -> Iterator[None]:
        """A block in which rules that run on Tensors see what they compute on other arrays, such as masks, noted."""
        plan, before = record.plan, record.saved
        if plan.op is None:
            yield
            return
        saved = (before,) if len(plan.names) == 1 else before
        tensors = {"z", *([] if plan.variadic else [plan.op.inputs[index] for index in plan.wanted])}
        shown = tuple([x if name in tensors else self._shown(x) for name, x in zip(plan.names, saved, strict=True)])
        record.saved = shown[0] if len(plan.names) == 1 else shown
        try:
            yield
        finally:
            record.saved = before

    def _shown(self, x: Any) -> Any:
        if type(x) is not np.ndarray:
            return x
        slot = self.capture.slot_of_array(x)
        return x if self.capture.slots[slot].kind == "constant" else Watched(self.capture, slot, x)

    def _push_arrays(self, dz: Any, record: Record, cotangents: Any, needed: set[int] | None) -> None:
        plan = record.plan
        saved = record.saved if len(plan.names) != 1 else (record.saved,)
        known = dict(zip(plan.names, saved, strict=True))
        parts = [dz]
        if plan.op.outputs != 1:
            shapes: Any = record.shape
            parts = [np.zeros(shape, record.dtype) if x is None else x for x, shape in zip(dz, shapes, strict=True)]
        compiled = hasattr(plan, "pulls") and needed is None
        joint = self._rule(plan, 0, parts, known, record, cotangents) if plan.joint else None
        for position, (index, node) in enumerate(zip(plan.wanted, record.parents, strict=True)):
            if needed is not None and id(node) not in needed:
                continue
            if compiled and index in plan.into:
                self._into(plan, index, parts[0], known, node, cotangents)
                continue
            if joint is not None:
                g = joint[position]
            else:
                (g,) = self._rule(plan, position, parts, known, record, cotangents)
            if type(g) is tuple:
                self._wait(node, g, cotangents)
                continue
            if g.shape != node.shape:
                if not plan.op.broadcasts:
                    raise wrong_shape(record, plan.input(index), g, node)
                g = self.capture.rule(_UNBROADCAST, (g,), {"shape": node.shape})
            held = cotangents.get(node)
            cotangents[node] = self._belongs(g, node)
            if held is not None:
                cotangents[node] = self._belongs(self.capture.rule(_SUM, (held, g), {}), node)

    def _belongs(self, g: Any, node: Any) -> Any:
        """Note in whose gradient this is, for its name."""
        slot = self.capture.slots[g._slot]
        if slot.of is None and slot.kind == "step":
            slot.of = self.capture.slot_of_node(node)
        return g

    def _rule(
        self, plan: Any, position: int, parts: list[Any], known: dict[str, Any], record: Record, cotangents: Any
    ) -> list[Any]:
        """What a rule gives, for each of its inputs; a pair of factors for a product that waits."""
        asked = plan.needs[position] if plan.op.formula is None else plan.names
        names = tuple([name for name in asked if isinstance(known.get(name), np.ndarray)])
        settings = {name: known[name] for name in asked if name in known and name not in names}
        arrays = [*parts, *[known[name] for name in names]]
        real_parts = self.capture.bare(parts)
        real = self.capture.bare(known)
        with self.capture.paused():
            dz = real_parts[0] if plan.op.outputs == 1 else tuple(real_parts)
            g = applied(plan, position, dz, {**real, "wanted": plan.wanted})
            if plan.op.own is not None:
                g = self._looked_at(plan, position, g, record, dz)
        nodes = record.parents if plan.joint else (record.parents[position],)
        found = [g[index] for index in plan.wanted] if plan.joint else [g]
        apart = tuple([n for n, (x, node) in enumerate(zip(found, nodes)) if self._waits(plan, x, node, cotangents)])
        operation = rule_of(plan, position, len(parts), names, apart)
        with self.capture.paused():
            values = operation.spread(g)
        results = iter(self.capture.noted(operation, arrays, settings, values))
        return [(next(results), next(results)) if n in apart else next(results) for n in range(len(found))]

    def _looked_at(self, plan: Any, position: int, g: Any, record: Record, dz: Any) -> Any:
        """What the rule of a user's operation gives, if it is what a rule may give."""
        own, nodes = plan.op.own, record.parents
        if not plan.joint:
            return own.one(record, plan.input(plan.wanted[position]), g, nodes[position], dz)
        found = list(own.all(record, g))
        for index, node in zip(plan.wanted, nodes, strict=True):
            if found[index] is not None or not plan.op.partial:
                found[index] = own.one(record, plan.input(index), found[index], node, dz)
        return tuple(found)

    def _waits(self, plan: Any, g: Any, node: Any, cotangents: Any) -> bool:
        if type(g) is not Product or self.waits is None or not hasattr(plan, "pulls") or type(node) is Record:
            return False
        return node in cotangents and len(g.left) < self.waits.few

    def _wait(self, node: Any, pair: tuple[Any, Any], cotangents: Any) -> None:
        self.waiting.setdefault(node, []).extend(pair)
        self.nbytes += pair[0].nbytes + pair[1].nbytes
        if self.nbytes > self.waits.room:
            self.settle(cotangents)

    def settle(self, cotangents: Any) -> None:
        """Add the products that wait."""
        for node, factors in self.waiting.items():
            cotangents[node] = self.capture.rule(add_products(self.waits), (cotangents[node], *factors), {})
        self.waiting, self.nbytes = {}, 0

    def _into(self, plan: Any, index: int, dz: Any, known: dict[str, Any], node: Any, cotangents: Any) -> None:
        asked = dict.fromkeys((*needs_of(plan, index), *plan.needs[plan.wanted.index(index)]))
        names = tuple([name for name in asked if isinstance(known[name], np.ndarray)])
        settings = {name: known[name] for name in asked if name not in names}
        arrays = (cotangents.get(node), dz, *[known[name] for name in names])
        total = self.capture.rule(into_of(plan, index, names, node.shape), arrays, settings)
        cotangents[node] = self._belongs(total, node)


original_push = engine.push


def push(dz: Any, record: Record, cotangents: Any, owned: Any, needed: set[int] | None = None) -> None:
    """`engine.push` while a program is captured."""
    if state.capture is None:
        original_push(dz, record, cotangents, owned, needed)
    else:
        state.capture.walk.push(dz, record, cotangents, owned, needed)


original_deliver = engine.deliver


def deliver(node: Any, tensor: Any, g: Any, create_graph: bool) -> None:
    """`engine.deliver` while a program is captured: a Program computes values, and `.grad` is none of them."""
    if state.capture is not None:
        state.capture.gives_up(
            CaptureError(
                f"backward() at {state.capture.line()} adds to .grad, which a Program cannot do when it runs again: "
                "return the gradients, by autograd.grad(loss, parameters), or capture the loss and take its vjp(); a "
                "whole step of a training is frozen by autograd.compile(step, frozen=True)"
            )
        )
    original_deliver(node, tensor, g._value if type(g) is Watched else g, create_graph)


def replay(capture: Any, home: Any, cotangents: Any, **options: Any) -> None:
    """`Tape.replay` while a program is captured: the walk itself is that of the tape."""
    if capture.acting or capture.lost:
        type(home).replay(home, cotangents, **options)
        return
    plain = options.get("step") is None and not options.get("retain") and options.get("until") is None
    waits = home.waits if plain and not home.hooks and not home.foreign else None
    before, capture.walk = capture.walk, Walk(capture, waits)
    if options.get("step") is None:
        options["step"] = capture.walk.push
    try:
        type(home).replay(home, cotangents, **options)
        capture.walk.settle(cotangents)
    finally:
        capture.walk = before
