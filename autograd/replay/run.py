"""One call of a compiled function: operations are compared with those of earlier calls, and computed together.

Python runs as always. As long as the operations that it calls are those of a run seen before, they compute nothing and
hand out promises. When the function ends, or somebody wants a value, all that is still referred to is computed at
once (`settle`). At the first operation that is new, what was promised is computed, the operation runs as it would
without a compiler, and is remembered.

So nothing can be replayed that Python would have done differently: it did do it.
"""

from __future__ import annotations

import contextlib
import copy
import itertools
import sys
import threading
import weakref
from collections.abc import Iterator
from sys import getrefcount
from typing import Any, NamedTuple

import numpy as np

from ..errors import GraphError
from ..lines import outer, place
from ..modes import state
from ..op import registry
from ..ops.index import viewed
from ..records import Record
from ..tensors.core import get_default_dtype, new
from ..tensors.promotion import Scalar
from ..tensors.run import apply, apply_keeping
from .descending import descended
from .learned import NOTHING, Kept, Step, arrays_of, facts_of, plain
from .matching import Matching
from .memory import THE_END, Memory
from .promise import Coming, Promise, keep, promise
from .rewriting import rewritten, stand_out
from .walking import walked
from .world import World, loud

_SOLVING = (
    "inv",
    "solve",
    "det",
    "cofactor",
    "inv_or_nan",
    "slogdet",
    "cholesky",
    "eigh",
    "svd",
    "svdvals",
    "qr",
    "pinv",
)
STOPS = frozenset({*_SOLVING, "with_values", "segment_sum", "others"})
"""Operations that may raise where values do not fit, which must happen at their own line."""

INDEXED = frozenset({"getitem", "put", "repeat", "max_unpool", "put_winners", "add_to", "set_at", "take_along"})
INDEXED |= {"add_along", "embedding", "scatter_extreme"}
"""Those that may, or whose shape hangs on values, where an index is an array."""


_AS_IT_IS: Any = contextlib.nullcontext()
_NO_SETTINGS: dict[str, Any] = {}

ONLY_THE_LIST = next(map(getrefcount, [object()]))
"""References to an object that only the list has, as `map` counts them."""


class Planned(NamedTuple):
    """What `extend.record_of` says of a promise: operation and line, as of a record."""

    op: str
    line: str


def _numbered(kept: Any, slots: Iterator[int]) -> Any:
    """What an operation keeps, with slots in the place of arrays."""
    if isinstance(kept, tuple):
        return tuple([_numbered(part, slots) for part in kept])
    return Kept(next(slots)) if type(kept) is np.ndarray else kept


class Run(Matching):
    """What interprets the operations of a thread while a compiled function runs. `memory` is that of all its calls."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self.lock = threading.RLock()  # other threads may want values, too
        self.world = World()
        self.loud = loud()
        self.home = state.home
        self.abandoned = False
        self.standing: list[Any] = []  # Tensors that became promises of their new values
        self.begin()

    def begin(self) -> None:
        """Nothing is promised, nothing is known: a new path from the root."""
        self.mode = state.tape
        self.bare = self.loud or state.home.watch is not None  # does everything run at once?
        self.learning = False  # are operations new from here on?
        self.looked: dict[int, Any] = {}  # slot -> what was promised, and is computed already
        self.at: Step = self.memory.root(self.mode is not None, get_default_dtype())
        self.next: Step = NOTHING if self.bare else self.at.follow or NOTHING  # what probably comes
        self.alive: list[Any] = []  # weak references to the Tensors in `known`
        self.nothing_given()

    # ------------------------------------------------------------------------------------------- what is asked of it

    def unary(self, op: Any, x: Any) -> Any:
        """A promise, if this operation on `x` is what probably comes; None: ask `call`."""
        step = self.next
        if step.op is not op or step.settings or self.mode is not state.tape or self.world.changed():
            return None
        want = step.inputs[0]
        if self.promises[want] is x if want.__class__ is int else self._matches(want, x):
            return self.promised(step)
        return None

    def binary(self, op: Any, x: Any, y: Any) -> Any:
        """The same for two operands. A Python number stands for a constant of the other one's dtype."""
        step = self.next
        if step.op is not op or self.mode is not state.tape or self.world.changed():
            return None
        before, (a, b) = len(self.given), step.inputs
        if (self.promises[a] is x if a.__class__ is int else self._matches(a, x)) and (
            self.promises[b] is y if b.__class__ is int else self._matches(b, y)
        ):
            return self.promised(step)
        self._give_back(before)
        return None

    def expected(self, op: Any, inputs: tuple[Any, ...]) -> Any:
        """The same for any number of inputs."""
        step = self.next
        if step.op is not op or step.settings or self.mode is not state.tape or self.world.changed():
            return None
        return self.promised(step) if self._fits(step, inputs, _NO_SETTINGS) else None

    def call(self, op: Any, inputs: tuple[Any, ...], settings: dict[str, Any], keeping: bool) -> Any:
        """An operation is called: see `Interpreter`."""
        if self.mode is not state.tape:
            self.settle("recording is switched on or off")
        if self.bare or op.name in STOPS or self.world.changed():
            return self.alone(op, inputs, settings, keeping)
        if self.learning:
            return self._learn(op, inputs, settings, keeping)
        expected = self.next
        if expected.op is op and self._fits(expected, inputs, settings, keeping):
            return self.promised(expected)
        for step in self.at.then.get(op, ()):
            if step is not expected and self._fits(step, inputs, settings, keeping):
                return self.promised(step)
        return self._learn(op, inputs, settings, keeping)

    def rewritten(self, op: Any, tensor: Any, inputs: tuple[Any, ...], settings: dict[str, Any]) -> bool:
        """See `rewriting`."""
        return rewritten(self, op, tensor, inputs, settings)

    def walked(self, outputs: list[Any], inputs: list[Any], seeds: Any) -> list[Any] | None:
        """See `walking`."""
        return walked(self, outputs, inputs, seeds)

    def descended(self, loss: Any) -> bool:
        """See `descending`."""
        return descended(self, loss)

    def record_of(self, x: Any) -> Any:
        """What is known of the operation that computed a Tensor: see `extend.record_of`."""
        if type(x) is not Promise:
            return x._node if type(x._node) is Record else None
        step = self.at
        while step.first > x._slot:
            step = step.before
        return Planned(step.op.name, place(step.code, step.lasti)) if x._facts.tracked else None

    def end(self) -> None:
        """The function has ended: compute what it promised and somebody has."""
        self._compute(THE_END)

    def abandon(self) -> None:
        """The function was interrupted: what it promised will never be."""
        self.promises = []
        self.abandoned = True
        for tensor in self.standing:
            stand_out(tensor)

    def settle(self, why: str, always: bool = False) -> None:
        """Compute what was promised and is still referred to, and start anew.

        always   this will be so at every call: what is computed together then is too little to pay
        """
        if always:
            self.memory.give_up(why, outer(sys._getframe(1)))
        with self.lock:
            self._compute(why)
            self.begin()

    def value(self, waiting: Any, why: str) -> None:
        """Somebody wants the value of a promise. What hangs on no tracked value is computed alone, all else with it."""
        with self.lock:
            if type(waiting) is not Promise:  # another thread was here
                return
            if self.abandoned:
                raise GraphError("the compiled function that was to compute this value was interrupted: call it again")
            group = self.memory.in_one_memory(self.at, waiting._slot)
            slots = tuple([slot for slot in group if type(self.promises[slot]) is Promise])
            variant = self.memory.constant(self.at, slots, tuple(self.looked))
            if variant is None:
                self.settle(why)
                return
            promises = [self.promises[slot] for slot in slots]
            self.computed(variant, promises)
            self.looked.update(zip(slots, promises, strict=True))

    def wrote(self, operation: str, tensors: Any) -> None:
        """Somebody has written to Tensors: nothing may wait that was given one of them."""
        if self.promises and any(id(x) in self.places for x in tensors):
            raise RuntimeError(f"{operation} has written to a Tensor that a promise waits for: call `settle` before")

    # ----------------------------------------------------------------------------------------------------- promising

    def promised(self, step: Step) -> Any:
        """Promises for the results of a step that was seen before."""
        self.at = step
        self.next = step.follow or NOTHING
        if step.before.follow is not step:
            step.before.follow = step
        if step.single and step.kept is None:
            out = new(Promise)
            out._run = self
            out._facts = step.facts[0]
            out._slot = step.first
            self.promises.append(out)
            return out
        outs = [promise(self, step.first + k, facts) for k, facts in enumerate(step.facts)]
        self.promises.extend(outs)
        result = outs[0] if step.single else tuple(outs[: step.results])
        return result if step.kept is None else (result, self._coming(step.kept))

    def _coming(self, kept: Any) -> Any:
        """What an operation keeps, before it is computed."""
        if type(kept) is Kept:
            return Coming(self.promises[kept.slot])
        return tuple([self._coming(part) for part in kept]) if isinstance(kept, tuple) else kept

    # ------------------------------------------------------------------------------------------------------ learning

    def _learn(self, op: Any, inputs: tuple[Any, ...], settings: dict[str, Any], keeping: bool) -> Any:
        """An operation that is new here: run it, and remember it."""
        for slot, z in zip(*self._compute("a new operation"), strict=True):
            self.remember(z, slot)
        step = self._noted(op, inputs, settings)
        if step is None:
            return self.alone(op, inputs, settings, keeping)
        try:
            found = self._run(op, inputs, settings, keeping)
        except BaseException:
            self.begin()  # the path ends here: what comes may be known, but not what it hangs on
            raise
        result, kept = found if keeping else (found, ())
        results = (result,) if op.outputs == 1 else tuple(result)
        step.single, step.results = op.outputs == 1, len(results)
        step.facts = (*map(facts_of, results), *map(facts_of, arrays_of(kept)))
        step.first = self.at.first + len(self.at.facts)
        if keeping:
            step.kept = _numbered(kept, itertools.count(step.first + len(results)))
        self.at.then.setdefault(op, []).append(step)
        self.at.follow = step
        self.next = NOTHING
        self.memory.steps += 1
        self.at, self.learning = step, True
        for k, z in enumerate((*results, *arrays_of(kept))):
            self.remember(z, step.first + k)
        return found

    def remember(self, z: Any, slot: int) -> None:
        """A value that was computed is known by its number as long as it lives."""
        key, known = id(z), self.known
        known[key] = slot
        self.alive.append(weakref.ref(z, lambda _: known.pop(key, None)))

    def _noted(self, op: Any, inputs: tuple[Any, ...], settings: dict[str, Any]) -> Step | None:
        """A step for this call, or None if it cannot be remembered."""
        known: Any = registry.get(op.name)
        if self.memory.full or (known is not op and op is not viewed):  # those of users do what they like, any time
            return None
        if len(self.at.then.get(op, ())) >= self.memory.width:
            return None  # it is never the same, and to look for it would take longer and longer
        step = Step(op, self.at)
        step.inputs = tuple([self._want(x) for x in inputs])
        if None in step.inputs:
            return None
        for name, value in settings.items():
            if type(value) is np.ndarray and op.name not in INDEXED:
                want = step.arrays[name] = self._want(value)
                if want is None:
                    return None
            elif plain(value):
                step.settings[name] = copy.deepcopy(value)  # there may be a list in it, which somebody changes
            else:
                return None
        frame = outer(sys._getframe(1))
        step.code, step.lasti = frame.f_code, frame.f_lasti
        return step

    # ----------------------------------------------------------------------------------------------------- computing

    def alone(self, op: Any, inputs: tuple[Any, ...], settings: dict[str, Any], keeping: bool) -> Any:
        """Run an operation as it runs without a compiler, after all that came before it."""
        inputs = tuple([x.array() if type(x) is Coming else x for x in inputs])
        settings = {name: x.array() if type(x) is Coming else x for name, x in settings.items()}
        if not self.bare:
            self.settle(f"{op.name} runs on its own")
        return self._run(op, inputs, settings, keeping)

    def _run(self, op: Any, inputs: tuple[Any, ...], settings: dict[str, Any], keeping: bool) -> Any:
        state.interpreter = None
        inputs = tuple([x.array if type(x) is Scalar else x for x in inputs])
        try:
            return apply_keeping(op, *inputs, **settings) if keeping else apply(op, *inputs, **settings)
        finally:
            state.interpreter = self

    def _compute(self, why: str) -> tuple[tuple[int, ...], list[Any]]:
        """Compute what was promised and is still referred to: the slots, and what were promises."""
        promises = self.promises
        if not promises:
            return (), []
        live = self.live()
        self.memory.note(self.at, why, len(promises))
        waiting = [promises[slot] for slot in live]
        if live:
            self.computed(self.memory.variant(self.at, live, tuple(self.looked)), waiting)
        self.promises = []
        return live, waiting

    def live(self) -> tuple[int, ...]:
        """The slots of promises that somebody refers to."""
        promises = self.promises
        return tuple(
            [
                slot
                for slot, count in enumerate(map(getrefcount, promises))
                if count > ONLY_THE_LIST and type(promises[slot]) is Promise
            ]
        )

    def computed(self, variant: Any, waiting: list[Any]) -> bool:
        """Let promises have the values that `variant` computes. False if it computes none."""
        interpreter, state.interpreter = state.interpreter, None
        mode, state.tape = state.tape, self.mode
        home, state.home = state.home, self.home  # who wants a value may be another thread
        try:
            with self.world.again() if self.world.changed() else _AS_IT_IS:
                values = variant(self._as_given(), list(self.looked.values()))
                if values is not None:
                    keep(waiting, values)
                return values is not None
        finally:
            state.interpreter, state.tape, state.home = interpreter, mode, home
