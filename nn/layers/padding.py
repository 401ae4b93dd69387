"""Padding layers. `padding` is one number for all sides, or one for each: left, right, top, bottom, front, back."""

from __future__ import annotations

from typing import Any

from autograd import Tensor
from autograd.errors import ShapeError

from .. import functional as F
from ..module import Module


class _Padding(Module):
    """Pads the last `dims` dimensions."""

    dims: int
    mode: str
    padding: tuple[int, ...]

    def __init__(self, padding: Any) -> None:
        super().__init__()
        sides = tuple(padding) if isinstance(padding, (tuple, list)) else (padding,) * (2 * self.dims)
        if len(sides) != 2 * self.dims:
            raise ShapeError(f"{type(self).__name__}: padding must be an int or {2 * self.dims} ints, got {sides}")
        self.padding = sides

    def forward(self, input: Tensor) -> Tensor:
        ndim = len(input.shape)
        if ndim not in (self.dims + 1, self.dims + 2):
            raise ShapeError(
                f"{type(self).__name__}: expected {self.dims + 1}D or {self.dims + 2}D input (got {ndim}D input)"
            )
        return F.pad(input, self.padding, self.mode)

    def extra_repr(self) -> str:
        return str(self.padding)


class _Constant(_Padding):
    mode = "constant"

    def __init__(self, padding: Any, value: float) -> None:
        super().__init__(padding)
        self.value = value

    def forward(self, input: Tensor) -> Tensor:
        return F.pad(input, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class ConstantPad1d(_Constant):
    """`value` at both ends of the last dimension."""

    dims = 1


class ConstantPad2d(_Constant):
    """`value` around the last two dimensions."""

    dims = 2


class ConstantPad3d(_Constant):
    """`value` around the last three dimensions."""

    dims = 3


class _Zero(_Constant):
    def __init__(self, padding: Any) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        return str(self.padding)


class ZeroPad1d(_Zero):
    """Zeros at both ends of the last dimension."""

    dims = 1


class ZeroPad2d(_Zero):
    """Zeros around the last two dimensions.

    >>> ZeroPad2d((1, 0, 0, 1))(Tensor([[1.0]])).tolist()
    [[0.0, 1.0], [0.0, 0.0]]
    """

    dims = 2


class ZeroPad3d(_Zero):
    """Zeros around the last three dimensions."""

    dims = 3


class ReflectionPad1d(_Padding):
    """(N, C, L) or (C, L) mirrored at its first and last elements, which are not repeated."""

    dims, mode = 1, "reflect"


class ReflectionPad2d(_Padding):
    """(N, C, H, W) or (C, H, W) mirrored at its edge elements, which are not repeated."""

    dims, mode = 2, "reflect"


class ReflectionPad3d(_Padding):
    """(N, C, D, H, W) or (C, D, H, W) mirrored at its edge elements, which are not repeated."""

    dims, mode = 3, "reflect"


class ReplicationPad1d(_Padding):
    """(N, C, L) or (C, L) with its first and last elements repeated."""

    dims, mode = 1, "replicate"


class ReplicationPad2d(_Padding):
    """(N, C, H, W) or (C, H, W) with its edge elements repeated."""

    dims, mode = 2, "replicate"


class ReplicationPad3d(_Padding):
    """(N, C, D, H, W) or (C, D, H, W) with its edge elements repeated."""

    dims, mode = 3, "replicate"


class CircularPad1d(_Padding):
    """(N, C, L) or (C, L) continued at each end from the other."""

    dims, mode = 1, "circular"


class CircularPad2d(_Padding):
    """(N, C, H, W) or (C, H, W) continued at each edge from the opposite one."""

    dims, mode = 2, "circular"


class CircularPad3d(_Padding):
    """(N, C, D, H, W) or (C, D, H, W) continued at each face from the opposite one."""

    dims, mode = 3, "circular"
