"""Writes the stubs again."""

from __future__ import annotations

from . import texts

for file, text in texts().items():
    file.write_text(text)
