"""Addition whose order is left to the compiler, so that sums become vector code."""

from __future__ import annotations

from typing import Any

from .jit import reassociating


@reassociating
def plus(total: Any, x: Any) -> Any:
    """total + x, where a loop of such additions may be done in any order. NaN and infinity stay what they are.

    Only the addition itself has this freedom; all else in the loop that calls it is rounded as written.
    """
    return total + x
