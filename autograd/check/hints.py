"""What a wrong gradient looks like: the likely mistake, from how the claim relates to the slopes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import combinations, permutations
from typing import Any

import numpy as np
from numpy import ndarray as Array

from .claim import Claim, Finding
from .classics import classic_hint
from .formulas import CLOSE, close, formula_hint


def hint(finding: Finding, k: int, claim: Claim, call: Any, otherwise: Callable[[], str] = str) -> str:
    """A sentence about what is wrong with the gradient of input `k`; "" if it looks like nothing known.

    otherwise   gives one that is better than just saying which elements are wrong, or ""
    """
    at, a, n = np.array(finding.positions, int), np.array(finding.analytic), np.array(finding.numeric)
    if finding.gradient is None or not at.size:
        return ""
    finite = np.isfinite(a) & np.isfinite(n)
    if not finite.all():
        return "the rule gives NaN or infinity where the slope is finite" if not np.isfinite(a).all() else ""
    wrong = ~close(a, n)
    if not wrong.any():
        return ""
    sizes = _sizes(claim, k)
    return (
        _zero(finding, at, a, n, wrong)
        or _repeated(at, wrong, call)
        or _constant(a, n, sizes)
        or _arranged(finding, at, n, k, claim)
        or classic_hint(finding, k, claim)
        or _masked(a, n, wrong, sizes)
        or formula_hint(finding, k, claim)
        or otherwise()
        or _some(finding, at, a, n, wrong, sizes)
        or _broadcast(k, claim, call)
    )


def _sizes(claim: Claim, k: int) -> dict[int, str]:
    """Numbers that a sum and a mean may differ by -> what they count."""
    found: dict[int, str] = {}
    shapes = [np.shape(claim.inputs[k]), *(np.shape(x) for x in claim.inputs), *(np.shape(w) for w in claim.weights[0])]
    for shape in shapes:
        for axis, size in enumerate(shape):
            found.setdefault(size, f"the size of axis {axis}")
    for shape in shapes:
        found.setdefault(math.prod(shape), "the number of elements")
        if len(shape) > 3:
            found.setdefault(math.prod(shape[2:]), "the number of pixels")
        for axis in range(len(shape)):
            rest = math.prod(shape[:axis] + shape[axis + 1 :])
            found.setdefault(rest, f"the number of elements but for axis {axis}")
    share, rest = divmod(math.prod(shapes[0]), max(1, math.prod(shapes[-1])))
    if not rest:
        found.setdefault(share, "the number of inputs per output")
    found.pop(1, None)
    found.pop(0, None)
    return found


def ratio_hint(ratio: float, sizes: dict[int, str]) -> str:
    """What a constant ratio of claim to slope says."""
    if abs(ratio + 1) < CLOSE:
        return "a sign: it is the negative of the slope"
    for number, what in sizes.items():
        if number > 2 and abs(ratio / number - 1) < CLOSE:
            return f"{number} times too large, {what}: a sum where a mean was meant?"
        if number > 2 and abs(ratio * number - 1) < CLOSE:
            return f"{number} times too small, {what}: a mean where a sum was meant?"
    if abs(ratio - 2) < 2 * CLOSE:
        return "a factor 2 too many" + (
            ", or counted twice" if 2 not in sizes else f", or a sum for a mean ({sizes[2]})"
        )
    if abs(ratio - 0.5) < 0.5 * CLOSE:
        return "a factor 2 is missing: the exponent of a square?"
    side = "too large" if abs(ratio) > 1 else "too small"
    return f"off by a constant factor: {ratio:.6g} times the slope, {side} everywhere"


def _constant(a: Array, n: Array, sizes: dict[int, str]) -> str:
    telling = np.abs(n) > 1e-4 * np.abs(n).max()
    if telling.sum() < min(2, n.size) or (np.abs(n).max() == 0):
        return ""
    ratios = a[telling] / n[telling]
    if ratios.size < 1 or np.ptp(ratios) > CLOSE * np.abs(ratios).max():
        return ""
    if np.abs(a[~telling]).max(initial=0) > CLOSE * np.abs(a[telling]).max():
        return ""
    if n.size == 1 and sizes:
        known = ratio_hint(float(ratios[0]), sizes)
        return "" if known.startswith("off by") else known
    return ratio_hint(float(np.median(ratios)), sizes)


def _zero(finding: Finding, at: Array, a: Array, n: Array, wrong: Array) -> str:
    gradient = finding.gradient
    assert gradient is not None
    if not gradient.any():
        return "the gradient is 0 everywhere: the path is cut"
    if not (a[wrong] == 0).all():
        return ""
    shape = gradient.shape
    for axis in range(len(shape)):
        others = tuple(i for i in range(len(shape)) if i != axis)
        dead = np.flatnonzero(~gradient.any(axis=others)) if len(shape) > 1 else np.array([], int)
        where = np.unravel_index(at[wrong], shape)[axis]
        if dead.size and np.isin(where, dead).all():
            return f"the gradient is 0 at index {', '.join(map(str, dead[:5]))} of axis {axis}: the path is cut there"
    if wrong.sum() == 1 and a.size > 1:
        return "one element gets no gradient"
    return "some elements get no gradient: a wrong mask, or a loop that ends too early?"


def _masked(a: Array, n: Array, wrong: Array, sizes: dict[int, str]) -> str:
    """Is it wrong just where one of the two is 0?"""
    tiny = 1e-7 * float(np.abs(n).max())
    idle, lost = np.abs(n) <= tiny, a == 0
    if tiny and (idle | lost)[wrong].all():
        if idle[wrong].all():
            return "there is a gradient where the slope is 0: a mask is missing, or too much gets through"
        return "gradient and slope are 0 at different places: the wrong mask?"
    if lost.any() and (wrong | idle).all():
        known = _constant(a[~lost], n[~lost], sizes)
        return f"some elements get no gradient, the others: {known}" if known else ""
    if tiny and idle.any() and wrong.all():
        known = _constant(a[~idle], n[~idle], sizes)
        return f"there is a gradient where the slope is 0; where it is not: {known}" if known else ""
    return ""


def _repeated(at: Array, wrong: Array, call: Any) -> str:
    """Are the wrong elements just those that an index names several times?"""
    settings = getattr(call, "settings", None) or {}
    if call is not None and call.record.plan.op is None:
        return _repeated_rows(at, wrong, call)
    if call is None or not ("index" in settings or "index" in call.record.plan.op.inputs):
        return ""
    x = np.asarray(call.inputs[0])
    try:
        names = call.record.plan.op.forward(
            np.arange(x.size, dtype=float).reshape(x.shape), *call.inputs[1:], **call.settings
        )
    except (TypeError, ValueError, IndexError):
        return ""
    counts = np.bincount(np.asarray(names).astype(int).reshape(-1), minlength=x.size)
    repeated = np.flatnonzero(counts > 1)
    if repeated.size and np.isin(at[wrong], repeated).all():
        return "wrong just where an index occurs more than once: assigned instead of added up"
    return ""


def _repeated_rows(at: Array, wrong: Array, call: Any) -> str:
    """The same for the rows of a Function's input, if it has been given whole numbers."""
    arrays = [np.asarray(getattr(x, "array", x)) for x in call.inputs]
    shape: tuple[int, ...] = arrays[call.wanted[0]].shape if len(call.wanted) == 1 else ()
    for index in arrays if shape else ():
        if index.dtype.kind != "i" or not index.ndim or (index < 0).any() or (index >= shape[0]).any():
            continue
        repeated = np.flatnonzero(np.bincount(index.reshape(-1)) > 1)
        if repeated.size and np.isin(np.unravel_index(at[wrong], shape)[0], repeated).all():
            return "wrong just where an index occurs more than once: assigned instead of added up"
    return ""


def _arranged(finding: Finding, at: Array, n: Array, k: int, claim: Claim) -> str:
    """Is the claim the gradient in another order, or that of another input?"""
    g = finding.gradient
    assert g is not None
    if n.size < 2 or np.ptp(n) <= CLOSE * np.abs(n).max():
        return ""
    for values, what in _arrangements(g):
        if close(values.reshape(-1)[at], n).all():
            return f"it is the gradient {what}"
    for row in claim.gradients:
        for other, values in enumerate(row):
            if other == k:
                continue
            if values.shape == g.shape and close(values.reshape(-1)[at], n).all():
                return f"it is the gradient of {claim.names[other]}, exchanged with that of {claim.names[k]}"
    for axis, size in enumerate(g.shape):
        summed = np.broadcast_to(g.sum(axis=axis, keepdims=True), g.shape)
        if size > 1 and close(summed.reshape(-1)[at], n).all():
            return f"its sum along axis {axis} would be right: a sum over the broadcast axis is missing"
    return ""


def _arrangements(g: Array) -> Iterator[tuple[Array, str]]:
    for axes in permutations(range(g.ndim)) if 2 <= g.ndim <= 4 else ():
        if axes != tuple(range(g.ndim)) and np.transpose(g, axes).shape == g.shape:
            yield np.transpose(g, axes), "transposed" if g.ndim == 2 else f"with its axes permuted by {axes}"
    if g.ndim == 2 and g.shape[0] != g.shape[1]:
        yield g.reshape(-1).reshape(g.shape[::-1]).T, "with rows and columns mixed up: a reshape instead of a transpose"
    for axis in range(g.ndim):
        if g.shape[axis] > 1:
            yield np.flip(g, axis), f"in reverse order along axis {axis}"
            for shift in (1, -1):
                yield np.roll(g, shift, axis), f"shifted by one along axis {axis}"
    if g.ndim > 2:
        yield np.flip(g, (-2, -1)), "with its rows and columns reversed: a kernel turned by 180 degrees"
    if g.ndim > 1:
        yield np.flip(g), "in reverse order along all axes"


def _broadcast(k: int, claim: Claim, call: Any) -> str:
    """Does the shape of the input say that it is repeated, so that its gradient is a sum?"""
    own, z = np.shape(claim.inputs[k]), np.shape(claim.weights[0][0])
    extra = len(z) - len(own)
    if call is None or own == z or extra < 0 or any(a not in (1, b) for a, b in zip(own, z[extra:], strict=True)):
        return ""
    axes = [axis for axis, size in enumerate(z) if axis < extra or own[axis - extra] != size]
    names = f"axis {axes[0]}" if len(axes) == 1 else f"axes {', '.join(map(str, axes))}"
    return f"{claim.names[k]} is broadcast from {own} to {z}: then its gradient is the sum over {names}"


def _some(finding: Finding, at: Array, a: Array, n: Array, wrong: Array, sizes: dict[int, str]) -> str:
    if wrong.all():
        return ""
    count = int(wrong.sum())
    share = "one element is wrong" if count == 1 else f"{count} of {wrong.size} compared elements are wrong"
    if count > 1:
        known = _constant(a[wrong], n[wrong], {})
        if known and not known.startswith("off by"):
            return f"{share}, there {known}"
    assert finding.gradient is not None
    shape = finding.gradient.shape
    rows = np.unravel_index(at[wrong], shape)[0] if shape else np.zeros(1, int)
    if len(shape) == 2 and count > 1 and sorted(rows) == list(range(shape[0])):
        return f"{share}: one in each row, that of the label?"
    if count > 1:
        for axis in range(len(shape)):
            places = np.unravel_index(at, shape)[axis]
            if shape[axis] > 1 and not np.isin(places[~wrong], places[wrong]).any():
                bad = np.unique(places[wrong])
                if bad.size < shape[axis]:
                    return f"{share}: index {', '.join(map(str, bad[:5]))} of axis {axis}"
    return f"{share}, the others are right"


def shape_hint(got: tuple[int, ...], wanted: tuple[int, ...], value: Array, numeric: Array | None) -> str:
    """What a gradient of the wrong shape suggests."""
    if got == wanted[::-1] and len(got) == 2:
        same = numeric is not None and close(value.T.reshape(-1), numeric.reshape(-1)).all()
        return "it is the transpose" + (" of the right one" if same else "d shape")
    extra = len(got) - len(wanted)
    for axes in combinations(range(len(got)), extra) if extra > 0 else ():
        if tuple(size for axis, size in enumerate(got) if axis not in axes) != wanted:
            continue
        names = f"axis {axes[0]}" if extra == 1 else f"axes {axes}"
        what = "the batch" if axes == (0,) else "them" if extra > 1 else "it"
        if numeric is not None and close(value.sum(axes).reshape(-1), numeric.reshape(-1)).all():
            return f"its sum along {names} is right: the sum over {what} is missing"
        return f"it has {names} too many: is a sum over {what} missing?"
    if math.prod(got) == math.prod(wanted):
        if numeric is not None and close(value.reshape(-1), numeric.reshape(-1)).all():
            return "its elements are right: only a reshape is missing"
        return "as many elements in another shape"
    try:
        if np.broadcast_shapes(got, wanted) == got:
            return "it has the broadcast shape: a sum over the broadcast axes is missing"
        if np.broadcast_shapes(got, wanted) == wanted:
            return "it has been summed or averaged too far"
    except ValueError:
        pass
    return ""
