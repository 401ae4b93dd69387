"""Forward mode by hand, under PyTorch's names: values that have a tangent inside a `dual_level`.

>>> from autograd import forward_ad, tensor
>>> with forward_ad.dual_level():
...     x = forward_ad.make_dual(tensor(3.0), tensor(1.0))
...     forward_ad.unpack_dual(x * x)
UnpackedDualTensor(primal=tensor(9.), tangent=tensor(6.))

Several directions at once, and derivatives of derivatives: `autograd.func.jvp`, `vmap`, `jacfwd`.
"""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Any, NamedTuple

from .errors import DTypeError, GraphError, ShapeError
from .forward import Forward
from .modes import state
from .tensors.core import Core

__all__ = ["UnpackedDualTensor", "dual_level", "enter_dual_level", "exit_dual_level", "make_dual", "unpack_dual"]


class UnpackedDualTensor(NamedTuple):
    """A value and its tangent, which is None where there is none."""

    primal: Any
    tangent: Any


class _Levels(threading.local):
    """The level that this thread has entered, if it has."""

    now: Forward | None = None


_levels = _Levels()


def enter_dual_level() -> int:
    """From here on Tensors may have tangents. Returns 0, the number of the level: there is one."""
    if _levels.now is not None:
        raise GraphError(
            "Nested forward mode AD is not supported at the moment: nest autograd.func.jvp, which has levels of its own"
        )
    now = Forward(ends=True)
    _levels.now = state.interpreter = now
    return 0


def exit_dual_level(*, level: int | None = None) -> None:
    """From here on no Tensor has a tangent."""
    now = _levels.now
    if now is None or level not in (None, 0):
        raise GraphError(f"exit_dual_level: wanted the level that was entered, got {level}")
    if state.interpreter is not now:
        raise GraphError("exit_dual_level: a transform that began inside of the level has not ended")
    _levels.now, state.interpreter = None, now.parent
    try:
        now.end()
    except KeyboardInterrupt:
        now.end()
        raise


class dual_level:  # noqa: N801 - PyTorch's spelling
    """A block in which Tensors may have tangents."""

    def __enter__(self) -> int:
        return enter_dual_level()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            exit_dual_level()
        except KeyboardInterrupt:
            if _levels.now is not None:  # it was over before it began
                exit_dual_level()
            raise


def make_dual(tensor: Any, tangent: Any, *, level: int | None = None) -> Any:
    """A Tensor of the value `tensor` whose derivative along the direction in question is `tangent`."""
    now = _levels.now
    if now is None:
        raise GraphError(
            "Trying to create a dual Tensor for forward AD but no level exists, make sure to enter_dual_level() first."
        )
    for name, x in (("tensor", tensor), ("tangent", tangent)):
        if not isinstance(x, Core) or x._array.dtype.kind != "f":
            kind = x._array.dtype if isinstance(x, Core) else type(x).__name__
            raise DTypeError(f"make_dual: Expected {name} to be floating point, got {kind}")
    if tensor._array.shape != tangent._array.shape:
        raise ShapeError(
            f"make_dual: Expected tangent to have the same shape as the primal: {list(tensor._array.shape)}, got "
            f"{list(tangent._array.shape)}"
        )
    return now.dual(tensor, tangent)


def unpack_dual(tensor: Any, *, level: int | None = None) -> UnpackedDualTensor:
    """The value and the tangent of a Tensor."""
    now = _levels.now
    if now is None:
        return UnpackedDualTensor(tensor, None)
    return UnpackedDualTensor(now.primal(tensor), now.tangent(tensor))
