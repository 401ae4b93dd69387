"""Gradients of parameters as soon as they are complete, while the walk back goes on.

`backward` adds to `.grad` when the walk has ended. Somebody who sends gradients to other processes wants each one
earlier: when the walk has passed the first of the operations that used the parameter, nothing more can come to it.
`Arrivals` says for which parameters that is to be so. `early` looks through what a walk will come to, before it begins,
and delivers on the way. Without Arrivals nothing of this is done.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable
from typing import Any

from .modes import state
from .records import Cotangents, Leaf, Record
from .tensors.hooks import Handle


class Arrivals:
    """Parameters whose gradients are wanted early.

    arrived   arrived(index): `.grad` of that parameter has just been written; the walk goes on afterwards
    ended     called when a `backward` that has come to at least one of them is done
    """

    def __init__(self, parameters: Iterable[Any], arrived: Callable[[int], Any], ended: Callable[[], Any]) -> None:
        self.parameters = list(parameters)
        self.arrived = arrived
        self.ended = ended
        self.touched = False
        self._handles: list[tuple[Any, Handle] | None] = [None] * len(self.parameters)
        key = id(self)
        watched[key] = weakref.ref(self, lambda _: watched.pop(key, None))

    def refresh(self) -> None:
        """Look which parameters require a gradient by now: one that was frozen may be no longer."""
        for index, parameter in enumerate(self.parameters):
            node, held = parameter._node, self._handles[index]
            if held is not None and held[0] is node:
                continue
            if held is not None:
                held[1].remove()
                self._handles[index] = None
            if type(node) is Leaf:
                if node.after is None:
                    node.after = {}
                self._handles[index] = node, Handle(node.after, _Hook(self, index))

    def close(self) -> None:
        """Want no more of them."""
        watched.pop(id(self), None)
        for held in self._handles:
            if held is not None:
                held[1].remove()


class _Hook:
    """What hangs on a leaf: it knows its Arrivals while there are any."""

    def __init__(self, arrivals: Arrivals, index: int) -> None:
        self.arrivals, self.index = weakref.ref(arrivals), index

    def __call__(self, tensor: Any) -> None:
        arrivals = self.arrivals()
        if arrivals is not None:
            arrivals.touched = True
            arrivals.arrived(self.index)


watched: dict[int, weakref.ref[Arrivals]] = {}
"""All that there are. Asked by every `backward`, so it is a dictionary, and mostly an empty one."""


def _alive() -> list[Arrivals]:
    return [arrivals for found in list(watched.values()) if (arrivals := found()) is not None]


def early(step: Callable[..., Any], cotangents: Cotangents, deliver: Callable[[Any, Cotangents], None]) -> Any:
    """A step of a walk from the seeds in `cotangents` that delivers what is complete.

    deliver   deliver(leaf, cotangents) takes what has come to a leaf out of the dictionary
    """
    due = _due(set(cotangents))
    waits = state.home.waits
    own = None if waits is None else waits()

    def stepped(dz: Any, record: Record, cotangents: Cotangents, owned: set[Any]) -> bool | None:
        used: bool | None = step(dz, record, cotangents, owned if own is None else own)
        for leaf in due.get(record, ()):
            if own is not None and own.waiting:
                own.settle(cotangents, leaf)
            if leaf in cotangents:
                deliver(leaf, cotangents)
        return used

    def rest(cotangents: Cotangents) -> None:
        if own is not None and own.waiting:
            own.settle(cotangents)

    stepped.rest = rest  # type: ignore[attr-defined]
    return stepped


def _due(reached: set[Any]) -> dict[Record, list[Leaf]]:
    """Record -> the leaves to which nothing can come once a walk from these nodes has passed it."""
    wanted = {held[0] for arrivals in _alive() for held in arrivals._handles if held is not None}
    last: dict[Leaf, Record] = {}
    for record in reversed(state.home.records):
        if record not in reached or type(record) is not Record:
            continue
        if record.plan.opaque:  # a checkpoint: to each of them something may come here
            last.update(dict.fromkeys(wanted, record))
        for node in record.parents:
            reached.add(node)
            if type(node) is Leaf and node in wanted:
                last[node] = record
    due: dict[Record, list[Leaf]] = {}
    for leaf, record in last.items():
        due.setdefault(record, []).append(leaf)
    return due


def walk_ended() -> None:
    """Tell those to whose parameters something has come, once no walk is under way any more."""
    if state.home.replaying:
        return
    for arrivals in _alive():
        if arrivals.touched:
            arrivals.touched = False
            arrivals.ended()
