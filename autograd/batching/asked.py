"""What Python asks of a value, and a mapped one cannot say: it is another for each slice.

Checks of the library's own, such as `if wrong.any(): raise`, are answered for all slices. Others are refused, with the
line of the user's program that asks, and what can be written there instead.
"""

from __future__ import annotations

import sys
from typing import Any

from ..errors import GraphError
from ..lines import outer

_ROOT = __file__.replace("\\", "/").rsplit("/", 3)[0]
_LIBRARY = (f"{_ROOT}/autograd/", f"{_ROOT}/nn/")

SCALARS = frozenset({"__bool__", "__float__", "__int__", "__complex__", "__index__"})
"""The methods by which Python asks for a number."""


def place() -> str:
    """Where in the user's program this happens."""
    frame = outer(sys._getframe(1))
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"


def refused(what: str, instead: str) -> GraphError:
    """The error for a question that has another answer for each slice."""
    return GraphError(f"vmap: {what} at {place()}: it may differ between the slices, which run together. {instead}")


class Asked:
    """The questions, as methods of `mapped.Mapped`."""

    __slots__ = ()
    _over: Any
    _tensor: Any
    ndim: Any

    def _checked(self, asking: Any) -> Any:
        """The answer for all slices to a check that the library makes; None for others."""
        code = asking.f_code
        if self._over is None or not code.co_filename.startswith(_LIBRARY) or code.co_name in ("allclose", "equal"):
            return None
        return self._over(self._tensor._array)

    def __bool__(self, asking: Any = None) -> bool:
        answer = self._checked(asking or sys._getframe(1))
        if answer is not None:
            return bool(answer)
        raise refused(
            "the truth of a mapped value is asked for",
            "A branch on it cannot be taken for all of them: compute both sides and pick with where(condition, a, b).",
        )

    def __float__(self, asking: Any = None) -> float:
        answer = self._checked(asking or sys._getframe(1))
        if answer is not None:
            return float(answer)
        raise refused("float() of a mapped value", "Compute with the Tensor itself.")

    def __int__(self, asking: Any = None) -> int:
        answer = self._checked(asking or sys._getframe(1))
        if answer is not None:
            return int(answer)
        raise refused("int() of a mapped value", "Compute with the Tensor itself.")

    def __complex__(self, asking: Any = None) -> complex:
        raise refused("complex() of a mapped value", "Compute with the Tensor itself.")

    def __index__(self, asking: Any = None) -> int:
        if self.ndim:  # an index by an array
            raise TypeError("only integer scalar arrays can be converted to a scalar index")
        raise refused("a mapped value is used as an index of a Python list", "Index a Tensor with it.")
