"""The page: one file of HTML, with its styles, its scripts and the data all in it."""

from __future__ import annotations

import base64
import html
import re
import zlib
from functools import cache
from pathlib import Path

from .description import Description, as_json

FOLDER = Path(__file__).parent / "web"
LONG = 200_000
"""Letters of data that are packed, so that a page about thousands of steps can still be sent by mail."""

SCRIPTS = (
    "ndarray.js",
    "images.js",
    "functions.js",
    "more.js",
    "algebra.js",
    "rare.js",
    "interpreter.js",
    "follow.js",
    "program.js",
    "folding.js",
    "layout.js",
    "graph.js",
    "listing.js",
    "tables.js",
    "cards.js",
    "detail.js",
    "main.js",
)
"""In this order: each file uses what stands in those before it."""


@cache
def part(name: str) -> str:
    """The text of one of the files that a page is made of."""
    return (FOLDER / name).read_text(encoding="utf-8")


def packed(text: str) -> tuple[str, str]:
    """The data as they stand in the page, and what they are: "plain", or, if they are long, "deflate" in base64."""
    if len(text) > LONG:
        return base64.b64encode(zlib.compress(text.encode(), 9)).decode(), "deflate"
    return text.replace("<", "\\u003c"), "plain"  # no text in it may end the script that it stands in


def page_of(description: Description) -> str:
    """The whole page as text."""
    data, how = packed(as_json(description))
    parts = {
        "title": html.escape(description.title),
        "style": part("page.css"),
        "data": data,
        "how": how,
        "scripts": "\n".join(part(name) for name in SCRIPTS),
    }
    return re.sub(r"\{(title|style|data|how|scripts)\}", lambda found: parts[found[1]], part("page.html"))
