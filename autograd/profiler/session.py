"""`profile`: the block that is looked at."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any

from ..errors import GraphError
from ..modes import state
from .averages import Averages, Rows, averages, layers, operations
from .spans import BLOCK, LABEL, MODULE, Span
from .steps import ProfilerAction, ProfilerActivity, always
from .watching import Watcher, exchange

_RECORDS = (ProfilerAction.RECORD, ProfilerAction.RECORD_AND_SAVE)


class profile:  # noqa: N801 - PyTorch's spelling
    """Look at what runs in a `with` block of this thread, or between `start()` and `stop()`.

    enabled          False: do nothing
    activities       of `ProfilerActivity`; only CPU is ever seen
    schedule         step -> what to do, see `schedule`; `step()` is then called after each step of a training
    on_trace_ready   called with this object when a round of the schedule is complete, or the block ends
    record_shapes    write down the shapes of inputs: `key_averages(group_by_input_shape=True)`
    profile_memory   count what operations keep for backward
    with_stack       write down the line of each operation: `key_averages(group_by_stack_n=1)`
    with_flops       count additions and multiplications of products and convolutions
    with_modules     show layers by name
    acc_events       taken: what a block has seen stays until the next round
    use_cpu, use_cuda, use_device   PyTorch's older words for `activities`

    >>> import autograd
    >>> x = autograd.ones(64, 64, requires_grad=True)
    >>> with profile(record_shapes=True) as prof:
    ...     (x @ x).sum().backward()
    >>> [row.key for row in prof.key_averages()][:2]
    ['matmul', 'sum']
    """

    def __init__(
        self,
        enabled: bool = True,
        *,
        activities: Iterable[ProfilerActivity] | None = None,
        schedule: Callable[[int], ProfilerAction] | None = None,
        on_trace_ready: Callable[[profile], Any] | None = None,
        record_shapes: bool = False,
        profile_memory: bool = True,
        with_stack: bool = False,
        with_flops: bool = False,
        with_modules: bool = True,
        acc_events: bool = False,
        use_cpu: bool = True,
        use_cuda: bool = False,
        use_device: str | None = None,
    ) -> None:
        others = [each.name for each in activities or () if each is not ProfilerActivity.CPU]
        if others or use_cuda or use_device not in (None, "cpu"):
            named = ", ".join(others) or use_device or "CUDA"
            warnings.warn(f"profile: there is no {named} here; the CPU alone is profiled", UserWarning, stacklevel=2)
        self.enabled = enabled
        self.schedule = schedule or always
        self.scheduled = schedule is not None
        self.on_trace_ready = on_trace_ready
        self.options = {"memory": profile_memory, "shapes": record_shapes, "lines": with_stack, "counts": with_flops}
        self.with_modules = with_modules
        self.step_num = 0
        self.action = ProfilerAction.NONE
        self.watcher: Watcher | None = None
        self._running: Watcher | None = None
        self._step: Span | None = None

    # -- beginning and ending

    def __enter__(self) -> profile:
        try:
            self.start()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.stop()
        except KeyboardInterrupt:
            self._end()
            raise

    def start(self) -> None:
        """Begin to look."""
        if self.enabled:
            self.action = self.schedule(self.step_num)
            if self.action is not ProfilerAction.NONE:
                self._begin()

    def stop(self) -> None:
        """Look no more."""
        recorded = self.action in _RECORDS
        self.action = ProfilerAction.NONE
        if self._end() and recorded and self.on_trace_ready is not None:
            self.on_trace_ready(self)

    def step(self) -> None:
        """A step of the training is done."""
        if not self.enabled:
            return
        before, self.step_num = self.action, self.step_num + 1
        self.action = self.schedule(self.step_num)
        fresh = before is ProfilerAction.RECORD_AND_SAVE or (
            before is not self.action and (before not in _RECORDS or self.action not in _RECORDS)
        )
        if not fresh:
            if self._running is not None:
                self._next_step(self._running)
            return
        self._end()
        if before is ProfilerAction.RECORD_AND_SAVE and self.on_trace_ready is not None:
            self.on_trace_ready(self)
        if self.action is not ProfilerAction.NONE:
            self._begin()

    def _begin(self) -> None:
        if state.interpreter is not None:
            what = "another profile" if state.interpreter.watches else "a compiled, mapped or captured function"
            raise GraphError(f"profile: it cannot begin inside of {what}: begin around that")
        watcher = self.watcher = self._running = Watcher(**self.options)
        exchange(watcher, True)
        if self.scheduled:
            self._next_step(watcher)
        state.interpreter = watcher
        watcher.block.start = watcher.spans[-1].start if self.scheduled else watcher.block.start

    def _next_step(self, watcher: Watcher) -> None:
        if self._step is not None:
            watcher.end(self._step)
        self._step = watcher.begin(f"ProfilerStep#{self.step_num}", LABEL)

    def _end(self) -> bool:
        """Look no more; False if nobody did. It is complete when it has run to its end, the second time if need be."""
        watcher = self._running
        if watcher is None:
            return False
        watcher.end(watcher.block)
        if state.interpreter is watcher:
            state.interpreter = None
        watcher.models.clear()
        exchange(watcher, False)
        self._running = self._step = None
        return True

    # -- what was seen

    def _seen(self) -> Watcher:
        if self.watcher is None:
            raise GraphError("profile: nothing was recorded yet; run something in its `with` block first")
        if self.watcher is self._running:
            raise GraphError("profile: it is still running; ask when its `with` block has ended, or in on_trace_ready")
        return self.watcher

    @property
    def spans(self) -> list[Span]:
        """All stretches of time, in the order in which they began; the first is the whole block."""
        return [*self._seen().spans, _ours(self._seen())]

    @property
    def total_ns(self) -> int:
        """Nanoseconds that the block took."""
        return self._seen().block.ns

    @property
    def most_held(self) -> int:
        """The most bytes that waited for backward at one time."""
        held = self._seen().held
        return 0 if held is None else held.most

    def events(self) -> list[Span]:
        """All stretches of time but the whole block; layers where `with_modules` asks for them."""
        return [span for span in self._seen().spans[1:] if self.with_modules or span.kind != MODULE]

    def key_averages(
        self, group_by_input_shape: bool = False, group_by_stack_n: int = 0, group_by_overload_name: bool = False
    ) -> Averages:
        """Rows by name, whose own times add up to the time that passed: `.table(sort_by="self_cpu_time_total")`.

        group_by_input_shape     a row for each combination of shapes, too
        group_by_stack_n         not 0: a row for each line of the program, too
        group_by_overload_name   taken: operations have one name
        """
        seen = self._seen()
        return averages(seen.spans, seen.profiler_ns, group_by_input_shape, bool(group_by_stack_n))

    def total_average(self) -> Any:
        """All rows of `key_averages` as one."""
        rows = self.key_averages()
        whole = type(rows[0])("Total")
        for row in rows:
            whole.count += row.count
            whole.self_cpu_time_total += row.self_cpu_time_total
            whole.cpu_memory_usage += row.cpu_memory_usage
            whole.flops += row.flops
        whole.cpu_time_total = whole.self_cpu_time_total
        return whole

    def operations(self) -> Rows:
        """A row for each operation: forward, backward, what was held. All times add up to the time that passed."""
        return operations(self._seen().spans, self._seen().profiler_ns)

    def modules(self) -> Rows:
        """A row for each layer by its name in the model, with all that is inside of it."""
        return layers(self._seen().spans)

    def table(self, **options: Any) -> str:
        """`key_averages().table(...)`."""
        return self.key_averages().table(**options)

    def export_chrome_trace(self, path: str | os.PathLike[str]) -> None:
        """Write what chrome://tracing and ui.perfetto.dev show; compressed if the name ends in ".gz"."""
        from .trace import write_trace

        write_trace(self._seen(), path)

    def export_stacks(self, path: str | os.PathLike[str], metric: str = "self_cpu_time_total") -> None:
        """Write a line for each stack of spans, `all;ResNet;conv 1200` with microseconds, as flame graph tools read."""
        from .trace import write_stacks

        write_stacks(self._seen(), path, metric)

    def flame(self, path: str | os.PathLike[str] | None = None) -> str:
        """The flame chart as SVG: into a file "step.svg" or "step.html", too, if one is given."""
        from .flame import chart, page

        drawing = chart(self._seen())
        if path is not None:
            html = os.fspath(path).endswith((".html", ".htm"))
            with open(path, "w", encoding="utf-8") as file:
                file.write(page(self, drawing) if html else drawing)
        return drawing

    def _repr_html_(self) -> str:
        """For notebooks: the flame chart, and the tables below."""
        from .flame import display

        return display(self, self.flame()) if self.watcher is not None and self._running is None else repr(self)

    def __str__(self) -> str:
        if self.watcher is None or self._running is not None:
            return repr(self)
        parts = [str(self.operations())]
        if modules := self.modules():
            parts.append(str(modules))
        return "\n\n".join(parts)

    def __repr__(self) -> str:
        if self.watcher is None or self._running is not None:
            return f"<profile: {'nothing recorded yet' if self.watcher is None else 'running'}>"
        return f"<profile: {len(self.watcher.spans) - 1} spans, {self.total_ns / 1e6:.3f} ms>"


def _ours(watcher: Watcher) -> Span:
    """What the profiler itself has taken, as a span of no place in particular."""
    span = Span("the profiler itself", BLOCK, None)
    span.end = span.start + watcher.profiler_ns
    return span
