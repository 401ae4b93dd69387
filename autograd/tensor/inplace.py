"""Methods that write into a Tensor's memory."""

from __future__ import annotations

from .core import Core


class InPlace(Core):
    """add_, mul_, zero_, copy_, x[i] = v and their kin."""

    __slots__ = ()
