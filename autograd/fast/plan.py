"""The rules of an op compiled into one straight-line function: a loop over them would cost half as much again per op.

`print(ops.mul.plan((0, 1)).source)` shows the text. All is compiled when it is first called: a program uses
few of the ops that it imports.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from inspect import Parameter
from textwrap import indent
from typing import Any

import numpy as np

from kernels.machine.fast import SIZES, Twin
from kernels.pointwise import arithmetic

from ..broadcast import unbroadcast
from ..generated import compiled
from ..plan import HALF, SIMPLE, Plan, filled, in_single, parameters, wrong_shape
from ..products import Product, computed
from ..records import Cotangents, Record
from .waiting import FEW, Owned

Function = Callable[..., Any]


class CompiledPlan(Plan):
    """A `Plan` whose `save`, `step` and `push` are compiled from text. `source` is that of `step`.

    They stand in slots: an attribute of the same name as a method of the class would be looked up the slow way.
    """

    __slots__ = ("push", "save", "step")
    push: Function
    save: Function
    step: Function

    def __init__(self, op: Any, wanted: tuple[int, ...]) -> None:
        super().__init__(op, wanted)
        self.save, self.step, self.push = self._first_save, self._first_step, self._first_push

    def _first_save(self, inputs: Any, z: Any, settings: dict[str, Any], kept: tuple[Any, ...]) -> Any:
        text = f"save = lambda inputs, z, settings, kept: {self.saved_text(self._inputs_text())}"
        self.save = _run(text, {"defaults": self.op.defaults})["save"]
        return self.save(inputs, z, settings, kept)

    def _first_step(self, dz: Any, record: Record, cotangents: Cotangents, owned: set[Any]) -> None:
        # for many inputs as a loop: compiling a text for each number of them would cost more than it saves
        many = self.variadic and self.joint and len(self.wanted) > 8
        self.step = super().step if many else _run(self.source, self._scope())["step"]
        self.step(dz, record, cotangents, owned)

    def _first_push(self, *given: Any) -> None:
        from . import pushing  # stands above Tensor, which does not exist yet

        self.push = pushing.made(self) if pushing.fits(self) else super().push
        self.push(*given)

    @cached_property
    def pulls(self) -> tuple[Function, ...]:
        """One function (dz, saved) -> cotangent per rule."""
        pairs = zip(self.rules, self.needs, strict=True)
        return tuple(self._compile_pull(position, rule, need) for position, (rule, need) in enumerate(pairs))

    def given(self, position: int, dz: Any, saved: Any) -> Any:
        return self.pulls[position](dz, saved)

    def _twin(self, position: int) -> Twin | None:
        """The twin of the rule at `position`, if the op declares one."""
        if self.op.fast is None or self.joint:
            return None
        return self.op.fast.rules.get(self.op.inputs[self.wanted[position] * (not self.variadic)])

    def _choice(self, position: int) -> Function | None:
        """The rule at `position`, or a function that is the rule or its twin."""
        rule, twin = self.rules[position], self._twin(position)
        return rule if rule is None or twin is None else twin.beside(rule, ("dz", *self.needs[position]))

    def _compile_pull(self, position: int, rule: Function | None, need: tuple[str, ...]) -> Function:
        value = f"rule(dz{self._arguments(need)})"
        if self.widens(rule):
            value = f"({value} if dz.dtype != HALF else in_single(rule, dz{self._arguments(need)}))"
        if self.op.products:
            value = f"computed({value})"
        unpack = f"    {', '.join(self.names)} = saved\n" if self.names else ""
        text = f"def pull(dz, saved):\n{unpack}    return {value}\n"
        scope = {
            "rule": self._choice(position),
            "wanted": self.wanted,
            "computed": computed,
            "HALF": HALF,
            "in_single": in_single,
        }
        return _run(text, scope)["pull"]

    def expression(self, name: str, inputs: dict[str, str], z: str, settings: str) -> str:
        """Python text for the value that a rule asks for under `name`, given the text of what it is taken from."""
        if name == "z":
            return z
        if name in inputs:
            return inputs[name]
        if name.endswith("_shape") and name[:-6] in inputs:
            if self.variadic:
                return f"tuple([x.shape for x in {inputs[name[:-6]]}])"
            return f"{inputs[name[:-6]]}.shape"
        if name.endswith("_dtype") and name[:-6] in inputs:
            return f"{inputs[name[:-6]]}.dtype"
        if name in self.op.keeps:
            return f"kept[{self.op.keeps.index(name)}]"
        if self.op.defaults.get(name) is Parameter.empty:
            return f"{settings}[{name!r}]"
        if name in self.op.defaults:
            return f"{settings}.get({name!r}, defaults[{name!r}])"
        raise self.unknown(name)

    def saved_text(self, inputs: dict[str, str], z: str = "z", settings: str = "settings") -> str:
        """Python text that builds `Record.saved`."""
        parts = [self.expression(name, inputs, z, settings) for name in self.names]
        return parts[0] if len(parts) == 1 else "(" + "".join(part + ", " for part in parts) + ")"

    def _inputs_text(self) -> dict[str, str]:
        if self.variadic:
            return {self.op.inputs[0][1:]: "inputs"}
        return {name: f"inputs[{index}]" for index, name in enumerate(self.op.inputs)}

    def _arguments(self, need: tuple[str, ...]) -> str:
        return "".join(f", {name}" for name in need)

    def _scope(self) -> dict[str, Any]:
        scope = dict(_STEP_SCOPE, wanted=self.wanted, rule=self.rules[0], own=self.op.own)
        for position, index in enumerate(self.wanted):
            scope[f"dn{index}"] = None if self.joint else self.rules[position]
            if (twin := self._twin(position)) is not None:
                scope[f"size_n{index}"], scope[f"choose_n{index}"] = twin.size, self._choice(position)
            scope[f"into_n{index}"] = self.into.get(index)
        return scope

    @cached_property
    def source(self) -> str:
        op = self.op
        nodes = [f"n{index}" for index in self.wanted]
        lines = [f"{', '.join(nodes)} = record.inputs"]
        if self.names:
            lines.append(f"{', '.join(self.names)} = record.saved")
        if op.broadcasts:
            lines.append("shape = record.shape")
        if op.outputs != 1 and not op.partial:
            lines.append("dz = filled(dz, record)")
        if self.joint:
            arguments = f"dz{self._arguments(self.needs[0])}"
            if self.widens(self.rules[0]):
                lines.append(f"cotangent = rule({arguments}) if dz.dtype is not HALF else in_single(rule, {arguments})")
            else:
                lines.append(f"cotangent = rule({arguments})")
            if op.own is not None:
                lines.append("own.all(record, cotangent)")
        for position, (index, node) in enumerate(zip(self.wanted, nodes, strict=True)):
            if index in self.into:
                need = parameters(self.into[index], skip=2)
                lines += _INTO.format(n=node, arguments=self._arguments(need)).splitlines()
                continue
            if self.joint:
                lines.append(f"g = cotangent[{index}]")
            else:
                call = self._call(position, node)
                if self.widens(self.rules[position]):
                    wide = f"in_single({self._chosen(position, node)}, dz{self._arguments(self.needs[position])})"
                    call = f"{call} if dz.dtype is not HALF else {wide}"
                lines.append(f"g = {call}")
            name = self.input(index)
            fit = _OWN if op.own is not None else _FIT if op.broadcasts else _CHECK
            text = fit + _ACCUMULATE
            if op.products and op.inputs[index] in op.products:
                text = _PRODUCT + indent(text, "    ")
            if op.partial:
                text = "if g is not None:\n" + indent(text, "    ")
            lines += text.format(n=node, name=repr(name)).splitlines()
        return "def step(dz, record, cotangents, owned):\n" + "".join(f"    {line}\n" for line in lines)

    def _chosen(self, position: int, node: str) -> str:
        return f"d{node}" if self._twin(position) is None else f"choose_{node}"

    def _call(self, position: int, node: str) -> str:
        """Python text that applies a rule; the commonest rules are written out, which saves a call."""
        rule: Any = self.rules[position]
        need = self.needs[position]
        template = _WRITTEN_OUT.get(rule.__code__.co_code)
        if template is not None and len(need) == template.count("{") - 1:
            return template.format("dz", *need)
        chosen = self._chosen(position, node)
        name = chosen if chosen == f"d{node}" else f"(d{node} if dz.size < size_{node}.least else {chosen})"
        return f"{name}(dz{self._arguments(need)})"


_WRITTEN_OUT = dict(
    zip(
        SIMPLE,
        (
            "{0}",
            "negative({0})",
            "(multiply if dz.size < arithmetic.least else large_multiply)({0}, {1})",
            "(divide if dz.size < arithmetic.least else large_divide)({0}, {1})",
        ),
        strict=True,
    )
)
"""Bytecode of a rule that only combines its arguments in order -> the same on arrays."""


_FIT = """\
if shape != {n}.shape:
    g = unbroadcast(g, {n}.shape)
"""
_CHECK = """\
if g.shape != {n}.shape:
    raise wrong_shape(record, {name}, g, {n})
"""
_OWN = """\
g = own.one(record, {name}, g, {n}, dz)
"""
_PRODUCT = """\
waits = owned.__class__ is Owned and g.__class__ is Product and {n} in cotangents and {n}.__class__ is not Record
if waits and len(g.left) < FEW:
    owned.wait({n}, g, cotangents)
else:
    g = computed(g)
"""
_ACCUMULATE = """\
if {n} in cotangents:
    if {n} in owned:
        total = cotangents[{n}]
        add(total, g, total)
    else:
        cotangents[{n}] = asarray(cotangents[{n}] + g)
        owned.add({n})
else:
    cotangents[{n}] = g
"""
_INTO = """\
if {n} not in owned:
    cotangents[{n}] = array(cotangents[{n}]) if {n} in cotangents else zeros({n}.shape, dz.dtype)
    owned.add({n})
into_{n}(cotangents[{n}], dz{arguments})
"""


_STEP_SCOPE: dict[str, Any] = {
    "add": np.add,
    "__name__": __name__,  # whom warnings are attributed to
    "array": np.array,
    "asarray": np.asarray,
    "computed": computed,
    "divide": np.divide,
    "FEW": FEW,
    "HALF": HALF,
    "Owned": Owned,
    "Product": Product,
    "Record": Record,
    "filled": filled,
    "in_single": in_single,
    "arithmetic": SIZES["arithmetic"],
    "large_divide": arithmetic.divide,
    "large_multiply": arithmetic.multiply,
    "multiply": np.multiply,
    "negative": np.negative,
    "unbroadcast": unbroadcast,
    "wrong_shape": wrong_shape,
    "zeros": np.zeros,
}


def _run(text: str, scope: dict[str, Any]) -> dict[str, Any]:
    exec(compiled(text, "rules"), scope)
    return scope
