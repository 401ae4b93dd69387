"""A flame chart: time goes to the right, what runs inside of a span stands below it, and width is time."""

from __future__ import annotations

import html
from typing import Any

from ..displays.pieces import boxed, folded, listed, title
from .averages import duration, size
from .spans import BACKWARD, BLOCK, CALL, LABEL, MODULE, OPERATION, WALK, Span
from .watching import Watcher

WIDTH, ROW = 1200.0, 18
NARROWEST = 0.4
"""Spans that would be narrower (in pixels) are not drawn: what they stand in shows them as empty room."""

_COLOURS = {
    OPERATION: "#7fb3e6",
    BACKWARD: "#f0a860",
    MODULE: "#d5d9de",
    WALK: "#f6dcb8",
    CALL: "#9ccf9c",
    LABEL: "#c9b3e0",
    BLOCK: "#eceef0",
}
_STYLE = (
    "text{font:11px ui-monospace,Menlo,Consolas,monospace;fill:#1a1a1a;pointer-events:none}"
    "rect{stroke:#fff;stroke-width:.5}rect:hover{stroke:#000;stroke-width:1}"
)


def chart(watcher: Watcher) -> str:
    """SVG that stands by itself. What a span is, and how long it took, shows when the pointer is on it."""
    block = watcher.block
    scale = WIDTH / max(block.ns, 1)
    shapes: list[str] = []
    depth = {id(block): 0}
    deepest = 0
    for span in watcher.spans:
        row = depth[id(span)] = 0 if span.parent is None else depth[id(span.parent)] + 1
        width = span.ns * scale
        if width < NARROWEST:
            continue
        deepest = max(deepest, row)
        shapes.append(_box(span, (span.start - block.start) * scale, row * ROW, width, block.ns))
    height = (deepest + 1) * ROW
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:.0f} {height}" width="100%" role="img" '
        f'aria-label="flame chart of {duration(block.ns / 1000)}"><style>{_STYLE}</style>{"".join(shapes)}</svg>'
    )


def _box(span: Span, x: float, y: int, width: float, whole: int) -> str:
    name = f"{span.path} {span.name}".strip() if span.kind == MODULE else span.key
    facts = [f"{name}: {duration(span.ns / 1000)}, {span.ns / max(whole, 1):.1%}"]
    facts.append(f"its own {duration(span.own_ns / 1000)}")
    if span.held:
        facts.append(f"keeps {size(span.held)} for backward")
    if span.shapes:
        facts.append(" ".join(map(str, span.shapes)))
    if span.line:
        facts.append(span.line)
    fits = int((width - 6) / 6.7)
    label = name if len(name) <= fits else name[: fits - 1] + "…" if fits > 2 else ""
    text = f'<text x="{x + 3:.2f}" y="{y + 13}">{html.escape(label)}</text>' if label else ""
    return (
        f'<g><title>{html.escape(chr(10).join(facts))}</title><rect x="{x:.2f}" y="{y}" width="{width:.2f}" '
        f'height="{ROW - 1}" fill="{_COLOURS[span.kind]}"/>{text}</g>'
    )


def display(prof: Any, drawing: str) -> str:
    """The chart with the tables below it, for a notebook."""
    facts = f"{prof.total_ns / 1e6:.3f} ms, at most {size(prof.most_held)} held for backward"
    tables = [folded("operations", listed(str(prof.operations())), open_=True)]
    if modules := prof.modules():
        tables.append(folded("layers", listed(str(modules))))
    return boxed(title("Profile", facts), drawing, *tables)


def page(prof: Any, drawing: str) -> str:
    """The same as a page that stands by itself."""
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Profile</title>'
        '<meta name="viewport" content="width=device-width"><style>body{font-family:system-ui;margin:1em;'
        f"background:#fff;color:#111}}</style><body>{display(prof, drawing)}</body></html>\n"
    )
