"""Normalisation over the full product of small shapes and settings, against its formula, in both ways to compute."""

import itertools

import numpy as np
import pytest

import autograd
import nn.functional as F
from autograd.errors import ShapeError

LENGTHS = ((), (1,), (2,), (3,), (1, 2), (2, 3), (2, 1, 3))
TOLERANCES = {np.float64: 1e-10, np.float32: 2e-4}


def by_formula(x, axes, w, b, dz, eps, centred=True):
    """z, dx and the gradients of w and b before they are summed up; each statistic's own path is written out."""
    n = np.prod([x.shape[a] for a in axes])
    mean = x.mean(axes, keepdims=True) * centred
    d = x - mean
    var = (d * d).mean(axes, keepdims=True)
    r = (var + eps) ** -0.5
    g = dz * w
    by_var = (g * d).sum(axes, keepdims=True) * -0.5 * r**3
    by_mean = (-(g * r).sum(axes, keepdims=True) - by_var * 2 * d.sum(axes, keepdims=True) / n) * centred
    return d * r * w + b, g * r + by_var * 2 * d / n + by_mean / n, dz * d * r, mean, var


def apart(rng, shape, dtype):
    """Numbers at least 1/2 apart: a variance near 0 would make a gradient of nothing but rounding."""
    return (rng.permutation(int(np.prod(shape))).reshape(shape) / 2 + 1).astype(dtype)


class Parameters:
    """w and b, or one of them, or none: of `size`, and `affine` beside the array that is normalised."""

    def __init__(self, rng, which, size, affine, dtype):
        self.arrays = [rng.standard_normal(size).astype(dtype) if there else None for there in which]
        self.tensors = [None if a is None else autograd.tensor(a, requires_grad=True) for a in self.arrays]
        self.w, self.b = [
            default if a is None else a.astype(np.float64).reshape(affine)
            for a, default in zip(self.arrays, (1.0, 0.0), strict=True)
        ]
        self.size, self.affine = size, affine

    def check(self, x, y, dz, expected, view, tolerance, what):
        """y, recorded from x, w and b, and their gradients for the cotangent dz: z, dx and the terms of dw expected."""
        z, dx, products = expected
        close(y, z.reshape(y.shape), tolerance, what)
        inputs = [x, *[t for t in self.tensors if t is not None]]
        sums = [
            self._summed(each)
            for each, a in zip((products, dz.reshape(view)), self.arrays, strict=True)
            if a is not None
        ]
        for got, wanted in zip(
            autograd.grad(y, inputs, autograd.tensor(dz)), [dx.reshape(x.shape), *sums], strict=True
        ):
            close(got, wanted, tolerance, what)

    def _summed(self, terms):
        terms = terms.astype(np.float64).reshape(-1, *terms.shape[-len(self.affine) :])
        axes = tuple(a for a, n in enumerate(self.affine, 1) if n == 1)
        return terms.sum((0, *axes)).reshape(self.size)


def close(got, expected, tolerance, what):
    got = got.numpy(force=True)
    assert got.shape == expected.shape, what
    assert np.allclose(got, expected, tolerance, tolerance), what


WHICH = list(itertools.product((True, False), repeat=2))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_batch_norm(way, dtype, rng):
    settings = itertools.product((1, 2, 3), (1, 2, 4), LENGTHS, WHICH, (1e-5, 0.5), (True, False), (True, False))
    for n, c, length, which, eps, training, tracked in settings:
        shape, what = (n, c, *length), (n, c, length, which, eps, training, tracked)
        x = apart(rng, shape, dtype)
        running = [rng.random(c).astype(dtype) + 1 for _ in range(2)]
        column = (c, *[1] * len(length))
        own = Parameters(rng, which, (c,), column, dtype)
        t = autograd.tensor(x, requires_grad=True)
        known = [autograd.tensor(a) for a in running] if tracked or not training else [None, None]
        count = x.size // c
        if training and count == 1:
            with pytest.raises(ShapeError):
                F.batch_norm(t, *known, *own.tensors, training, 0.25, eps)
            continue
        y = F.batch_norm(t, *known, *own.tensors, training, 0.25, eps)
        dz = rng.standard_normal(shape).astype(dtype)
        axes = (0, *range(2, len(shape)))
        if training:
            *expected, mean, var = by_formula(x.astype(np.float64), axes, own.w, own.b, dz, eps)
            moved = mean.reshape(-1), var.reshape(-1) * count / (count - 1)
            new = [0.75 * a + 0.25 * s for a, s in zip(running, moved, strict=True)]
        else:
            mean, r = running[0].reshape(column), (running[1].astype(np.float64).reshape(column) + eps) ** -0.5
            expected = (x - mean) * r * own.w + own.b, dz * own.w * r, dz * (x - mean) * r
            new = running
        own.check(t, y, dz, expected, shape, TOLERANCES[dtype], what)
        if known[0] is not None:
            for got, wanted in zip(known, new, strict=True):
                close(got, wanted, 1e-5, what)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_instance_norm_and_group_norm(way, dtype, rng):
    for n, c, length, which, eps in itertools.product((1, 2), (1, 2, 4), LENGTHS, WHICH, (1e-5, 0.5)):
        shape = (n, c, *length)
        x = apart(rng, shape, dtype)
        dz = rng.standard_normal(shape).astype(dtype)
        for groups in (0, 1, 2, 4):  # 0: instance norm
            each = c // (groups or c)
            if (groups and c % groups) or n * each * int(np.prod(length)) == 1 or (not groups and np.prod(length) == 1):
                continue
            what = (shape, which, eps, groups)
            view = (n, groups or c, each, *length)
            own = Parameters(rng, which, (c,), (*view[1:3], *[1] * len(length)), dtype)
            z, dx, products, _, _ = by_formula(
                x.astype(np.float64).reshape(view), tuple(range(2, len(view))), own.w, own.b, dz.reshape(view), eps
            )
            t = autograd.tensor(x, requires_grad=True)
            if groups:
                y = F.group_norm(t, groups, *own.tensors, eps)
            else:
                y = F.instance_norm(t, None, None, *own.tensors, True, 0.1, eps)
            own.check(t, y, dz, (z, dx, products), view, TOLERANCES[dtype], what)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_layer_norm_and_rms_norm(way, dtype, rng):
    shapes = [s for dims in (1, 2, 3) for s in itertools.product((1, 2, 5), repeat=dims)]
    for shape, which, eps, centred in itertools.product(shapes, WHICH, (1e-5, 0.5), (True, False)):
        if not centred and which[1]:
            continue  # RMS norm has no bias
        x = apart(rng, shape, dtype)
        dz = rng.standard_normal(shape).astype(dtype)
        for last in range(1, len(shape) + 1):
            size = shape[-last:]
            own = Parameters(rng, which, size, size, dtype)
            axes = tuple(range(len(shape) - last, len(shape)))
            expected = by_formula(x.astype(np.float64), axes, own.w, own.b, dz, eps, centred)[:3]
            t = autograd.tensor(x, requires_grad=True)
            y = F.layer_norm(t, size, *own.tensors, eps) if centred else F.rms_norm(t, size, own.tensors[0], eps)
            own.check(t, y, dz, expected, shape, TOLERANCES[dtype], (shape, size, which, eps, centred))
