"""The namespace of the array API standard for Tensors: what `x.__array_namespace__()` gives.

NumPy's main namespace follows the standard from NumPy 2.0 on, and its functions run on Tensors; so the names here are
NumPy's, with Tensors for results. `array_api_compat.array_namespace(x)` finds it: what is written for the standard runs
on Tensors, gradients included. Linear algebra is in `linalg`. Without `fft`, and without complex numbers; there is one
device.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Callable
from typing import Any

import numpy as _np

from .tensors.core import Core, wrap

__array_api_version__ = "2023.12"


def _tensors(z: Any) -> Any:
    """The results of one of NumPy's functions: arrays as Tensors."""
    if isinstance(z, (_np.ndarray, _np.generic)):
        return wrap(_np.asarray(z))
    if isinstance(z, tuple):
        parts = [_tensors(part) for part in z]
        return type(z)(*parts) if hasattr(z, "_fields") else tuple(parts)
    return [_tensors(part) for part in z] if isinstance(z, list) else z


def _of(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        if kwargs.get("device") in ("cpu", None):
            kwargs.pop("device", None)
        return _tensors(function(*args, **kwargs))

    return run


def asarray(obj: Any, /, *, dtype: Any = None, device: Any = None, copy: bool | None = None) -> Any:
    """A Tensor of an array, a number or nested lists; a Tensor itself unless `copy` or another dtype asks for more."""
    if isinstance(obj, Core):
        whole: Any = obj
        x = whole if dtype is None or obj._array.dtype == dtype else whole.to(_np.dtype(dtype))
        return x.clone() if copy and x is whole else x
    return wrap(_np.array(obj, dtype=dtype) if copy else _np.asarray(obj, dtype=dtype))


def isdtype(dtype: Any, kind: Any) -> bool:
    """Is a dtype of a kind: a dtype, a name such as "real floating", or a tuple of these?"""
    return bool(_np.isdtype(_np.dtype(dtype), kind))


class _Linalg(types.ModuleType):
    def __getattr__(self, name: str) -> Any:
        found = _of(getattr(_np.linalg, name))
        setattr(self, name, found)
        return found


linalg = _Linalg("autograd.array_api.linalg", "numpy.linalg on Tensors.")


def __getattr__(name: str) -> Any:
    if name.startswith("_") or name in ("fft", "complex64", "complex128"):
        raise AttributeError(f"autograd.array_api has no {name}: complex numbers are not supported")
    theirs = getattr(_np, name)
    is_function = callable(theirs) and not isinstance(theirs, type)
    globals()[name] = found = _of(theirs) if is_function else theirs
    return found


def __dir__() -> list[str]:
    return sorted({*_np.__all__, "asarray", "isdtype", "linalg"} - {"fft", "complex64", "complex128"})
