"""`Forward`: what interprets the operations of a thread while derivatives are carried along with values.

Beside its value a Tensor may have a tangent: the derivative of that value along a direction (forward mode; R. E.
Wengert, 1964). An operation runs as ever, and then its push rule gives the tangent of the result from those of the
inputs. Both run under the interpreter from before, which may be another `Forward`, or a `Batch`: so they nest.

A gradient that is taken meanwhile has a tangent, too. With z(x) and the tangent z' = J x', the tangent of u J is
u' J plus the gradient of u z' by x: an ordinary walk back from the tangent of the result.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

import numpy as np

from .. import engine
from ..generated import ask
from ..interpreter import Interpreter
from ..modes import state
from ..ops.shape import clone
from ..tensors.core import Core, link_view, wrap
from ..tensors.promotion import Scalar, constants
from ..tensors.rewrite import put, root_of, update
from ..tensors.run import apply, apply_keeping
from ..tracing import Own
from .rules import levels, push_of, through_rules


class Moving(Own):
    """The node of a value that is constant but for its tangent: the library sees that it is more than its array."""

    __slots__ = ()


_ZERO = np.zeros(())


class Forward(Interpreter):
    """Carries tangents along.

    depth   how many interpreters there are around it
    nodes   of the values that it has given tangents, if it will `end`
    """

    transforms = True

    def __init__(self, ends: bool = False) -> None:
        ask()
        self.parent = state.interpreter
        self.depth: float = getattr(self.parent, "depth", 0) + 1
        self.nodes: list[Moving] | None = [] if ends else None
        self.node = Moving(wrap(_ZERO), (), _ZERO.dtype)  # of all others

    def __enter__(self) -> Self:
        state.interpreter = self
        return self

    def __exit__(self, *error: object) -> None:
        state.interpreter = self.parent

    def end(self) -> None:
        """What was constant but for its tangent is constant."""
        for node in self.nodes or ():
            x = node.tensor()
            if x is not None and x._node is node:
                x._node = None
        self.nodes = []

    @contextmanager
    def outside(self) -> Iterator[None]:
        """A block that the interpreter around this one sees."""
        state.interpreter = self.parent
        try:
            yield
        finally:
            state.interpreter = self

    # -- values

    def tangent(self, x: Any) -> Any:
        """The tangent of a Tensor; None if it has none here."""
        return x._tangents.get(self) if isinstance(x, Core) and x._tangents is not None else None

    def moving(self, x: Any, tangent: Any) -> Any:
        """Give a new Tensor a tangent."""
        x._tangents = {self: tangent} if x._tangents is None else {**x._tangents, self: tangent}
        if x._node is None:
            x._node = node = self.node if self.nodes is None else Moving(x, x._array.shape, x._array.dtype)
            if self.nodes is not None:
                self.nodes.append(node)
        return x

    def dual(self, x: Any, tangent: Any) -> Any:
        """A Tensor of the same value that has a tangent."""
        out = wrap(x._array, x._node)
        out._tangents = x._tangents
        return self.moving(out, tangent)

    def primal(self, x: Any) -> Any:
        """A Tensor of the same value without its tangent here."""
        tangents = x._tangents if isinstance(x, Core) else None
        if tangents is None or self not in tangents:
            return x
        if len(tangents) == 1:
            return wrap(x._array, None if type(x._node) is Moving else x._node)
        rest = {level: t for level, t in tangents.items() if level is not self}
        out = wrap(x._array, None if type(x._node) is Moving and not rest else x._node)
        out._tangents = rest or None
        return out

    def under(self, below: Any, x: Any) -> Any:
        """`x`, whose first axis is mapped over by `below`, under this: see `batching.pulling`."""
        tangent = self.tangent(x)
        out = below.wrapped(self.primal(x))
        return out if tangent is None else self.moving(out, below.wrapped(tangent))

    def over(self, below: Any, x: Any) -> Any:
        """The other way around: what `below` maps over is the first axis again."""
        tangent = self.tangent(x)
        out = below.whole(self.primal(x))
        return out if tangent is None else self.dual(out, below.whole(tangent))

    def variable(self, x: Any, trace: Any) -> Any:
        """`x` as a variable of its own, with its tangent."""
        tangent = self.tangent(x)
        with self.outside():
            out = trace(self.primal(x))
        return out if tangent is None else self.moving(out, tangent)

    # -- operations

    def unary(self, op: Any, x: Any) -> Any:
        """See `Interpreter`: an op of one input, where no other interpreter is asked."""
        if self.parent is not None or op.keeps or op.outputs != 1:
            return None
        t = self.tangent(x)
        state.interpreter = None
        try:
            if t is None:
                return apply(op, x)
            return self._one(op, [self.primal(x)], [t])
        finally:
            state.interpreter = self

    def binary(self, op: Any, x: Any, y: Any) -> Any:
        """The same for two operands of one dtype, or one and a number."""
        if self.parent is not None or op.keeps or op.outputs != 1:
            return None
        tangents, given = [self.tangent(x), self.tangent(y)], []
        for z, t, other in ((x, tangents[0], y), (y, tangents[1], x)):
            if isinstance(z, Core):
                given.append(z if t is None else self.primal(z))
            elif (type(z) is float or type(z) is int) and other._array.dtype.kind == "f":
                given.append(wrap(constants[other._array.dtype][z]))
            else:
                return None
        if given[0]._array.dtype != given[1]._array.dtype:
            return None
        state.interpreter = None
        try:
            moved = tangents[0] is not None or tangents[1] is not None
            return self._one(op, given, tangents) if moved else apply(op, *given)
        except (ValueError, TypeError):  # whose text names both operands
            return None
        finally:
            state.interpreter = self

    def _one(self, op: Any, plain: list[Any], tangents: list[Any]) -> Any:
        """The result of an op without settings, with its tangent; called outside."""
        z = apply(op, *plain)
        if op.view:
            link_view(z, plain[0])
        pushed = self.pushed(op, plain, tangents, z, {}, ())
        return z if pushed is None else self.moving(z, pushed)

    def call(self, op: Any, inputs: tuple[Any, ...], settings: dict[str, Any], keeping: bool) -> Any:
        """An operation is called: see `Interpreter`."""
        given: list[Any] = []
        tangents: list[Any] = []
        moves = False
        for x in inputs:
            t = None
            if isinstance(x, Core):
                if x._tangents is not None:
                    t = x._tangents.get(self)
                    moves = moves or t is not None
            elif type(x) is Scalar:
                x = x.array
            given.append(x)
            tangents.append(t)
        state.interpreter = self.parent
        try:
            if not moves:
                return apply_keeping(op, *given, **settings) if keeping else apply(op, *given, **settings)
            plain = [x if t is None else self.primal(x) for x, t in zip(given, tangents, strict=True)]
            if self.parent is not None and self.parent.captures:
                for x in plain:
                    if isinstance(x, Core):
                        self.parent.adopt(x)
            z, kept = apply_keeping(op, *plain, **settings) if op.keeps else (apply(op, *plain, **settings), ())
            if op.view:
                for part in z if isinstance(z, tuple) else (z,):
                    link_view(part, given[0])
            pushed = self.pushed(op, plain, tangents, z, settings, kept)
            if op.outputs == 1:
                if pushed is not None:
                    self.moving(z, pushed)
            else:
                for part, t in zip(z, pushed, strict=True):
                    if t is not None:
                        self.moving(part, t)
        finally:
            state.interpreter = self
        return (z, kept) if keeping else z

    def pushed(
        self, op: Any, plain: list[Any], tangents: list[Any], z: Any, settings: dict[str, Any], kept: Any
    ) -> Any:
        """The tangent of the result of an operation, or one for each; None where it is 0."""
        pushed = push_of(op)(op, plain, tangents, z, settings, kept)
        if not op.view and isinstance(pushed, Core):
            for t in tangents:
                if t is not None and pushed._array is t._array:  # a write to one of both values is none to the other
                    return apply(clone, pushed)
        return pushed

    def function(self, cls: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """See `Interpreter`. Its backward says how it moves: it is pulled back twice."""
        tangents = [self.tangent(x) for x in args]
        plain = [x if t is None else self.primal(x) for x, t in zip(args, tangents, strict=True)]
        with self.outside():
            found = cls.apply(*plain, **kwargs)
            if all(t is None for t in tangents):
                return found
            pushed = iter(through_rules(lambda *given: cls.apply(*given, **kwargs), plain, tangents))
        for z in found if isinstance(found, (tuple, list)) else (found,):
            if isinstance(z, Core) and z._array.dtype.kind == "f":
                self.moving(z, next(pushed))
        return found

    # -- writes in place

    def update(self, tensor: Any, name: str, function: Any, args: Any, kwargs: Any) -> Any:
        """See `rewrite.update`."""
        old = wrap(tensor._array, tensor._node)
        old._tangents = tensor._tangents
        if state.tape is not None and type(old._node) is not Moving:
            old = old.clone()  # records may keep it
        result = function(old, *[old if x is tensor else x for x in args], **kwargs)
        moved = self.tangent(result)
        plain = self.primal(result)
        self._plainly(tensor, lambda: update(tensor, name, lambda _: plain))
        self._follow(tensor, ..., moved)
        return tensor

    def put(self, tensor: Any, name: str, index: Any, value: Any) -> Any:
        """See `rewrite.put`."""
        moved = self.tangent(value)
        plain = self.primal(value) if isinstance(value, Core) else value
        self._plainly(tensor, lambda: put(tensor, name, index, plain))
        self._follow(tensor, index, moved)
        return tensor

    def _plainly(self, tensor: Any, write: Any) -> None:
        """Write to a Tensor outside. One that is constant but for its tangent is none that requires grad."""
        root = root_of(tensor)
        moving = [x for x in {id(x): x for x in (tensor, root)}.values() if type(x._node) is Moving]
        nodes = [x._node for x in moving]
        for x in moving:
            x._node = None
        try:
            with self.outside():
                write()
        finally:
            for x, node in zip(moving, nodes, strict=True):
                if x._node is None:
                    x._node = node

    def _follow(self, tensor: Any, index: Any, moved: Any) -> None:
        """The same write to the tangent."""
        tangent = self.tangent(tensor)
        if tangent is None and moved is None:
            return
        with self.outside():
            if tangent is None:
                root = root_of(tensor)
                if root is not tensor:
                    raise NotImplementedError(
                        "forward mode: a value with a tangent is written into a view of a Tensor that has none; write "
                        "into the Tensor itself, or out of place"
                    )
                tangent = wrap(np.zeros_like(tensor._array))
                self.moving(tensor, tangent)
            put(tangent, "copy_", index, 0 if moved is None else moved)

    # -- differentiation

    def differentiated(self, outputs: Any, inputs: Any, seeds: Any, options: Any) -> Any:
        """`engine.grad` of values with tangents: the gradients have tangents, too."""
        given = [None] * len(outputs) if seeds is None else [seeds] if isinstance(seeds, Core) else list(seeds)
        moved = [(self.tangent(z), self.tangent(u)) for z, u in zip(outputs, given, strict=True)]
        inputs_too = [self.tangent(x) for x in inputs]
        if all(t is None for pair in moved for t in pair) and all(t is None for t in inputs_too):
            with self.outside():
                return engine.grad(outputs, inputs, seeds, **options)
        plain = [None if u is None else self.primal(u) if isinstance(u, Core) else u for u in given]
        kept = {**options, "retain_graph": True}

        def walk(moved: Any) -> Any:
            ends, starts = [], []
            for z, u, (dz, du) in zip(outputs, plain, moved, strict=True):
                if dz is not None and dz._node is not None and type(dz._node) is not Moving:
                    ends.append(dz)
                    starts.append(wrap(np.ones_like(z._array)) if u is None else u)
                if du is not None and z._node is not None:
                    ends.append(z)
                    starts.append(du)
            own = {**kept, "allow_unused": True, "materialize_grads": False}
            return engine.grad(ends, inputs, starts, **own) if ends else [None] * len(inputs)

        with self.outside():
            found = engine.grad(outputs, inputs, None if seeds is None else plain, **kept)
            pushed = self.walked_along(walk, moved, found)
        return tuple([_with(self, g, t) for g, t in zip(found, pushed, strict=True)])

    def walked_along(self, walk: Any, moved: Any, found: Any) -> Any:
        """The tangents of gradients that were `found`, by a walk back from the tangents of outputs and seeds."""
        return walk(moved)


def _with(level: Forward, g: Any, tangent: Any) -> Any:
    return g if g is None or tangent is None else level.dual(g, tangent)


levels.append(Forward)
