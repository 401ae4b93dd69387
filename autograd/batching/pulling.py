"""Walks back inside a mapped function: `autograd.grad` of mapped values.

What depends on mapped variables is walked back for all slices at once: the cotangent of slice i comes to variable i.
Where a cotangent is mapped, but what it is pulled back through is not, the rules run on mapped Tensors: so a Jacobian
is a single walk. Where outputs are mapped and a variable is the same for all slices, each slice has a walk of its own.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import engine
from ..errors import GraphError
from ..modes import state
from ..records import Record
from ..tensors.core import Core, wrap


def pulled(batch: Any, outputs: list[Any], inputs: list[Any], given: Any, options: Any) -> Any:
    """What `engine.grad` gives; None if nothing here is mapped."""
    seeds = [None] * len(outputs) if given is None else [given] if isinstance(given, Core) else list(given)
    if not any(batch.holds(x) for x in (*outputs, *inputs, *[s for s in seeds if s is not None])):
        with batch.outside():
            return engine.grad(outputs, inputs, given, **options)
    for k, z in enumerate(outputs):
        if seeds[k] is None:
            if z._array.size != 1:
                raise GraphError(
                    f"grad: grad can be implicitly created only for scalar outputs; output {k} has shape {z.shape}: "
                    "reduce it with sum() or mean(), or give the gradient to push back"
                )
            seeds[k] = wrap(np.ones(z._array.shape, z._array.dtype))
    total: list[Any] = [None] * len(inputs)
    for mapped in (True, False):
        group = [k for k, z in enumerate(outputs) if batch.holds(z) == mapped and z._node is not None]
        if group:
            zs, us = [outputs[k] for k in group], [seeds[k] for k in group]
            found = _of_mapped(batch, zs, inputs, us, options) if mapped else _of_plain(batch, zs, inputs, us, options)
            total = [b if a is None else a if b is None else a + b for a, b in zip(total, found, strict=True)]
    return _finished(inputs, total, options)


def _finished(inputs: list[Any], found: list[Any], options: Any) -> tuple[Any, ...]:
    results = []
    for index, (x, g) in enumerate(zip(inputs, found, strict=True)):
        if g is None and not (options["materialize_grads"] or options["allow_unused"]):
            raise GraphError(
                "One of the differentiated Tensors appears to not have been used in the graph. Set "
                f"allow_unused=True if this is the desired behavior. It is input {index}, of shape {x.shape}"
            )
        if g is None and options["materialize_grads"]:
            g = wrap(np.zeros(x.shape, x.dtype))
        results.append(g)
    return tuple(results)


def _of_mapped(batch: Any, outputs: list[Any], inputs: list[Any], seeds: list[Any], options: Any) -> list[Any]:
    """For outputs that are mapped."""
    own = [k for k, x in enumerate(inputs) if batch.holds(x)]
    other = [k for k, x in enumerate(inputs) if not batch.holds(x)]
    found: list[Any] = [None] * len(inputs)
    options = {**options, "allow_unused": True, "materialize_grads": False}
    fronts = [batch.front(z) for z in outputs]
    with batch.outside():
        whole = [batch.whole(u) for u in seeds]
        if other:
            alike = [k for k in other if _reached(fronts, inputs[k])]
            if alike:
                rest = {**options, "retain_graph": True} if own else options
                for k, g in zip(alike, _each(batch, fronts, [inputs[k] for k in alike], whole, rest), strict=True):
                    found[k] = g
        grads = engine.grad(fronts, [batch.front(inputs[k]) for k in own], whole, **options) if own else ()
    for k, g in zip(own, grads, strict=True):
        found[k] = None if g is None else batch.wrapped(g)
    return found


def _reached(outputs: list[Any], x: Any) -> bool:
    """Does one of the outputs depend on x?"""
    stack, seen = [z._node for z in outputs if z._node is not None], set()
    while stack:
        node = stack.pop()
        if node is x._node:
            return True
        if node not in seen and isinstance(node, Record):
            seen.add(node)
            stack.extend(node.parents)
    return False


def _each(batch: Any, fronts: list[Any], inputs: list[Any], whole: list[Any], options: Any) -> list[Any]:
    """By variables that are the same for all slices: the cotangent of each slice by itself, mapped over anew."""
    with type(batch)(batch.size) as alone:
        seeds = []
        for u in whole:
            unit = np.eye(batch.size, dtype=u.dtype).reshape(batch.size, batch.size, *[1] * (len(u.shape) - 1))
            with alone.outside():
                spread = u * wrap(unit)
            seeds.append(alone.wrapped(spread))
        found = pulled(alone, fronts, inputs, seeds, options)
        grads = [None if g is None else alone.whole(g) for g in found]
    return [None if g is None else batch.wrapped(g) for g in grads]


def _of_plain(batch: Any, outputs: list[Any], inputs: list[Any], seeds: list[Any], options: Any) -> list[Any]:
    """For outputs that are not mapped, but get cotangents that are: the rules run on Tensors."""
    own = [k for k, x in enumerate(inputs) if not batch.holds(x) and x._node is not None]
    found: list[Any] = [None] * len(inputs)
    wanted = [inputs[k] for k in own]
    if not wanted:
        return found
    above = batch.parent
    if above is not None and above.transforms:  # what it knows of these values comes first
        return _exchanged(batch, above, outputs, inputs, seeds, options)
    retain = options["create_graph"] if options["retain_graph"] is None else options["retain_graph"]
    before = state.tape
    if not options["create_graph"]:
        state.tape = None
    try:
        arrived = engine.walk(outputs, seeds, wanted, retain, options["create_graph"])
    finally:
        state.tape = before
    for k in own:
        g = arrived.get(inputs[k]._node)
        found[k] = g if g is None or isinstance(g, Core) else wrap(g)
    return found


def _exchanged(batch: Any, above: Any, outputs: list[Any], inputs: list[Any], seeds: list[Any], options: Any) -> Any:
    """The same where there is another transform around: it differentiates its own values, and maps over below that."""
    below = type(batch)(batch.size)
    before, below.parent, below.depth = above.parent, above.parent, above.depth - 0.5
    with above.outside():
        own = [above.under(below, batch.front(u)) if batch.holds(u) else u for u in seeds]
    above.parent, state.interpreter = below, above
    try:
        options = {**options, "allow_unused": True, "materialize_grads": False}
        found = above.differentiated(outputs, inputs, own, options)
    finally:
        above.parent, state.interpreter = before, batch
    with above.outside():
        whole = [None if g is None else above.over(below, g) for g in found]
    state.interpreter = batch
    return [None if g is None else batch.wrapped(g) for g in whole]
