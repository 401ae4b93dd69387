"""`Linearized`: the derivative of a function at a point, as a list of steps that any direction goes through.

`Forward` carries one direction along while the function runs. Here nothing is carried: what has a tangent gets a
number, and each push rule is written down with the values that it asks for. A direction then goes through that list:
the function runs once, and a direction costs its rules alone. (The Wengert list of the derivative.)

Where a gradient is taken inside of the function, the step is what `Forward` does there: a walk back from the tangents,
which are then recorded.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import InplaceError
from ..op import Op
from ..ops.index import set_at
from ..ops.shape import clone
from ..tensors.core import Core, wrap
from ..tensors.rewrite import put, root_of
from ..tensors.run import apply
from ..writes import owner
from .level import Forward
from .rules import bilinear, elementwise, linear, of_first, push_of, through_rules, zeros_like


class UnfitError(Exception):
    """The function does something that there are no steps for."""


class Number:
    """Stands for the tangent of a value. `index`: where the tangent is when a direction goes through the steps."""

    __slots__ = ("index",)

    def __init__(self, index: int) -> None:
        self.index = index


class Step:
    """What gives some tangents from others: `run(tangents)`, a list of which None is 0, gives a list of as many."""

    __slots__ = ("given", "made", "run", "values")

    def __init__(self, given: list[Number | None], made: list[Number | None], values: list[Any], run: Any) -> None:
        self.given = [None if number is None else number.index for number in given]
        self.made = [None if number is None else number.index for number in made]
        self.values = values  # the Tensors that `run` is given beside the tangents
        self.run: Callable[[list[Any], list[Any]], Any] = run


class Linearized(Forward):
    """Writes down how tangents go through a function.

    steps       in order
    count       of numbers
    written_to  numbers of tangents that are written to in place
    """

    def __init__(self) -> None:
        super().__init__()
        self.steps: list[Step] = []
        self.count = 0
        self.written_to: set[int] = set()

    def number(self) -> Number:
        """A new one."""
        self.count += 1
        return Number(self.count - 1)

    def finished(self, outputs: list[Number | None]) -> Callable[[list[Any]], list[Any]]:
        """A function from tangents of the first numbers to those of some outputs: None where they are 0."""
        steps, count, written_to = self.steps, self.count, self.written_to
        wanted = [None if number is None else number.index for number in outputs]
        self.steps = []  # which have Tensors that have tangents here: that would be a cycle of references

        def push(directions: list[Any]) -> list[Any]:
            known: list[Any] = [None] * count
            for k, direction in enumerate(directions):
                known[k] = direction.clone() if k in written_to else direction
            for step in steps:
                given = [None if index is None else known[index] for index in step.given]
                if any(t is not None for t in given):
                    for index, t in zip(step.made, step.run(step.values, given), strict=True):
                        if index is not None:
                            known[index] = t
            return [None if index is None else known[index] for index in wanted]

        return push

    # -- steps

    def pushed(self, op: Op, plain: list[Any], tangents: list[Any], z: Any, settings: dict[str, Any], kept: Any) -> Any:
        """See `Forward`: a number for each result that may have a tangent."""
        rule, several = push_of(op), op.outputs != 1
        parts = list(z) if several else [z]
        made = [self.number() if part._array.dtype.kind == "f" else None for part in parts]
        values, kept = _asked_for(op, rule, plain, tangents, [_before(part) for part in parts], kept)
        count = len(plain)

        def run(values: list[Any], given: list[Any]) -> Any:
            out = tuple(values[count:]) if several else values[count]
            found = rule(op, values[:count], given, out, settings, kept)
            return found if several else [found]

        if any(number is not None for number in made):
            self.steps.append(Step(tangents, made, values, run))
        return made if several else made[0]

    def function(self, cls: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """See `Forward`."""
        tangents = [self.tangent(x) for x in args]
        plain = [x if t is None else self.primal(x) for x, t in zip(args, tangents, strict=True)]
        with self.outside():
            found = cls.apply(*plain, **kwargs)
        if all(t is None for t in tangents):
            return found
        outs = [
            z
            for z in (found if isinstance(found, (tuple, list)) else (found,))
            if isinstance(z, Core) and z._array.dtype.kind == "f"
        ]
        made = [self.number() for _ in outs]

        def run(values: list[Any], given: list[Any]) -> Any:
            return through_rules(lambda *inputs: cls.apply(*inputs, **kwargs), values, given)

        self.steps.append(Step(tangents, list(made), plain, run))
        for z, number in zip(outs, made, strict=True):
            self.moving(z, number)
        return found

    def walked_along(self, walk: Any, moved: Any, found: Any) -> Any:
        """See `Forward`: the walk is a step."""
        made = [None if g is None else self.number() for g in found]

        def run(values: list[Any], given: list[Any]) -> Any:
            return walk(list(zip(given[::2], given[1::2], strict=True)))

        self.steps.append(Step([t for pair in moved for t in pair], made, [], run))
        return made

    def under(self, below: Any, x: Any) -> Any:
        """See `Forward`."""
        raise UnfitError

    def over(self, below: Any, x: Any) -> Any:
        """See `Forward`."""
        raise UnfitError

    # -- writes in place

    def _plainly(self, tensor: Any, write: Any) -> None:
        memory = owner(tensor._array)
        with self.outside():
            for step in self.steps:
                step.values = [
                    apply(clone, x) if isinstance(x, Core) and owner(x._array) is memory else x for x in step.values
                ]
        super()._plainly(tensor, write)

    def _follow(self, tensor: Any, index: Any, moved: Any) -> None:
        number = self.tangent(tensor)
        if number is None and moved is None:
            return
        if number is None:
            if root_of(tensor) is not tensor:
                raise UnfitError
            number = self.number()
            self.moving(tensor, number)
        self.written_to.add(number.index)
        spec = _spec(tensor)

        def run(values: list[Any], given: list[Any]) -> Any:
            whole, value = given
            value = zeros_like(spec)[index] if value is None else value
            if whole is not None:
                try:
                    return [put(whole, "copy_", index, value)]
                except InplaceError:  # it is the same for all slices that are mapped over, and what is written is not
                    pass
            return [apply(set_at, zeros_like(spec) if whole is None else whole, value, index=index)]

        self.steps.append(Step([number, moved], [number], [], run))


def _before(z: Any) -> Any:
    """A result as it is before it gets a tangent."""
    out = wrap(z._array, z._node)
    out._tangents = z._tangents
    return out


def _spec(x: Any) -> Any:
    """A constant of the shape and dtype of a Tensor, without memory."""
    return wrap(np.broadcast_to(np.zeros((), x._array.dtype), tuple(x._array.shape)))


def _asked_for(op: Op, rule: Any, plain: list[Any], tangents: list[Any], parts: list[Any], kept: Any) -> Any:
    """(inputs and results, what is kept), without the values that a rule does not ask for."""
    if rule is linear:
        names: set[str] = set()
    elif rule is of_first:
        names = set(op.inputs[1:])
    elif rule is bilinear:
        return [*plain, *map(_spec, parts)], kept
    elif rule is elementwise and not op.variadic:
        names = {
            name
            for k, t in enumerate(tangents)
            if t is not None and op.differentiable(k)
            for name in op.plan((k,)).names
        }
    else:
        return [*plain, *parts], kept
    inputs = [
        _spec(x) if isinstance(x, Core) and (op.variadic or name not in names) else x
        for x, name in zip(plain, op.inputs * len(plain) if op.variadic else op.inputs, strict=False)
    ]
    return [*inputs, *(parts if "z" in names else map(_spec, parts))], kept if names.intersection(op.keeps) else ()
