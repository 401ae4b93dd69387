"""A span: one stretch of time with a name, inside of another one."""

from __future__ import annotations

from collections.abc import Iterator
from time import perf_counter_ns as clock
from typing import Any

from ..lines import place

OPERATION, BACKWARD, MODULE, WALK, CALL, LABEL, BLOCK = (
    "operation",
    "backward",
    "module",
    "walk",
    "call",
    "label",
    "block",
)
"""Kinds of spans: an operation; its way back; the call of a layer; a walk along the tape; another call that has a name,
such as a step of an optimiser; what a user has named; all."""


class Span:
    """A stretch of time.

    name        of the operation, the layer, the call
    kind        one of the constants of this file
    start, end  of `time.perf_counter_ns`
    parent      the span around it; None for the one around all
    inside      nanoseconds that belong to spans within it, and to the profiler
    module      the span of the innermost layer that it runs in; itself, if it is one
    path        of a layer: its name in the model, "features.0"
    forward     of a way back: the span of the operation, if that was seen
    held        bytes that the operation keeps for its way back, beyond what others keep already
    flops       additions and multiplications, where these are counted
    shapes      of what it was given; dtype of the first
    """

    __slots__ = (
        "code",
        "dtype",
        "end",
        "flops",
        "forward",
        "held",
        "inside",
        "kind",
        "lasti",
        "module",
        "name",
        "parent",
        "path",
        "shapes",
        "start",
    )
    end: int

    def __init__(self, name: str, kind: str, parent: Span | None) -> None:
        self.name = name
        self.kind = kind
        self.parent = parent
        self.inside = 0
        self.module: Span | None = self if kind == MODULE else None if parent is None else parent.module
        self.path = ""
        self.forward: Span | None = None
        self.held = 0
        self.flops = 0
        self.shapes: tuple[Any, ...] = ()
        self.dtype: Any = None
        self.code: Any = None
        self.lasti = 0
        self.start = clock()

    @property
    def ns(self) -> int:
        """How long it took."""
        return self.end - self.start

    @property
    def own_ns(self) -> int:
        """How long without what ran inside of it."""
        return self.end - self.start - self.inside

    @property
    def line(self) -> str:
        """The line of the program that it ran on; "" where that was not written down."""
        if self.code is None:
            return self.forward.line if self.forward is not None else ""
        return place(self.code, self.lasti)

    @property
    def key(self) -> str:
        """The name that it is counted under."""
        return f"{self.name} (backward)" if self.kind == BACKWARD else self.name

    def outward(self) -> Iterator[Span]:
        """Itself, and the spans around it, to the outermost."""
        span: Span | None = self
        while span is not None:
            yield span
            span = span.parent

    @property
    def layers(self) -> list[Span]:
        """The calls of layers that it belongs to, innermost first; a way back belongs where the operation ran."""
        source = self if self.forward is None else self.forward
        return [span for span in source.outward() if span.kind == MODULE]

    # -- PyTorch's names for the same

    @property
    def cpu_time_total(self) -> float:
        """Microseconds."""
        return self.ns / 1000

    @property
    def self_cpu_time_total(self) -> float:
        """Microseconds without what ran inside of it."""
        return self.own_ns / 1000

    @property
    def cpu_parent(self) -> Span | None:
        """The span around it."""
        return self.parent

    @property
    def input_shapes(self) -> list[list[int]]:
        """As lists."""
        return [list(shape) for shape in self.shapes]

    def __repr__(self) -> str:
        return f"<{self.kind} {self.key}: {self.ns / 1e6:.3f} ms>"
