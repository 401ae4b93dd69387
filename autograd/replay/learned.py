"""What a run remembers of runs before it: the operations one after the other, as a tree of steps.

A step says what operation ran on which values: earlier results by number, Tensors and arrays from outside by the order
in which they came up, numbers and settings by value. Where programs part, a step has several steps behind it.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from ..op import Op
from ..tensors.core import Core


class Flags:
    """What is asked of the flags of an array that is still to come."""

    __slots__ = ("c_contiguous", "f_contiguous")

    def __init__(self, flags: Any) -> None:
        self.c_contiguous = flags.c_contiguous
        self.f_contiguous = flags.f_contiguous


class Facts(NamedTuple):
    """What is known of a value before it is computed."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    strides: tuple[int, ...]
    tracked: bool
    flags: Flags


def facts_of(x: Any) -> Facts:
    """The facts of a Tensor or an array."""
    array, tracked = (x._array, x._node is not None) if isinstance(x, Core) else (x, False)
    return Facts(array.shape, array.dtype, array.strides, tracked, Flags(array.flags))


def fixed(array: Any) -> bool:
    """Can nobody write to the memory of this array?"""
    while type(array) is np.ndarray and not array.flags.writeable:
        array = array.base
    return array is None


class Given:
    """An input from outside: the `number`-th that came up, of this kind.

    seen   of a leaf that requires grad, such as a weight: itself, its array and its node when it last came
    """

    __slots__ = ("facts", "kind", "number", "seen")

    def __init__(self, number: int, kind: type, facts: Facts) -> None:
        self.number = number
        self.kind = kind
        self.facts = facts
        self.seen: tuple[Any, Any, Any] | None = None


class Constant(NamedTuple):
    """A number, None or another plain value."""

    value: Any


class Number(NamedTuple):
    """A Python number beside an operand of `dtype`: another one, such as a smaller step, makes no other program."""

    number: int
    kind: type
    dtype: np.dtype[Any]


class Step:
    """An operation of a run that was seen before.

    inputs    for each input: the slot of an earlier result, or `Given`, or `Constant`
    settings  those that are plain values;   arrays  name -> `Given`, for those that are arrays
    facts     of its results, and of what it keeps;   first  the slot of the first of them
    single    has it one result, and no tuple of them?  results  how many it has
    kept      None, or what was asked for of what it keeps (`Op.keeps`): a nest of slots and plain values
    code, lasti  where in the user's program
    follow    the step that came after it the last time
    then      the steps that came after it, by their operation
    constants slots -> what computes them alone, or None: see `Memory.constant`
    groups    slot -> those that look into the same memory
    walks     ends and targets of a walk back from here -> how it goes: see `walking.Route`
    variants  live slots, and those that are there already -> what computes them when a run ends here
    """

    __slots__ = (
        "arrays",
        "before",
        "code",
        "constants",
        "facts",
        "first",
        "follow",
        "groups",
        "inputs",
        "kept",
        "lasti",
        "op",
        "results",
        "settings",
        "single",
        "then",
        "variants",
        "walks",
    )

    def __init__(self, op: Op | None, before: Step | None) -> None:
        self.op: Any = op
        self.before: Any = before  # a Step; None for a root
        self.inputs: tuple[Any, ...] = ()
        self.settings: dict[str, Any] = {}
        self.arrays: dict[str, Any] = {}
        self.facts: tuple[Facts, ...] = ()
        self.first = 0
        self.single = True
        self.results = 1
        self.kept: Any = None
        self.code: Any = None  # a CodeType
        self.lasti = 0
        self.follow: Step | None = None
        self.then: dict[Any, list[Step]] = {}
        self.constants: dict[Any, Any] = {}
        self.groups: dict[int, tuple[int, ...]] = {}
        self.variants: dict[Any, Any] = {}
        self.walks: dict[Any, Any] = {}

    def path(self) -> list[Step]:
        """All steps up to this one."""
        steps = []
        step = self
        while step.before is not None:
            steps.append(step)
            step = step.before
        return steps[::-1]


NOTHING = Step(None, None)
"""Stands where nothing is expected."""


def slots_of(kept: Any) -> list[int]:
    """The slots in `Step.kept`, in order."""
    if isinstance(kept, tuple) and type(kept) is not Kept:
        return [slot for part in kept for slot in slots_of(part)]
    return [kept.slot] if isinstance(kept, Kept) else []


def arrays_of(kept: Any) -> list[Any]:
    """The arrays in what an operation keeps, in order."""
    if isinstance(kept, tuple):
        return [array for part in kept for array in arrays_of(part)]
    return [kept] if isinstance(kept, np.ndarray) else []


class Kept(NamedTuple):
    """Stands in `Step.kept` for an array: its slot."""

    slot: int


PLAIN = (bool, int, float, str, type(None), type(Ellipsis), np.dtype, type, bytes, np.generic)


def plain(value: Any) -> bool:
    """Is this a setting that can be compared by value?"""
    kind = type(value)
    if kind is list or isinstance(value, tuple):
        return all(map(plain, value))
    if kind is slice:
        return plain(value.start) and plain(value.stop) and plain(value.step)
    if kind is dict:
        return all(map(plain, value)) and all(map(plain, value.values()))
    return isinstance(value, PLAIN)


def same(a: Any, b: Any) -> bool:
    """Are two plain values the same, of the same type, down to the sign of zero?"""
    kind = type(a)
    if kind is not type(b):
        return False
    if kind is float:
        return bool(a == b and math.copysign(1.0, a) == math.copysign(1.0, b)) or (a != a and b != b)
    if kind is list or isinstance(a, tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if kind is slice:
        return same((a.start, a.stop, a.step), (b.start, b.stop, b.step))
    if kind is dict:
        return a.keys() == b.keys() and all(same(value, b[name]) for name, value in a.items())
    if isinstance(a, np.generic):
        return a.tobytes() == b.tobytes()
    return bool(a == b)
