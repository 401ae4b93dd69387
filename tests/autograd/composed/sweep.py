"""Calls of NumPy's functions on values that gradients depend on, judged: right, refused in our words, or a fault.

A call is a function and its arguments, such as NumPy itself takes. The floating point arrays among these are moved by
`t`, each along a direction of its own (equal elements stay equal), so that the result is a function of one number: its
derivative at 0 is compared with a central difference of NumPy's own results. What comes back without a way for a
gradient is right only where that is 0.
"""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import autograd
from autograd.errors import AutogradError

STEP = 1e-6
OURS = re.compile(r"(np\.)?[\w.]+(\(\))?: |.* would leave the graph")
"""Our words name the function, or say what would be lost."""

draw = np.random.default_rng(5)

x = draw.random(6) + 0.5
m = draw.random((3, 3))
m = m @ m.T + np.eye(3)
a = draw.random((3, 3)) - np.array([0.0, 0.0, 3.0])  # neither symmetric nor positive definite
w = draw.random((3, 4)) - 0.5
c = draw.random((2, 3, 4)) + 0.1
s = np.sort(draw.random(6))
one, empty = np.array(0.7), np.zeros((0, 3))

ARGUMENTS: list[tuple[Any, ...]] = [
    (x,), (m,), (a,), (w,), (c,), (one,), (empty,), (x, x[::-1].copy()), (m, a), (w, w + 0.3), (c, w + 1.5), (x, 2),
    (2, x), (2.5, x), (x, 0.5), (w, 1), (m, 0, 1), (m, 2), (c, 0, 1), ([x[:3], x[3:] ** 2 + 1],), ([w, w],),
    ([x[0], 1.0, x[1]],),
    (x, x - 0.3, x[::-1] + 0.2), (m, x[:3]), (x[:3], m), (x > 1, x), (x > 1, x, x + 0.4), (x > 1, x, 0.0), (x, x > 1),
    (x, np.array([0, 2])), (x, [1, 2], 0.5), (w, [0, 2]), (x, (2, 3)), (w, (2, 6)), (w, (4, 3)), ((2, 3), x[0]),
    ("i,i->i", x, x), ("ij,jk", m, w), ([x > 1], [x]), ([x > 1, x <= 1], [x, 2 * x]), (x, s), (x, s, x), (x, 3),
    (w, np.array([[0, 1, 2, 0]])), (w, [1], 1), (x, [0, 3]), (np.array([0, 2, 1, 0, 2, 1]), x), (x, np.arange(6)),
    (x, x > 0.8, x), (x, 1, 0), (c, (1, 2, 0)), (c, 0, 2), (x, 4, 0.5), (0.0, x[0], 4), (x[0], x[1] + 3),
    (x, [x < 1, x >= 1], [0.0, 2.0]), (np.array([1, 0, 1]), [x[:3], x[3:], x[:3]]),
]  # fmt: skip
"""NumPy says which of these each function takes."""

OPTIONS: list[dict[str, Any]] = [
    {"axis": 0}, {"axis": -1}, {"axis": (0, 1)}, {"axis": 1, "keepdims": True}, {"keepdims": True}, {"axis": None},
    {"dtype": np.float64}, {"initial": 2.5}, {"where": w > 0}, {"where": w > 0, "initial": 0.5},
    {"axis": 0, "where": w > -0.2}, {"ddof": 1}, {"axis": (0, 1), "ddof": 1, "keepdims": True}, {"out": "w"},
    {"axis": 0, "out": "row"}, {"casting": "same_kind"}, {"order": "F"}, {"order": "K"},
]  # fmt: skip
"""Options of reductions and ufuncs, on `w`. An `out` of a name is an array of that shape."""


def given(value: Any, t: Any, of: Callable[[Any], Any]) -> Any:
    """An argument moved by t, as `of` makes it of its array and the direction; nests are gone through."""
    if isinstance(value, (list, tuple)) and any(isinstance(part, (np.ndarray, np.floating, list)) for part in value):
        return type(value)([given(part, t, of) for part in value])
    if isinstance(value, (np.ndarray, np.floating)) and value.dtype.kind == "f":
        return of(value + t * np.cos(7.0 * value))
    return value


def numbers(z: Any) -> Iterator[np.ndarray]:
    """The arrays of a result."""
    if isinstance(z, (tuple, list)):
        parts = [part for each in z for part in numbers(each)]
        yield from [np.array(parts)] if type(z) is list and not any(part.ndim for part in parts) else parts
        return
    z = _plain(z)
    if isinstance(z, (np.ndarray, np.generic, float, int)):
        yield np.asarray(z)


def _plain(z: Any) -> Any:
    z = getattr(z, "_tensor", z)
    return getattr(z, "_array", z)


def total(z: Any) -> Any:
    """A weighted sum of all floating point numbers of a result."""
    if isinstance(z, (tuple, list)):
        row = type(z) is list and not any(isinstance(part, str) or np.ndim(_plain(part)) for part in z)  # an array
        parts = [(part if row else total(part)) * (math.sin(i + 0.5) if row else 1.0) for i, part in enumerate(z)]
        return sum(parts) if parts else 0.0
    if getattr(getattr(z, "dtype", None), "kind", "") != "f":
        return 0.0
    weights = np.sin(np.arange(math.prod(z.shape)) + 0.5).reshape(tuple(z.shape))
    return np.sum(z * weights)


class FaultError(AssertionError):
    """What a call did that is neither right nor a refusal of ours."""


def judged(function: Callable[..., Any], theirs: Callable[..., Any], args: Any, options: Any, kind: str) -> str:
    """Is it right, or refused? Else raises FaultError. `theirs` is NumPy's own, `kind` of the values: box, tensor."""
    kwargs = {key: value for key, value in options.items() if key != "out"}
    out = {"w": w.shape, "row": w.shape[1:]}.get(options.get("out", ""))

    def plain(t: float) -> Any:
        more = {} if out is None else {"out": np.zeros(out)}
        return theirs(*given(args, t, np.asarray), **kwargs, **more)

    def ours(t: Any) -> Any:
        more = {} if out is None else {"out": np.zeros(out)}
        return function(*given(args, t, lambda value: value), **kwargs, **more)

    wanted = plain(0.0)
    seen: list[Any] = []

    def loss(t: Any) -> Any:
        z = ours(t)
        seen.append(z)
        return total(z) + 0.0 * t

    try:
        if kind == "box":
            slope = autograd.grad(loss)(0.0)
        else:
            t = autograd.tensor(0.0, dtype=np.float64, requires_grad=True)
            loss(t).backward()
            slope = t.grad.item()
    except Exception as error:
        if not seen and (isinstance(error, AutogradError) or OURS.match(str(error))):
            return "refused"
        raise FaultError(f"{type(error).__name__}: {error}") from error
    pairs = list(zip(numbers(wanted), numbers(seen[0]), strict=False))
    if len(list(numbers(wanted))) != len(list(numbers(seen[0]))):
        raise FaultError(f"gave {seen[0]!r}, NumPy {wanted!r}")
    for a, b in pairs:
        if a.shape != b.shape or not np.allclose(a, b, rtol=1e-9, atol=1e-9, equal_nan=True):
            raise FaultError(f"gave {b!r}, NumPy {a!r}")
    difference = (total(plain(STEP)) - total(plain(-STEP))) / (2 * STEP)
    if np.isfinite(difference) and not np.isclose(slope, difference, rtol=1e-4, atol=1e-5):
        raise FaultError(f"has the derivative {slope}, differences {difference}")
    return "right"


def works(theirs: Callable[..., Any], args: Any, options: Any) -> bool:
    """Does NumPy take these arguments, and give numbers?"""
    out = {"w": w.shape, "row": w.shape[1:]}.get(options.get("out", ""))
    more = {**options, **({} if out is None else {"out": np.zeros(out)})}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            found = list(numbers(theirs(*given(args, 0.0, np.asarray), **more)))
    except Exception:
        return False
    return bool(found) and all(z.dtype.kind in "fiub" for z in found)
