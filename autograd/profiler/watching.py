"""`Watcher`: the interpreter that runs every operation as it is, and writes down when it began and ended.

Two more things are seen while it lasts. A walk back hands it its step, as it does to `detect_anomaly`: one step is the
way back through one operation. And methods of layers above, which `modes.timed` lists, are exchanged for ones
that open a span around themselves; without a profiler they are as they were, so it costs nothing.
"""

from __future__ import annotations

import functools
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

import numpy as np

from ..generated import ask
from ..interpreter import Interpreter
from ..lines import outer
from ..modes import Timed, state, timed
from ..plan import COMPONENT
from ..records import Cotangents, Record
from ..tensors.core import Core
from ..tensors.promotion import Scalar
from ..tensors.run import apply, apply_keeping
from .counting import Held, flops, owners
from .spans import BACKWARD, BLOCK, CALL, LABEL, MODULE, OPERATION, WALK, Span, clock


class Watcher(Interpreter):
    """Runs operations, and writes down spans.

    memory   are bytes that wait for backward counted?
    shapes   are shapes of inputs written down?  lines: is it, where in the program?  counts: are products counted?
    """

    watches = True

    def __init__(self, memory: bool = True, shapes: bool = False, lines: bool = False, counts: bool = False) -> None:
        ask()
        self.shapes, self.lines, self.counts = shapes, lines, counts
        self.held = Held() if memory else None
        self.heights: list[tuple[int, int]] = []  # when how many bytes were held
        self.made: dict[int, tuple[Span, Any, Any]] = {}  # id of a record -> its span; plan and code, to be sure
        self.paths: dict[int, str] = {}  # id of a layer -> its name in the model
        self.models: list[Any] = []  # whose layers these are
        self.profiler_ns = 0
        self.block = self.top = Span("all", BLOCK, None)
        self.spans = [self.block]

    # -- spans

    def begin(self, name: str, kind: str) -> Span:
        """Open a span within the one that is open."""
        span = self.top = Span(name, kind, self.top)
        self.spans.append(span)
        return span

    def end(self, span: Span, note: Callable[[], Any] | None = None) -> None:
        """Close a span, and what is still open within it. What `note` takes is the profiler's own time."""
        now = clock()
        while self.top is not span and self.top.parent is not None:
            self._close(self.top, now)
        self._close(span, now)
        if note is not None:
            note()
            own = clock() - now
            self.profiler_ns += own
            self.top.inside += own

    def _close(self, span: Span, now: int) -> None:
        span.end = now
        if span.parent is not None:
            span.parent.inside += now - span.start
            self.top = span.parent

    @contextmanager
    def span(self, name: str, kind: str) -> Iterator[Span]:
        """A block that is one span."""
        span = self.begin(name, kind)
        try:
            yield span
        finally:
            self.end(span)

    # -- operations

    def call(self, op: Any, inputs: tuple[Any, ...], settings: dict[str, Any], keeping: bool) -> Any:
        """An operation is called: see `Interpreter`."""
        given = [x.array if type(x) is Scalar else x for x in inputs]
        span = self.begin(op.name, OPERATION)
        state.interpreter = None
        found: Any = None
        try:
            found = apply_keeping(op, *given, **settings) if keeping else apply(op, *given, **settings)
        finally:
            state.interpreter = self
            self.end(span, functools.partial(self._note, span, found[0] if keeping and found else found, given))
        return found

    def _note(self, span: Span, found: Any, given: Any = ()) -> None:
        """Write down what is known when an operation has run."""
        results: list[Any] = [
            z for z in (found if isinstance(found, (tuple, list)) else (found,)) if isinstance(z, Core)
        ]
        for z in results:
            record = z._node
            if type(record) is Record and record.plan is COMPONENT:
                self.made[id(record)] = span, record.plan, record.code
                record = record.inputs
            known = self.made.get(id(record))
            if type(record) is not Record or (known is not None and known[0] is span):
                continue
            self.made[id(record)] = span, record.plan, record.code
            if self.held is not None:
                span.held += self.held.keep(record)
                self.heights.append((span.end, self.held.total))
        arrays: list[Any] = [x for x in given if isinstance(x, (Core, np.ndarray))]
        if self.shapes or self.counts:
            shapes = tuple([tuple(x.shape) for x in arrays])
            span.dtype = arrays[0].dtype if arrays else None
            span.shapes = shapes if self.shapes else ()
            if self.counts and results:
                span.flops = flops(span.name, shapes, tuple(results[0].shape))
        if self.lines:
            frame = outer(sys._getframe(1))
            span.code, span.lasti = frame.f_code, frame.f_lasti

    # -- walks back

    def walked_by(self, step: Any, replay: Any, plain: bool, retain: bool) -> tuple[Any, Any]:
        """What a walk back is to use instead of its step and of `Tape.replay`.

        plain    the walk would have gone straight through the plans of the records
        retain   the records are not consumed
        """
        waits = state.home.waits if plain and not state.home.hooks and not state.home.foreign else None
        own = None if waits is None else waits()

        def stepped(dz: Any, record: Record, cotangents: Cotangents, owned: set[Any]) -> bool | None:
            span = self.begin(record.op, BACKWARD)
            known = self.made.get(id(record))
            if known is not None and known[1] is record.plan and known[2] is record.code:
                span.forward = known[0]
            let_go = None if self.held is None or retain else functools.partial(self._let_go, owners(record))
            used: bool | None = False
            try:
                used = (step or record.plan.step)(dz, record, cotangents, owned if own is None else own)
            finally:
                self.end(span, let_go)
                if used is False and self.spans[-1] is span:
                    self.spans.pop()  # nothing was to do there: the time is the walk's
                    self.top.inside -= span.ns
            return used

        def replayed(cotangents: Cotangents, **options: Any) -> None:
            with self.span("walk back", WALK):
                replay(cotangents, **options)
                if own is not None and own.waiting:
                    with self.span("products that waited", BACKWARD):
                        own.settle(cotangents)

        if hasattr(step, "passes"):
            stepped.passes = step.passes  # type: ignore[attr-defined]
        return stepped, replayed

    def _let_go(self, bases: list[Any]) -> None:
        if self.held is not None:
            self.held.let_go(bases)
            self.heights.append((clock(), self.held.total))

    # -- calls that have a name

    def called(self, how: Timed, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """A method of `timed` is called."""
        name, path = how.named(args[0]), ""
        if how.kind == MODULE:
            path = self._path(args[0])
        span = self.begin(f"iter({name})" if how.iterates else name, how.kind)
        span.path = path
        if how.aside:
            state.interpreter = None
        found = None
        try:
            found = function(*args, **kwargs)
        finally:
            state.interpreter = self
            self.end(span, functools.partial(self._note, span, found) if how.aside else None)
        return self._each(found, f"next({name})") if how.iterates else found

    def called_by_name(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """A method that acts is called, such as a step of an optimiser: see `extend.acts`."""
        with self.span(f"{type(args[0]).__name__}.{function.__name__}" if args else function.__name__, CALL):
            return function(*args, **kwargs)

    def _path(self, module: Any) -> str:
        if id(module) not in self.paths:
            self.models.append(module)  # an id is its own as long as it lives
            for name, layer in module.named_modules():
                self.paths[id(layer)] = name
        return self.paths[id(module)]

    def _each(self, iterator: Any, name: str) -> Iterator[Any]:
        end = object()
        while True:
            if state.interpreter is self:
                with self.span(name, CALL):
                    item = next(iterator, end)
            else:
                item = next(iterator, end)
            if item is end:
                return
            yield item


class record_function:  # noqa: N801 - PyTorch's spelling
    """A block, or a function that it decorates, that the profiler shows under a name of your own."""

    def __init__(self, name: str, args: str | None = None) -> None:
        self.name = name
        self.open: list[tuple[Any, Span] | None] = []

    def __enter__(self) -> record_function:
        watcher = state.interpreter
        seen = watcher is not None and watcher.watches
        self.open.append((watcher, watcher.begin(self.name, LABEL)) if seen else None)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        opened = self.open.pop()
        if opened is not None and opened[1] in list(opened[0].top.outward()):
            opened[0].end(opened[1])

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def named(*args: Any, **kwargs: Any) -> Any:
            with record_function(self.name):
                return function(*args, **kwargs)

        return named


# ------------------------------------------------------------------------------------ methods that are exchanged

_looking: list[Any] = []
"""The profilers that look now."""

_lock = threading.RLock()


def exchange(watcher: Any, looks: bool) -> None:
    """A profiler begins to look, or ends. While there are any, the methods of `timed` look for theirs.

    What Ctrl-C has interrupted may be asked for again.
    """
    with _lock:
        _looking[:] = [each for each in _looking if each is not watcher] + [watcher] * looks
        timed.added = _exchanged if _looking else None
        for how in timed:
            function = vars(how.owner)[how.method]
            if _looking:
                _exchanged(how)
            elif hasattr(function, "looks"):
                setattr(how.owner, how.method, function.__wrapped__)


def _exchanged(how: Timed) -> None:
    function = vars(how.owner)[how.method]
    if hasattr(function, "looks"):
        return

    @functools.wraps(function)
    def seen(*args: Any, **kwargs: Any) -> Any:
        watcher = state.interpreter
        if watcher is None or not watcher.watches:
            return function(*args, **kwargs)
        return watcher.called(how, function, args, kwargs)

    seen.looks = True  # type: ignore[attr-defined]
    setattr(how.owner, how.method, seen)
