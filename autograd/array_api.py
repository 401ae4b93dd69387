"""The namespace of the array API standard for Tensors: what `x.__array_namespace__()` gives.

NumPy's main namespace follows the standard from NumPy 2.0 on, and its functions run on Tensors; so the names here are
NumPy's, with Tensors for results; what the standard has and NumPy has not stands here. Linear algebra is in `linalg`.
`array_api_compat.array_namespace(x)` finds it: what is written for the standard runs on Tensors, gradients included.

What a library may meet: there are no complex numbers, so no `fft`; `x.size` is PyTorch's method (`math.prod(x.shape)`
is the same in both); `unique_*` refuse Tensors that require grad, because they have no derivative.
"""

from __future__ import annotations

import builtins
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
    return builtins.bool(_np.isdtype(_np.dtype(dtype), kind))  # `bool` is a dtype in this module


def reshape(x: Any, /, shape: Any, *, copy: builtins.bool | None = None) -> Any:
    """The same numbers in another shape. `copy`: True for memory of its own, False for an error if there has to be."""
    if copy:
        return x.clone().reshape(shape)
    return x.reshape(shape) if copy is None else x.view(shape)


def sort(x: Any, /, *, axis: int = -1, descending: builtins.bool = False, stable: builtins.bool = True) -> Any:
    """In ascending order along an axis."""
    z = _of(_np.sort)(x, axis=axis, stable=stable)
    return _of(_np.flip)(z, axis=axis) if descending else z


def argsort(x: Any, /, *, axis: int = -1, descending: builtins.bool = False, stable: builtins.bool = True) -> Any:
    """Where the elements of the sorted array stand; equal ones in the order in which they come."""
    if not descending:
        return _of(_np.argsort)(x, axis=axis, stable=stable)
    backwards = _np.argsort(_np.flip(x._array, axis), axis=axis, stable=stable)
    return wrap(x._array.shape[axis] - 1 - _np.flip(backwards, axis))


_DTYPES = ("bool", *[f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64)], "float32", "float64")


class __array_namespace_info__:  # noqa: N801 - the standard's name
    """What this namespace can do: the standard's questions."""

    def capabilities(self) -> dict[str, Any]:
        """Are there boolean masks, and shapes that depend on data? How many dimensions?"""
        return {"boolean indexing": True, "data-dependent shapes": True, "max dimensions": 64}

    def default_device(self) -> str:
        """Where arrays are made."""
        return "cpu"

    def devices(self) -> list[str]:
        """Where arrays can be."""
        return ["cpu"]

    def default_dtypes(self, *, device: Any = None) -> dict[str, Any]:
        """What numbers become when no dtype is given."""
        return {"real floating": _np.dtype(_np.float64), "integral": _np.dtype(int), "indexing": _np.dtype(_np.intp)}

    def dtypes(self, *, device: Any = None, kind: Any = None) -> dict[str, Any]:
        """Name -> dtype, of a kind."""
        every = {name: _np.dtype(name) for name in _DTYPES}
        return {name: dtype for name, dtype in every.items() if kind is None or _np.isdtype(dtype, kind)}


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
    return sorted(
        {*_np.__all__, "__array_namespace_info__", "asarray", "isdtype", "linalg"} - {"fft", "complex64", "complex128"}
    )
