"""What becomes of warnings: whoever switches that, asks it of the operations that he calls meanwhile.

NumPy warns of a division by zero, or raises, or is silent, as `np.errstate` says; what happens to a warning is said by
`warnings.catch_warnings`. Both hold while a block runs. So an operation that is called inside such a block runs inside
of it, and what was promised before is computed as outside.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy._core import umath

_errors: Any = umath._extobj_contextvar  # what `np.errstate` switches
errors = _errors.get

_known: tuple[Any, bool] = (None, False)


def loud() -> bool:
    """Does NumPy raise, or call somebody, where it otherwise warns?"""
    global _known
    now = errors()
    if _known[0] is not now:
        _known = now, not {"ignore", "warn"}.issuperset(np.geterr().values())
    return _known[1]


class World:
    """The two as they were when a function was called."""

    __slots__ = ("errors", "filters", "show")

    def __init__(self) -> None:
        self.errors = errors()
        self.filters = warnings.filters
        self.show = warnings.showwarning, getattr(warnings, "_showwarnmsg_impl", None)

    def changed(self) -> bool:
        """Is something switched now?"""
        return errors() is not self.errors or warnings.filters is not self.filters

    @contextlib.contextmanager
    def again(self) -> Iterator[None]:
        """A block that runs as it would have been run then."""
        if not self.changed():
            yield
            return
        token = _errors.set(self.errors)
        now: Any = warnings
        before = now.filters, now.showwarning, getattr(now, "_showwarnmsg_impl", None)
        now.filters, (now.showwarning, now._showwarnmsg_impl) = self.filters, self.show
        try:
            yield
        finally:
            now.filters, now.showwarning, now._showwarnmsg_impl = before
            _errors.reset(token)
