"""Functions of NumPy's on each element, as compositions: parts of numbers, and names for real numbers' identities."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..ops.elementwise import cbrt
from ..tensors.calls import unary
from ..tensors.core import wrap
from ..tensors.method import implements, ufuncs
from .arguments import floats, tensor_of, value_of

ufuncs[np.cbrt] = unary(cbrt)
ufuncs[np.fabs] = lambda x: np.abs(floats(x))
ufuncs[np.conjugate] = lambda x: +tensor_of(x)


def _modf(x: Any) -> tuple[Any, Any]:
    whole = np.trunc(floats(x))
    return floats(x) - whole, whole


def _divmod(x: Any, y: Any) -> tuple[Any, Any]:
    x, y = tensor_of(x), tensor_of(y)
    return x // y, x % y


def _ldexp(x: Any, power: Any) -> Any:
    x = floats(x)
    return x * np.ldexp(np.ones((), x._array.dtype), value_of(power))


def _frexp(x: Any) -> tuple[Any, Any]:
    x = floats(x)
    power = np.frexp(x._array)[1]
    return x * np.ldexp(np.ones((), x._array.dtype), -power), wrap(np.asarray(power))


ufuncs[np.modf] = _modf
ufuncs[np.divmod] = _divmod
ufuncs[np.ldexp] = _ldexp
ufuncs[np.frexp] = _frexp


@implements(np.real)
def _real(val: Any) -> Any:
    return val


@implements(np.real_if_close)
def _real_if_close(a: Any, tol: float = 100) -> Any:
    return a


@implements(np.imag)
def _imag(val: Any) -> Any:
    return wrap(np.zeros_like(val._array))


@implements(np.angle)
def _angle(z: Any, deg: bool = False) -> Any:
    return wrap(np.asarray(np.angle(value_of(z), deg)))  # 0 or pi: flat wherever it has a derivative


@implements(np.i0)
def _i0(x: Any) -> Any:
    from .. import special

    return special.i0(x)


@implements(np.astype)
def _astype(x: Any, dtype: Any, /, *, copy: bool = True, device: Any = None) -> Any:
    return x.to(np.dtype(dtype))
