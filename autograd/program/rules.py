"""The steps of a way back: rules of ops on arrays, and the sums of what they give.

`forward` computes from arrays, as the engine does; `recorded` the same from Tensors, to be differentiated again.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from .. import engine
from ..broadcast import unbroadcast
from ..custom import Function
from ..modes import enable_grad
from ..plan import HALF, in_single
from ..products import Product, computed
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


into_of = cache(Into)
