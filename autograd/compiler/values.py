"""Values and nodes of a graph, and how an array is repeated in a loop over another shape."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray as Array

Shape = tuple[int, ...]
Dtype = np.dtype[Any]

BOOL = np.dtype(np.bool_)
KNOWN = "fdlL?"
"""Characters of the dtypes that the machine has."""


class Value:
    """An array that is known when the function runs; its shape and dtype are known now.

    node     what computes it; None for inputs and constants
    array    of a constant: its elements
    parent   of a view: the root whose memory it looks into
    strides, offset   of a view: where its elements lie in its root, in elements
    """

    __slots__ = ("array", "dtype", "name", "node", "offset", "parent", "shape", "size", "strides")

    def __init__(self, shape: Shape, dtype: Any, node: Node | None = None, array: Array | None = None) -> None:
        self.shape = tuple(shape)
        self.dtype = np.dtype(dtype)
        self.size = math.prod(self.shape)
        self.node = node
        self.array = array
        self.parent: Value | None = None
        self.strides = contiguous(self.shape)
        self.offset = 0
        self.name = ""

    @property
    def nbytes(self) -> int:
        """Bytes of its elements."""
        return self.size * self.dtype.itemsize

    @property
    def root(self) -> Value:
        """The value whose memory it lies in."""
        return self if self.parent is None else self.parent

    @property
    def plain(self) -> bool:
        """Do its elements stand one after the other, from the start of its root?"""
        return self.parent is None or (
            self.offset == 0 and self.size == self.root.size and same_order(self.shape, self.strides)
        )

    def __repr__(self) -> str:
        return f"<{self.name or 'value'} {self.dtype} {self.shape}>"


class Node:
    """One step: kind and name, what it takes, what it gives. See the head of this file for the kinds.

    effect   does it more than compute its results? Such nodes run in their order
    late     does it belong to the walk back?
    again    does it compute there what forward has computed, too, so that nobody has to keep it?
    """

    __slots__ = ("again", "effect", "inputs", "kind", "late", "line", "name", "outputs", "settings")

    def __init__(self, kind: str, name: str, inputs: tuple[Any, ...], settings: Any, line: str) -> None:
        self.kind = kind
        self.name = name
        self.inputs = inputs
        self.settings = settings
        self.line = line
        self.effect = self.late = self.again = False
        self.outputs: list[Value] = []

    @property
    def into(self) -> bool:
        """Is it a call of a function that writes its results where it is told, `out`?"""
        return self.kind == "call" and getattr(self.settings[0], "into", False)

    @property
    def out(self) -> Value:
        """Its first result."""
        return self.outputs[0]

    def __repr__(self) -> str:
        return f"<{self.kind} {self.name} -> {self.outputs}>"


def contiguous(shape: Shape) -> Shape:
    """Elements to the next one along each axis, in row-major order."""
    strides = []
    step = 1
    for size in reversed(shape):
        strides.append(step)
        step *= size
    return tuple(reversed(strides))


def same_order(shape: Shape, strides: Shape) -> bool:
    """Is this row-major order? Axes of one element may have any stride."""
    return all(n == 1 or s == c for n, s, c in zip(shape, strides, contiguous(shape), strict=True)) or 0 in shape


class Role(NamedTuple):
    """How a value stands to the rows of a loop: `kind` full, row, column or one; `row`: elements of a row, or 0."""

    kind: str
    row: int


FULL, ONE = Role("full", 0), Role("one", 0)


def significant(shape: Shape) -> Shape:
    """The axes that have more than one element."""
    return tuple([n for n in shape if n != 1])


def role_of(x: Value, shape: Shape) -> Role | None:
    """How x is repeated in a loop over `shape`; None if it is so in no simple way, or has gaps."""
    new = len(shape) - len(x.shape)
    own = (1,) * new + tuple([1 if s == 0 else n for n, s in zip(x.shape, x.strides, strict=True)])
    if x.size and not (x.offset == 0 and math.prod(own) == x.root.size and same_order(own[new:], x.strides)):
        return None
    if math.prod(own) == 1:
        return ONE
    pairs = [(n, m) for n, m in zip(own, shape, strict=True) if m != 1]
    repeated = [n != m for n, m in pairs]
    if not any(repeated):
        return FULL
    some = sum(repeated)
    if all(repeated[:some]) and all(n == 1 for n, _ in pairs[:some]):
        return Role("row", math.prod([m for _, m in pairs[some:]]))
    kept = len(pairs) - some
    if all(repeated[kept:]) and all(n == 1 for n, _ in pairs[kept:]):
        return Role("column", math.prod([m for _, m in pairs[kept:]]))
    return None
