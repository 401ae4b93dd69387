"""Spans by name: PyTorch's table, and operations and layers with forward beside backward."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from .spans import BACKWARD, BLOCK, LABEL, MODULE, OPERATION, WALK, Span

BETWEEN, OURS = "Python between operations", "the profiler itself"


@dataclass
class Average:
    """All spans of one name. Times are microseconds, as in PyTorch.

    cpu_time_total        with what ran inside of them, where that is no span of the same name
    self_cpu_time_total   without
    cpu_memory_usage      bytes that were kept for backward
    """

    key: str
    count: int = 0
    cpu_time_total: float = 0.0
    self_cpu_time_total: float = 0.0
    cpu_memory_usage: int = 0
    flops: int = 0
    input_shapes: tuple[Any, ...] = ()
    stack: str = ""

    @property
    def cpu_time(self) -> float:
        """Of one call, on the average."""
        return self.cpu_time_total / self.count if self.count else 0.0

    @property
    def self_cpu_memory_usage(self) -> int:
        """The same."""
        return self.cpu_memory_usage

    def add(self, span: Span) -> None:
        """Count a span."""
        self.count += 1
        self.self_cpu_time_total += span.own_ns / 1000
        self.cpu_memory_usage += span.held
        self.flops += span.flops
        if all(outer.key != span.key for outer in span.outward() if outer is not span):
            self.cpu_time_total += span.ns / 1000


class Averages(list[Average]):
    """What `key_averages` returns: rows whose own times add up to the time that passed."""

    def table(
        self,
        sort_by: str | None = None,
        row_limit: int = 100,
        max_src_column_width: int = 75,
        max_name_column_width: int = 55,
        max_shapes_column_width: int = 80,
        header: str | None = None,
        top_level_events_only: bool = False,
    ) -> str:
        """The rows as text, columns as in PyTorch.

        sort_by     cpu_time, cpu_time_total, self_cpu_time_total, cpu_memory_usage, self_cpu_memory_usage, flops, count
        row_limit   so many rows at most; -1: all
        header      a line above
        """
        if top_level_events_only:
            raise ValueError("table: top_level_events_only is for events; these rows are averages of several")
        rows: list[Average] = list(self)
        if sort_by is not None:
            if sort_by not in _SORTS:
                raise ValueError(f"table: wanted sort_by to be one of {', '.join(_SORTS)}, got {sort_by!r}")
            rows.sort(key=lambda row: getattr(row, sort_by), reverse=True)
        whole = sum(row.self_cpu_time_total for row in self) or 1.0
        head = ["Name", "Self CPU %", "Self CPU", "CPU total %", "CPU total", "CPU time avg", "Held", "# of Calls"]
        more: list[tuple[str, Callable[[Average], str]]] = [
            ("Total MFLOPs", lambda row: f"{row.flops / 1e6:.3f}" if row.flops else "--"),
            ("Input Shapes", lambda row: str([list(shape) for shape in row.input_shapes])[:max_shapes_column_width]),
            ("Source Location", lambda row: row.stack[-max_src_column_width:]),
        ]
        asked = (any(row.flops for row in self), any(row.input_shapes for row in self), any(row.stack for row in self))
        more = [column for column, wanted in zip(more, asked, strict=True) if wanted]
        cells = [
            [
                row.key[:max_name_column_width],
                f"{row.self_cpu_time_total / whole:.2%}",
                duration(row.self_cpu_time_total),
                f"{row.cpu_time_total / whole:.2%}",
                duration(row.cpu_time_total),
                duration(row.cpu_time),
                size(row.cpu_memory_usage),
                str(row.count),
                *[text(row) for _, text in more],
            ]
            for row in rows[: row_limit if row_limit >= 0 else None]
        ]
        text = aligned([*head, *[name for name, _ in more]], cells)
        total = f"Self CPU time total: {duration(whole)}"
        return "\n".join([*([header] if header else []), text, total])

    def __str__(self) -> str:
        return self.table()


_SORTS = (
    "cpu_time",
    "cpu_time_total",
    "self_cpu_time_total",
    "cpu_memory_usage",
    "self_cpu_memory_usage",
    "flops",
    "count",
)


def averages(spans: Iterable[Span], profiler_ns: int, by_shape: bool = False, by_line: bool = False) -> Averages:
    """Rows for all spans. Python's own time in layers, and outside of everything, is one row."""
    rows: dict[Any, Average] = {}
    between = Average(BETWEEN)
    for span in spans:
        if span.kind in (MODULE, BLOCK):
            between.self_cpu_time_total += span.own_ns / 1000
            between.cpu_time_total += span.own_ns / 1000
            continue
        key = (span.key, span.shapes if by_shape else (), span.line if by_line else "")
        row = rows.get(key)
        if row is None:
            row = rows[key] = Average(span.key, input_shapes=key[1], stack=key[2])
        row.add(span)
    between.count = 1
    ours = profiler_ns / 1000
    return Averages([*rows.values(), between, Average(OURS, 1, ours, ours)])


# ------------------------------------------------------------------------------------- forward beside backward


@dataclass
class OperationRow:
    """An operation: all calls of it, and the way back through them."""

    name: str
    calls: int = 0
    forward_ms: float = 0.0
    backward_ms: float = 0.0
    held: int = 0


@dataclass
class LayerRow(OperationRow):
    """A layer: its calls, with all that ran inside, and the way back through that. `kind` is its class."""

    kind: str = ""


class Rows(list[Any]):
    """Rows that print as a table."""

    def __init__(self, rows: Iterable[Any], head: str, names: Callable[[Any], list[str]]) -> None:
        super().__init__(rows)
        self.head, self.names = head.split(","), names

    def cells(self) -> list[list[str]]:
        """The table as texts."""
        return [
            [*self.names(row), f"{row.forward_ms:.3f}", f"{row.backward_ms:.3f}", size(row.held), str(row.calls)]
            for row in self
        ]

    def __str__(self) -> str:
        head = [*self.head, "forward ms", "backward ms", "held", "calls"]
        return aligned(head, self.cells(), left=len(self.head))


def operations(spans: Iterable[Span], profiler_ns: int) -> Rows:
    """A row for each operation, the slowest first, then for what is none. All times add up to the time that passed."""
    rows: dict[str, OperationRow] = {}
    rest: dict[str, OperationRow] = {}
    for span in spans:
        own = span.own_ns / 1e6
        if span.kind in (OPERATION, BACKWARD):
            row = rows.setdefault(span.name, OperationRow(span.name))
            row.held += span.held
            if span.kind == OPERATION:
                row.calls, row.forward_ms = row.calls + 1, row.forward_ms + own
            else:
                row.backward_ms += own
            continue
        between = span.kind in (MODULE, BLOCK, LABEL, WALK)
        row = rest.setdefault(name := BETWEEN if between else span.name, OperationRow(name))
        row.calls += 1
        if any(outer.kind == WALK for outer in span.outward()):
            row.backward_ms += own
        else:
            row.forward_ms += own
    rest.setdefault(OURS, OperationRow(OURS)).forward_ms += profiler_ns / 1e6

    def whole(row: OperationRow) -> float:
        return -row.forward_ms - row.backward_ms

    found = [*sorted(rows.values(), key=whole), *sorted(rest.values(), key=whole)]
    return Rows(found, "operation", lambda row: [row.name])


def layers(spans: Iterable[Span]) -> Rows:
    """A row for each layer, in the order in which they were first called: with all layers inside of it."""
    rows: dict[tuple[str, str], LayerRow] = {}
    for span in spans:
        around = span.layers
        if span.kind == MODULE:
            row = rows.setdefault((span.path, span.name), LayerRow(span.path, kind=span.name))
            row.calls += 1
            if all((outer.path, outer.name) != (span.path, span.name) for outer in around[1:]):
                row.forward_ms += span.ns / 1e6
            continue
        if not around or not (span.held or span.kind == BACKWARD):
            continue
        for layer in {(outer.path, outer.name) for outer in around}:
            row = rows.setdefault(layer, LayerRow(layer[0], kind=layer[1]))
            row.held += span.held
            if span.kind == BACKWARD:
                row.backward_ms += span.ns / 1e6
    return Rows(rows.values(), "layer,class", lambda row: [row.name or "(all)", row.kind])


# ---------------------------------------------------------------------------------------------------------- text


def duration(us: float) -> str:
    """Microseconds in the unit that fits: 12.000us, 3.100ms, 2.000s."""
    if us >= 1e6:
        return f"{us / 1e6:.3f}s"
    return f"{us / 1e3:.3f}ms" if us >= 1e3 else f"{us:.3f}us"


def size(nbytes: int) -> str:
    """Bytes in the unit that fits: 12 B, 1.50 KiB."""
    value, unit = float(nbytes), "B"
    for larger in ("KiB", "MiB", "GiB"):
        if abs(value) < 1024:
            break
        value, unit = value / 1024, larger
    return f"{value:.0f} {unit}" if unit == "B" else f"{value:.2f} {unit}"


def aligned(head: list[str], rows: list[list[str]], left: int = 1) -> str:
    """A table of texts between two rules; the first `left` columns stand to the left."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]

    def line(cells: list[str]) -> str:
        placed = [
            cell.ljust(width) if index < left else cell.rjust(width)
            for index, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]
        return "  ".join(placed).rstrip()

    rule = "  ".join("-" * width for width in widths)
    return "\n".join([rule, line(head), rule, *map(line, rows), rule])
