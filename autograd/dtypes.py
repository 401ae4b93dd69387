"""Element types under PyTorch's names. They are NumPy's dtypes: `x.dtype == autograd.float32 == np.float32`."""

from __future__ import annotations

from typing import Any

import numpy as np

from .errors import DTypeError
from .tensors.core import Core, get_default_dtype
from .tensors.promotion import result_type

float16 = half = np.dtype(np.float16)
float32 = float = np.dtype(np.float32)
float64 = double = np.dtype(np.float64)
uint8 = np.dtype(np.uint8)
uint16, uint32, uint64 = np.dtype(np.uint16), np.dtype(np.uint32), np.dtype(np.uint64)
int8 = np.dtype(np.int8)
int16 = short = np.dtype(np.int16)
int32 = int = np.dtype(np.int32)
int64 = long = np.dtype(np.int64)
bool = np.dtype(np.bool_)
dtype = np.dtype  # for annotations and isinstance


class Unknown:
    """A dtype of PyTorch's that is not here. It has a name, and equals no Tensor's dtype; using it raises TypeError."""

    def __init__(self, name: str, why: str) -> None:
        self._name = name
        self._why = why

    def __repr__(self) -> str:  # NumPy shows it in its error: "Cannot interpret '...' as a data type"
        return f"autograd.{self._name}, which is not here: {self._why}"


_NARROW = "NumPy has no such numbers; use float32, or float16 where memory counts"
_COMPLEX = "there are no complex Tensors; keep the real and the imaginary part as two Tensors"
bfloat16 = Unknown("bfloat16", _NARROW)
complex32 = chalf = Unknown("complex32", _COMPLEX)
complex64 = cfloat = Unknown("complex64", _COMPLEX)
complex128 = cdouble = Unknown("complex128", _COMPLEX)


def finfo(type: Any = None) -> np.finfo[Any]:
    """Limits of a floating point dtype (default: the default dtype): eps, min, max, tiny, smallest_normal, bits."""
    dtype = get_default_dtype() if type is None else np.dtype(type)
    if dtype.kind != "f":
        raise DTypeError(f"finfo: wanted a floating point dtype, got {dtype}; use iinfo to handle integers")
    return np.finfo(dtype)


def iinfo(type: Any) -> np.iinfo[Any]:
    """Limits of an integer dtype: min, max, bits."""
    dtype = np.dtype(type)
    if dtype.kind not in "iu":
        raise DTypeError(f"iinfo: wanted an integer dtype, got {dtype}; use finfo to handle floating point")
    return np.iinfo(dtype)


def is_tensor(obj: Any) -> Any:
    """Is `obj` a Tensor?"""
    return isinstance(obj, Core)


def is_floating_point(input: Any) -> Any:
    """Is the dtype of a Tensor a floating point one?"""
    if not isinstance(input, Core):
        raise TypeError(f"is_floating_point: wanted a Tensor, got {type(input).__name__}")
    return input._array.dtype.kind == "f"


def promote_types(type1: Any, type2: Any) -> np.dtype[Any]:
    """The dtype of an operation on two Tensors of these dtypes: float32 beside any integer stays float32."""
    return result_type(np.ones(1, type1), np.ones(1, type2))


def can_cast(from_: Any, to: Any) -> Any:
    """May values of one dtype be written into another: bool into all, integers into floating point, not back?"""
    kinds = "buif"
    signed = np.dtype(from_).kind == "i" and np.dtype(to).kind == "u"
    return kinds.index(np.dtype(from_).kind) <= kinds.index(np.dtype(to).kind) or signed
