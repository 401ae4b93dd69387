"""Files: Chrome's trace format ("Trace Event Format", Google), and stacks as flame graph tools read them."""

from __future__ import annotations

import gzip
import json
import os
import socket
import time
from collections.abc import Callable
from typing import Any

from .spans import BACKWARD, Span
from .watching import Watcher


def write_trace(watcher: Watcher, path: str | os.PathLike[str]) -> None:
    """A complete event ("X") for each span, an arrow from each operation to its way back, and a curve of bytes held."""
    pid, tid, zero = os.getpid(), 1, watcher.block.start
    common = {"pid": pid, "tid": tid}
    events: list[dict[str, Any]] = [
        {"ph": "M", "name": "process_name", "pid": pid, "args": {"name": "Wengert"}},
        {"ph": "M", "name": "thread_name", **common, "args": {"name": "Python"}},
    ]
    for number, span in enumerate(watcher.spans):
        start, length = (span.start - zero) / 1000, span.ns / 1000
        args = {key: value for key, value in _facts(span).items() if value}
        events.append(
            {"ph": "X", "cat": span.kind, "name": span.key, **common, "ts": start, "dur": length, "args": args}
        )
        if span.kind == BACKWARD and span.forward is not None:
            way = {"cat": "fwdbwd", "name": "fwdbwd", "id": number, **common}
            begun = (span.forward.start - zero) / 1000
            events += [{"ph": "s", **way, "ts": begun}, {"ph": "f", "bp": "e", **way, "ts": start}]
    for at, nbytes in watcher.heights:
        events.append(
            {"ph": "C", "name": "held for backward", "pid": pid, "ts": (at - zero) / 1000, "args": {"bytes": nbytes}}
        )
    whole = {"displayTimeUnit": "ms", "traceEvents": events}
    packed = os.fspath(path).endswith(".gz")
    with gzip.open(path, "wt", encoding="utf-8") if packed else open(path, "w", encoding="utf-8") as file:
        json.dump(whole, file)


def _facts(span: Span) -> dict[str, Any]:
    return {
        "Input Dims": [list(shape) for shape in span.shapes],
        "dtype": "" if span.dtype is None else str(span.dtype),
        "layer": ".".join(filter(None, [span.layers[0].path])) if span.layers else "",
        "held": span.held,
        "flops": span.flops,
        "line": span.line,
    }


def write_stacks(watcher: Watcher, path: str | os.PathLike[str], metric: str) -> None:
    """A line for each different way from the outermost span to one, and the microseconds that are its own."""
    if metric not in ("self_cpu_time_total", "self_cpu_time"):
        raise ValueError(f"export_stacks: wanted metric 'self_cpu_time_total', got {metric!r}")
    stacks: dict[str, int] = {}
    for span in watcher.spans:
        way = ";".join(reversed([outer.key.replace(";", ",") for outer in span.outward()]))
        stacks[way] = stacks.get(way, 0) + span.own_ns
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(f"{way} {own // 1000}\n" for way, own in stacks.items() if own >= 1000)


def tensorboard_trace_handler(
    dir_name: str, worker_name: str | None = None, use_gzip: bool = False
) -> Callable[[Any], None]:
    """For `on_trace_ready`: write each round's trace into a folder, under the names that TensorBoard looks for."""

    def handler(prof: Any) -> None:
        os.makedirs(dir_name, exist_ok=True)
        worker = worker_name or f"{socket.gethostname()}_{os.getpid()}"
        end = ".pt.trace.json" + (".gz" if use_gzip else "")
        prof.export_chrome_trace(os.path.join(dir_name, f"{worker}.{time.time_ns()}{end}"))

    return handler
