"""Comparing Tensors in tests, and making them: torch.testing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from .creation import tensor
from .errors import SettingError
from .later import later
from .random import rand, randint
from .tensors import Tensor
from .tensors.core import Core, array_of

__all__ = ["assert_allclose", "assert_close", "make_tensor"]

_TOLERANCES = {"float16": (1e-3, 1e-5), "float32": (1.3e-6, 1e-5), "float64": (1e-7, 1e-7)}
"""dtype -> relative and absolute tolerance; all other dtypes must agree exactly."""


def assert_close(
    actual: Any,
    expected: Any,
    *,
    allow_subclasses: bool = True,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = False,
    check_device: bool = True,
    check_dtype: bool = True,
    check_layout: bool = True,
    check_stride: bool = False,
    msg: str | Callable[[str], str] | None = None,
) -> None:
    """Raise AssertionError unless |actual - expected| <= atol + rtol * |expected| everywhere.

    actual, expected   Tensors, arrays, numbers, or sequences and mappings of such, of the same structure and shape
    rtol, atol         both or none. Default by dtype: float16 1e-3, 1e-5; float32 1.3e-6, 1e-5; float64 1e-7, 1e-7;
                       integers and bools 0, 0; of two dtypes the looser one
    equal_nan          may NaN stand for NaN?
    check_dtype        must the dtypes be equal?
    check_device, check_layout, allow_subclasses   without effect: there is one device and one layout
    check_stride       must the strides be equal?
    msg                the message instead, or a function that makes it of ours
    """
    if (rtol is None) != (atol is None):
        raise SettingError(
            f"assert_close: rtol and atol must both be specified or both be unspecified, got {rtol} and {atol}"
        )
    problem = _difference(actual, expected, rtol, atol, equal_nan, check_dtype, check_stride, "")
    if problem:
        raise AssertionError(problem if msg is None else msg(problem) if callable(msg) else msg)


def _difference(
    actual: Any, expected: Any, rtol: Any, atol: Any, equal_nan: bool, dtypes: bool, strides: bool, where: str
) -> str:
    """What differs, or an empty string."""
    settings = (rtol, atol, equal_nan, dtypes, strides)
    if isinstance(actual, Mapping) and isinstance(expected, Mapping):
        if set(actual) != set(expected):
            return f"The keys of the mappings do not match: {sorted(map(str, set(actual) ^ set(expected)))}{where}"
        pairs = [(actual[key], expected[key], key) for key in actual]
        return next((found for a, b, key in pairs if (found := _difference(a, b, *settings, _at(where, key)))), "")
    if _sequence(actual) and _sequence(expected):
        if len(actual) != len(expected):
            return f"The length of the sequences mismatch: {len(actual)} != {len(expected)}{where}"
        rows = enumerate(zip(actual, expected, strict=True))
        return next((found for i, (a, b) in rows if (found := _difference(a, b, *settings, _at(where, i)))), "")
    if actual is None or expected is None:
        return "" if actual is expected else f"None mismatch: {actual} is not {expected}{where}"
    for x in (actual, expected):
        if not isinstance(x, (Core, np.ndarray, np.generic, int, float)):
            raise TypeError(f"assert_close: wanted Tensors, arrays or numbers, got {type(x).__name__}{where}")
    numbers = not any(isinstance(x, (Core, np.ndarray)) for x in (actual, expected))
    x, y = (np.asarray(v) if numbers else array_of(v) for v in (actual, expected))
    if x.shape != y.shape:
        return f"The values for attribute 'shape' do not match: {x.shape} != {y.shape}{where}"
    if dtypes and x.dtype != y.dtype and not numbers:
        return f"The values for attribute 'dtype' do not match: {x.dtype} != {y.dtype}{where}"
    if strides and x.strides != y.strides:
        return f"The values for attribute 'stride()' do not match: {x.strides} != {y.strides}{where}"
    loose = [_TOLERANCES.get(str(v.dtype), (0.0, 0.0)) for v in (x, y)]
    relative = max(pair[0] for pair in loose) if rtol is None else rtol
    absolute = max(pair[1] for pair in loose) if atol is None else atol
    return _values(x, y, relative, absolute, equal_nan, where)


def _values(x: Any, y: Any, rtol: float, atol: float, equal_nan: bool, where: str) -> str:
    exact = x.dtype.kind in "iub" and y.dtype.kind in "iub"
    a, b = (v.astype(object) if exact and v.dtype.itemsize == 8 else v.astype(np.float64) for v in (x, y))
    if rtol == 0 and atol == 0:
        close = a == b
    else:
        with np.errstate(all="ignore"):
            close = np.isclose(a.astype(np.float64), b.astype(np.float64), rtol=rtol, atol=atol)
    if equal_nan and not exact:
        close = close | (np.isnan(a) & np.isnan(b))
    close = np.asarray(close, np.bool_)
    if close.all():
        return ""
    with np.errstate(all="ignore"):
        wrong = np.where(close, 0.0, np.abs(a.astype(np.float64) - b.astype(np.float64)))
        relative = np.where(close, 0.0, wrong / np.abs(b.astype(np.float64)))
    if x.ndim == 0:
        return (
            f"Scalars are not close! Expected {y} but got {x}, difference {wrong} (up to {atol} + {rtol} relative)"
            + (where)
        )
    count = int((~close).sum())
    places = [tuple(map(int, np.unravel_index(int(np.nanargmax(v)), v.shape))) if not np.isnan(v).all() else ()
              for v in (wrong, relative)]  # fmt: skip
    return (
        f"Tensor-likes are not close!\n\n"
        f"Mismatched elements: {count} / {close.size} ({100 * count / close.size:.1f}%)\n"
        f"Greatest absolute difference: {wrong[places[0]]} at index {places[0]} (up to {atol} allowed)\n"
        f"Greatest relative difference: {relative[places[1]]} at index {places[1]} (up to {rtol} allowed){where}"
    )


def _sequence(x: Any) -> bool:
    return isinstance(x, Sequence) and not isinstance(x, (str, bytes))


def _at(where: str, key: Any) -> str:
    return f"{where or chr(10) + 'The failure occurred for item '}[{key!r}]"


def assert_allclose(
    actual: Any, expected: Any, rtol: Any = None, atol: Any = None, equal_nan: bool = True, msg: Any = ""
) -> None:
    """`assert_close` without a look at dtypes, for anything that an array can be made of: an older form."""
    x, y = (v if isinstance(v, Core) else tensor(v) for v in (actual, expected))
    assert_close(x, y, rtol=rtol, atol=atol, equal_nan=equal_nan, check_dtype=False, msg=msg or None)


def make_tensor(
    *shape: Any,
    dtype: Any,
    device: Any = "cpu",
    low: float | None = None,
    high: float | None = None,
    requires_grad: bool = False,
    noncontiguous: bool = False,
    exclude_zero: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """A Tensor of random values, uniform in [low, high).

    low, high       default: -9, 9 for floating point, -9, 10 for signed integers, 0, 10 for uint8, 0, 2 for bool
    noncontiguous   every second element of a larger Tensor
    exclude_zero    ones (of floating point: the smallest positive number) in place of zeros
    """
    sizes = tuple(shape[0]) if len(shape) == 1 and isinstance(shape[0], (tuple, list)) else shape
    kind = np.dtype(dtype).kind
    first, last = {"f": (-9, 9), "i": (-9, 10), "u": (0, 10), "b": (0, 2)}[kind]
    start, stop = first if low is None else low, last if high is None else high
    if start > stop or (start == stop and kind != "f"):
        raise SettingError(f"make_tensor: low must be below high, got {start} and {stop}")
    whole = (*sizes[:-1], 2 * sizes[-1]) if noncontiguous and sizes else sizes
    if kind == "f":
        values: Any = rand(whole, dtype=np.float64) * (stop - start) + start
        x = values.to(dtype)
    else:
        x = randint(int(np.ceil(start)), int(np.ceil(stop)), whole).to(dtype)
    x = x[..., ::2] if noncontiguous and sizes else x
    if exclude_zero:
        x._array[x._array == 0] = np.finfo(dtype).tiny if kind == "f" else 1
    return x.requires_grad_() if requires_grad else x


later(__name__)
