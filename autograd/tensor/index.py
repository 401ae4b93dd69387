"""Methods that pick and place elements."""

from __future__ import annotations

from .core import Core


class Index(Core):
    """Indexing, gathering, sorting."""

    __slots__ = ()
