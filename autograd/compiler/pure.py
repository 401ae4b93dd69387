"""Programs without writes in place: what a step overwrites is another value from there on.

    h = x * 2                       h = x * 2
    h[0] = 0                        h1 = put(h, 0, index=0)
    h += 1                          h2 = h1 + 1

Whoever reads h later reads the last of these, and views of h are taken of it anew. So it is for values that the program
itself has made; what it was given, or closed over, it writes to as it did (see `rewrites`). Where it is not certain
which values share memory, or where the walk back would be refused since a record has kept what is overwritten, nothing
is changed.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy import ndarray as Array

from ..broadcast import unbroadcast
from ..op import Op, registry
from ..plan import Plan
from ..program import Program
from ..program.operations import Assign, Detach, Rewrite
from ..program.program import At
from ..program.steps import Hole, Slot, holes, mapped
from . import products, reductions, scalar
from .shapes import is_basic

ANEW = {*scalar.FORMULAS, *products.OPS, *reductions.OPS, "clone", "cat", "stack", "normalise", "conv", "embedding"}
"""Ops whose results are certainly no views of what they are given."""


def _put(x: Array, v: Array, *, index: Any) -> Array:
    """A copy of x, with v at an index."""
    z = np.array(x)
    z[index] = v
    return z


def _kept_of(dz: Array, index: Any) -> Array:
    g = np.array(dz)
    g[index] = 0
    return g


PUT = Op("put", _put, {"x": _kept_of, "v": lambda dz, v_shape, index: unbroadcast(dz[index], v_shape)})


class UnsureError(Exception):
    """It is not known which values a write changes, or it must not change them."""


def pure(program: Program) -> Program:
    """The same program without writes to values that it has made itself; as it is, where that is not certain."""
    if not any(step.writes for step in program.steps):
        return program
    try:
        return _Pure(program).made()
    except UnsureError:
        return program


class _Pure:
    """Steps as they become others.

    now     slot -> the slot that has its value by now;   seen   the version of its root that this is of
    parent  slot of a view -> the slot it looks into, the step that takes it
    saved   root -> the steps whose records keep something in its memory
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.slots = list(program.slots)
        self.steps: list[Any] = []
        self.now: dict[int, int] = {}
        self.seen: dict[int, int] = {}
        self.version: dict[int, int] = {}
        self.parent: dict[int, tuple[int, Any]] = {}
        self.saved: dict[int, set[int]] = {}

    def made(self) -> Program:
        """The other program."""
        program, guards = self.program, []
        waiting = list(program.guards)
        for number, step in enumerate(program.steps):
            while waiting and waiting[0].at <= number:
                guards.append(dataclasses.replace(waiting.pop(0), at=len(self.steps)))
                guards[-1].slot = self.value(guards[-1].slot)
            if step.writes:
                self._write(step)
            else:
                self._step(step)
                for slot in _kept(step, self.slots):
                    self.saved.setdefault(self.root(slot), set()).add(number)
        guards += [dataclasses.replace(g, at=len(self.steps), slot=self.value(g.slot)) for g in waiting]
        results = mapped(program.results, lambda x: At(self.value(x.slot)) if type(x) is At else x)
        return Program(self.slots, self.steps, guards, program.arguments, results, program.name)

    def root(self, slot: int) -> int:
        """The slot whose memory it looks into."""
        while slot in self.parent:
            slot = self.parent[slot][0]
        return slot

    def value(self, slot: int) -> int:
        """The slot that has the value of `slot` by now."""
        version = self.version.get(self.root(slot), 0)
        if slot not in self.parent or self.seen.get(slot, 0) == version:
            return self.now.get(slot, slot)
        above, step = self.parent[slot]
        if not _can_go_back(step):
            raise UnsureError
        outs = [self._slot(self.slots[out]) for out in step.outputs]
        self.steps.append(dataclasses.replace(step, inputs=(self.value(above), *step.inputs[1:]), outputs=tuple(outs)))
        for old, new in zip(step.outputs, outs, strict=True):
            self.now[old], self.seen[old] = new, version
        return self.now[slot]

    def _step(self, step: Any) -> None:
        inputs = tuple([None if slot is None else self.value(slot) for slot in step.inputs])
        self.steps.append(step if inputs == step.inputs else dataclasses.replace(step, inputs=inputs))
        if isinstance(step.op, Op) and not step.op.view and (step.op.broadcasts or step.name in ANEW):
            return
        given = [slot for slot in step.inputs if slot is not None]
        for out in step.outputs if given else ():
            self.parent[out] = given[0], step if len(given) == 1 else None
            self.seen[out] = self.version.get(self.root(given[0]), 0)
            if any(self.root(slot) != self.root(given[0]) and self._is_own(slot) for slot in given[1:]):
                self.parent[out] = given[0], None

    def _is_own(self, slot: int) -> bool:
        """Has the program made it?"""
        return self.slots[self.root(slot)].kind in ("step", "constant")

    # -- writes

    def _write(self, step: Any) -> None:
        target = step.inputs[0]
        root = self.root(target)
        if step.writes != (0,) or not isinstance(step.op, Rewrite) or not self._is_own(target):
            self.steps.append(dataclasses.replace(step, inputs=(target, *[self.value(s) for s in step.inputs[1:]])))
            if target in self.parent or any(self.root(s) == root for s in self.parent):
                raise UnsureError
            return
        if (step.quiet and self.slots[root].tracked) or not self.saved.get(root, set()) <= set(step.since):
            raise UnsureError  # its history stays what it was; or there is none any more
        new = self._written(step, target)
        self._set(target, new)
        while target in self.parent:
            above, view = self.parent[target]
            if not _can_go_back(view) or (type(view.op) is Detach and self.slots[root].tracked):
                raise UnsureError
            new = self._back(view, target, above, new, step)
            self._set(above, new)
            target = above
        self.version[root] = version = self.version.get(root, 0) + 1
        slot = step.inputs[0]
        while True:
            self.seen[slot] = version
            if slot not in self.parent:
                break
            slot = self.parent[slot][0]

    def _set(self, slot: int, new: int) -> None:
        self.now[slot] = new

    def _written(self, step: Any, target: int) -> int:
        """The slot of what is at `target` after a write."""
        old, values = self.value(target), [self.value(slot) for slot in step.inputs[1:]]
        index = step.settings.get("index", ...)
        here = self.slots[target]
        if type(step.op) is not Assign and index is ... and len(values) == 1:
            value = self.slots[values[0]]
            if (value.shape, value.dtype) == (here.shape, here.dtype):
                return values[0]
        if "value" in step.settings:
            if not isinstance(step.settings["value"], (bool, int, float)):
                raise UnsureError
            number = np.array(step.settings["value"], here.dtype)
            value = self.slots[self._slot(Slot(0, "constant", (), here.dtype, number))]
        else:
            value = self.slots[values[0]]
        if value.dtype != here.dtype or (value.tracked and step.quiet):
            raise UnsureError
        if type(index) is Hole and not value.shape and len(step.inputs) == 2 + ("value" not in step.settings):
            mask = self.slots[self.value(step.inputs[index.position])]
            if mask.dtype == np.bool_ and mask.shape == here.shape:
                return self._add(step, registry["masked_fill"], (old, value.number, mask.number), {"mask": Hole(2)})
        if next(holes(index), None) is not None or not is_basic(index):
            raise UnsureError
        return self._add(step, PUT, (old, value.number), {"index": index})

    def _back(self, view: Any, target: int, above: int, new: int, step: Any) -> int:
        """The slot of what is at `above` when its view `target` has been written."""
        if type(view.op) is Detach:
            return new
        if view.name == "transpose":
            axes = tuple([int(axis) for axis in np.argsort(view.settings["axes"])])
            return self._add(step, view.op, (new,), {"axes": axes}, self.slots[above])
        return self._add(step, PUT, (self.value(above), new), {"index": view.settings["index"]})

    def _add(self, like: Any, op: Any, inputs: tuple[int, ...], settings: Any, kind: Slot | None = None) -> int:
        """One more step, of the shape and dtype of its first input unless `kind` says others; the slot it fills."""
        first = self.slots[inputs[0]] if kind is None else kind
        tracked = not like.quiet and any(self.slots[slot].tracked for slot in inputs)
        out = self._slot(Slot(0, "step", first.shape, first.dtype, tracked=tracked))
        shapes: Any = (first.shape,), (first.dtype,)
        more: Any = {"writes": (), "since": (), "kept": (), "recorded": tracked, "shapes": shapes[0]}
        step = dataclasses.replace(
            like, op=op, inputs=inputs, settings=settings, outputs=(out,), dtypes=shapes[1], **more
        )
        self.steps.append(step)
        return out

    def _slot(self, like: Slot) -> int:
        self.slots.append(dataclasses.replace(like, number=len(self.slots)))
        return len(self.slots) - 1


def _kept(step: Any, slots: list[Slot]) -> set[int]:
    """The slots of what the record of a step keeps."""
    op = step.op
    if not step.recorded or not isinstance(op, Op):
        return set(step.reads) if step.recorded else set()
    several = len(op.inputs) > 1
    wanted = [k for k, s in enumerate(step.operands) if s is not None and slots[s].tracked]
    plan = Plan(op, tuple([k for k in wanted if op.differentiable(k if several else 0)]))
    names = {name for need in plan.needs for name in need}
    if plan.variadic:
        return {s for s in step.operands if s is not None} if op.inputs[0][1:] in names else set()
    found = {s for name, s in zip(op.inputs, step.operands, strict=False) if name in names and name not in op.private}
    found |= {step.inputs[each.position] for name in names for each in holes(step.settings.get(name))}
    return {s for s in (*found, *(step.outputs if "z" in names else ())) if s is not None}


def _can_go_back(step: Any) -> bool:
    """Is this a view whose elements are known, one by one?"""
    if step is None:
        return False
    if type(step.op) is Detach or step.name == "transpose":
        return True
    return step.name == "getitem" and next(holes(step.settings), None) is None and is_basic(step.settings["index"])


__all__ = ["PUT", "pure"]
