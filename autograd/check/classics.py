"""The classic mistakes: a mask, a sum over an axis, the softmax, a normalisation, a derivative at the wrong place.

Each of them has a formula. Where the slopes are those of the right one, and the claim is that of a mistaken one, both
are named. `known` are the arrays that the formulas are made of: the inputs by name, `z` the result, `dZ` its cotangent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import combinations
from typing import Any

import numpy as np
from numpy import ndarray as Array

from .claim import Claim, Finding
from .formulas import CLOSE, close, known_arrays

_EPS = 1e-5  # what normalisations add to the variance


def classic_hint(finding: Finding, k: int, claim: Claim) -> str:
    """Which of the classic mistakes the gradient of input `k` is; "" if none."""
    known = known_arrays(finding, k, claim)
    at, a, n = np.array(finding.positions, int), np.array(finding.analytic), np.array(finding.numeric)
    if "dZ" not in known or at.size < 4 or not (np.isfinite(a) & np.isfinite(n)).all():
        return ""
    name, x = claim.names[k], np.asarray(claim.inputs[k])
    alike = {other: values for other, values in known.items() if np.shape(values) == x.shape}
    hint = _mask(at, a, n, alike) or _sum(at, a, n, x.shape, known)
    if not hint and {"z", "dZ"} <= set(alike):
        hint = _softmax(at, a, n, alike) or _normalised(at, a, n, name, alike) or _at_result(at, a, k, claim, alike)
    return hint


def _mask(at: Array, a: Array, n: Array, alike: Mapping[str, Array]) -> str:
    """Is the gradient let through where another array is positive than should be, or where it is negative?"""
    lets, should = a != 0, np.abs(n) > 1e-7 * np.abs(n).max()
    if should.all() or not should.any() or not lets.any():
        return ""
    right = next((name for name, u in _signs(at, alike) if np.array_equal(u, should)), None)
    if right is None:
        return ""
    if lets.all():
        return f"a mask is missing: the slope is 0 but where {right}"
    got = next((name for name, u in _signs(at, alike) if np.array_equal(u, lets)), None)
    if got == right:  # what is let through is wrong
        return ""
    return f"it is let through where {got}, but {right} would be right" if got else ""


def _signs(at: Array, alike: Mapping[str, Array]) -> Iterator[tuple[str, Array]]:
    for name, values in alike.items():
        yield f"{name} > 0", values.reshape(-1)[at] > 0
        yield f"{name} < 0", values.reshape(-1)[at] < 0


def _sum(at: Array, a: Array, n: Array, shape: tuple[int, ...], known: Mapping[str, Array]) -> str:
    """Is it a sum over another axis than should be?"""
    dz = known["dZ"]
    factors: list[tuple[str, Any]] = [("dZ", 1.0)]
    factors += [(f"dZ * {name}", u) for name, u in known.items() if u.shape == dz.shape and name != "dZ"]
    for text, u in factors if len(shape) < dz.ndim else ():
        sums = {
            axes: total.reshape(-1)[at]
            for axes in combinations(range(dz.ndim), dz.ndim - len(shape))
            if (total := (dz * u).sum(axes)).shape == shape
        }
        right = next((axes for axes, values in sums.items() if close(values, n).all()), None)
        got = next((axes for axes, values in sums.items() if close(values, a).all()), None)
        if right is not None and got is not None and got != right:
            return f"it is the sum of {text} over {_axes(got)}, but over {_axes(right)} would be right"
    return ""


def _softmax(at: Array, a: Array, n: Array, alike: Mapping[str, Array]) -> str:
    """z = softmax(x) along an axis has dx = z * (dZ - sum of z * dZ)."""
    z, dz = alike["z"], alike["dZ"]

    def right(axis: int) -> Array:
        return _of(z * (dz - (z * dz).sum(axis, keepdims=True)), at)

    for axis in range(z.ndim):
        if (z < 0).any() or not np.allclose(z.sum(axis), 1, atol=1e-5) or not close(right(axis), n).all():
            continue
        if close(_of(dz * z * (1 - z), at), a).all():
            return (
                f"it is the softmax's diagonal dZ * z * (1 - z) alone: the cross terms -z[i] * z[j] along axis {axis} "
                "are missing (z is the result)"
            )
        other = next((i for i in range(z.ndim) if i != axis and close(right(i), a).all()), None)
        if other is not None:
            return f"the softmax's sum of z * dZ is taken over axis {other}, but over axis {axis} would be right"
    return ""


def _normalised(at: Array, a: Array, n: Array, name: str, alike: Mapping[str, Array]) -> str:
    """z = (x - mean) / deviation has dx = (dZ - mean of dZ - z * mean of z * dZ) / deviation, over the same axes."""
    x, z, dz = alike[name], alike["z"], alike["dZ"]
    groups = [axes for count in range(1, x.ndim + 1) for axes in combinations(range(x.ndim), count)]

    def ways(over: tuple[int, ...], deviation: Array) -> Array:
        mean, share = dz.mean(over, keepdims=True), (z * dz).mean(over, keepdims=True)
        return _of((dz - mean - z * share) / deviation, at)

    for axes in groups:
        deviation = np.sqrt(x.var(axes, keepdims=True) + _EPS)
        if not close(ways(axes, deviation), n).all():
            continue
        for other in groups:
            if other != axes and close(ways(other, deviation), a).all():
                return (
                    f"the means of dZ and z * dZ are taken over {_axes(other)}, but over {_axes(axes)} would be right"
                )
    return ""


def _at_result(at: Array, a: Array, k: int, claim: Claim, alike: Mapping[str, Array]) -> str:
    """For a function of single elements: is its derivative taken at z where it should be taken at x?"""
    z, dz, h = alike["z"], alike["dZ"], 1e-5

    def value(moved: Array) -> Array:
        inputs: list[Array] = [moved if i == k else x.copy() for i, x in enumerate(claim.inputs)]
        return np.asarray(claim.function(inputs)[0], np.float64)

    slope = _quietly(lambda: (value(z + h) - value(z - h)) / (2 * h))
    if slope is None or slope.shape != z.shape or np.ptp(slope) <= CLOSE * np.abs(slope).max(initial=0):
        return ""
    if not close(_of(dz * slope, at), a).all():
        return ""
    return f"the derivative is taken at the result: at {claim.names[k]} it would be right"


def _quietly(function: Callable[[], Array]) -> Array | None:
    try:
        with np.errstate(all="ignore"):
            found = function()
    except Exception:  # of somebody's function, where it was not meant to be evaluated: a hint is no reason to fail
        return None
    return found if np.isfinite(found).all() else None


def _of(values: Array, at: Array) -> Array:
    part: Array = values.reshape(-1)[at]
    return part


def _axes(axes: tuple[int, ...]) -> str:
    return f"axis {axes[0]}" if len(axes) == 1 else f"axes {axes}"
