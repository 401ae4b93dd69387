"""What a Program is made of: slots for values, steps that compute some from others, and guards.

A slot is a place for one array. A step names the slots that it reads and those that it fills, by number, so a Program
can be read, compared and rewritten without any array in hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import CodeType
from typing import Any

import numpy as np

from ..lines import place

Shape = tuple[int, ...]
Place = tuple[CodeType, int]


@dataclass
class Slot:
    """A place for one value.

    kind     "input", "parameter" (a Tensor that the function closed over), "constant", or "step": what fills it
    value    the Tensor of a parameter, the array of a constant; None for others
    of       of a gradient: the slot of the value that it is the gradient of
    tracked  did the value require grad when the program was captured?
    """

    number: int
    kind: str
    shape: Shape
    dtype: np.dtype[Any]
    value: Any = None
    tracked: bool = False
    of: int | None = None

    @property
    def nbytes(self) -> int:
        """Bytes of the array."""
        return int(np.prod(self.shape, dtype=np.int64)) * self.dtype.itemsize


class Hole:
    """Stands in the settings of a step where an array belongs: that of `step.inputs[position]`."""

    __slots__ = ("position",)

    def __init__(self, position: int) -> None:
        self.position = position

    def __repr__(self) -> str:
        return f"<{self.position}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Hole) and other.position == self.position

    def __hash__(self) -> int:
        return hash(("Hole", self.position))


@dataclass
class Step:
    """One operation that ran.

    op        an `autograd.op.Op`, or one of the kinds in `operations`: NumPy on arrays, random draws, rules, writes
    inputs    numbers of the slots that it reads: operands first (None where one is absent), then those in settings
    settings  by name; a `Hole` stands for an array that is the value of a slot
    outputs   numbers of the slots that it fills
    kept      numbers of those that it fills with what `op.keeps` names, for the rules of the op
    form      the nest in which the op has given what it keeps, with ... for each array
    writes    positions in `inputs` of what it overwrites in place
    recorded  was it recorded on the tape? The op may then have kept more
    quiet     was recording switched off there, as in a block of `no_grad`?
    places    where in the user's program, innermost line first
    since     for a write in place: the steps that computed what it writes; their records keep a copy of what was there
    """

    op: Any
    inputs: tuple[int | None, ...]
    settings: dict[str, Any]
    outputs: tuple[int, ...]
    kept: tuple[int, ...] = ()
    writes: tuple[int, ...] = ()
    form: Any = ()
    recorded: bool = False
    quiet: bool = False
    places: tuple[Place, ...] = ()
    shapes: tuple[Shape, ...] = ()
    dtypes: tuple[np.dtype[Any], ...] = ()
    since: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        """Name of the operation."""
        return str(self.op.name)

    @property
    def lines(self) -> tuple[str, ...]:
        """Lines of the user's program, as "folder/file.py:42", innermost first."""
        return tuple([place(code, lasti) for code, lasti in self.places])

    @property
    def operands(self) -> tuple[int | None, ...]:
        """The inputs without those that stand in the settings."""
        if not self.settings:
            return self.inputs
        inside = {hole.position for hole in holes(self.settings)}
        return tuple([slot for position, slot in enumerate(self.inputs) if position not in inside])

    @property
    def reads(self) -> tuple[int, ...]:
        """The slots that it reads."""
        return tuple([slot for slot in self.inputs if slot is not None])

    @property
    def fills(self) -> tuple[int, ...]:
        """The slots that it fills, those for the rules included."""
        return self.outputs + self.kept

    def __repr__(self) -> str:
        filled = ", ".join(f"%{slot}" for slot in self.outputs)
        return f"<{filled} = {self.name}({', '.join('None' if s is None else f'%{s}' for s in self.operands)})>"


@dataclass(eq=False)
class Guard:
    """Something that Python asked of a value, and what it was told: it may have decided by it.

    slot    whose value was asked for;   at   number of the step before which it happened
    how     "bool", "item", "tolist", "numpy", ...: `answer(how, array)` asks again
    """

    slot: int
    how: str
    value: Any
    at: int
    places: tuple[Place, ...] = field(default=(), repr=False)

    @property
    def line(self) -> str:
        """The line of the user's program that asked."""
        return place(*self.places[0]) if self.places else "?"

    def like(self, other: Guard) -> bool:
        """Is this the same question, asked of the same value at the same step and line?"""
        mine, its = ((g.slot, g.how, g.at, g.places) for g in (self, other))
        return mine == its and _same(self.value, other.value)

    def holds(self, array: Any) -> bool:
        """Would Python be told the same?"""
        return _same(answer(self.how, array), self.value)


_ANSWERS: dict[str, Callable[[Any], Any]] = {
    "bool": bool,
    "float": float,
    "int": int,
    "complex": complex,
    "index": lambda x: x.__index__(),
    "item": lambda x: x.item(),
    "tolist": lambda x: x.tolist(),
    "tobytes": lambda x: x.tobytes(),
}


def answer(how: str, array: Any) -> Any:
    """What Python is told when it asks an array for its "bool", "item", "tolist", ..., or for all of it ("numpy")."""
    return _ANSWERS.get(how, np.copy)(array)


def _same(x: Any, y: Any) -> bool:
    if isinstance(x, np.ndarray):
        return x.shape == y.shape and x.tobytes() == y.tobytes()
    return bool(x == y or (x != x and y != y)) if isinstance(x, float) else repr(x) == repr(y)


# ------------------------------------------------------------------------------------------------ nests of settings


def mapped(nest: Any, of: Callable[[Any], Any]) -> Any:
    """A nest of tuples, lists, dicts and slices with each leaf replaced by of(leaf)."""
    if type(nest) is dict:
        return {key: mapped(value, of) for key, value in nest.items()}
    if isinstance(nest, tuple) and hasattr(nest, "_fields"):
        return type(nest)(*[mapped(part, of) for part in nest])
    if type(nest) in (tuple, list):
        return type(nest)([mapped(part, of) for part in nest])
    if type(nest) is slice:
        return slice(of(nest.start), of(nest.stop), of(nest.step))
    return of(nest)


def leaves(nest: Any) -> Iterator[Any]:
    """The leaves of such a nest, in order."""
    if type(nest) is dict:
        for value in nest.values():
            yield from leaves(value)
    elif isinstance(nest, (tuple, list)):
        for part in nest:
            yield from leaves(part)
    elif type(nest) is slice:
        yield from (nest.start, nest.stop, nest.step)
    else:
        yield nest


def holes(nest: Any) -> Iterator[Hole]:
    """The holes of a nest."""
    return (leaf for leaf in leaves(nest) if type(leaf) is Hole)


def filled(nest: Any, values: Any) -> Any:
    """A nest with the holes filled from `values`, by position."""
    if type(nest) is dict and not nest:
        return {}
    return mapped(nest, lambda leaf: values[leaf.position] if type(leaf) is Hole else leaf)
