"""The tape with an eye on the clock, and on memory. It does what `tapes.Tape` says, which is what one reads first.

What is different, and why:

the plain walk    no hooks, no graph of the gradient, nothing kept, nothing overwritten: a loop without questions
waiting products  gradients of weights that a loop over time steps gives row by row: see `waiting`
patience          a walk that has passed many records of other people's looks whether anything is left to do
places            operations of a walk that is recorded itself ran where it was started, which is looked up once
gaps              consumed records are taken off the part of the list that was walked over, not off all of it
sweeps            come when about 4 MiB were recorded since the last one: rarely where arrays are small
lasting records   which no Tensor refers to any more leave the tape at once, not with the next sweep
taking            a gradient that nobody else refers to becomes `.grad` as it is, without a copy
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from sys import getrefcount
from types import SimpleNamespace
from typing import Any

import numpy as np

from ..lines import outer, walks
from ..records import CONSUMED, Cotangents, Mark, Record, note_where
from ..tapes import SWEEP_FIRST, UNREFERENCED, Step, Tape, copied
from ..writes import Mutation
from .waiting import Owned

_SWEEP_BYTES = 4 << 20  # a sweep is due when about this many bytes were recorded since the last one
_FEWEST, _SMALL = 16, 512  # records between sweeps: at the least; at the least where arrays are small

_PATIENCE = 8  # records that are not ours, after which a walk first looks whether anything is left to do


class FastTape(Tape):
    """See the top of this file."""

    waits = Owned

    def __init__(self) -> None:
        super().__init__()
        self.interval = SWEEP_FIRST  # records between two sweeps
        self.gaps = sys.maxsize  # where the first gap is that a walk inside another one has left
        self.ours = False  # did the latest walk consume every record that it came to?
        self.left = 0  # records that the latest walk left on the tape, at its beginning

    # -- sweeping

    def sweep(self) -> None:
        records = self.records
        self.left = 0
        if self.replaying:
            self.limit = -1 if self.watch is not None else 2 * len(records)
            return
        per_record = self._bytes_per_record()
        self._drop_unreferenced()
        live = len(records)
        self.interval = max(_FEWEST, live // 4, min(_SWEEP_BYTES // max(per_record, 1), max(_SMALL, 2 * live)))
        self.expect()

    def tidy(self) -> None:
        if self.replaying:
            self.sweep()
            return
        self.left = 0
        self._drop_unreferenced()
        self.expect()

    def _drop_unreferenced(self) -> None:
        records = self.records
        if self.hooks:
            self.forget_stale_hooks()
        for index in range(len(records) - 1, -1, -1):
            if getrefcount(records[index]) <= UNREFERENCED and type(records[index]) is not Mutation:
                if self.hooks:
                    self.hooks.pop(id(records[index]), None)
                records[index] = None
        self.pack()

    def _bytes_per_record(self) -> int:
        """What a record keeps, on the average of some of the latest."""
        latest = self.records[-self.interval :]
        some = [record for record in latest[:: len(latest) // 4 + 1] if type(record) is Record]
        return sum(record.nbytes for record in some) // max(len(some), 1)

    def expect(self) -> None:
        self.limit = -1 if self.watch is not None else len(self.records) + self.interval

    def _expect_no_later(self) -> None:
        """After records have left: the next sweep comes earlier, but is never put off by a backward pass.

        Else what each step of a training leaves behind (a branch that no loss depends on) would pile up for ever.
        """
        self.limit = min(self.limit, len(self.records) + self.interval)

    def pack(self, start: int = 0) -> None:
        start = min(start, self.gaps)
        self.gaps = sys.maxsize
        super().pack(start)

    def clear(self) -> None:
        self.interval, self.left = SWEEP_FIRST, 0
        super().clear()

    # -- the walk back

    def position(self, seeds: Cotangents) -> int:
        records = self.records
        if self.left and not self.replaying and not self.hooks:
            self._drop_left()
        if len(seeds) == 1 and records and records[-1] in seeds and records[-1].saved is not CONSUMED:
            return len(records) - 1
        return super().position(seeds)

    def _drop_left(self) -> None:
        """Drop what an earlier walk had to leave, because a Tensor that is gone by now referred to it: a loss."""
        records = self.records
        for index in range(min(self.left, len(records)) - 1, -1, -1):
            if getrefcount(records[index]) <= UNREFERENCED and type(records[index]) is not Mutation:
                records[index] = None
        self.left = 0
        self.pack()

    def replay(
        self,
        cotangents: Cotangents,
        *,
        retain: bool = False,
        until: Mark | None = None,
        step: Step | None = None,
    ) -> None:
        if step is not None or retain or until is not None or self.hooks:
            super().replay(cotangents, retain=retain, until=until, step=step)
            return
        records, top = self.records, self.position(cotangents)
        if (self.foreign or top + 1 != len(records)) and self.written_after(top):
            super().replay(cotangents)
            return
        low = 0
        lasting: list[Record] = []
        self.replaying += 1
        try:
            low = self._plain_walk(top, cotangents, lasting)
        except Exception as error:
            note_where(error)
            raise
        finally:
            self.replaying -= 1
            if lasting:
                self.consume_lasting(lasting, low, top)
                self.ours = self.ours and not lasting
            if self.ours and len(records) == top + 1 and not self.replaying:
                self.ours = False
                del records[low:]
                if len(records) + self.interval < self.limit:
                    self._expect_no_later()
            else:
                self.drop_consumed(low, top)

    def _plain_walk(self, top: int, cotangents: Cotangents, lasting: list[Record]) -> int:
        """`walk` where nothing is asked."""
        records, pop, owned = self.records, cotangents.pop, Owned()
        index, misses, patience = top + 1, 0, _PATIENCE
        for index in range(top, -1, -1):
            record = records[index]
            dz = pop(record, None)
            if dz is not None:
                plan = record.plan
                step = plan.step
                step(dz, record, cotangents, owned)
                if plan.lasting:
                    node = record.inputs
                    if node.__class__ is not Record or node.plan.lasting:
                        lasting.append(record)
                        continue
                record.saved = CONSUMED  # if it lasts: what it was computed from is consumed next
                continue
            misses += 1
            if type(record) is Mutation:  # from here on with care
                index = self.walk(index, cotangents, False, None, None, lasting, owned)
                break
            if misses == patience:
                if _arrived(cotangents):
                    break
                patience += misses
        if owned.waiting:
            owned.settle(cotangents)
        self.ours = not misses
        return index

    def walk(
        self,
        top: int,
        cotangents: Cotangents,
        retain: bool,
        until: Mark | None,
        step: Step | None,
        lasting: list[Record],
        owned: set[Any] | None = None,
    ) -> int:
        if step is None:
            return super().walk(top, cotangents, retain, until, step, lasting, owned)
        walks.started.append(outer(sys._getframe(1)))
        try:
            return super().walk(top, cotangents, retain, until, step, lasting, owned)
        finally:
            walks.started.pop()

    def downwards(self, top: int, cotangents: Cotangents) -> Iterable[int]:
        return _downwards(top, cotangents)

    def consume_lasting(self, lasting: list[Record], low: int, top: int) -> None:
        """Consume the replayed records that kept no arrays, but for those that another walk may come to.

        These are the ones that lead to leaves, or to records not replayed yet, through nothing that was consumed, and
        that a Tensor refers to, or another such record. `lasting` is emptied down to them; it comes in walking order.
        """
        leading = self._leading(lasting)
        lasting.clear()
        if not leading:
            return
        users = dict.fromkeys(leading, 0)
        for user in self.records[low : top + 1]:
            if user.__class__ is Record and user.saved is CONSUMED:
                _count_inputs(user, users)
        while leading:
            if getrefcount(leading[-1]) - users[leading[-1]] > UNREFERENCED + 2:  # two more: `leading` and `users`
                lasting.append(leading.pop())
                continue
            record = leading.pop()
            if self.hooks:
                self.keep_hooks(record)
            record.saved = CONSUMED
            _count_inputs(record, users)

    def _leading(self, lasting: list[Record]) -> list[Record]:
        """Those behind which nothing was consumed, first ones first; the others are consumed."""
        leading = []
        for record in reversed(lasting):
            nodes = record.inputs
            for node in nodes if type(nodes) is tuple else (nodes,):
                if type(node) is Record and node.saved is CONSUMED:
                    if self.hooks:
                        self.keep_hooks(record)
                    record.saved = CONSUMED
                    break
            else:
                leading.append(record)
        return leading

    def take(self, found: Cotangents, node: Any) -> Any:
        """The array itself, where its reference counts say that nobody else has it; else a copy."""
        g = found.pop(node)
        if type(g) is np.ndarray and g.flags.carray and getrefcount(g) <= _ALONE:
            if g.base is None:
                return g
            whole = g.base  # of a reshaped array: itself if nobody else refers to it, either
            own = type(whole) is np.ndarray and whole.flags.owndata and whole.nbytes == g.nbytes
            if own and getrefcount(whole) <= _ALONE + 1:  # one more: g
                return g
        return copied(g) if isinstance(g, (np.ndarray, np.generic)) else g

    def kept(self, array: np.ndarray[Any, Any]) -> bool:
        """Has anybody but the gradient's Tensor this array? Of a view nobody can tell: its views refer to its owner."""
        return array.base is not None or getrefcount(array) > _HELD_ONCE

    def drop_consumed(self, low: int, top: int) -> None:
        records, self.ours = self.records, False
        records[low : top + 1] = [
            None if type(record) is Record and record.saved is CONSUMED else record for record in records[low : top + 1]
        ]
        if not self.replaying:  # an outer walk counts positions: it will close the gaps when it is done
            self.pack(low)
            self.left = len(records) if len(records) <= _FEWEST else 0
            self._expect_no_later()
        else:
            self.gaps = min(self.gaps, low)


def _count_inputs(record: Record, users: dict[Any, int]) -> None:
    """Note of those in `users` that the record was computed from them."""
    nodes = record.inputs
    if nodes.__class__ is not tuple:
        nodes = (nodes,)
    for node in nodes:
        if node in users:
            users[node] += 1


def _count_when_held(tape: Any, array: Any) -> int:
    return getrefcount(array)


_holder = SimpleNamespace(array=np.zeros(1))
_HELD_ONCE = _count_when_held(None, _holder.array)
"""What `getrefcount` says in `FastTape.kept` of an array that one object has."""


def _count_when_alone(found: Cotangents, node: Any) -> int:
    g = found.pop(node)
    return getrefcount(g)


_ALONE = _count_when_alone({None: np.zeros(1)}, None)
"""What `getrefcount` says in `FastTape.take` of an array that only the dictionary held: it differs between Pythons."""


def _downwards(top: int, cotangents: Cotangents) -> Iterator[int]:
    """Positions from `top` on, for as long as anything is left to do."""
    patience = _PATIENCE
    for passed, index in enumerate(range(top, -1, -1)):
        if passed == patience:
            if _arrived(cotangents):
                return
            patience += passed
        yield index


def _arrived(cotangents: Cotangents) -> bool:
    """Is no record left that a walk would have to come to?"""
    return not any(type(node) is Record and not node.consumed for node in cotangents)
