"""Methods that work element by element."""

from __future__ import annotations

from ..ops import elementwise as ops
from .core import Core, binary, reflected, unary


class Elementwise(Core):
    """Arithmetic and elementwise functions."""

    __slots__ = ()

    __add__ = add = binary(ops.add)
    __radd__ = reflected(add)
    __sub__ = sub = binary(ops.sub)
    __rsub__ = reflected(sub)
    __mul__ = mul = binary(ops.mul)
    __rmul__ = reflected(mul)
    __truediv__ = div = binary(ops.div)
    __rtruediv__ = reflected(div)
    __neg__ = neg = unary(ops.neg)

    exp = unary(ops.exp)
    log = unary(ops.log)
    tanh = unary(ops.tanh)
