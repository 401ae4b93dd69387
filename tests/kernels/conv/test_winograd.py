"""Winograd's convolution: its matrices exactly, its loops against sums over windows."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from kernels.conv import plain as conv
from kernels.machine import jit, threads
from kernels.machine.fast import NEVER, SIZES
from tests import naive

from ..canary import at_the_edge, bordered

if jit.ENABLED:
    from kernels.conv import winograd, winograd_schemes
    from kernels.machine import registers

    SCHEMES = winograd_schemes.SCHEMES
else:
    SCHEMES = ()

pytestmark = pytest.mark.skipif(not jit.ENABLED, reason="vector code is not run with NUMBA_DISABLE_JIT=1")
schemes = pytest.mark.parametrize("scheme", SCHEMES, ids=[f"F({s.m}, {s.r})" for s in SCHEMES])
both = pytest.mark.parametrize("dtype", [np.float32, np.float64])

TOLERANCE = {np.float32: 1e-5, np.float64: 1e-12}


def close(got, expected, dtype):
    assert got.dtype == dtype
    assert got.shape == expected.shape
    np.testing.assert_allclose(got, expected, rtol=0, atol=TOLERANCE[dtype] * max(1.0, np.abs(expected).max(initial=0)))


def check(rng, scheme, dtype, images, filters, channels, plane, padding, reference=conv):
    """Value, input gradient and weight gradient; inputs next to memory not to be read, outputs with borders."""
    size = tuple(n + 2 * p - scheme.r + 1 for n, p in zip(plane, padding, strict=True))
    x = at_the_edge(rng.standard_normal((images, channels, *plane)).astype(dtype))
    w = at_the_edge(rng.standard_normal((filters, channels, scheme.r, scheme.r)).astype(dtype))
    dz = at_the_edge(rng.standard_normal((images, filters, *size)).astype(dtype), "start")
    bias, shift = (at_the_edge(rng.standard_normal(n).astype(dtype)) for n in (filters, channels))
    rest = tuple(scheme.r - 1 - p for p in padding)
    wide = [array.astype(np.float64) for array in (x, w, dz, bias, shift)]
    settings = ((1, 1), padding, (1, 1), 1)

    def three():
        z = winograd.conv(scheme, x, w, bias, padding, size)
        dx = winograd.conv(scheme, dz, w, shift, rest, plane, mirrored=True)
        return z, dx, winograd.conv_weight_grad(scheme, dz, x, padding)

    results = three()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SIZES["conv"], "least", NEVER)
        close(results[0], reference.conv(wide[0], wide[1], wide[3], *settings, size), dtype)
        close(results[1], reference.conv_input_grad(wide[2], wide[1], wide[4], *settings, plane), dtype)
        close(results[2], reference.conv_weight_grad(wide[2], wide[0], *settings, (scheme.r, scheme.r)), dtype)
    with bordered():
        for got, expected in zip(three(), results, strict=True):
            np.testing.assert_array_equal(got, expected)


def exact(matrix):
    """The fractions whose roundings the matrix holds."""
    fractions = [[Fraction(c).limit_denominator(1000) for c in row] for row in matrix]
    assert [[float(c) for c in row] for row in fractions] == matrix
    return fractions


@schemes
def test_the_matrices_make_a_convolution(scheme):
    """A' [(G g) * (B' d)] is linear in g and d; for their unit vectors j and k, output i is 1 if k = i + j, else 0."""
    a_t, g, b_t = exact(scheme.a_t), exact(scheme.g), exact(scheme.b_t)
    side = scheme.m + scheme.r - 1
    assert (len(a_t), len(g), len(b_t)) == (scheme.m, side, side)
    for i in range(scheme.m):
        for j in range(scheme.r):
            for k in range(side):
                assert sum(a_t[i][p] * g[p][j] * b_t[p][k] for p in range(side)) == (k == i + j)


@schemes
@both
def test_against_loops(rng, scheme, dtype):
    check(rng, scheme, dtype, 2, 2, 3, (6, 5), (1, 2), reference=naive)


@schemes
@both
@pytest.mark.parametrize("padding", range(5))
def test_padding_and_small_planes(rng, scheme, dtype, padding):
    for plane in [(1, 1), (2, 3), (3, 2), (5, 5), (6, 9)]:
        if min(plane) + 2 * padding >= scheme.r:
            check(rng, scheme, dtype, 2, 3, 2, plane, (padding, padding))
    check(rng, scheme, dtype, 1, 2, 2, (7, 7), (padding, 4 - padding))


@schemes
@both
def test_rows_of_tiles_around_half_a_vector_and_a_vector(rng, scheme, dtype):
    lanes = registers.lanes(np.dtype(dtype).itemsize)
    for tiles in (max(lanes // 2 - 1, 1), lanes // 2, lanes // 2 + 1, lanes - 1, lanes, lanes + 1, 2 * lanes + 1):
        for missing in (0, 1):
            for height in (scheme.m, 3 * scheme.m + 1):
                plane = height + scheme.r - 3, tiles * scheme.m - missing + scheme.r - 3
                check(rng, scheme, dtype, 2, 2, 2, plane, (1, 1))


@schemes
@both
def test_numbers_of_filters_and_channels(rng, scheme, dtype):
    for filters, channels in [(1, 1), (13, 5), (14, 14), (15, 31), (29, 16)]:
        check(rng, scheme, dtype, 2, filters, channels, (6, 7), (1, 1))


@schemes
@both
@pytest.mark.parametrize("near", [1, 40_000, 200_000, 10 << 20])
def test_several_images_per_part_and_parts_per_image(rng, monkeypatch, scheme, dtype, near):
    monkeypatch.setattr(winograd, "NEAR", near)
    for images, plane in [(7, (6, 6)), (3, (40, 33)), (1, (70, 20))]:
        check(rng, scheme, dtype, images, 9, 8, plane, (scheme.r // 2, scheme.r // 2))


def test_parts_are_cut_both_ways(monkeypatch):
    """What the test above relies on: (images, rows of tiles) of a part."""
    scheme = SCHEMES[0]
    cuts = set()
    for near in (1, 40_000, 10 << 20):
        monkeypatch.setattr(winograd, "NEAR", near)
        for images, size in [(7, (6, 6)), (3, (40, 33)), (1, (70, 20))]:
            together, rows, pitch, parts = winograd._cut(images, size, scheme, 8, 9, 4)
            th, tw = -(-size[0] // scheme.m), -(-size[1] // scheme.m)
            assert pitch >= together * rows * tw + 2 * registers.lanes(4)
            assert parts == -(-images // together) * -(-th // rows)
            cuts.add((together > 1, rows < th))
    assert {(True, False), (False, True)} <= cuts


@schemes
def test_256_channels_in_float32(rng, scheme):
    check(rng, scheme, np.float32, 2, 17, 256, (12, 12), (1, 1))


@schemes
def test_threads_give_the_same_bits(rng, monkeypatch, scheme):
    monkeypatch.setattr(winograd, "WORTH_A_THREAD", 0)
    before = threads.get_num_threads()
    try:
        for images, plane in [(5, (9, 9)), (1, (40, 40))]:
            x, w = rng.standard_normal((images, 6, *plane)), rng.standard_normal((15, 6, scheme.r, scheme.r))
            size = tuple(n + 3 - scheme.r for n in plane)
            dz = rng.standard_normal((images, 15, *size))
            values, slopes, weights = [], [], []
            for n in (1, 2, 3):
                threads.set_num_threads(n)
                values.append(winograd.conv(scheme, x, w, None, (1, 1), size))
                slopes.append(winograd.conv(scheme, dz, w, None, (scheme.r - 2,) * 2, plane, mirrored=True))
                weights.append(winograd.conv_weight_grad(scheme, dz, x, (1, 1)))
            for n in (1, 2):
                np.testing.assert_array_equal(values[n], values[0])
                np.testing.assert_array_equal(slopes[n], slopes[0])
                close(weights[n], weights[0], np.float64)  # each thread has a sum of its own
    finally:
        threads.set_num_threads(before)


@schemes
def test_memory_layouts_and_dtype_of_the_bias(rng, scheme):
    x = rng.standard_normal((9, 8, 3, 4)).transpose(3, 2, 1, 0)[::2]
    w = rng.standard_normal((scheme.r, scheme.r, 3, 6)).transpose(3, 2, 0, 1)[:, :, ::-1]
    bias = np.arange(12, dtype=np.float32)[::2]
    size = 11 - scheme.r, 12 - scheme.r
    expected = naive.conv(x, w, bias, (1, 1), (1, 1), (1, 1), 1, size)
    close(winograd.conv(scheme, x, w, bias, (1, 1), size), expected, np.float64)


@schemes
def test_images_of_no_size(scheme):
    """Padding alone: the outputs are the bias, and there are no weights that matter."""
    x, w, bias = np.empty((2, 3, 0, 0)), np.ones((4, 3, scheme.r, scheme.r)), np.arange(4.0)
    z = winograd.conv(scheme, x, w, bias, (4, 4), (9 - scheme.r, 9 - scheme.r))
    np.testing.assert_array_equal(z, np.broadcast_to(bias.reshape(-1, 1, 1), z.shape))
    assert not winograd.conv_weight_grad(scheme, z, x, (4, 4)).any()


def test_nan_stays_in_its_tile_and_its_neighbours(rng):
    x = rng.standard_normal((1, 2, 12, 12))
    x[0, 0, 0, 0] = np.nan
    for scheme in SCHEMES:
        size = 13 - scheme.r
        z = winograd.conv(scheme, x, np.ones((2, 2, scheme.r, scheme.r)), None, (0, 0), (size, size))
        assert np.isnan(z[:, :, 0, 0]).all()
        assert np.isfinite(z[:, :, scheme.m :]).all()
        assert np.isfinite(z[..., scheme.m :]).all()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((32, 16, 16, (3, 3), (28, 28)), (4, 3)),
        ((32, 16, 16, (3, 3), (14, 14)), (2, 3)),
        ((32, 16, 16, (5, 5), (14, 14)), (2, 5)),
        ((32, 16, 16, (3, 3), (14, 14), True), None),
        ((32, 32, 32, (3, 3), (14, 14), True), (2, 3)),
        ((32, 64, 3, (3, 3), (28, 28)), None),
        ((32, 16, 16, (1, 1), (28, 28)), None),
        ((32, 16, 16, (3, 5), (28, 28)), None),
        ((32, 16, 16, (7, 7), (28, 28)), None),
        ((32, 16, 16, (3, 3), (5, 7)), None),
        ((1, 16, 16, (3, 3), (14, 14)), None),
    ],
)
def test_the_choice(arguments, expected):
    scheme = winograd_schemes.choose(*arguments)
    assert (scheme and (scheme.m, scheme.r)) == expected


@pytest.mark.parametrize(
    ("stride", "padding", "dilation", "groups", "taken"),
    [
        ((1, 1), (1, 1), (1, 1), 1, True),
        ((1, 1), (0, 3), (1, 1), 1, True),
        ((2, 1), (1, 1), (1, 1), 1, False),
        ((1, 1), (2, 2), (2, 2), 1, False),
        ((1, 1), (1, 1), (1, 1), 2, False),
    ],
)
def test_conv_takes_it_where_it_is_right(rng, monkeypatch, stride, padding, dilation, groups, taken):
    """Through the public functions, with both kinds of loops."""
    used = []

    def spied(function):
        return lambda *arguments, **settings: used.append(1) or function(*arguments, **settings)

    for name in ("conv", "conv_weight_grad"):
        monkeypatch.setattr(winograd, name, spied(getattr(winograd, name)))
    x, w = rng.standard_normal((6, 32 * groups, 14, 14)), rng.standard_normal((32 * groups, 32, 3, 3))
    size = tuple((14 + 2 * p - 2 * d - 1) // s + 1 for p, d, s in zip(padding, dilation, stride, strict=True))
    dz = rng.standard_normal((6, 32 * groups, *size))
    settings = (stride, padding, dilation, groups)
    results = []
    for limit in (0, 1 << 62):
        monkeypatch.setattr(SIZES["conv"], "least", max(limit, 1))
        results.append(
            (
                conv.conv(x, w, None, *settings, size),
                conv.conv_input_grad(dz, w, None, *settings, (14, 14)),
                conv.conv_weight_grad(dz, x, *settings, (3, 3)),
            )
        )
    assert len(used) == 3 * taken
    for got, expected in zip(*results, strict=True):
        close(got, expected, np.float64)
