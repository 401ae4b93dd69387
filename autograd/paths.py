"""A walk back to some inputs only: `autograd.grad`, and `backward(inputs=...)`.

It goes through the records that lie between outputs and inputs and through no others, so that nothing else is computed,
or consumed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from .modes import state
from .records import CONSUMED, Cotangents, Record, unreachable


class Path(NamedTuple):
    """Where a walk goes.

    needed   identities of the records that lie between the roots and the targets, and of the targets
    ways     record -> does it lead to a target, and to which of its inputs the walk goes on: None for all
    """

    needed: set[int]
    ways: dict[Record, tuple[bool, set[int] | None]]


def path(roots: list[Any], targets: set[Any]) -> Path | None:
    """The way from the roots to the targets. None: all that lies behind the roots leads to targets, which are leaves.

    Raises GraphError if part of it was consumed by an earlier backward.
    """
    reached = set(roots)
    order = []
    misses, patience = 0, 8
    for record in reversed(state.home.records):
        if record in reached:
            order.append(record)
            nodes = record.inputs
            if nodes.__class__ is tuple:
                reached.update(nodes)
            elif nodes is not None:
                reached.add(nodes)
            continue
        misses += 1
        if misses == patience:  # the rest of the tape may be other people's
            if not any(type(node) is Record for node in reached.difference(order)):
                break
            patience *= 2
    inner = any(type(node) is Record for node in targets)
    if not inner and reached.difference(order) <= targets and not any(record.plan.opaque for record in order):
        return None
    for node in reached:
        if type(node) is Record and node.saved is CONSUMED and leads_to(node, targets):
            raise unreachable(node)
    needed = set(map(id, targets))
    found = Path(needed, {})
    for record in reversed(order):
        nodes = record.inputs
        if nodes.__class__ is tuple:
            hits = sum([id(node) in needed for node in nodes])
            on, whole = hits > 0, hits == len(nodes)
        else:
            on = whole = nodes is not None and id(nodes) in needed
        if on or record.plan.opaque:
            needed.add(id(record))
            found.ways[record] = on, None if whole or record.plan.opaque else needed
    return found


def leads_to(consumed: Record, targets: set[Any]) -> bool:
    """Does one of the targets lie behind a consumed record, not counting itself?"""
    seen: set[Any] = {consumed}
    stack: list[Any] = [consumed]
    while stack:
        node = stack.pop()
        if node is not consumed and node in targets:
            return True
        if type(node) is Record:
            if node.inputs is None:  # behind a mark, nobody knows
                return consumed not in targets or node is not consumed
            fresh = [parent for parent in node.parents if parent not in seen]
            seen.update(fresh)
            stack.extend(fresh)
    return False


def taken_before_hooks(nodes: set[Any]) -> Cotangents:
    """A dictionary in which a walk leaves what comes to those of `nodes` that have hooks, before they run."""
    raw: Cotangents = {}
    for node in nodes:
        hooks = state.home.hooks.get(id(node))
        if hooks:
            hooks.insert(0, _Take(raw, node, hooks))
    return raw


class _Take:
    """The first hook of a record, for one walk."""

    def __init__(self, raw: Cotangents, node: Any, hooks: list[Any]) -> None:
        self.raw, self.node, self.hooks = raw, node, hooks

    def __call__(self, g: Any) -> Any:
        self.hooks.remove(self)
        self.raw[self.node] = g
        return g


def restricted(
    push: Callable[..., None], path: Path, capture: set[Any], captured: Cotangents, raw: Cotangents
) -> Callable[..., bool]:
    """A step that goes only where a target lies, and keeps the cotangents of targets that are no leaves.

    PyTorch returns the gradient of a value before its hooks have changed it if the walk goes on from there, and after
    them if it ends there: so do we. `raw` has it from before.
    """
    way_of = path.ways.get

    def step(dz: Any, record: Record, cotangents: Cotangents, owned: set[Any]) -> bool:
        way = way_of(record)
        if record in capture:
            captured[record] = raw.get(record, dz) if way is not None and way[0] else dz
        if way is None:
            return False
        push(dz, record, cotangents, owned, way[1])
        return way[0]  # an opaque record that may have had nothing to do with it is not consumed

    step.passes = path.ways.__contains__  # type: ignore[attr-defined]
    return step
