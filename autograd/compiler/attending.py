"""Attention that is written out, as one op: the scores of a head are made and used while they are in a cache.

    scores = q @ k.transpose(-2, -1) * scale        softmax(scores + bias, dim=-1) @ v
    scores = scores.masked_fill(mask, -inf)         where nothing else reads what lies between
    scores = (q * scale) @ k.transpose(-2, -1)

The steps of a program that say this are found by the softmax in their middle, and replaced by one, whose loops are
those of `kernels.attention`. Where the result is not finite, it is computed as it was written: -inf that is added to
infinite or NaN scores is not the -inf that is put in their place.
"""

from __future__ import annotations

import dataclasses
import math
from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray as Array

from kernels.attention import plain as kernels

from ..op import Op
from ..ops.activation import softmax
from ..program import Program
from ..program.steps import Hole, Slot

LEAST = 1 << 12
"""Scores from which on it pays."""


def _attend(
    q: Array, k: Array, v: Array, *, factors: Any = (), divisors: Any = (), bias: Any = None, mask: Any = None, low: Any
) -> Any:
    """z, the weights, and whether they are what the loops give.

    factors, divisors   scores are multiplied and divided by these numbers
    bias                is added to them; mask: or `low` stands in their place where it is true
    """
    scale = math.prod(map(float, factors)) / math.prod(map(float, divisors))
    shape = (q.shape[-2], k.shape[-2])
    if mask is not None:
        bias = np.where(_matrix(mask, shape), q.dtype.type(-math.inf), q.dtype.type(0))
    elif bias is not None:
        bias = _matrix(bias, shape)
    if mask is None or low == -math.inf:
        z, w = kernels.attended(q, k, v, bias, scale)
        if mask is None or math.isfinite(np.add.reduce(z, None)):
            return z, w, True
    w = np.matmul(q, k.swapaxes(-1, -2)) * q.dtype.type(scale)
    w = softmax.choose(np.where(mask, q.dtype.type(low), w), axis=-1)
    return np.matmul(w, v), w, False


def _matrix(x: Array, shape: tuple[int, int]) -> Array:
    """What stands before all matrices of scores, as one."""
    return np.broadcast_to(x, (*x.shape[:-2], *shape)).reshape(shape)


def _slopes(
    dz: Array, q: Array, k: Array, v: Array, factors: Any, divisors: Any, mask: Any, weights: Array, usual: bool
) -> Any:
    scale = math.prod(map(float, factors)) / math.prod(map(float, divisors))
    if usual:
        return kernels.attention_grad(dz, q, k, v, weights, scale)
    g = np.matmul(dz, v.swapaxes(-1, -2))
    g = (g - np.add.reduce(g * weights, -1, keepdims=True)) * weights
    g = np.where(mask, q.dtype.type(0), g) * q.dtype.type(scale)
    return np.matmul(g, k), np.matmul(g.swapaxes(-1, -2), q), np.matmul(weights.swapaxes(-1, -2), dz)


def _formula(q: Any, k: Any, v: Any, **settings: Any) -> Any:
    raise NotImplementedError  # second derivatives are those of the program as it was captured


ATTEND = Op("attend", _attend, {}, joint=_slopes, keeps=("weights", "usual"), formula=_formula)


class Found(NamedTuple):
    """The steps of an attention, by number, and the slots of what they work on.

    steps    all that are replaced: the softmax, the product with v, and those before
    scale    slots of numbers, and whether they divide;   masks  name of a setting -> its slot
    """

    steps: tuple[int, ...]
    operands: tuple[int, int, int]
    scale: tuple[tuple[int, bool], ...]
    masks: dict[str, int]


def attending(program: Program) -> Program:
    """The same program with one step for each attention."""
    if not any(step.name == "softmax" for step in program.steps):
        return program
    search = _Search(program)
    found = [x for number, step in enumerate(program.steps) if step.name == "softmax" and (x := search.around(number))]
    if not found:
        return program
    gone = {number for each in found for number in each.steps}
    new = {each.steps[1]: _step(program, each) for each in found}
    steps = [new.get(number, step) for number, step in enumerate(program.steps) if number in new or number not in gone]
    guards = [dataclasses.replace(guard, at=len(steps)) for guard in program.guards]
    return Program(program.slots, steps, guards, program.arguments, program.results, program.name)


def _step(program: Program, found: Found) -> Any:
    """The step that stands for all."""
    inputs: list[int] = list(found.operands)

    def hole(slot: int) -> Hole:
        inputs.append(slot)
        return Hole(len(inputs) - 1)

    settings: dict[str, Any] = {"low": -math.inf, **{name: hole(slot) for name, slot in found.masks.items()}}
    settings["factors"] = tuple([hole(slot) for slot, divides in found.scale if not divides])
    settings["divisors"] = tuple([hole(slot) for slot, divides in found.scale if divides])
    last = program.steps[found.steps[1]]
    return dataclasses.replace(last, op=ATTEND, inputs=tuple(inputs), settings=settings)


class _Search:
    """Looks for attentions in a program."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.slots = program.slots
        self.maker = {slot: number for number, step in enumerate(program.steps) for slot in step.fills}
        self.readers: dict[int, list[int]] = {}
        for number, step in enumerate(program.steps):
            for slot in step.reads:
                self.readers.setdefault(slot, []).append(number)
        ends = {*program.outputs, *[guard.slot for guard in program.guards]}
        self.inner = {slot for slot in self.maker if slot not in ends and len(self.readers.get(slot, ())) == 1}

    def around(self, number: int) -> Found | None:
        """The attention that has its softmax there; None if it is none."""
        softmax = self.program.steps[number]
        out, axes = softmax.outputs[0], len(softmax.shapes[0])
        if out not in self.inner or softmax.settings["axis"] % axes != axes - 1:
            return None
        last = self.readers[out][0]
        product = self.program.steps[last]
        if product.name != "matmul" or product.operands[0] != out:
            return None
        found = self._scores(softmax.operands[0], number, last)
        return found if found is not None and self._fits(found) else None

    def _scores(self, x: int | None, softmax: int, last: int) -> Found | None:
        """From the scores back to their product: what they are multiplied by, and what masks them."""
        steps = [softmax, last]
        scale: list[tuple[int, bool]] = []
        masks: dict[str, Any] = {}
        while x is not None and x in self.inner:
            step = self.program.steps[self.maker[x]]
            steps.append(self.maker[x])
            first = not scale and not masks  # what was done last
            if step.name == "matmul":
                pair = self._turned(step.operands)
                v = self.program.steps[last].operands[1]
                if pair is None or v is None:
                    return None
                q = self._unscaled(pair[0], steps, scale)
                return Found(tuple(steps), (q, pair[1], v), tuple(scale), masks)
            factor, of = self._factor(step)
            if factor is not None:
                x = of
                scale.append((factor, step.name == "div"))
            elif step.name == "masked_fill" and first and self._is_number(step.inputs[1]):
                x, masks["low"], masks["mask"] = step.inputs
            elif step.name == "add" and first:
                x, masks["bias"] = step.operands
            else:
                return None
        return None

    def _unscaled(self, q: int, steps: list[int], scale: list[tuple[int, bool]]) -> int:
        """What q was before it was multiplied by a number: the scores are, as well."""
        if q not in self.inner:
            return q
        number = self.maker[q]
        factor, of = self._factor(self.program.steps[number])
        if factor is None or self.slots[of].dtype != self.slots[q].dtype:
            return q
        steps.append(number)
        scale.append((factor, self.program.steps[number].name == "div"))
        return self._unscaled(of, steps, scale)

    def _is_number(self, slot: Any) -> bool:
        """Is this one number that is not tracked?"""
        return slot is not None and self.slots[slot].shape == () and not self.slots[slot].tracked

    def _factor(self, step: Any) -> Any:
        """The slots of the number that a step multiplies or divides by, and of what; None, None if it does not."""
        if step.name not in ("mul", "div"):
            return None, None
        x, y = step.operands
        if self._is_number(y):
            return y, x
        return (x, y) if step.name == "mul" and self._is_number(x) else (None, None)

    def _turned(self, operands: Any) -> Any:
        """The slots of q and k, if these are those of q @ k.transpose(-2, -1)."""
        q, turned = operands
        number = self.maker.get(turned)
        if number is None or self.program.steps[number].name != "transpose":
            return None
        step = self.program.steps[number]
        axes, ndim = tuple(step.settings["axes"]), len(self.slots[turned].shape)
        return (q, step.inputs[0]) if axes == (*range(ndim - 2), ndim - 1, ndim - 2) else None

    def _fits(self, found: Found) -> bool:
        """Are shapes and dtypes those of an attention, and is nothing written in between?"""
        q, k, v = [self.slots[slot] for slot in found.operands]
        if len({x.dtype for x in (q, k, v)}) > 1 or q.dtype.char not in "fd":
            return False
        if not q.shape[:-2] == k.shape[:-2] == v.shape[:-2] or k.shape[-2] != v.shape[-2]:
            return False
        if math.prod(q.shape[:-1]) * k.shape[-2] < LEAST or 0 in (*q.shape, *v.shape):
            return False
        chosen = [self.program.steps[number] for number in found.steps]
        if len({step.recorded for step in chosen}) > 1 or any(step.kept for step in chosen):
            return False
        between = range(min(found.steps), max(found.steps))
        return self._masks(found, q) and not any(self.program.steps[number].writes for number in between)

    def _masks(self, found: Found, q: Slot) -> bool:
        """Is the mask the same for all matrices of scores?"""
        number = found.masks.get("mask", found.masks.get("bias"))
        if number is None:
            return True
        slot = self.slots[number]
        if "bias" in found.masks and (slot.tracked or slot.dtype != q.dtype):
            return False
        *front, rows, columns = (1, 1, *slot.shape)
        rows_of, columns_of = self.program.steps[found.steps[0]].shapes[0][-2:]
        return set(front) == {1} and rows in (1, rows_of) and columns in (1, columns_of) and len(slot.shape) > 1


__all__ = ["ATTEND", "attending"]
