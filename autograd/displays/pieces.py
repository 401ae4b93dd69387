"""Tables, what folds away, and monospaced text: HTML that fits into a light page and into a dark one."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence

MONO = "font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace"
FAINT = "color:inherit;opacity:.7"
CELL = "padding:.15em .6em;border:0;background:none;color:inherit;max-width:none"

GOOD, BAD, DOUBTFUL, NEUTRAL = "#26874b", "#d6402b", "#b06a00", "#767676"
"""Colours of words, with a contrast of 4 to 1 or more on white and on black."""


def boxed(*parts: str) -> str:
    """One display. It is as wide as the page, and what is wider scrolls within it."""
    return f'<div style="overflow-x:auto;max-width:100%;color:inherit">{"".join(parts)}</div>'


def title(text: str, faint: str = "") -> str:
    """The line above a display: what it is, and facts about it."""
    return f'<div><b>{html.escape(text)}</b> <span style="{FAINT}">{html.escape(faint)}</span></div>'


def listed(text: str) -> str:
    """Text whose columns meet, in a box that scrolls."""
    style = f"{MONO};white-space:pre;max-height:28em;overflow:auto;line-height:1.3;background:none;color:inherit"
    return f'<pre style="{style}">{html.escape(text)}</pre>'


def folded(summary: str, body: str, open_: bool = False) -> str:
    """`body` (HTML) that opens when `summary` (HTML) is clicked."""
    return f'<details{" open" if open_ else ""}><summary style="cursor:pointer">{summary}</summary>{body}</details>'


def shade(share: float, colour: str = "70,130,230") -> str:
    """The style of a cell that is shaded by `share`, from 0 to 1. Letters on it stay readable."""
    return f"background:rgba({colour},{0.55 * min(max(share, 0.0), 1.0):.2f})" if share > 0 else ""


def table(
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    left: Sequence[int] = (0,),
    styles: Mapping[tuple[int, int], str] | None = None,
    notes: Mapping[int, str] | None = None,
) -> str:
    """A table of texts, monospaced, numbers to the right.

    left     the columns of words, which stand to the left
    styles   (row, column) -> more style for that cell
    notes    row -> what stands below that row, as wide as the table
    """
    width = max(map(len, [head, *rows]), default=0)
    sides = ["left" if column in left else "right" for column in range(width)]

    def line(cells: Sequence[str], tag: str, number: int) -> str:
        found = ""
        for column, cell in enumerate(cells):
            more = (styles or {}).get((number, column), "")
            style = f"text-align:{sides[column]};{CELL};white-space:pre" + (f";{more}" if more else "")
            found += f'<{tag} style="{style}">{html.escape(cell)}</{tag}>'
        note = html.escape((notes or {}).get(number, ""))
        wide = f'<td colspan="{width}" style="text-align:left;{CELL};padding-left:2em">{note}</td>'
        plain = '<tr style="background:none;border:0">'
        return f"{plain}{found}</tr>" + (f"{plain}{wide}</tr>" if note else "")

    body = "".join(line(row, "td", number) for number, row in enumerate(rows))
    top = f'<thead style="border-bottom:1px solid rgba(128,128,128,.5)">{line(head, "th", -1)}</thead>' if head else ""
    style = f"{MONO};font-size:.9em;border-collapse:collapse;margin:.4em 0;width:auto;color:inherit"
    return f'<table style="{style}">{top}<tbody>{body}</tbody></table>'
