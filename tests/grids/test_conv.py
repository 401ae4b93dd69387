"""Convolutions, their transposes and windows as columns over full products of small settings, against the definition.

The reference is a table of positions for every window; what the settings mean is in `reference.elements` alone. Windows
larger than the input, strides larger than the window and padding larger than both are all among them. The compiled
way is the sum in registers; Winograd's schemes, which need many channels to pay, are made to take every size they could
be given.
"""

import itertools

import numpy as np
import pytest

import autograd
import nn.functional as F
from autograd.errors import AutogradError
from kernels.conv import choose
from kernels.conv import plain as kernels
from kernels.machine import jit
from kernels.machine.fast import SIZES

from .reference import added_back, axis_settings, columns, count_of_windows, elements, every, joined

CONV = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}
TRANSPOSED = {1: F.conv_transpose1d, 2: F.conv_transpose2d, 3: F.conv_transpose3d}

GRIDS = {
    1: axis_settings(range(1, 7), range(1, 5), (1, 2, 3), (1, 2, 3), padding=2),
    2: axis_settings((1, 3), (1, 2, 3), (1, 2), (1, 2), padding=1),
    3: axis_settings((1, 3), (2,), (1, 2), padding=1),
}
LARGER = {
    2: axis_settings((1, 2, 4, 5), (1, 2, 3), (1, 2, 3), (1, 2), padding=2),
    3: axis_settings((1, 3), (1, 2, 3), (1, 2), (1, 2), padding=1),
}


GROUPS = ((1, 1, 1), (1, 2, 3), (2, 1, 2), (2, 2, 2))
"""Groups, channels and filters of each."""


def grouping(settings, dims, rng):
    """Settings with each of GROUPS; if there are more axes than one, with any of them."""
    for each in settings:
        for groups in GROUPS if dims == 1 else [GROUPS[rng.integers(4)]]:
            yield each, groups, bool(rng.integers(2))


def whole(rng, shape, dtype):
    """Small whole numbers: all sums are exact in every order, so that results can be compared bit by bit."""
    return rng.integers(-4, 5, shape).astype(dtype)


def grouped(x, groups):
    """(N, G C, ...) as (G, N, C, ...)."""
    return np.moveaxis(x.reshape(len(x), groups, x.shape[1] // groups, *x.shape[2:]), 1, 0)


def by_tables(x, w, dz, at, groups):
    """z, dx and dw for x (N, C, L), w (F, C / groups, K) and dz (N, F, P)."""
    zs, dxs, dws = [], [], []
    for xs, ws, dzs in zip(grouped(x, groups), grouped(w[None], groups)[:, 0], grouped(dz, groups), strict=True):
        cut = columns(xs, at)
        zs.append(np.einsum("ncpk,fck->nfp", cut, ws))
        dxs.append(added_back(np.einsum("nfp,fck->ncpk", dzs, ws), at, x.shape[2]))
        dws.append(np.einsum("nfp,ncpk->fck", dzs, cut))
    return np.concatenate(zs, 1), np.concatenate(dxs, 1), np.concatenate(dws)


def flat(x):
    return x.reshape(*x.shape[:2], -1)


def equal(got, expected):
    return np.array_equal(got.numpy(force=True).reshape(expected.shape), expected)


def conv_is_right(dims, grid, dtype, rng):
    tried = 0
    for (shape, size, stride, padding, dilation), each, biased in grouping(every(grid, dims), dims, rng):
        axes = list(zip(shape, size, stride, padding, dilation, strict=True))
        out = [count_of_windows(*axis) for axis in axes]
        groups, per_group, filters = each
        x = whole(rng, (2, groups * per_group, *shape), dtype)
        w = whole(rng, (groups * filters, per_group, *size), dtype)
        b = whole(rng, len(w), dtype) if biased else None
        settings = (stride, padding, dilation, groups)
        if any(n + 2 * p < d * (k - 1) + 1 for n, k, _, p, d in axes):
            with pytest.raises(AutogradError):
                CONV[dims](autograd.tensor(x), autograd.tensor(w), None, *settings)
            continue
        tried += 1
        at = joined(shape, [elements(*axis, n) for axis, n in zip(axes, out, strict=True)])
        dz = whole(rng, (2, len(w), *out), dtype)
        z, dx, dw = by_tables(flat(x), flat(w), flat(dz), at, groups)
        inputs = [autograd.tensor(a, requires_grad=True) for a in (x, w, *([] if b is None else [b]))]
        t, v, *bias = inputs
        y = CONV[dims](t, v, *(bias or [None]), *settings)
        what = f"x {x.shape}, w {w.shape}, settings {settings}"
        assert y.dtype == dtype
        assert y.shape == dz.shape, what
        assert equal(y, z if b is None else z + b[:, None]), what
        grads = autograd.grad(y, inputs, autograd.tensor(dz))
        assert equal(grads[0], dx), what
        assert equal(grads[1], dw), what
        assert b is None or equal(grads[2], dz.sum((0, *range(2, 2 + dims)))), what
    return tried


@pytest.mark.parametrize("dims", [1, 2, 3])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_convolution(way, dims, dtype, rng):
    assert conv_is_right(dims, GRIDS[dims], dtype, rng) > 100


@pytest.mark.slow
@pytest.mark.parametrize("dims", [2, 3])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_convolution_over_larger_products(way, dims, dtype, rng):
    assert conv_is_right(dims, LARGER[dims], dtype, rng) > 1000


@pytest.mark.parametrize("window", [(k,) * dims for dims in (1, 2, 3) for k in (1, 2, 3)])
def test_named_padding(way, window, rng):
    """ "same" keeps the size, with an odd element of padding at the end; "valid" is none."""
    dims = len(window)
    for n, d in itertools.product((1, 4, 5), (1, 2)):
        spans = [(k - 1) * d for k in window]
        x, w = whole(rng, (2, 1, *(n,) * dims), "d"), whole(rng, (1, 1, *window), "d")
        padded = np.pad(x, [(0, 0), (0, 0), *[(r // 2, r - r // 2) for r in spans]])
        for padding, source in (("same", padded), ("valid", x)):
            out = [m - r for m, r in zip(source.shape[2:], spans, strict=True)]
            if min(out) < 1:
                continue
            tables = [elements(m, k, 1, 0, d, o) for m, k, o in zip(source.shape[2:], window, out, strict=True)]
            z, _, _ = by_tables(
                flat(source), flat(w), np.zeros((2, 1, int(np.prod(out)))), joined(source.shape[2:], tables), 1
            )
            assert equal(CONV[dims](autograd.tensor(x), autograd.tensor(w), padding=padding, dilation=d), z), (n, d)


@pytest.mark.skipif(not jit.ENABLED, reason="vector code is not run with NUMBA_DISABLE_JIT=1")
@pytest.mark.parametrize("dims", [1, 2])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_small_images_side_by_side(dims, dtype, rng, monkeypatch):
    """All that have one group, however large they are."""
    from kernels.conv import lanes

    monkeypatch.setattr(SIZES["conv"], "least", 1)
    monkeypatch.setattr(lanes, "pay", lambda *_: True)
    monkeypatch.setattr(lanes, "pay_for_weights", lambda *_: True)
    assert conv_is_right(dims, GRIDS[dims], dtype, rng) > 100
    assert transposed_is_right(dims, GRIDS[dims], dtype, rng) > 100


# -------------------------------------------------------------------------------------------------------- transposes


def transposed_is_right(dims, grid, dtype, rng):
    """The result has size (n - 1) s - 2 p + d (k - 1) + 1 + output_padding, and receives what `conv` would send it."""
    tried = 0
    for (shape, size, stride, padding, dilation), each, biased in grouping(every(grid, dims), dims, rng):
        more = tuple(int(rng.integers(max(s, d))) for s, d in zip(stride, dilation, strict=True))
        axes = list(zip(shape, size, stride, padding, dilation, strict=True))
        out = [(n - 1) * s - 2 * p + d * (k - 1) + 1 + m for (n, k, s, p, d), m in zip(axes, more, strict=True)]
        if min(out) < 1:
            continue
        tried += 1
        groups, per_group, filters = each
        x = whole(rng, (2, groups * per_group, *shape), dtype)
        w = whole(rng, (groups * per_group, filters, *size), dtype)
        b = whole(rng, groups * filters, dtype) if biased else None
        at = joined(out, [elements(m, k, s, p, d, n) for m, (n, k, s, p, d) in zip(out, axes, strict=True)])
        dz = whole(rng, (2, groups * filters, *out), dtype)
        dx, z, dw = by_tables(flat(dz), flat(w), flat(x), at, groups)
        inputs = [autograd.tensor(a, requires_grad=True) for a in (x, w, *([] if b is None else [b]))]
        t, v, *bias = inputs
        settings = (stride, padding, more, groups, dilation)
        y = TRANSPOSED[dims](t, v, *(bias or [None]), *settings)
        what = f"x {x.shape}, w {w.shape}, settings {settings}"
        assert y.shape == dz.shape, what
        assert equal(y, z if b is None else z + b[:, None]), what
        grads = autograd.grad(y, inputs, autograd.tensor(dz))
        assert equal(grads[0], dx), what
        assert equal(grads[1], dw), what
        assert b is None or equal(grads[2], dz.sum((0, *range(2, 2 + dims)))), what
    return tried


@pytest.mark.parametrize("dims", [1, 2, 3])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_transposed_convolution(way, dims, dtype, rng):
    assert transposed_is_right(dims, GRIDS[dims], dtype, rng) > 100


@pytest.mark.slow
@pytest.mark.parametrize("dims", [2, 3])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_transposed_convolution_over_larger_products(way, dims, dtype, rng):
    assert transposed_is_right(dims, LARGER[dims], dtype, rng) > 1000


# ------------------------------------------------------------------------------------------------ Winograd's schemes


@pytest.mark.skipif(not jit.ENABLED, reason="vector code is not run with NUMBA_DISABLE_JIT=1")
@pytest.mark.parametrize("number", [0, 1, 2])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_every_size_by_winograd(number, dtype, rng, monkeypatch):
    """Also padding larger than the window, with which the gradient of the input needs a negative one."""
    from kernels.conv import winograd_schemes as schemes

    scheme = schemes.SCHEMES[number]
    monkeypatch.setattr(SIZES["conv"], "least", 1)
    monkeypatch.setattr(schemes, "choose", lambda *_: scheme)
    tolerance = 2e-4 if dtype == np.float32 else 1e-11
    sizes = axis_settings((1, 2, 4, 5, 7), (scheme.r,), (1,), padding=scheme.r + 1)
    for height, width in itertools.product(sizes, sizes):
        shape, padding = (height[0], width[0]), (height[3], width[3])
        out = tuple(count_of_windows(*axis) for axis in (height, width))
        if min(out) < 1:
            continue
        x, w = (
            rng.standard_normal((2, 3, *shape)).astype(dtype),
            rng.standard_normal((2, 3, *(scheme.r,) * 2)).astype(dtype),
        )
        dz = rng.standard_normal((2, 2, *out)).astype(dtype)
        at = joined(shape, [elements(*axis, n) for axis, n in zip((height, width), out, strict=True)])
        settings = ((1, 1), padding, (1, 1), 1)
        got = (
            kernels.conv(x, w, None, *settings, out),
            kernels.conv_input_grad(dz, w, None, *settings, shape),
            kernels.conv_weight_grad(dz, x, *settings, (scheme.r,) * 2),
        )
        for value, expected in zip(got, by_tables(flat(x), flat(w), flat(dz), at, 1), strict=True):
            assert np.allclose(value.reshape(expected.shape), expected, tolerance, tolerance), (shape, padding)


def test_winograd_is_for_plain_convolutions_alone():
    """Each setting by itself keeps a convolution from the schemes, which know nothing of it."""
    plain = {
        "images": 8,
        "w_shape": (64, 64, 3, 3),
        "stride": (1, 1),
        "dilation": (1, 1),
        "groups": 1,
        "size": (28, 28),
    }
    others = {
        "stride": [(2, 2), (1, 2), (2, 1)],
        "dilation": [(2, 2), (1, 2), (2, 1)],
        "groups": [2],
        "size": [(28,), (2, 9, 28)],
    }
    assert choose._scheme(**plain) is not None
    for name, values in others.items():
        assert all(choose._scheme(**{**plain, name: value}) is None for value in values), name


# ------------------------------------------------------------------------------------------------- windows as columns


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_unfold_and_fold(dtype, rng):
    tried = 0
    for shape, size, stride, padding, dilation in every(GRIDS[2], 2):
        axes = list(zip(shape, size, stride, padding, dilation, strict=True))
        out = [count_of_windows(*axis) for axis in axes]
        if min(out) < 1:
            continue
        tried += 1
        at = joined(shape, [elements(*axis, n) for axis, n in zip(axes, out, strict=True)])
        x = whole(rng, (2, 2, *shape), dtype)
        settings = (size, dilation, padding, stride)
        t = autograd.tensor(x, requires_grad=True)
        z = F.unfold(t, *settings)
        assert equal(z, columns(flat(x), at).swapaxes(2, 3).reshape(2, -1, len(at))), (shape, settings)
        dz = whole(rng, z.shape, dtype)
        back = added_back(dz.reshape(2, 2, -1, len(at)).swapaxes(2, 3), at, shape[0] * shape[1])
        u = autograd.tensor(dz, requires_grad=True)
        (dx,) = autograd.grad(z, [t], u, create_graph=True)
        assert equal(dx, back), (shape, settings)
        y = F.fold(u, shape, *settings)
        assert equal(y, back), (shape, settings)
        (du,) = autograd.grad(y, [u], autograd.tensor(x))
        assert np.array_equal(du.numpy(), z.numpy(force=True)), (shape, settings)
    assert tried > 500
