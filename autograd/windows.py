"""Windows for signals: as `torch.signal.windows` has them, and as the older functions of the main module."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy import ndarray as Array

from .devices import check_device
from .errors import DTypeError, SettingError
from .later import later
from .room import check_room
from .tensors.core import get_default_dtype
from .tensors.new import dtype_of, made

__all__ = [
    "bartlett", "blackman", "cosine", "exponential", "gaussian", "general_cosine", "general_hamming", "hamming", "hann",
    "kaiser", "nuttall",
]  # fmt: skip


def _points(function: str, M: int, sym: bool) -> Array:
    """0 .. 1 over the window; the end is left out if it is meant to repeat."""
    if M < 0:
        raise SettingError(f"{function}: requires non-negative window length, got M={M}")
    check_room(function, (M,))
    return np.arange(M) / max(M - 1 if sym else M, 1)


def _made(function: str, values: Array, dtype: Any, device: Any, requires_grad: bool, layout: Any = None) -> Any:
    check_device(function, device)
    known = dtype_of(function, dtype, get_default_dtype())
    if known.kind != "f":
        raise DTypeError(f"{function}: expects floating point dtypes, got {known}")
    return made(values.astype(known), requires_grad)


def general_cosine(M: int, *, a: Iterable[float], sym: bool = True, dtype: Any = None, layout: Any = None,
                   device: Any = None, requires_grad: bool = False) -> Any:  # fmt: skip
    """a[0] - a[1] cos(2 pi t) + a[2] cos(4 pi t) - ... for t from 0 to 1; M points, with `sym` both ends among them."""
    t = _points("general_cosine", M, sym)
    parts = [(-1) ** k * c * np.cos(2 * math.pi * k * t) for k, c in enumerate(a)]
    if not parts:
        raise SettingError("general_cosine: Coefficients must be given, got none")
    return _made("general_cosine", np.ones(M) if M == 1 else sum(parts, np.zeros(M)), dtype, device, requires_grad)


def general_hamming(M: int, *, alpha: float = 0.54, sym: bool = True, **settings: Any) -> Any:
    """alpha - (1 - alpha) cos(2 pi t)"""
    return general_cosine(M, a=[alpha, 1 - alpha], sym=sym, **settings)


def hamming(M: int, *, sym: bool = True, **settings: Any) -> Any:
    """0.54 - 0.46 cos(2 pi t)"""
    return general_hamming(M, sym=sym, **settings)


def hann(M: int, *, sym: bool = True, **settings: Any) -> Any:
    """(1 - cos(2 pi t)) / 2"""
    return general_hamming(M, alpha=0.5, sym=sym, **settings)


def blackman(M: int, *, sym: bool = True, **settings: Any) -> Any:
    """0.42 - 0.5 cos(2 pi t) + 0.08 cos(4 pi t)"""
    return general_cosine(M, a=[0.42, 0.5, 0.08], sym=sym, **settings)


def nuttall(M: int, *, sym: bool = True, **settings: Any) -> Any:
    """A sum of four cosines that falls off fast: Nuttall 1981."""
    return general_cosine(M, a=[0.3635819, 0.4891775, 0.1365995, 0.0106411], sym=sym, **settings)


def bartlett(M: int, *, sym: bool = True, dtype: Any = None, layout: Any = None, device: Any = None,
             requires_grad: bool = False) -> Any:  # fmt: skip
    """A triangle: 1 - |2 t - 1|"""
    values = 1 - np.abs(2 * _points("bartlett", M, sym) - 1)
    return _made("bartlett", np.ones(M) if M == 1 else values, dtype, device, requires_grad)


def cosine(M: int, *, sym: bool = True, dtype: Any = None, layout: Any = None, device: Any = None,
           requires_grad: bool = False) -> Any:  # fmt: skip
    """Half a wave: sin(pi (i + 1/2) / M), or M + 1 where the end repeats."""
    _points("cosine", M, sym)
    values = np.sin(math.pi * (np.arange(M) + 0.5) / (M if sym else M + 1))
    return _made("cosine", np.ones(M) if M == 1 else values, dtype, device, requires_grad)


def exponential(M: int, *, center: float | None = None, tau: float = 1.0, sym: bool = True, dtype: Any = None,
                layout: Any = None, device: Any = None, requires_grad: bool = False) -> Any:  # fmt: skip
    """exp(-|i - center| / tau); the center is the middle, and must be where `sym`."""
    _points("exponential", M, sym)
    if tau <= 0:
        raise SettingError(f"exponential: Tau must be positive, got {tau}")
    if sym and center is not None:
        raise SettingError("exponential: Center must be None for symmetric windows")
    middle = (M - 1 if sym else M) / 2 if center is None else center
    values = np.exp(-np.abs(np.arange(M) - middle) / tau)
    return _made("exponential", np.ones(M) if M == 1 else values, dtype, device, requires_grad)


def gaussian(M: int, *, std: float = 1.0, sym: bool = True, dtype: Any = None, layout: Any = None, device: Any = None,
             requires_grad: bool = False) -> Any:  # fmt: skip
    """exp(-((i - middle) / std)² / 2)"""
    _points("gaussian", M, sym)
    if std <= 0:
        raise SettingError(f"gaussian: Standard deviation must be positive, got {std}")
    middle = (M - 1 if sym else M) / 2
    values = np.exp(-(((np.arange(M) - middle) / std) ** 2) / 2)
    return _made("gaussian", np.ones(M) if M == 1 else values, dtype, device, requires_grad)


def kaiser(M: int, *, beta: float = 12.0, sym: bool = True, dtype: Any = None, layout: Any = None, device: Any = None,
           requires_grad: bool = False) -> Any:  # fmt: skip
    """I0(beta sqrt(1 - (2 t - 1)²)) / I0(beta)"""
    if beta < 0:
        raise SettingError(f"kaiser: beta must be non-negative, got {beta}")
    r = 2 * _points("kaiser", M, sym) - 1
    values = np.ones(M) if M == 1 else np.i0(beta * np.sqrt(np.maximum(1 - r * r, 0))) / np.i0(beta)
    return _made("kaiser", values, dtype, device, requires_grad)


# ------------------------------------------------------------------------------------------------ the older functions


def bartlett_window(window_length: int, periodic: bool = True, **settings: Any) -> Any:
    """`bartlett`, by default without the end, which repeats."""
    return bartlett(window_length, sym=not periodic, **settings)


def blackman_window(window_length: int, periodic: bool = True, **settings: Any) -> Any:
    """`blackman`, by default without the end, which repeats."""
    return blackman(window_length, sym=not periodic, **settings)


def hamming_window(
    window_length: int, periodic: bool = True, alpha: float = 0.54, beta: float = 0.46, **settings: Any
) -> Any:
    """alpha - beta cos(2 pi t), by default without the end, which repeats."""
    return general_cosine(window_length, a=[alpha, beta], sym=not periodic, **settings)


def hann_window(window_length: int, periodic: bool = True, **settings: Any) -> Any:
    """`hann`, by default without the end, which repeats."""
    return hann(window_length, sym=not periodic, **settings)


def kaiser_window(window_length: int, periodic: bool = True, beta: float = 12.0, **settings: Any) -> Any:
    """`kaiser`, by default without the end, which repeats."""
    return kaiser(window_length, beta=beta, sym=not periodic, **settings)


later(__name__)
