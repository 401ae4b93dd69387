"""All rows of a Jacobian by the rules themselves, where they take one more axis in front as they are.

A rule is written in NumPy's functions, which broadcast. Where it works element by element on inputs of the shape of the
result, or is that of a linear layer, it gives for a stack of cotangents what it gives for each: it is called once, on
arrays, and nothing has to look at mapped Tensors. What has other operations on the way is left to `pulling`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy import ndarray as Array

from .. import anomaly
from ..modes import state
from ..ops.linalg import times
from ..paths import path
from ..records import CONSUMED, Cotangents, Record
from .rules import each, rule_of

Rule = Callable[[Any, Record], list[Any]]

_plans: dict[Any, Rule | None] = {}


def rows(z: Any, inputs: list[Any], seeds: Array) -> list[Any] | None:
    """The derivatives of `z` by inputs, as arrays with an axis of all elements of z in front; None for an input that it
    does not depend on. None altogether if they are not so simple.

    seeds   the identity, (size, size): what is pulled back to z
    """
    tape = state.home
    if state.interpreter is not None or tape.hooks or tape.watch is not None or anomaly.enabled():
        return None
    start: Cotangents = {z._node: seeds.reshape(len(seeds), *z._array.shape)}
    top = tape.position(start)
    if type(z._node) is not Record or z._array.dtype.char not in "fd" or tape.written_after(top):
        return None
    wanted = {x._node for x in inputs}
    if any(type(node) is Record for node in wanted):
        return None
    way = path([z._node], wanted)
    steps: list[tuple[Record, Rule]] = []
    for record in reversed(tape.records[: top + 1]):
        if type(record) is not Record:
            return None
        if record is z._node or record in start:
            rule = None if record.saved is CONSUMED else _rule(record)
            if rule is None or (way is not None and (record not in way.ways or way.ways[record][1] is not None)):
                return None
            steps.append((record, rule))
            start.update(dict.fromkeys(record.parents))
    return _pulled(z._node, start[z._node], steps, inputs, seeds)


def _pulled(node: Any, first: Array, steps: list[tuple[Record, Rule]], inputs: list[Any], seeds: Array) -> list[Any]:
    cotangents: Cotangents = {node: first}
    for record, rule in steps:
        dz = cotangents.pop(record, None)
        if dz is None:
            continue
        if dz is first and record.plan.name == "linear" and len(record.shape) == 1:
            found = [record.saved]  # the identity times the weights
        else:
            found = rule(dz, record)
        for parent, g in zip(record.parents, found, strict=True):
            held = cotangents.get(parent)
            cotangents[parent] = g if held is None else held + g
    results: list[Any] = []
    for x in inputs:
        g = cotangents.get(x._node)
        if g is not None and (g.base is not None or any(g is other for other in _known(steps, seeds, results))):
            g = np.array(g)
        results.append(g)
    return results


def _known(steps: list[tuple[Record, Rule]], seeds: Array, results: list[Any]) -> Iterator[Any]:
    """Arrays that a rule may have handed on as they are."""
    yield seeds
    yield from results
    for record, _ in steps:
        yield from record.arrays()


def _rule(record: Record) -> Rule | None:
    """How a stack of cotangents goes back through a record; None: not so simply."""
    plan = record.plan
    if plan not in _plans:
        _plans[plan] = _found(plan)
    rule = _plans[plan]
    if rule is None or record.dtype.char not in "fd":
        return None
    if rule is _elementwise:
        shape = record.shape
        if any(node.shape != shape for node in record.parents) or any(a.ndim > len(shape) for a in record.arrays()):
            return None
    return rule


def _found(plan: Any) -> Rule | None:
    op = plan.op
    if op is None or op.own is not None:
        return None
    if op.name == "linear" and plan.wanted == (0,) and plan.names == ("weight",):
        return _linear
    if op.name == "reshape":
        return _reshaped
    if op.outputs != 1 or plan.joint or op.partial or op.variadic or op.formula is not None or op.name in _NOT:
        return None
    return _elementwise if rule_of(op) is each else None


_NOT = {"dropout", "keep"}
"""Whose masks have a layout of their own."""


def _linear(dz: Array, record: Record) -> list[Any]:
    return [times(dz, record.saved)]


def _reshaped(dz: Array, record: Record) -> list[Any]:
    return [dz.reshape(len(dz), *record.parents[0].shape)]


def _elementwise(dz: Array, record: Record) -> list[Any]:
    """The rules in NumPy: compiled twins want arrays of one shape."""
    plan, saved = record.plan, record.saved
    known = dict(zip(plan.names, saved if len(plan.names) != 1 else (saved,), strict=True))
    return [
        getattr(rule, "plain", rule)(dz, *[known[name] for name in need])
        for rule, need in zip(plan.rules, plan.needs, strict=True)
    ]
