"""Cross-entropy and NLL over the full product of their settings, in both ways to compute, against sums of single terms.

With s = label_smoothing and weights w, a target t counts w[t] (1 - s) for its own class and w[c] s / C for every class;
"mean" divides by the sum of w[t] over the targets that are not ignored. Targets that are probabilities have none that
are ignored, and "mean" divides by their number.
"""

import itertools

import numpy as np
import pytest

import autograd
import nn.functional as F

EXTRA = ((), (2,), (2, 2), (1, 2, 3))


def log_softmax(x):
    y = x - x.max(1, keepdims=True)
    return y - np.log(np.exp(y).sum(1, keepdims=True))


def coefficients(target, shape, w, ignored, smoothing):
    """What each -log p[n, c, ...] counts, and what each target counts."""
    counts, share = np.zeros(shape), np.zeros(target.shape)
    for at in np.ndindex(target.shape):
        t = target[at]
        if t == ignored:
            continue
        share[at] = w[t]
        for c in range(shape[1]):
            counts[at[0], c, *at[1:]] = w[c] * smoothing / shape[1] + w[t] * (1 - smoothing) * (c == t)
    return counts, share


def check(function, x, target, options, counts, divisor, reduction, dtype, what, given_logs=False):
    tolerance = 2e-5 if dtype == np.float32 else 1e-12
    logs = x.astype(np.float64) if given_logs else log_softmax(x.astype(np.float64))
    each = -(counts * logs).sum(1)
    t = autograd.tensor(x, requires_grad=True)
    loss = function(t, autograd.tensor(target), reduction=reduction, **options)
    with np.errstate(invalid="ignore", divide="ignore"):
        expected = (
            each if reduction == "none" else each.sum() if reduction == "sum" else np.float64(each.sum()) / divisor
        )
    assert loss.shape == expected.shape, what
    assert loss.dtype == dtype, what
    assert np.allclose(loss.numpy(force=True), expected, tolerance, tolerance, equal_nan=True), what
    if reduction == "mean" and divisor == 0:
        return
    dz = np.linspace(1, 2, loss.numel()).reshape(loss.shape).astype(dtype)
    (dx,) = autograd.grad(loss, [t], autograd.tensor(dz))
    per = dz if reduction == "none" else np.broadcast_to(dz / (divisor if reduction == "mean" else 1), each.shape)
    counts = counts * np.expand_dims(per, 1)
    slope = -counts if given_logs else np.exp(logs) * counts.sum(1, keepdims=True) - counts
    assert np.allclose(dx.numpy(), slope, tolerance, tolerance), what


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_class_indices(way, dtype, rng):
    shapes = [(n, c, *extra) for n, c, extra in itertools.product((1, 3), (1, 2, 5), EXTRA)]
    options = itertools.product((False, True), (-100, 0, 1), (0.0, 0.1, 1.0), ("mean", "sum", "none"))
    for shape, (weighted, ignored, smoothing, reduction) in itertools.product(shapes, options):
        x = rng.standard_normal(shape).astype(dtype)
        target = rng.integers(0, shape[1], (shape[0], *shape[2:]))
        if ignored == -100:
            target[rng.random(target.shape) < 0.2] = -100
        w = rng.random(shape[1]).astype(dtype) + 0.5 if weighted else None
        counts, share = coefficients(target, shape, np.ones(shape[1]) if w is None else w, ignored, smoothing)
        given = {"weight": None if w is None else autograd.tensor(w), "ignore_index": ignored}
        what = (shape, weighted, ignored, smoothing, reduction)
        smooth = {**given, "label_smoothing": smoothing}
        check(F.cross_entropy, x, target, smooth, counts, share.sum(), reduction, dtype, what)
        if smoothing == 0:
            logs = log_softmax(x).astype(dtype)
            check(F.nll_loss, logs, target, given, counts, share.sum(), reduction, dtype, what, given_logs=True)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_probabilities(way, dtype, rng):
    shapes = [(n, c, *extra) for n, c, extra in itertools.product((1, 3), (1, 2, 5), EXTRA)]
    for shape, weighted, s, reduction in itertools.product(
        shapes, (False, True), (0.0, 0.1, 1.0), ("mean", "sum", "none")
    ):
        x = rng.standard_normal(shape).astype(dtype)
        target = rng.random(shape).astype(dtype)
        target /= target.sum(1, keepdims=True)
        w = rng.random(shape[1]).astype(dtype) + 0.5 if weighted else np.ones(shape[1], dtype)
        counts = (target * (1 - s) + s / shape[1]) * w.reshape(-1, *[1] * (len(shape) - 2))
        options = {"weight": autograd.tensor(w) if weighted else None, "label_smoothing": s}
        number = counts.size // shape[1]
        check(F.cross_entropy, x, target, options, counts, number, reduction, dtype, (shape, weighted, s, reduction))


def test_a_single_row_without_a_batch(way):
    for c, weighted, ignored, smoothing, reduction in itertools.product(
        (1, 2, 4), (False, True), (-100, 0), (0.0, 0.25), ("mean", "sum", "none")
    ):
        x, target = np.linspace(-1, 2, c), np.array(c - 1)
        w = np.linspace(1, 2, c)
        options = {"weight": w if weighted else None, "ignore_index": ignored, "label_smoothing": smoothing}
        if target == ignored and reduction == "mean":
            continue
        alone = F.cross_entropy(x, target, reduction=reduction, **options)
        row = F.cross_entropy(x[None], target[None], reduction=reduction, **options)
        assert alone.shape == ()
        assert np.allclose(alone.item(), row.sum().item(), 1e-14)
