"""How a Tensor shows itself."""

from __future__ import annotations

from .core import Core


class Display(Core):
    """repr, format, HTML."""

    __slots__ = ()
