"""Making Tensors: from data, filled, counted.

dtype           a NumPy dtype, or a name such as `autograd.float32`
device          None or "cpu"
requires_grad   make the result a leaf whose `.grad` backward fills; floating point dtypes only
"""

from __future__ import annotations

import array
import math
from typing import Any

import numpy as np

from .devices import check_device
from .errors import DTypeError, ShapeError
from .modes import state
from .room import check_room
from .shared import share
from .tensors import Tensor
from .tensors.core import Core, alike, array_of, get_default_dtype, wrap
from .tensors.new import data_array, dtype_of, filled, made, size_of
from .tensors.options import makes
from .tensors.promotion import cast, check_held
from .tensors.untracked import warn_of_scalar

# ---------------------------------------------------------------------------------------------------- from data


def tensor(
    data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False, pin_memory: bool = False
) -> Tensor:
    """A Tensor with a copy of `data`: numbers, nested lists, an array or a Tensor.

    dtype        default: that of an array; float32 for Python floats, int64 for ints, bool for bools
    pin_memory   taken, and without effect
    """
    check_device("tensor", device)
    return made(data_array("tensor", data, dtype), requires_grad)


@makes
def scalar_tensor(s: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A 0-d Tensor of a number, of the default floating point dtype."""
    check_device("scalar_tensor", device)
    return made(filled("scalar_tensor", (), s, dtype or get_default_dtype()), requires_grad)


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """`data` as a Tensor, sharing memory if it is an array or Tensor of that dtype already; gradients flow through."""
    check_device("as_tensor", device)
    if isinstance(data, Core):
        return data if dtype is None else cast(data, dtype_of("as_tensor", dtype, data._array.dtype))  # type: ignore[return-value]
    native = isinstance(data, np.ndarray) and data.dtype.kind in "fiub" and data.dtype.isnative
    if native and (dtype is None or np.dtype(dtype) == data.dtype):
        return wrap(share(array_of(data)))
    return wrap(data_array("as_tensor", data, dtype))


def asarray(
    obj: Any, *, dtype: Any = None, device: Any = None, copy: bool | None = None, requires_grad: bool | None = None
) -> Tensor:
    """`obj` as a Tensor: shares memory if it can, unless copy=True; raises if it cannot and copy=False.

    requires_grad   None: as `obj` does; False: a constant; True: what comes out is a leaf, unless it is computed
    """
    check_device("asarray", device)
    if isinstance(obj, (bytearray, memoryview, array.array)):
        obj = np.asarray(obj)
    out: Any = obj
    if isinstance(obj, Tensor):
        if dtype is not None:
            out = cast(out, dtype_of("asarray", dtype, obj._array.dtype))
        if copy and out is obj:
            out = obj.clone()
        shared = out is obj
    else:
        out = tensor(obj, dtype=dtype) if copy else as_tensor(obj, dtype)
        shared = isinstance(obj, np.ndarray) and np.shares_memory(out._array, obj)
    if copy is False and not shared:
        raise ValueError("asarray: can't alias the given object without copying; leave copy=None")
    if requires_grad is None or requires_grad == (out._node is not None):
        return out
    return (out.detach() if out is obj or not requires_grad else out).requires_grad_(requires_grad)


def frombuffer(buffer: Any, *, dtype: Any, count: int = -1, offset: int = 0, requires_grad: bool = False) -> Tensor:
    """A 1-d Tensor that shares the memory of an object with Python's buffer protocol, from byte `offset` on.

    count   how many elements; -1: as many as there are
    """
    known = dtype_of("frombuffer", dtype, get_default_dtype())
    return made(np.frombuffer(buffer, known, count, offset), requires_grad)


def from_numpy(array: np.ndarray[Any, Any]) -> Tensor:
    """A Tensor that shares the memory of a NumPy array."""
    if not isinstance(array, np.ndarray):
        raise TypeError(f"from_numpy: expected np.ndarray (got {type(array).__name__})")
    if array.dtype.kind not in "fiub" or not array.dtype.isnative:
        raise DTypeError(f"from_numpy: can't convert np.ndarray of type {array.dtype}: wanted native numbers or bools")
    out: Tensor = wrap(share(array if type(array) is np.ndarray else np.asarray(array)))
    return out


# ------------------------------------------------------------------------------------------------------- filled


@makes
def zeros(*args: Any, size: Any = None, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Zeros: zeros(2, 3) or zeros((2, 3)). Default dtype float32."""
    check_device("zeros", device)
    return made(np.zeros(size_of("zeros", args, size), dtype_of("zeros", dtype, get_default_dtype())), requires_grad)


@makes
def ones(*args: Any, size: Any = None, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Ones: ones(2, 3) or ones((2, 3)). Default dtype float32."""
    check_device("ones", device)
    return made(np.ones(size_of("ones", args, size), dtype_of("ones", dtype, get_default_dtype())), requires_grad)


@makes
def empty(*args: Any, size: Any = None, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Any values, whatever the memory holds: to be overwritten. Default dtype float32."""
    check_device("empty", device)
    return made(np.empty(size_of("empty", args, size), dtype_of("empty", dtype, get_default_dtype())), requires_grad)


@makes
def full(size: Any, fill_value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """`fill_value` everywhere. dtype: bool, int64 or float32 as the value is a bool, an int or a float."""
    check_device("full", device)
    return made(filled("full", size_of("full", (size,)), fill_value, dtype), requires_grad)


@makes
def zeros_like(input: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Zeros of the shape and dtype of `input`."""
    check_device("zeros_like", device)
    x = array_of(input)
    return made(alike(x, np.zeros(x.shape, dtype_of("zeros_like", dtype, x.dtype))), requires_grad)


@makes
def ones_like(input: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Ones of the shape and dtype of `input`."""
    check_device("ones_like", device)
    x = array_of(input)
    return made(alike(x, np.ones(x.shape, dtype_of("ones_like", dtype, x.dtype))), requires_grad)


@makes
def empty_like(input: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Any values, of the shape and dtype of `input`."""
    check_device("empty_like", device)
    x = array_of(input)
    return made(alike(x, np.empty(x.shape, dtype_of("empty_like", dtype, x.dtype))), requires_grad)


@makes
def full_like(
    input: Any, fill_value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """`fill_value` everywhere, of the shape and dtype of `input`."""
    check_device("full_like", device)
    x = array_of(input)
    return made(alike(x, filled("full_like", x.shape, fill_value, dtype or x.dtype)), requires_grad)


@makes
def eye(n: int, m: int | None = None, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """The n x n (or n x m) matrix with ones on the diagonal."""
    check_device("eye", device)
    rows, columns = size_of("eye", (n, n if m is None else m))
    return made(np.eye(rows, columns, dtype=dtype_of("eye", dtype, get_default_dtype())), requires_grad)


# ------------------------------------------------------------------------------------------------------ counted


def _number(function: str, x: Any) -> Any:
    """A setting as a Python number."""
    if isinstance(x, Core) and x._node is not None and state.tape is not None:
        warn_of_scalar(function)
    return array_of(x).item() if isinstance(x, (Core, np.ndarray, np.generic)) else x


@makes
def arange(
    start: Any = 0,
    end: Any = None,
    step: Any = 1,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """start, start + step, ... below `end`: arange(end), arange(start, end) or arange(start, end, step).

    dtype   default: int64 if all three are ints, else float32
    """
    check_device("arange", device)
    if end is None:
        start, end = 0, start
    start, end, step = (_number("arange", x) for x in (start, end, step))
    if step == 0:
        raise ShapeError("arange: step must be nonzero")
    if not all(math.isfinite(x) for x in (start, end, step)):
        raise ShapeError(f"arange: unsupported range: {start} -> {end}")
    if (end - start) * step < 0:
        raise ShapeError(
            f"arange: upper bound and lower bound inconsistent with step sign: start={start}, end={end}, step={step}"
        )
    whole = all(isinstance(x, int) for x in (start, end, step))
    known = dtype_of("arange", dtype, np.dtype(np.int64) if whole else get_default_dtype())
    if whole:
        check_room("arange", (-((start - end) // step),))
        array = np.arange(start, end, step, dtype=np.int64).astype(known)
    else:
        count = math.ceil((end - start) / step)
        check_room("arange", (count,))
        array = (start + step * np.arange(count, dtype=np.float64)).astype(known)
    return made(array, requires_grad)


@makes
def linspace(
    start: Any, end: Any, steps: int, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """`steps` numbers at equal distances from `start` to `end`, both included."""
    check_device("linspace", device)
    if steps < 0:
        raise ShapeError(f"linspace: number of steps must be non-negative, got {steps}")
    check_room("linspace", (steps,))
    known = dtype_of("linspace", dtype, get_default_dtype())
    first, last = _number("linspace", start), _number("linspace", end)
    check_held("linspace", [first, last], known)
    array = np.linspace(first, last, steps).astype(known)
    return made(array, requires_grad)


@makes
def logspace(
    start: Any,
    end: Any,
    steps: int,
    base: float = 10.0,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """`steps` powers of `base`, with exponents at equal distances from `start` to `end`, both included."""
    check_device("logspace", device)
    if steps < 0:
        raise ShapeError(f"logspace: number of steps must be non-negative, got {steps}")
    check_room("logspace", (steps,))
    known = dtype_of("logspace", dtype, get_default_dtype())
    powers = float(base) ** np.linspace(_number("logspace", start), _number("logspace", end), steps)
    return made(powers.astype(known), requires_grad)
