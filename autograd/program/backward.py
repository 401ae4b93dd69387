"""The way back under capture: the rules of ops become steps, and so do the sums of what they give.

A walk back goes over the records of the tape as always; only what a record does is different. Where the engine applies
the rules of an op to arrays, they are applied to the arrays in slots, and written down. Bit for bit the same comes out:
the same rules, or their compiled twins, on the same arrays, added up in the same order.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from .. import engine
from ..broadcast import unbroadcast
from ..custom import Function
from ..modes import enable_grad, state
from ..plan import COMPONENT, HALF, in_single, wrong_shape
from ..products import Product, computed
from ..records import Record
from ..tensors.core import Core, wrap
from .operations import Operation
from .steps import mapped


class Rule(Operation):
    """The rule of an op for one of its inputs, or the joint one for all that need a gradient.

    The operands are the cotangents of the outputs, then the arrays that it asks for, by `names`; the rest are settings.

    plan      the way back that it belongs to;   position   which of its rules;   count   how many cotangents
    apart     the results (numbered as `plan.wanted`) that are left as the two factors of a product
    """

    def __init__(self, plan: Any, position: int, count: int, names: tuple[str, ...], apart: tuple[int, ...]) -> None:
        self.plan = plan
        self.op = plan.op
        self.position = position
        self.count = count
        self.names = names
        self.apart = apart
        self.outputs = len(plan.wanted) + len(apart) if plan.joint else 1 + len(apart)
        which = "" if plan.joint else plan.op.inputs[plan.wanted[position] * (not plan.variadic)].lstrip("*")
        self.name = f"{plan.name}.d{which}"

    def given(self, arrays: Any, settings: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        """The cotangents, and all that rules may ask for, by name."""
        count = self.count
        known = {**settings, **dict(zip(self.names, arrays[count:], strict=True)), "wanted": self.plan.wanted}
        return (arrays[0] if self.op.outputs == 1 else tuple(arrays[:count])), known

    def forward(self, *arrays: Any, **settings: Any) -> Any:
        dz, known = self.given(arrays, settings)
        return self.spread(applied(self.plan, self.position, dz, known))

    def spread(self, g: Any) -> Any:
        """What a rule gave, as a tuple of arrays."""
        parts = [g[index] for index in self.plan.wanted] if self.plan.joint else [g]
        found: list[Any] = []
        for number, part in enumerate(parts):
            found += [part.left, part.right] if number in self.apart else [computed(part)]
        return tuple(found)

    def recorded(self, *tensors: Any, **settings: Any) -> Any:
        """The same on Tensors, so that it can be differentiated again."""
        dz, known = self.given(tensors, settings)
        op = self.op
        if op.formula is None:
            return self.spread(applied(self.plan, self.position, dz, known))
        own = {name: known[name] for name in op.defaults if name != "recorded"}

        def function(*inputs: Any) -> Any:
            z = op.formula(*inputs, **own)
            return z if op.outputs != 1 else (z,)

        found = engine.vjp_of(function, tuple([known[name] for name in op.inputs]), dz if op.outputs != 1 else (dz,))
        zeros = [g if g is not None else 0 for g in found]
        wanted = self.plan.wanted if self.plan.joint else self.plan.wanted[self.position : self.position + 1]
        return tuple([zeros[index] for index in wanted])


rule_of = cache(Rule)


def applied(plan: Any, position: int, dz: Any, known: dict[str, Any]) -> Any:
    """What the rule at `position` gives for `dz`; a product is not computed yet."""
    rule = plan.rules[position]
    chosen = plan._choice(position) if hasattr(plan, "_choice") and not plan.joint else rule
    arguments = [known[name] for name in plan.needs[position]]
    if plan.widens(rule) and dz.dtype == HALF:
        return in_single(chosen, dz, *arguments)
    return chosen(dz, *arguments)


class Sum(Operation):
    """The sum of two cotangents of one value."""

    name = "add"

    def forward(self, x: Any, y: Any) -> Any:
        return np.asarray(x + y)

    def recorded(self, x: Any, y: Any) -> Any:
        return (x + y,)


class Unbroadcast(Operation):
    """The sum over the axes along which an input was repeated."""

    name = "unbroadcast"
    function = staticmethod(unbroadcast)

    def forward(self, g: Any, *, shape: tuple[int, ...]) -> Any:
        return unbroadcast(g, shape)

    def recorded(self, g: Any, *, shape: tuple[int, ...]) -> Any:
        return (unbroadcast(g, shape),)


class Into(Operation):
    """A rule that adds into a cotangent which is mostly zeros; it is given a copy, or None."""

    def __init__(self, plan: Any, index: int, names: tuple[str, ...], shape: tuple[int, ...]) -> None:
        self.plan = plan
        self.index = index
        self.names = names
        self.shape = shape
        self.name = f"{plan.name}.into"

    def forward(self, total: Any, dz: Any, *arrays: Any, **settings: Any) -> Any:
        total = np.zeros(self.shape, dz.dtype) if total is None else np.array(total)
        known = {**settings, **dict(zip(self.names, arrays, strict=True))}
        self.plan.into[self.index](total, dz, *[known[name] for name in needs_of(self.plan, self.index)])
        return total

    def recorded(self, total: Any, dz: Any, *arrays: Any, **settings: Any) -> Any:
        position = self.plan.wanted.index(self.index)
        g = applied(self.plan, position, dz, {**settings, **dict(zip(self.names, arrays, strict=True))})
        return (g if total is None else total + g,)


class AddProducts(Operation):
    """total + the sum of left.T @ right over pairs that waited, as one product."""

    name = "add_products"

    def __init__(self, waits: Any) -> None:
        self.waits = waits

    def forward(self, total: Any, *factors: Any) -> Any:
        owned = self.waits()
        found = {0: np.array(total, order="C")}
        owned.add(0)
        for left, right in zip(factors[::2], factors[1::2], strict=True):
            owned.wait(0, Product(left, right), found)
        owned.settle(found)
        return found[0]

    def recorded(self, total: Any, *factors: Any) -> Any:
        for left, right in zip(factors[::2], factors[1::2], strict=True):
            total = total + left.T @ right
        return (total,)


class Again(Function):
    """A step of a way back that may be differentiated again: its value as ever, its own way back by `recorded`."""

    @staticmethod
    def forward(ctx: Any, operation: Any, settings: dict[str, Any], *tensors: Any) -> Any:
        ctx.operation, ctx.settings = operation, settings
        ctx.save_for_backward(*tensors)
        plain = mapped(settings, lambda x: x._array if isinstance(x, Core) else x)
        result = operation.forward(*[None if x is None else x._array for x in tensors], **plain)
        return tuple([wrap(part) for part in (result if isinstance(result, tuple) else (result,))])

    @staticmethod
    def backward(ctx: Any, *dzs: Any) -> Any:
        operation, settings = ctx.operation, ctx.settings
        with enable_grad():
            found = engine.vjp_of(lambda *tensors: operation.recorded(*tensors, **settings), ctx.saved_tensors, dzs)
        return (None, None, *found)


add_products = cache(AddProducts)


def needs_of(plan: Any, index: int) -> tuple[str, ...]:
    """What a rule that adds into a cotangent asks for after the two."""
    code = plan.into[index].__code__
    names: tuple[str, ...] = code.co_varnames[2 : code.co_argcount + code.co_kwonlyargcount]
    return names


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
            original_push(dz, record, cotangents, owned, needed)
        elif plan is COMPONENT or plan.op is None:
            plan.step(dz, record, cotangents, owned)
        else:
            self.capture.inherited = self.capture.places_of(record)
            try:
                self._push_arrays(dz, record, cotangents, needed)
            finally:
                self.capture.inherited = None

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
                    raise wrong_shape(record, plan.op.inputs[index * (not plan.variadic)], g, node)
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
        nodes = record.parents if plan.joint else (record.parents[position],)
        found = [g[index] for index in plan.wanted] if plan.joint else [g]
        apart = tuple([n for n, (x, node) in enumerate(zip(found, nodes)) if self._waits(plan, x, node, cotangents)])
        operation = rule_of(plan, position, len(parts), names, apart)
        with self.capture.paused():
            values = operation.spread(g)
        results = iter(self.capture.noted(operation, arrays, settings, values))
        return [(next(results), next(results)) if n in apart else next(results) for n in range(len(found))]

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


into_of = cache(Into)
original_push = engine.push


def push(dz: Any, record: Record, cotangents: Any, owned: Any, needed: set[int] | None = None) -> None:
    """`engine.push` while a program is captured."""
    if state.capture is None:
        original_push(dz, record, cotangents, owned, needed)
    else:
        state.capture.walk.push(dz, record, cotangents, owned, needed)


def replay(capture: Any, home: Any, cotangents: Any, **options: Any) -> None:
    """`Tape.replay` while a program is captured: the walk itself is that of the tape."""
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
