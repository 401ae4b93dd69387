"""Functions that are made from text, and can be read: by `inspect.getsource`, and in tracebacks."""

from __future__ import annotations

import linecache
from functools import cache
from types import CodeType


@cache
def compiled(text: str, name: str) -> CodeType:
    """The code of a text. Compiled once: most ops share a handful of patterns, and differ in what their names mean."""
    file = f"<op {name} {len(linecache.cache)}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    return compile(text, file, "exec")
