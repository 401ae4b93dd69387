"""Methods of linear algebra."""

from __future__ import annotations

from .core import Core


class LinAlg(Core):
    """Products of matrices and vectors."""

    __slots__ = ()
