"""Where the formula of a wrong gradient goes astray: which factor, which product, which way through the function."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import permutations

import numpy as np
from numpy import ndarray as Array

from .claim import Claim, Finding

CLOSE = 2e-3  # relative; slopes and claims of float32 are no better


def close(a: Array, n: Array) -> Array:
    """Element by element: can claim and slope be the same?"""
    size = max(float(np.abs(a).max(initial=0)), float(np.abs(n).max(initial=0)))
    near: Array = np.abs(a - n) <= CLOSE * np.maximum(np.abs(a), np.abs(n)) + 1e-7 * size
    return near


def formula_hint(finding: Finding, k: int, claim: Claim) -> str:
    """What the wrong gradient of input `k` lacks or has too many; "" if nothing known explains all of it."""
    at, a, n = np.array(finding.positions, int), np.array(finding.analytic), np.array(finding.numeric)
    if at.size < 4 or not (np.isfinite(a) & np.isfinite(n)).all():
        return ""
    known = known_arrays(finding, k, claim)
    shape = np.shape(claim.inputs[k])
    alike = {name: x for name, x in known.items() if np.shape(x) == shape}
    hint = _product(at, a, n, shape, known) or _factor(at, a, n, alike) or _uniform(a, n) or _per(at, a, n, shape)
    if not hint and at.size == np.prod(shape):
        order = np.argsort(at)
        hint = _way((a - n)[order].reshape(shape), claim.names[k], claim.inputs[k], alike.get("z"))
    return hint


def known_arrays(finding: Finding, k: int, claim: Claim) -> dict[str, Array]:
    """What the gradient of input `k` is made of: the inputs by name, a single result as `z`, its cotangent as `dZ`."""
    row = next((i for i, g in enumerate(claim.gradients) if g[k] is finding.gradient), None)
    known = dict(zip(claim.names, claim.inputs, strict=True))
    try:
        outputs = claim.function([x.copy() for x in claim.inputs])
    except Exception:  # of somebody's function: a hint is no reason to fail
        return known
    if len(outputs) == 1 and row is not None:
        known |= {"z": np.asarray(outputs[0], np.float64), "dZ": claim.weights[row][0]}
    return known


def _product(at: Array, a: Array, n: Array, shape: tuple[int, ...], known: dict[str, Array]) -> str:
    """Which product of two matrices is the gradient, and which one is the claim?"""
    matrices = [(name, x) for name, x in known.items() if np.ndim(x) == 2 and name != "z"]
    if len(shape) != 2 or "dZ" not in known:
        return ""
    products = {}
    for first, second in permutations(matrices, 2):
        for left, x in _turned(*first):
            for right, y in _turned(*second):
                if x.shape[1] == y.shape[0] and (x.shape[0], y.shape[1]) == shape:
                    products[f"{left} @ {right}"] = (x @ y).reshape(-1)[at]
    wanted = next((text for text, x in products.items() if close(x, n).all()), None)
    if wanted is None:
        return ""
    got = next((text for text, x in products.items() if close(x, a).all()), None)
    return f"it is {got}, but {wanted} would be right" if got else f"{wanted} would be right"


def _turned(name: str, x: Array) -> Iterator[tuple[str, Array]]:
    yield name, x
    yield f"{name}.T", x.T


_FORMS: tuple[tuple[str, Callable[[Array], Array]], ...] = (
    ("{}", lambda q: q),
    ("(1 - {})", lambda q: 1 - q),
    ("(1 + {})", lambda q: 1 + q),
    ("{}**2", lambda q: q * q),
    ("{}**3", lambda q: q**3),
)


def _factor(at: Array, a: Array, n: Array, alike: dict[str, Array]) -> str:
    """Is there a factor too many, or is one missing, that varies from element to element?"""
    for name, values in alike.items():
        for form, function in _FORMS:
            factor = function(values.reshape(-1)[at])
            if np.ptp(factor) <= CLOSE * np.abs(factor).max():
                continue
            what = "; z is the result" if name == "z" else ""
            if close(a * factor, n).all():
                return f"a factor {form.format(name)} is missing{what}"
            if close(a, n * factor).all():
                return f"a factor {form.format(name)} too many{what}"
    return ""


def _uniform(a: Array, n: Array) -> str:
    """Has every element the same gradient, though they should differ?"""
    if np.ptp(a) > CLOSE * np.abs(a).max() or np.ptp(n) <= CLOSE * np.abs(n).max():
        return ""
    total = "the sum of all of them" if close(a[:1], n.sum(keepdims=True)).all() else "though the slopes differ"
    return f"all elements get the same gradient, {total}: a sum that should not be there?"


def _per(at: Array, a: Array, n: Array, shape: tuple[int, ...]) -> str:
    """Is there a factor that depends on the index of one axis alone?"""
    telling = np.abs(n) > 1e-4 * np.abs(n).max()
    if np.abs(a[~telling]).max(initial=0) > CLOSE * np.abs(a).max():
        return ""
    places, ratios = np.unravel_index(at[telling], shape), a[telling] / n[telling]
    for axis in range(len(shape)) if len(shape) > 1 else ():
        groups = [ratios[places[axis] == i] for i in range(shape[axis])]
        if shape[axis] > 1 and all(r.size > 1 and np.ptp(r) <= CLOSE * np.abs(r).max() for r in groups):
            shown = ", ".join(f"{r.mean():.4g}" for r in groups[:4]) + (", ..." if len(groups) > 4 else "")
            return f"off by a factor that depends on the index of axis {axis} alone: {shown}"
    return ""


def _way(error: Array, name: str, x: Array, z: Array | None) -> str:
    """Does the error look like that of a way through a mean, a deviation or a normalising sum?

    A function of x and of its mean m and deviation s over an axis has the gradient of the direct way, plus a part that
    is equal along this axis (through m), plus one that is proportional to x - m (through s). For softmax, and all that
    divides by a sum, the second part is proportional to the result.
    """
    groups = [(axis,) for axis in range(x.ndim)] + [
        tuple(other for other in range(x.ndim) if other != axis) for axis in range(x.ndim) if x.ndim > 2
    ]
    for axes in groups:
        count = int(np.prod([x.shape[axis] for axis in axes]))
        if count < 4:
            continue
        equal, centred = np.ones_like(x), x - x.mean(axes, keepdims=True)
        along = f"axis {axes[0]}" if len(axes) == 1 else f"axes {axes}"
        if _spanned(error, [equal], axes):
            return f"the error is the same all along {along}: the way through a mean or sum over it is missing or wrong"
        if _spanned(error, [centred], axes):
            return (
                f"the error is a multiple of {name} less its mean over {along}: the way through the variance or "
                "deviation is missing or wrong (its square root, perhaps)"
            )
        if _spanned(error, [equal, centred], axes):
            return f"the ways through mean and deviation over {along} are missing or wrong"
        if z is not None and _spanned(error, [z], axes):
            return f"the error is a multiple of the result along {along}: the way through the sum over it is missing"
    return ""


def _spanned(error: Array, basis: Sequence[Array], axes: tuple[int, ...]) -> bool:
    """Is the error, for all other indices on their own, a combination of the basis over `axes`?"""
    rest = error
    orthogonal: list[Array] = []
    for b in basis:
        for other in orthogonal:
            b = b - _along(b, other, axes)
        orthogonal.append(b)
        rest = rest - _along(rest, b, axes)
    return bool(np.abs(rest).max() <= CLOSE * np.abs(error).max())


def _along(x: Array, b: Array, axes: tuple[int, ...]) -> Array:
    square = (b * b).sum(axes, keepdims=True)
    part: Array = b * (x * b).sum(axes, keepdims=True) / np.where(square == 0, 1, square)
    return part


def instead(
    derive: Callable[[list[Array], Array], Sequence[Array | None]],
    inputs: list[Array],
    names: Sequence[str],
    dz: Array,
    z: Array,
    k: int,
    finding: Finding,
) -> str:
    """Would derive(inputs, dz) be right for input `k` if one of its arrays were another: flipped, transposed, z?"""
    at, numeric = finding.positions, np.array(finding.numeric)
    arrays = [*inputs, dz]
    for i, (name, array) in enumerate(zip([*names, "dZ"], arrays, strict=True)):
        for other, how in _others(array, z):
            changed = [other if j == i else x for j, x in enumerate(arrays)]
            try:
                got = derive(changed[:-1], changed[-1])[k]
            except Exception:  # somebody's code, on what it was not made for
                continue
            if got is not None and got.shape == inputs[k].shape and close(got.reshape(-1)[at], numeric).all():
                return f"with {how} {name} it would be right"
    return ""


def _others(array: Array, z: Array) -> Iterator[tuple[Array, str]]:
    if array.ndim >= 2:
        yield np.flip(array, (-2, -1)), "rows and columns reversed (the kernel turned by 180 degrees) in"
        yield np.flip(array, -1), "the last axis reversed in"
    if array.ndim >= 2 and array.shape[-1] == array.shape[-2]:
        yield np.swapaxes(array, -1, -2), "the transpose of"
    if array.ndim and array.shape == z.shape:
        yield z, "the result in place of"
