"""A walk back whose gradients are themselves recorded, through operations that are still promised.

`autograd.grad(u.sum(), x, create_graph=True)` in a compiled function: nothing has to be computed for that. The rules of
an operation are written in operations, so they are called on promises, and give promises. What the tape would have, a
record for each step of the path, is made here for the time of the walk, with promises where a record keeps arrays.
Where a rule looks at arrays, or the walk goes on behind what was given, the tape itself is walked as always.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .. import anomaly
from ..modes import state
from ..ops.elementwise import to
from ..records import Leaf, Record
from ..tensors.core import Core, wrap
from .learned import Constant, Given, Step
from .promise import Promise

NONE = np.dtype(object)


def walked(run: Any, outputs: list[Any], inputs: list[Any], seeds: list[Any]) -> list[Any] | None:
    """The gradients of promises, for each input; None where the tape must be walked.

    seeds   as `grad_outputs` of `engine.grad`
    """
    if run.learning or run.mode is None or run.mode is not state.tape or run.home.hooks or anomaly.enabled():
        return None
    if not outputs or not all(type(z) is Promise and z._run is run and z._facts.tracked for z in outputs):
        return None
    given = _seeds(outputs, seeds)
    if given is None:
        return None
    here, before = run.at, len(run.given)
    ends = tuple([z._slot for z in outputs])
    key = ends, tuple([_name(run, x) for x in inputs]), None if seeds is None else tuple([_name(run, x) for x in given])
    route = here.walks.get(key)
    if route is not None and not run.world.changed() and route.is_open(run):
        return route.follow(run)
    path = _Path(run, set(ends))
    targets = [path.target(x) for x in inputs]
    if None in targets or not path.leads(targets):
        return None
    cotangents: dict[Any, Any] = {}
    for z, seed in zip(outputs, given, strict=True):
        node = path.nodes[z._slot]
        if seed is None:
            seed = run.call(to, (1.0,), {"dtype": z._facts.dtype}, False)
        cotangents[node] = cotangents[node] + seed if node in cotangents else seed
    found = {}
    for record in reversed(path.records):
        dz = cotangents.pop(record)
        if record in targets:
            found[record] = dz
        if record.plan is not None:
            record.plan.push(dz, record, cotangents, set(), path.needed, _same)
    results = [found[node] if node in found else cotangents[node] for node in targets]
    if None not in key[1] and (key[2] is None or None not in key[2]):
        behind = [number for node, number in path.given.items() if node not in targets] if path.ends_outside else []
        route = _route(run, here, before, results, behind)
        if route is not None:
            here.walks[key] = route
    return [g if isinstance(g, Core) else wrap(g) for g in results]


def _name(run: Any, x: Any) -> Any:
    """What an input is in a run: the slot of a promise, the number of a Tensor that was given; None for others."""
    if type(x) is Promise:
        return ("slot", x._slot) if x._run is run else None
    number = run.places.get(id(x))
    if number is None or not isinstance(x, Core):
        return None
    _, array, node = run.then[number]
    if node is not x._node or array is not x._array or _has_hooks(node):
        return None
    return number


def _has_hooks(node: Any) -> bool:
    """Does a leaf have some? They are called with what comes to it."""
    return type(node) is Leaf and bool(node.hooks)


class Route(NamedTuple):
    """A walk that was gone before, from the same step: its operations are the same, so nobody has to call the rules.

    steps    that it leads to, one after the other;   numbers   that are given to them, beside what was there before
    results  slots of the gradients;   leaves   numbers of Tensors that were given, behind which nothing must lie
    """

    steps: list[Step]
    numbers: list[Any]
    results: list[int]
    leaves: list[int]

    def is_open(self, run: Any) -> bool:
        """Is there no other way to what lies behind the path?"""
        return not any(type(run.then[number][2]) is Record for number in self.leaves)

    def follow(self, run: Any) -> list[Any]:
        """Promise all of it."""
        run.given.extend(self.numbers)
        run.then.extend(self.numbers)
        for step in self.steps:
            run.promised(step)
        return [run.promises[slot] for slot in self.results]


def _route(run: Any, here: Step, before: int, results: list[Any], leaves: list[int]) -> Route | None:
    """The way that a walk from `here` has taken; None if something of it was new, or depends on more than the path."""
    if run.learning or not all(type(g) is Promise and g._run is run for g in results):
        return None
    steps = []
    step = run.at
    while step is not here:
        if step.before is None:
            return None
        steps.append(step)
        step = step.before
    for want in [want for step in steps for want in step.inputs]:
        if isinstance(want, Given) and want.number >= before:
            return None
    return Route(steps[::-1], run.given[before:], [g._slot for g in results], leaves)


def _seeds(outputs: list[Any], seeds: Any) -> Any:
    """The cotangents of the outputs, None for one; None if they have to be looked at."""
    if seeds is None:
        return [None] * len(outputs) if all(z._facts.shape == () for z in outputs) else None
    seeds = [seeds] if isinstance(seeds, Core) else list(seeds)
    if len(seeds) != len(outputs):
        return None
    for z, seed in zip(outputs, seeds, strict=True):
        if not isinstance(seed, Core) or _kind(seed) != (z._facts.shape, z._facts.dtype):
            return None
    return seeds


def _kind(x: Any) -> Any:
    return x._array.shape, x._array.dtype


def _same(x: Any, node: Any) -> Any:
    """What a record keeps here are Tensors already."""
    return x


class _Path:
    """The steps of a run that values in the slots `ends` hang on, and records of those that lead to some targets.

    nodes     slot -> what stands for it in the walk
    given     nodes of Tensors that were given, and are reached -> their numbers;   ends_outside   is one a target?
    records   those that the walk goes through, in order;   needed   ids of all nodes that lead to a target
    """

    def __init__(self, run: Any, ends: set[int]) -> None:
        self.run = run
        self.ends = ends
        path = run.at.path()
        facts = [each for step in path for each in step.facts]
        self.tracked = [each.tracked for each in facts]
        self.steps: list[tuple[Step, list[int]]] = []  # and which of its inputs the walk goes on to
        self.nodes: dict[int, Any] = {}
        self.given: dict[Any, int] = {}
        self.ends_outside = False
        self.records: list[Any] = []
        self.needed: set[int] = set()
        reached = set(ends)
        for step in reversed(path):
            slots = range(step.first, step.first + len(step.facts))
            if reached.isdisjoint(slots):
                continue
            for slot in slots:
                self.nodes[slot] = node = Record()
                node.plan, node.shape, node.dtype = None, facts[slot].shape, facts[slot].dtype
                node.code, node.lasti = step.code, step.lasti
            several = len(step.op.inputs) > 1
            wanted = [
                k
                for k, want in enumerate(step.inputs)
                if step.op.differentiable(k if several else 0) and self._is_tracked(want)
            ]
            self.steps.append((step, wanted))
            for want in [step.inputs[k] for k in wanted]:
                if want.__class__ is int:
                    reached.add(want)
                else:
                    self.given[self._given_node(want)] = want.number
        self.steps.reverse()

    def _is_tracked(self, want: Any) -> bool:
        return self.tracked[want] if want.__class__ is int else self._given_node(want) is not None

    def _given_node(self, want: Any) -> Any:
        """The node of a Tensor that was given to a step; None for constants."""
        if want.__class__ is Constant or want.__class__ is int:
            return None
        then = self.run.then[want.number]
        return then[2] if type(then) is tuple else None

    def target(self, x: Any) -> Any:
        """The node of an input that gradients are asked for; None if it is none of those that are reached."""
        if type(x) is Promise:
            return self.nodes.get(x._slot) if x._run is self.run else None
        number = self.run.places.get(id(x))
        if number is None or not isinstance(x, Core):
            return None
        _, array, node = self.run.then[number]
        as_it_was = node is x._node and array is x._array and not _has_hooks(node)
        return node if as_it_was and node in self.given else None

    def leads(self, targets: list[Any]) -> bool:
        """Make records of what leads to the targets. False if their rules cannot be called on promises."""
        self.ends_outside = not self.given.keys().isdisjoint(targets)
        if self.ends_outside and any(type(node) is Record for node in self.given if node not in targets):
            return False  # who knows what lies behind it
        self.needed.update(map(id, targets))
        for step, wanted in self.steps:
            node = self.nodes[step.first]
            parents = [self._parent(step.inputs[k]) for k in wanted]
            on = any(id(parent) in self.needed for parent in parents)
            if on:
                if not self._fill(node, step, wanted, parents):
                    return False
                self.needed.add(id(node))
            if on or node in targets:
                self.records.append(node)
        return all(id(self.nodes[slot]) in self.needed for slot in self.ends)

    def _parent(self, want: Any) -> Any:
        return self.nodes[want] if want.__class__ is int else self._given_node(want)

    def _fill(self, node: Any, step: Step, wanted: list[int], parents: list[Any]) -> bool:
        """What a record of a step has; False if its rules are not such that they can be called on promises."""
        op = step.op
        if len(step.facts) != 1 or op.formula is not None or op.outputs != 1 or op.keeps or op.partial or step.arrays:
            return False
        values = [self._value(want) for want in step.inputs]
        if any(x is not None and getattr(x, "dtype", NONE).kind != "f" for x in values):
            return False  # indices, conditions: rules may look at them
        node.plan = plan = op.plan(tuple(wanted))
        node.inputs = parents[0] if len(parents) == 1 else tuple(parents)
        node.saved = plan.save(values, self.run.promises[step.first], step.settings, ())
        return True

    def _value(self, want: Any) -> Any:
        """An input of a step, as its rules see it."""
        if want.__class__ is int:
            return self.run.promises[want]
        return want.value if want.__class__ is Constant else self.run.given[want.number]
