"""The straight way through the commonest functions of NumPy: from boxes to the operation on Tensors, and back.

Most programs for NumPy are small, and spend their time between the call of a function and the operation. `call` in
boxes.py takes any arguments; here stand the cases of one box, and of a box beside a box, an array or a number.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from ..lines import outer
from ..modes import state
from ..ops import reduce
from ..tensors import core
from ..tensors.linalg import LinAlg
from ..tensors.method import ufuncs
from ..tensors.run import apply
from ..writes import COPIED

_REFLECTED: dict[Any, Callable[[Any, Any], Any]] = {
    np.add: lambda number, tensor: number + tensor,
    np.subtract: lambda number, tensor: number - tensor,
    np.multiply: lambda number, tensor: number * tensor,
    np.divide: lambda number, tensor: number / tensor,
    np.power: lambda number, tensor: number**tensor,
}
"""Functions of two arguments whose first one is often a number."""

_float64 = np.dtype(np.float64)


def beside(x: Any, tensor: Any) -> Any:
    """An operand that is no box, as the compiled way takes it: an array of the Tensor's dtype as a constant Tensor."""
    kind = type(x)
    if kind is np.ndarray:
        if x.dtype != tensor._array.dtype or state.interpreter is not None:
            return x
        constant: Any = core.new(core.Tensor)
        constant._array = x.copy() if x.nbytes <= COPIED else state.home.took(x, outer(sys._getframe(1)))
        constant._node = None
        return constant
    return float(x) if kind is np.float64 and tensor._array.dtype is _float64 else x


def _dot(x: Any, y: Any) -> Any:
    m, n = x._array.ndim, y._array.ndim
    return LinAlg.matmul(x, y) if m and (n == 1 or m == n == 2) else None


def _alone(op: Any) -> Callable[[Any], Any]:
    return lambda tensor: apply(op, tensor)


alone: dict[Any, Callable[[Any], Any]] = {np.sum: _alone(reduce.sum), np.mean: _alone(reduce.mean)}
"""Function of NumPy's -> what runs it on a single floating point Tensor."""

pairs: dict[Any, Callable[[Any, Any], Any]] = {np.dot: _dot}
"""Function of NumPy's -> what runs it on two Tensors, or on a Tensor and a number; None for what `call` has to do."""

for _ufunc, _ours in ufuncs.items():
    if _ufunc.nout == 1 and _ufunc.nin == 1:
        alone[_ufunc] = _ours
    elif _ufunc.nout == 1 and _ufunc.nin == 2:
        pairs[_ufunc] = _ours


def on_two(function: Any, x: Any, y: Any, kind: Any) -> Any:
    """function(x, y) as a Tensor, where at least one is a box, of the class `kind`; None where `call` has to be asked.

    The other one may be a box, an array or a number.
    """
    if type(x) is kind:
        tensor = x._tensor
        other = y._tensor if type(y) is kind else beside(y, tensor)
        number = type(other) is float or type(other) is int
        if not number and not isinstance(other, core.Core):
            return None
        return pairs[function](tensor, other) if not number or function is not np.dot else tensor * other
    other = beside(x, y._tensor)
    if isinstance(other, core.Core):
        return pairs[function](other, y._tensor)
    if type(other) is not float and type(other) is not int:
        return None
    reflected = _REFLECTED.get(function)
    if reflected is not None:
        return reflected(other, y._tensor)
    if function is np.dot or y._tensor._array.dtype.kind != "f":
        return None
    return pairs[function](core.wrap(np.asarray(other, y._tensor._array.dtype)), y._tensor)
