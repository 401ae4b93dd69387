"""The page of a run: table, notes and pictures together, in one index.html that loads nothing from elsewhere."""

from __future__ import annotations

import html
import os
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import autograd

from .course import Course, Item, shown, yardstick

STYLE = """
:root { --ink: #1d2430; --soft: #5d6878; --line: #dfe3e9; --ground: #f6f7f9; --card: #ffffff; --accent: #1f5fae;
        --good: #1b7f4b; --bad: #b3261e; }
* { box-sizing: border-box; }
body { margin: 0; color: var(--ink); background: var(--ground); font: 16px/1.55 system-ui, "Segoe UI", sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; }
h1 { margin: 0 0 .3rem; font-size: 1.9rem; letter-spacing: -.01em; }
h2 { margin: 0 0 .2rem; font-size: 1.25rem; }
p { margin: .6rem 0; max-width: 78ch; }
.soft { color: var(--soft); }
a { color: var(--accent); text-decoration: none; }
a:hover { text-decoration: underline; }
section { margin-top: 1.6rem; padding: 1.3rem 1.5rem 1.5rem; background: var(--card); border: 1px solid var(--line);
          border-radius: 10px; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .93rem; }
caption { padding: .6rem 0 .3rem; text-align: left; color: var(--soft); }
th, td { padding: .38rem .9rem .38rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
th { color: var(--soft); font-weight: 600; white-space: nowrap; }
td.number, th.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
table.all { width: 100%; }
.good { color: var(--good); font-weight: 600; }
.bad { color: var(--bad); font-weight: 600; }
figure { margin: 1.1rem 0 0; }
figure img { display: block; max-width: 100%; height: auto; background: #ffffff; border: 1px solid var(--line);
             border-radius: 6px; }
figcaption { margin-top: .35rem; color: var(--soft); font-size: .93rem; max-width: 90ch; }
"""


def write_page(out: Path, rows: Sequence[dict[str, Any]], courses: Sequence[Course]) -> None:
    """OUT/index.html: the rows of the table, then a section for each course that has run."""
    by_name = {row["name"]: row for row in rows}
    quick = any(course.quick for course in courses)
    machine = f"{platform.machine()}, {os.cpu_count()} CPUs, {autograd.get_num_threads()} threads"
    versions = f"Python {platform.python_version()}, NumPy {np.__version__}, Wengert {autograd.__version__}"
    sections = [_section(out, [by_name[name] for name in course.names], course.items) for course in courses]
    lines = [
        "<!doctype html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        "<title>The homeworks, reproduced</title>",
        '<link rel="icon" href="data:,">',
        f"<style>{STYLE}</style>",
        "</head>",
        "<body>",
        "<main>",
        "<h1>The homeworks, reproduced</h1>",
        f'<p class="soft">{_escape(versions)}. {_escape(machine)}. '
        f"{len(rows)} figures in {sum(course.seconds for course in courses):,.0f} seconds.</p>",
        '<p class="bad">A smoke run on drawn data (--quick): the figures mean nothing.</p>' if quick else "",
        f"<section>{_summary(rows)}</section>",
        *sections,
        "</main>",
        "</body>",
        "</html>",
    ]
    (out / "index.html").write_text("\n".join(line for line in lines if line) + "\n", encoding="utf-8")


def _summary(rows: Sequence[dict[str, Any]]) -> str:
    """The table of everything."""
    lines = []
    for row in rows:
        unit = row["unit"]
        held = row["floor"] is not None and row["comparable"]
        kind = ("good" if row["reached"] else "bad") if held else ""
        reference = _escape(yardstick(row, "reference"))
        if row["reference_note"]:
            reference += f'<br><span class="soft">{_escape(row["reference_note"])}</span>'
        data = f'<br><span class="soft">{_escape(row["data"])}</span>' if row["data"] else ""
        lines.append(
            f'<tr><td><a href="#{row["name"]}">{_escape(row["name"])}</a></td><td>{_escape(row["what"])}{data}</td>'
            f'<td class="number {kind}">{_escape(shown(row["value"], unit))}</td><td>{reference}</td>'
            f'<td class="number">{_escape(yardstick(row, "floor"))}</td>'
            f'<td class="number">{row["seconds"]:.1f}</td></tr>'
        )
    head = (
        '<tr><th>name</th><th>what it is</th><th class="number">our figure</th><th>published</th>'
        '<th class="number">at least</th><th class="number">seconds</th></tr>'
    )
    return f'<div class="wide"><table class="all"><thead>{head}</thead><tbody>{"".join(lines)}</tbody></table></div>'


def _section(out: Path, rows: Sequence[dict[str, Any]], items: Sequence[Item]) -> str:
    heads = [
        f'<h2 id="{row["name"]}">{_escape(row["name"])}</h2>'
        f'<p class="soft">{_escape(row["what"])}. {_escape(row["metric"])}: '
        f"<strong>{_escape(shown(row['value'], row['unit']))}</strong></p>"
        for row in rows
    ]
    return "\n".join(["<section>", *heads, *[_item(out, item) for item in items], "</section>"])


def _item(out: Path, item: Item) -> str:
    if item.kind == "note":
        return f"<p>{_escape(item.text)}</p>"
    if item.kind == "table":
        head = "".join(f"<th>{_escape(cell)}</th>" for cell in item.head)
        body = "".join("<tr>" + "".join(f"<td>{_escape(cell)}</td>" for cell in row) + "</tr>" for row in item.rows)
        return (
            f'<div class="wide"><table><caption>{_escape(item.text)}</caption>'
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
        )
    assert item.path is not None
    source = item.path.relative_to(out).as_posix()
    caption = f"<figcaption>{_escape(item.text)}</figcaption>" if item.text else ""
    alt = _escape(item.text or item.path.stem)
    return f'<figure><a href="{source}"><img src="{source}" alt="{alt}" loading="lazy"></a>{caption}</figure>'


def _escape(text: str) -> str:
    return html.escape(text)
