"""Push rules of single operations: of those that are of no kind, or have a shorter way than their kind."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..op import Op
from ..ops import activation, index, linalg, loss, pool, reduce, scan, shape
from ..tensors.core import array_of, wrap
from ..tensors.run import apply
from .rules import Push, by_formula, constants, none, rule_given, shape_of, total


def _restride(op: Op, inputs: Any, tangents: Any, z: Any, settings: Any, kept: Any) -> Any:
    return apply(shape.restride, tangents[0], **settings)


def _without(name: str) -> Push:
    """A linear operation that puts a number where nothing of its input goes: its tangent has 0 there."""

    def push(op: Op, inputs: Any, tangents: Any, z: Any, settings: Any, kept: Any) -> Any:
        return apply(op, tangents[0], **{**settings, name: 0})

    return push


def _max_pool(op: Op, inputs: Any, tangents: Any, z: Any, settings: Any, kept: Any) -> Any:
    (place,), windows = kept, settings["windows"]
    places = pool.places(place, windows, shape_of(inputs[0]), whole=True)
    return apply(index.getitem, tangents[0].reshape(-1), index=places)


def _by_reverse_rule(op: Op, inputs: Any, tangents: Any, z: Any, settings: Any, kept: Any) -> Any:
    """For a symmetric derivative, such as that of softmax."""
    return rule_given(op, 0, tangents[0], inputs, z, settings, kept)


def _log_softmax(op: Op, inputs: Any, tangents: Any, z: Any, settings: Any, kept: Any) -> Any:
    t = tangents[0]
    return t - (np.exp(z) * t).sum(settings["axis"], keepdims=True)


def _cross_entropy(op: Op, inputs: Any, tangents: Any, z: Any, settings: Any, kept: Any) -> Any:
    logs = apply(activation.log_softmax, inputs[0], axis=1)
    t = _log_softmax(op, inputs, tangents, logs, {"axis": 1}, ())
    return apply(loss.nll, t, **{k: v for k, v in settings.items() if k != "recorded"})


def _attention(op: Op, inputs: Any, tangents: Any, z: Any, settings: Any, kept: Any) -> Any:
    (q, k, v), (dq, dk, dv), scale = inputs, tangents, settings.get("scale", 1.0)
    if constants((q, k, v)):
        weights = wrap(kept[0])
    elif settings.get("bias") is None:
        weights = apply(activation.softmax, apply(linalg.matmul, q, k.mT) * scale, axis=-1)
    else:  # there may be rows of which nothing is seen
        return by_formula(op, inputs, tangents, z, settings, kept)
    moved = total([None if dq is None else dq @ k.mT, None if dk is None else q @ dk.mT])
    if moved is None:
        return weights @ dv
    moved = moved * scale
    moved = weights * (moved - (weights * moved).sum(-1, keepdims=True))
    return total([moved @ v, None if dv is None else weights @ dv])


def _normalise(op: Op, inputs: Any, tangents: Any, z: Any, settings: Any, kept: Any) -> Any:
    (x, w, _), (dx, dw, db) = inputs, tangents
    if constants((x, w, dx, dw, db)):
        return _normalise_arrays(op, inputs, tangents, z, settings, kept)
    view, axes, affine = settings["view"], settings["axes"], settings["affine"]
    y = x.reshape(view)
    mean = apply(reduce.mean, y, axis=axes, keepdims=True) if settings["centred"] else 0
    d = y - mean
    rstd = (apply(reduce.mean, d * d, axis=axes, keepdims=True) + settings["eps"]) ** -0.5
    unit = d * rstd
    parts = []
    if dx is not None:
        t = dx.reshape(view)
        if settings["centred"]:
            t = t - apply(reduce.mean, t, axis=axes, keepdims=True)
        t = (t - unit * apply(reduce.mean, unit * t, axis=axes, keepdims=True)) * rstd
        parts.append(t if w is None else t * w.reshape(affine))
    if dw is not None:
        parts.append(unit * dw.reshape(affine))
    if db is not None:
        parts.append(db.reshape(affine) + unit * 0)
    return total(parts).reshape(shape_of(x))


def _normalise_arrays(op: Op, inputs: Any, tangents: Any, z: Any, settings: Any, kept: Any) -> Any:
    """The same where nobody looks at single steps. Without w the derivative by x is symmetric: the rule that pulls
    back pushes, too. By w and b it is what they make of x in the place of w and b."""
    (x, w, _), (dx, dw, db) = inputs, tangents
    affine, found = settings["affine"], None
    if dx is not None:
        found = rule_given(op, 0, dx, (x, None, None), z, settings, kept)._array  # an array of its own
        if w is not None:
            view = found.reshape(settings["view"])
            np.multiply(view, array_of(w).reshape(affine), out=view)
    if dw is not None:
        more = apply(op, x, dw, db, **settings)._array
        return wrap(more if found is None else np.add(found, more, out=found))
    if db is not None:
        more = db._array.reshape(affine)
        found = np.zeros(settings["view"], more.dtype) if found is None else found.reshape(settings["view"])
        found += more
    return None if found is None else wrap(found.reshape(shape_of(x)))


def _inv(op: Op, inputs: Any, tangents: Any, z: Any, settings: Any, kept: Any) -> Any:
    return -(z @ tangents[0] @ z)


def _det(op: Op, inputs: Any, tangents: Any, z: Any, settings: Any, kept: Any) -> Any:
    return apply(reduce.sum, apply(linalg.cofactor, inputs[0]) * tangents[0], axis=(-2, -1), keepdims=False)


def _solve(op: Op, inputs: Any, tangents: Any, z: Any, settings: Any, kept: Any) -> Any:
    da, db = tangents
    return apply(op, inputs[0], total([db, None if da is None else -(da @ z)]))


def _recurrence(op: Op, inputs: Any, tangents: Any, z: Any, settings: Any, kept: Any) -> Any:
    (a, _), (da, db) = inputs, tangents
    axis, step = settings["axis"], -1 if settings.get("reverse", False) else 1
    before = None if da is None else da * apply(scan.shift, z, axis=axis, by=step)
    return apply(op, a, total([before, db]), **settings)


RULES: dict[str, Push] = {
    "as_strided": _restride,
    "pad": _without("value"),
    "shift": _without("fill"),
    "max_pool": _max_pool,
    "softmax": _by_reverse_rule,
    "log_softmax": _log_softmax,
    "cross_entropy": _cross_entropy,
    "attention": _attention,
    "normalise": _normalise,
    "inv": _inv,
    "det": _det,
    "solve": _solve,
    "recurrence": _recurrence,
    **dict.fromkeys(("share", "running_top"), none),
}
"""Name of an operation -> its rule."""
