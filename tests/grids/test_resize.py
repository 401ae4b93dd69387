"""Resizing over the full product of small sizes, modes, scales and flags, against loops over single elements.

Each mode takes, for every element of the result, a few elements of the input with weights: one matrix per axis. The
matrices are written out here from PyTorch's conventions, one element at a time.
"""

import functools
import itertools
import math

import numpy as np
import pytest

import autograd
import nn.functional as F

MODES = {
    1: ("nearest", "nearest-exact", "linear", "area"),
    2: ("nearest", "nearest-exact", "bilinear", "bicubic", "area"),
}
ROUNDED = (0.5, 0.7, 1.0, 1.2, 1.5, 2.0, 3.0)


@functools.cache
def matrix(n, out, mode, align_corners, factor):
    """(out, n): what an axis is multiplied by. `factor`: the scale that was given and is used, or None."""
    m = np.zeros((out, n))
    scale = n / out if factor is None else 1 / factor
    for p in range(out):
        if mode.startswith("nearest"):
            place = (np.float32(p) + np.float32(0.5 * (mode == "nearest-exact"))) * np.float32(scale)
            m[p, min(int(place), n - 1)] = 1
            continue
        if mode == "area":
            begin, end = p * n // out, -(-(p + 1) * n // out)
            m[p, begin:end] = 1 / (end - begin)
            continue
        if mode != "bicubic" and n == out:  # an axis that keeps its size is left alone, whatever the scale
            m[p, p] = 1
            continue
        place = p * ((n - 1) / (out - 1) if out > 1 else 0) if align_corners else (p + 0.5) * scale - 0.5
        if mode != "bicubic":
            place = max(place, 0)
            left = min(int(place), n - 1)
            t = min(place - left, 1)
            m[p, left] += 1 - t
            m[p, min(left + 1, n - 1)] += t
            continue
        left = min(math.floor(place), n - 1)
        t = min(max(place - left, 0), 1)
        for i in range(-1, 3):
            d = abs(t - i)
            weight = (1.25 * d - 2.25) * d * d + 1 if d <= 1 else -0.75 * (((d - 5) * d + 8) * d - 4)
            m[p, min(max(left + i, 0), n - 1)] += weight
    return m


def settings(dims, sizes, outs):
    """Shape, mode, align_corners, and the arguments that say how large the result is, with the factors in use."""
    for shape, mode in itertools.product(itertools.product(sizes, repeat=dims), MODES[dims]):
        flags = (None, False, True) if mode.endswith(("linear", "cubic")) else (None,)
        for flag, out in itertools.product(flags, itertools.product(outs, repeat=dims)):
            yield shape, mode, flag, {"size": out}, out, (None,) * dims
        for flag, factors, again in itertools.product(
            flags, itertools.product(ROUNDED[: 7 // dims], repeat=dims), (None, False, True)
        ):
            out = tuple(math.floor(n * f) for n, f in zip(shape, factors, strict=True))
            if min(out) >= 1:
                given = {"scale_factor": factors, "recompute_scale_factor": again}
                yield shape, mode, flag, given, out, (None,) * dims if again else factors


@pytest.mark.parametrize(("dims", "sizes", "outs"), [(1, range(1, 7), range(1, 9)), (2, (1, 2, 3), (1, 2, 5))])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_interpolation(dims, sizes, outs, dtype, rng):
    tolerance = 1e-5 if dtype == np.float32 else 1e-12
    for shape, mode, flag, given, out, factors in settings(dims, sizes, outs):
        matrices = [matrix(n, o, mode, bool(flag), f) for n, o, f in zip(shape, out, factors, strict=True)]
        x = rng.standard_normal((1, 2, *shape)).astype(dtype)
        text = "mi,nci->ncm" if dims == 1 else "mi,kj,ncij->ncmk"
        expected = np.einsum(text, *matrices, x)
        t = autograd.tensor(x, requires_grad=True)
        y = F.interpolate(t, mode=mode, align_corners=flag, **given)
        what = (shape, mode, flag, given)
        assert y.shape == expected.shape, what
        assert np.allclose(y.numpy(force=True), expected, tolerance, tolerance), what
        dz = rng.standard_normal(y.shape).astype(dtype)
        (dx,) = autograd.grad(y, [t], autograd.tensor(dz))
        back = np.einsum("mi,ncm->nci" if dims == 1 else "mi,kj,ncmk->ncij", *matrices, dz)
        assert np.allclose(dx.numpy(), back, tolerance, tolerance), what


@pytest.mark.parametrize("r", [1, 2, 3])
def test_pixels_and_channels(r):
    for lead, c, h, w in itertools.product(((), (2,)), (1, 2), (1, 2), (1, 3)):
        x = np.arange(np.prod((*lead, c * r * r, h, w)), dtype=np.float64).reshape(*lead, c * r * r, h, w)
        expected = np.zeros((*lead, c, h * r, w * r))
        for i, j, k, a, b in itertools.product(range(c), range(h), range(w), range(r), range(r)):
            expected[..., i, j * r + a, k * r + b] = x[..., (i * r + a) * r + b, j, k]
        assert np.array_equal(F.pixel_shuffle(autograd.tensor(x), r).numpy(), expected)
        assert np.array_equal(F.pixel_unshuffle(autograd.tensor(expected), r).numpy(), x)
        if lead:
            dealt = x[:, [g * c * r + i for i in range(c * r) for g in range(r)]]
            assert np.array_equal(F.channel_shuffle(autograd.tensor(x), r).numpy(), dealt)


def test_a_result_that_is_the_input_is_a_copy_of_it():
    """Settings with which nothing happens are no reason to hand the input itself back, to be written into."""
    x = autograd.tensor(np.arange(8.0).reshape(2, 1, 2, 2))
    results = [F.pixel_shuffle(x, 1), F.pixel_unshuffle(x, 1), F.channel_shuffle(x, 1), x.matrix_power(1)]
    results += [F.interpolate(x, scale_factor=1), F.pad(x, (0, 0)), F.max_pool2d(x, 1), F.avg_pool2d(x, 1)]
    results += [F.adaptive_avg_pool2d(x, 2), F.interpolate(x, size=2, mode="bilinear")]
    for z in results:
        assert np.array_equal(z.numpy(), x.numpy())
        z.mul_(0)
    assert x.sum().item() == 28
