"""What a program is taken apart into: a graph of a few kinds of nodes, in which nothing stands twice.

    map       a form of `kernels.blocks.forms`, element by element, its operands broadcast against each other
    reduce    a sum or an extreme along the last axes, the first axes, or all of them
    product   x @ y of two matrices
    copy      the elements of a view, in row-major order
    join      arrays one after the other along an axis
    call      anything else: a function on arrays, which runs as it is

A graph is built from its inputs to its outputs. Whoever asks for a node that exists gets its value (common
subexpressions are computed once), what follows from constants alone is computed at once, and what no output needs is
never asked for (`needed`). Views are no nodes: they are values that look into the memory of another one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from .values import Node, Shape, Value, contiguous, role_of, same_order

SMALL = 4096
"""Elements up to which constants are folded."""


class Graph:
    """Nodes in an order in which they can run. `line` is noted in those that are made."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.inputs: list[Value] = []
        self.known: dict[Any, Any] = {}
        self.effects: list[Value] = []  # of calls that do more than compute: they run whether they are needed or not
        self.unrolled: set[Value] = set()  # roots of which all parts along the first axis are taken, one by one
        self.line = ""

    # -- values

    def input(self, shape: Shape, dtype: Any) -> Value:
        """A new input."""
        value = Value(shape, dtype)
        self.inputs.append(value)
        return value

    def constant(self, array: Any, dtype: Any = None) -> Value:
        """A constant; equal ones are one."""
        array = np.array(array, dtype, order="C")
        key = ("constant", array.dtype.char, array.shape, array.tobytes() if array.size <= SMALL else id(array))
        if key not in self.known:
            array.flags.writeable = False
            self.known[key] = Value(array.shape, array.dtype, array=array)
        found: Value = self.known[key]
        return found

    def number(self, value: float, like: Value) -> Value:
        """A constant without axes, of the dtype of another value."""
        return self.constant(value, like.dtype)

    # -- nodes

    def map(self, name: str, *operands: Value, dtype: Any = None) -> Value:
        """A form of operands that broadcast. dtype: of the result; default that of the first operand."""
        shape = np.broadcast_shapes(*[x.shape for x in operands])
        made = Value(shape, operands[0].dtype if dtype is None else dtype)
        row = 0
        given = []
        for x in operands:
            role = role_of(x, shape)
            if role is None or (role.row and row not in (0, role.row)):
                x = self.copied(self.expand(x, shape))
            elif role.row:
                row = role.row
            given.append(x)
        return self._node("map", name, tuple(given), (), [made])[0]

    def reduce(self, name: str, x: Value, axes: int, shape: Shape) -> Value:
        """A sum or an extreme over the last `axes` (row_sum ...), over all but them (column_sum), or all (total)."""
        return self._node("reduce", name, (x,), axes, [Value(shape, x.dtype)])[0]

    def product(self, x: Value, y: Value) -> Value:
        """x @ y."""
        return self._node("product", "product", (x, y), (), [Value((x.shape[0], y.shape[1]), x.dtype)])[0]

    def join(self, parts: list[Value], axis: int) -> Value:
        """One after the other along an axis."""
        parts = [x if x.plain and x.dtype == x.root.dtype else self.copied(x) for x in parts]
        shape = list(parts[0].shape)
        shape[axis] = sum([x.shape[axis] for x in parts])
        return self._node("join", "join", tuple(parts), axis, [Value(tuple(shape), parts[0].dtype)])[0]

    def copied(self, x: Value) -> Value:
        """x, with its elements one after the other."""
        if x.plain and x.parent is None:
            return x
        return self._node("copy", "copy", (x,), (), [Value(x.shape, x.dtype)])[0]

    def call(
        self, function: Callable[..., Any], inputs: Iterable[Any], settings: Any, outs: list[Value], pure: bool = True
    ) -> list[Value]:
        """function(*arrays, **settings), which returns arrays of these shapes. pure: the same whenever it runs."""
        inputs = tuple(inputs)
        name = getattr(function, "__name__", "call")
        if not pure:
            self.effects += outs
            node = Node("call", name, inputs, (function, settings), self.line)
            node.effect = True
            return self._add(node, outs)
        return self._node("call", name, inputs, (function, settings), outs)

    def _node(self, kind: str, name: str, inputs: tuple[Any, ...], settings: Any, outs: list[Value]) -> list[Value]:
        key = (kind, name, tuple([id(x) for x in inputs]), outs[0].dtype.char if outs else "", _key(settings))
        found: list[Value] | None = self.known.get(key)
        if found is None:
            made = Node(kind, name, inputs, settings, self.line)
            found = self.known[key] = self._add(made, outs)
        return found

    def _add(self, node: Node, outs: list[Value]) -> list[Value]:
        node.outputs = outs
        for out in outs:
            out.node = node
        self.nodes.append(node)
        return outs

    def needed(self, outputs: Iterable[Value]) -> list[Node]:
        """The nodes that outputs depend on, in order."""
        ahead = [x.root for x in outputs]
        found: set[int] = set()
        while ahead:
            node = ahead.pop().node
            if node is not None and id(node) not in found:
                found.add(id(node))
                ahead += [x.root for x in node.inputs if x is not None]
        return [node for node in self.nodes if id(node) in found]

    # -- views

    def view(self, x: Value, shape: Shape, strides: Shape, offset: int, dtype: Any = None) -> Value:
        """A value that looks into the memory of the root of x. dtype: another one of the same size."""
        root, kind = x.root, np.dtype(x.dtype if dtype is None else dtype)
        if offset == 0 and shape == root.shape and strides == root.strides and kind == root.dtype:
            return root
        key = ("view", id(root), tuple(shape), tuple(strides), offset, kind.char)
        if key not in self.known:
            made = Value(shape, kind)
            made.parent, made.strides, made.offset = root, tuple(strides), offset
            self.known[key] = made
        found: Value = self.known[key]
        return found

    def reshape(self, x: Value, shape: Shape) -> Value:
        """The same elements in row-major order under another shape."""
        shape = tuple(shape)
        if x.shape == shape:
            return x
        strides = _reshaped(x, shape)
        if strides is None:
            x = self.copied(x)
            strides = contiguous(shape)
        return self.view(x, shape, strides, x.offset)

    def transpose(self, x: Value, axes: Shape) -> Value:
        """Axis i is axis axes[i] of x."""
        return self.view(x, tuple([x.shape[a] for a in axes]), tuple([x.strides[a] for a in axes]), x.offset)

    def expand(self, x: Value, shape: Shape) -> Value:
        """Repeated along axes of size 1, and new ones in front."""
        new = len(shape) - len(x.shape)
        old = ((1,) * new + x.shape, (0,) * new + x.strides)
        strides = tuple([0 if n == 1 and m != 1 else s for n, s, m in zip(*old, shape, strict=True)])
        return self.view(x, tuple(shape), strides, x.offset)

    def viewed(self, x: Value, function: Callable[..., Any]) -> Value | None:
        """function(x), which looks at no element; None if it makes a copy."""
        memory = np.lib.stride_tricks.as_strided(np.zeros(1, np.int8), x.shape, x.strides)
        seen = function(memory)
        if not isinstance(seen, np.ndarray):
            return None
        start = seen.__array_interface__["data"][0] - memory.__array_interface__["data"][0]
        if seen.size and seen.base is None:
            return None
        return self.view(x, seen.shape, seen.strides, x.offset + start if seen.size else 0)


def _key(settings: Any) -> Any:
    """Something that is equal for equal settings alone."""
    if isinstance(settings, dict):
        return tuple([(name, _key(value)) for name, value in sorted(settings.items())])
    if isinstance(settings, (tuple, list)):
        return (type(settings), *[_key(each) for each in settings])
    if isinstance(settings, (int, float, bool, str, type(None), np.dtype)):
        return (type(settings), repr(settings))
    return id(settings)


def _reshaped(x: Value, shape: Shape) -> Shape | None:
    """Strides of x under another shape, if its elements need not move."""
    if x.size <= 1 or same_order(x.shape, x.strides):
        return contiguous(shape)
    memory = np.lib.stride_tricks.as_strided(np.empty(1, np.int8), x.shape, x.strides)  # never looked at
    try:
        if _BEFORE_2_1:
            memory.shape = tuple(shape)
            return memory.strides
        return memory.reshape(tuple(shape), copy=False).strides
    except (AttributeError, ValueError):
        return None


_BEFORE_2_1 = np.lib.NumpyVersion(np.__version__) < "2.1.0"
"""NumPy 2.0 has no `reshape(copy=False)`; 2.5 warns of a shape that is assigned."""
