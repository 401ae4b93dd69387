"""The tape: what ran, in the order it ran, and how to walk back over it.

A tape is a list. Every operation on a value that needs a gradient appends one `Record`; execution order is already a
topological order, so backward is one walk from the end, without search or recursion (R. E. Wengert, 1964: "A simple
automatic derivative evaluation program"). `Tape.replay` is that walk: for each record that a cotangent has come to, the
rules of its op (`plan`) say what it passes on to its inputs, and `accumulate` adds that up.

A record that no Tensor and no later record refers to can never be reached by a backward. There is no cycle of
references (see `records`), so `sweep` finds such records by their reference counts.

`fast.tape` is the same with an eye on the clock; tests hold it against this one.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator
from sys import getrefcount
from typing import Any

import numpy as np

from .crowd import crowd
from .errors import GraphError
from .records import CONSUMED, Cotangents, Mark, Record, note_where, unreachable
from .writes import Mutation, Writes, check_unwritten, owner

Step = Callable[[Any, Record, Cotangents, set[Any]], bool | None]
"""Pushes a cotangent through one record: step(dz, record, cotangents, owned). `Plan.step` is one."""


class HookList(list[Callable[[Any], Any]]):
    """The hooks of one record. Once that has been consumed, it is kept alive here, so that its id stays its own."""

    record: Record | None = None

    def stale(self) -> bool:
        """Has everybody else let go of the record?"""
        return self.record is not None and getrefcount(self.record) <= 2  # this list, and the argument


def copied(g: Any) -> Any:
    """A cotangent in memory of its own.

    What stands for an array in a capture copies itself: of the real one that `np.array` asks it for, NumPy 2.0 makes
    another that the capture has not seen.
    """
    return np.array(g, order="C") if isinstance(g, np.generic) else g.copy()


def _count(records: list[Any], index: int) -> int:
    return getrefcount(records[index])


UNREFERENCED = _count([Mark()], 0)
"""What `getrefcount(records[index])` says of an object that only the list holds: it differs between Pythons."""

SWEEP_FIRST = 64
"""Records on a young tape before it is swept for the first time."""


class Tape(Writes):
    """Records in execution order. One per thread: `autograd.tape()` is the current thread's.

    Iterating yields the records; `len` counts them; `print` shows them as numbered straight-line code.
    """

    waits: Any = None
    """What collects products of a walk that wait to be computed together, if this tape has that."""

    def __init__(self) -> None:
        super().__init__()
        self.limit = SWEEP_FIRST  # sweep when there are more records than this
        self.replaying = 0  # depth of backward passes under way; records keep their positions meanwhile
        self.retaining = False  # does the one under way leave what records keep, for another?
        self.watch: Callable[[Record, Any, Any, Any], None] | None = None  # sees each call: see `overflow`
        self.hooks: dict[int, HookList] = {}  # id of a record -> what to do with its cotangent

    # -- recording

    def append(self, record: Record, value: Any, inputs: Any = (), settings: Any = None) -> None:
        """Put a finished record on the tape. `value` is what it computed, from `inputs` with `settings`."""
        self.records.append(record)
        if len(self.records) > self.limit:
            self.overflow(value, inputs, settings)

    def overflow(self, value: Any, inputs: Any = (), settings: Any = None) -> None:
        """The list has outgrown `limit`. Called with what the latest record computed, and from what.

        While somebody watches the tape (`detect_anomaly`, `check_grads`), the limit lies below every length.
        """
        if self.watch is not None:
            self.watch(self.records[-1], value, inputs, settings)
            if len(self.records) % 512:
                return
        self.sweep()

    def observe(self, watch: Callable[[Record, Any, Any, Any], None] | None) -> None:
        """Have `watch` called with each record, what it computed, and from what; None: no longer."""
        self.watch = watch
        self.expect()

    def sweep(self) -> None:
        """Drop every record that no Tensor and no later record refers to, and say when to look again."""
        records = self.records
        if not self.replaying:
            self.forget_stale_hooks()
            for index in range(len(records) - 1, -1, -1):
                if getrefcount(records[index]) <= UNREFERENCED and type(records[index]) is not Mutation:
                    self.hooks.pop(id(records[index]), None)
                    records[index] = None
            self.pack()
        self.expect()

    def tidy(self) -> None:
        """`sweep`, after something that has left few records."""
        self.sweep()

    def expect(self) -> None:
        """Say when the next sweep is due: when there are twice as many records."""
        self.limit = -1 if self.watch is not None else max(SWEEP_FIRST, 2 * len(self.records))

    def pack(self, start: int = 0) -> None:
        """Close the gaps from `start` on; a mutation matters only while a record stands before it."""
        if crowd.several:
            with crowd.lock:  # another thread may want to put a write at the end
                self._pack(start)
        else:
            self._pack(start)

    def _pack(self, start: int) -> None:
        records = self.records
        records[start:] = [record for record in records[start:] if record is not None]
        first = 0
        while first < len(records) and type(records[first]) is Mutation:
            first += 1
        del records[:first]

    def keep_hooks(self, record: Record) -> None:
        """A record that is about to be consumed keeps its hooks: a walk may still end at it."""
        hooks = self.hooks.get(id(record))
        if hooks is not None:
            hooks.record = record

    def forget_stale_hooks(self) -> None:
        """Drop the hooks of consumed records that nobody refers to any more."""
        for key in [key for key, hooks in self.hooks.items() if hooks.stale()]:
            del self.hooks[key]

    # -- the walk back

    def replay(
        self,
        cotangents: Cotangents,
        *,
        retain: bool = False,
        until: Mark | None = None,
        step: Step | None = None,
    ) -> None:
        """Push `cotangents` (node -> seed) back to the leaves, in place.

        On return the dictionary holds what arrived at leaves, at records before `until`, and at records that are not on
        this tape (any more). Unless `retain`, records are consumed as they are replayed: what they kept is let go.
        Those that kept no arrays have nothing to lose and may be replayed again, if all that lies behind them may.
        `step` pushes through one record (default: the record's plan), and returns False if it had nothing to do there,
        which consumes nothing; `until` ends the walk at a mark.
        """
        self.forget_stale_hooks()
        top, low = self.position(cotangents), 0
        lasting: list[Record] = []
        self.replaying += 1
        before, self.retaining = self.retaining, retain
        try:
            low = self.walk(top, cotangents, retain, until, step, lasting)
        except Exception as error:
            note_where(error)
            raise
        finally:
            self.replaying -= 1
            self.retaining = before
            self.consume_lasting(lasting, low, top)
            if until is not None:
                self._forget_what_lies_behind(low, top)
            if not retain:
                self.drop_consumed(low, top)

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
        """From position `top` down to a mark, or to the end of the way; returns how far it came.

        lasting   collects the replayed records that kept no arrays: `consume_lasting` decides about them
        owned     nodes whose cotangent belongs to the dictionary alone, and may be added to in place
        """
        written = self.written_after(top)
        owned = set() if owned is None else owned
        passes = getattr(step, "passes", None)  # a walk to some inputs: which records does it go through?
        index = top + 1
        for index in self.downwards(top, cotangents):
            record = self.records[index]
            if until is not None and record is until:
                break
            if type(record) is Mutation:
                for memory, write in record.writes.items():
                    written.setdefault(memory, write)
            dz = cotangents.pop(record, None)
            if dz is None:
                continue
            if written and (passes is None or passes(record)):
                check_unwritten(record, written)
            if self.hooks:
                for hook in list(self.hooks.get(id(record), ())):
                    dz = hook(dz)
            used = (step or record.plan.step)(dz, record, cotangents, owned)
            if used is False or retain:
                continue
            if record.plan.lasting:
                lasting.append(record)
            else:
                self.consume(record)
        return index

    def downwards(self, top: int, cotangents: Cotangents) -> Iterable[int]:
        """The positions that a walk from `top` comes to."""
        return range(top, -1, -1)

    def consume(self, record: Record) -> None:
        """Let go what a record kept."""
        self.keep_hooks(record)
        record.saved = CONSUMED

    def consume_lasting(self, lasting: list[Record], low: int, top: int) -> None:
        """Consume those of the replayed records that kept no arrays behind which something else was consumed."""
        for record in reversed(lasting):  # which comes in walking order: what lies behind a record is decided first
            if any(type(node) is Record and node.consumed for node in record.parents):
                self.consume(record)

    def _forget_what_lies_behind(self, low: int, top: int) -> None:
        """Cut consumed records off from what they were computed from: a long chain of states would keep it all."""
        for record in self.records[low : top + 1]:
            if type(record) is Record and record.consumed:
                record.inputs = None

    def take(self, found: Cotangents, node: Any) -> Any:
        """Take a cotangent out of what a walk found, as a writable array that nobody else has; a Tensor as it is."""
        g = found.pop(node)
        return copied(g) if isinstance(g, (np.ndarray, np.generic)) else g

    def kept(self, array: np.ndarray[Any, Any]) -> bool:
        """May a record have kept the array of a gradient?"""
        return True

    def position(self, seeds: Cotangents) -> int:
        """Index of the last record that has a seed; -1 if none has."""
        records = self.records
        wanted = [node for node in seeds if type(node) is Record]
        for node in wanted:
            if node.consumed:
                raise unreachable(node)
        if not wanted:
            return -1
        for index in range(len(records) - 1, -1, -1):
            if records[index] in wanted:
                return index
        raise unreachable(wanted[0])

    def drop_consumed(self, low: int, top: int) -> None:
        """Take the consumed records between two positions off the list."""
        if not self.replaying:  # an outer walk counts positions, and comes here when it is done
            count = len(self.records)
            self.records[:count] = [None if type(r) is Record and r.consumed else r for r in self.records[:count]]
            self.pack()
            self.limit = min(self.limit, max(SWEEP_FIRST, 2 * len(self.records)))  # never put off by a backward

    # -- marks

    def mark(self) -> Mark:
        """Remember this place, for `rewind(mark)` and `loss.backward(until=mark)`."""
        mark = Mark()
        self.records.append(mark)
        return mark

    def since(self, mark: Mark) -> list[Any]:
        """What was recorded since `mark`, which is taken off the tape again.

        This, and no number, is how to remember a place across a call that may record: a sweep moves positions.
        """
        index = self._find(mark)
        later = self.records[index + 1 :]
        del self.records[index]
        return later

    def rewind(self, mark: Mark) -> None:
        """Forget everything recorded since `mark`. Values computed since then stay, but have no gradient."""
        if self.replaying:
            raise GraphError("rewind: a backward is walking over this tape; rewind when it is done")
        index = self._find(mark)
        self._forget(self.records[index + 1 :])
        del self.records[index + 1 :]

    def clear(self) -> None:
        """Forget everything. Raises GraphError while a backward is walking over the tape."""
        if self.replaying:
            raise GraphError("clear: a backward is walking over this tape; clear it when that is done")
        self._forget(self.records)
        self.records.clear()
        self.hooks.clear()
        self.foreign.clear()
        self.expect()

    def _find(self, mark: Mark) -> int:
        for index in range(len(self.records) - 1, -1, -1):
            if self.records[index] is mark:
                return index
        raise GraphError("this mark is not on the current thread's tape (already rewound past, or foreign)")

    def _forget(self, records: list[Any]) -> None:
        for record in records:
            self.hooks.pop(id(record), None)
            if type(record) is Record:
                record.saved = CONSUMED
                record.inputs = None

    # -- looking

    def __iter__(self) -> Iterator[Record]:
        return iter([record for record in self.records if type(record) is Record])

    def __len__(self) -> int:
        return sum(type(record) is Record for record in self.records)

    def __bool__(self) -> bool:
        return True

    def memory(self) -> dict[str, int]:
        """Bytes that the tape keeps alive, per operation name, largest first; memory shared by records counts once."""
        seen: set[int] = set()
        held: dict[str, int] = {}
        for record in self:
            for array in record.arrays():
                base = owner(array)
                if id(base) not in seen:
                    seen.add(id(base))
                    held[record.op] = held.get(record.op, 0) + int(getattr(base, "nbytes", array.nbytes))
        return dict(sorted(held.items(), key=lambda item: -item[1]))

    def explore(self) -> Any:
        """The records as a page that one steps through, forward and back, with what they have kept."""
        return importlib.import_module("autograd.explorer.exploring").explore_tape(self)  # which stands far above

    def __str__(self) -> str:
        from .listing import listing  # presentation only: keeps it out of the import and of the hot file

        return listing(self)

    def _repr_html_(self) -> str:
        from .listing import as_html

        return as_html(f"{self!r}; .explore() steps through it\n{self}")

    def plot(self, path: Any = None) -> Any:
        """Draw it: into a file such as "tape.svg" or "tape.png", or on a figure of matplotlib's, which is returned."""
        from .drawing import plot_tape  # presentation only

        return plot_tape(self, path)

    def __repr__(self) -> str:
        return f"<Tape: {len(self)} records, {sum(self.memory().values()):,} bytes>"
