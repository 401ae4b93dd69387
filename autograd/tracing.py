"""What transforms of functions share: nests of Tensors, their own leaves, and what of their results stays tracked.

A transform gives its function fresh leaves, of the class `Own`, and differentiates by these. Nobody else can: so a
result that depends on no other leaf is a constant to the world outside, and is handed out as one. What depends on a
leaf of the user's stays tracked. Inside another transform everything stays tracked until the outermost one ends.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from . import engine
from .modes import state
from .ops.shape import reshape
from .records import Leaf, Record
from .tensors.core import Core, array_of, new_leaf, wrap
from .tensors.run import apply

# ------------------------------------------------------------------------------------------------ nests of Tensors


def leaves_of(tree: Any) -> list[Any]:
    """The Tensors of a nest of tuples, lists and dicts, in order."""
    if not isinstance(tree, (tuple, list, dict)):
        return [tree]
    found: list[Any] = []
    _collect((tree,), found)
    return found


def _collect(parts: Any, found: list[Any]) -> None:
    for part in parts:
        if isinstance(part, Core):
            found.append(part)
        elif isinstance(part, dict):
            _collect(part.values(), found)
        elif isinstance(part, (tuple, list)):
            _collect(part, found)
        else:
            found.append(part)


def rebuild(tree: Any, leaves: Sequence[Any]) -> Any:
    """A nest of the shape of `tree` with other leaves."""
    return _rebuild(tree, iter(leaves)) if isinstance(tree, (tuple, list, dict)) else leaves[0]


def _rebuild(tree: Any, leaves: Iterator[Any]) -> Any:
    if isinstance(tree, dict):
        return {
            key: next(leaves) if isinstance(value, Core) else _rebuild(value, leaves) for key, value in tree.items()
        }
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return type(tree)(*[_rebuild(item, leaves) for item in tree])
    if isinstance(tree, (tuple, list)):
        return type(tree)([_rebuild(item, leaves) for item in tree])
    return next(leaves)


# --------------------------------------------------------------------------------------------------------- tracing


class Own(Leaf):
    """A leaf that a transform made for itself."""

    __slots__ = ()


_ARGUMENT = "is the argument of a function that is being differentiated"


def _traced(x: Any) -> Any:
    """`x` as a variable of its own: gradients with respect to it end here, and go on to `x` from outside."""
    if state.interpreter is not None and state.interpreter.transforms:
        return state.interpreter.variable(x, _traced)
    if _tracked(x) and state.tape is not None:
        variable = apply(reshape, x, shape=x._array.shape)
        variable._fixed = _ARGUMENT
        return variable
    out = wrap(array_of(x))
    new_leaf(out)
    out._node = Own(out, out._array.shape, out._array.dtype)
    return out


def trace(tree: Any) -> Any:
    """A nest with a variable in place of each leaf."""
    return rebuild(tree, [_traced(x) for x in leaves_of(tree)])


class _Level(threading.local):
    """How many transforms of this thread are under way inside each other."""

    depth = 0


_level = _Level()


def nested() -> bool:
    """Is a transform under way in this thread?"""
    return _level.depth > 0


class Recording:
    """A `with` block in which a transform runs its function: recorded, whatever the mode outside.

    inputs    the variables to differentiate by; those that were tracked before belong to the world outside
    outside   after `look`: can anybody differentiate the results further?
    """

    def __init__(self, inputs: list[Any]) -> None:
        self.inputs = inputs
        self.outside = False
        self.own: set[Any] = set()  # nodes of which `look` has found that they depend on nobody's leaves but ours

    def __enter__(self) -> Recording:
        self.depth, self.before = _level.depth, state.tape
        _level.depth += 1
        state.tape = state.home
        return self

    def __exit__(self, *error: object) -> None:
        _level.depth, state.tape = self.depth, self.before

    def look(self, results: Any) -> bool:
        """Find out `outside` from a nest of results."""
        if self.before is not None:
            nodes = [z._node for z in leaves_of(results) if isinstance(z, Core) and z._node is not None]
            given = any(isinstance(x._node, Record) for x in self.inputs if isinstance(x, Core))
            self.outside = _level.depth > 1 or given or any(_foreign(node, set(), self.own) for node in nodes)
        return self.outside

    def released(self, tree: Any) -> Any:
        """A nest of results in which what nobody outside can differentiate is constant. Called after the block."""
        if self.before is not None and _level.depth:
            return tree
        if not any(isinstance(x, Core) and x._node is not None for x in leaves_of(tree)):
            return tree
        given = {x._node for x in self.inputs if isinstance(x, Core) and isinstance(x._node, Record)}
        known = set() if given else self.own
        return rebuild(tree, [self._released(x, given, known) for x in leaves_of(tree)])

    def _released(self, x: Any, given: set[Any], known: set[Any]) -> Any:
        if not isinstance(x, Core) or x._node is None:
            return x
        return x if self.before is not None and _foreign(x._node, given, known) else wrap(x._array)


def _foreign(node: Any, given: set[Any], known: set[Any]) -> bool:
    """Does a node depend on a leaf of the user's, or on one of the nodes `given`?

    `known` are nodes that do not; those that turn out not to are added.
    """
    if node in known:
        return False
    stack, seen = [node], {node}
    while stack:
        node = stack.pop()
        if node in given or (isinstance(node, Leaf) and not isinstance(node, Own)):
            return True
        if isinstance(node, Record):
            fresh = [parent for parent in node.parents if parent not in seen and parent not in known]
            seen.update(fresh)
            stack.extend(fresh)
    known.update(seen)
    return False


def _tracked(x: Any) -> bool:
    return isinstance(x, Core) and x._node is not None


def reaches(outputs: Any, node: Any) -> bool:
    """Does one of a nest of results depend on a node?"""
    stack = [z._node for z in leaves_of(outputs) if _tracked(z)]
    seen = set(stack)
    while stack:
        found = stack.pop()
        if found is node:
            return True
        if isinstance(found, Record):
            fresh = [parent for parent in found.parents if parent not in seen]
            seen.update(fresh)
            stack.extend(fresh)
    return False


def leaves_behind(z: Any) -> list[Any]:
    """The Tensors that require grad, and are results of nothing, on which a Tensor depends."""
    stack, seen, found = [z._node], {z._node}, []
    while stack:
        node = stack.pop()
        if isinstance(node, Leaf):
            found.append(node.tensor())
        elif isinstance(node, Record):
            fresh = [parent for parent in node.parents if parent not in seen]
            seen.update(fresh)
            stack.extend(fresh)
    return [x for x in found if x is not None]


def leaves_no_records(function: Callable[..., Any]) -> Callable[..., Any]:
    """Let the outermost transform take off the tape what its results do not need."""

    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        tape = state.home
        before = len(tape.records)
        result = function(*args, **kwargs)
        if not _level.depth and len(tape.records) > before and not any(map(_tracked, leaves_of(result))):
            tape.tidy()
        return result

    return run


def pull(outputs: list[Any], seeds: list[Any], inputs: list[Any], graph: bool, retain: bool | None = None) -> list[Any]:
    """Cotangents of the inputs; zeros where nothing depends on them."""
    pairs = [(z, seed) for z, seed in zip(outputs, seeds, strict=True) if isinstance(z, Core) and z._node is not None]
    if not pairs:
        return [wrap(np.zeros_like(x._array)) for x in inputs]
    return list(
        engine.grad(
            [z for z, _ in pairs],
            inputs,
            [seed for _, seed in pairs],
            retain_graph=retain,
            create_graph=graph,
            materialize_grads=True,
        )
    )
