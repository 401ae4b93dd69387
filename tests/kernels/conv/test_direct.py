"""Convolution by register tiles against the NumPy one, at sizes that straddle tiles and vectors."""

from __future__ import annotations

import multiprocessing
import threading

import numpy as np
import pytest

from kernels.conv import plain as conv
from kernels.machine import jit, threads
from kernels.machine.fast import SIZES
from tests import naive

from ..canary import at_the_edge, bordered

pytestmark = pytest.mark.skipif(not jit.ENABLED, reason="vector code is not run with NUMBA_DISABLE_JIT=1")


@pytest.fixture
def tiled(monkeypatch):
    """Runs a function of the module with tiles for everything, and without; asserts that both agree."""

    def compare(function, *arguments):
        results = []
        for limit in (0, 1 << 62):
            monkeypatch.setattr(SIZES["conv"], "least", max(limit, 1))
            results.append(function(*arguments))
        got, expected = results
        assert got.dtype == expected.dtype
        assert got.shape == expected.shape
        tolerance = 2e-6 if got.dtype == np.float32 else 1e-14
        scale = max(1.0, float(np.abs(expected).max(initial=0)))
        np.testing.assert_allclose(got, expected, rtol=0, atol=tolerance * scale * 4)

    return compare


def sizes(h, w, i, j, stride, padding, dilation):
    return (
        (h + 2 * padding[0] - dilation[0] * (i - 1) - 1) // stride[0] + 1,
        (w + 2 * padding[1] - dilation[1] * (j - 1) - 1) // stride[1] + 1,
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("width", [1, 2, 5, 13, 14, 15, 27, 28, 29, 43])
@pytest.mark.parametrize("filters", [1, 15, 16, 17, 31, 32, 33, 65])
def test_forward_at_tails(rng, tiled, dtype, width, filters):
    x = rng.standard_normal((3, 2, 4, width)).astype(dtype)
    w = rng.standard_normal((filters, 2, 3, 3)).astype(dtype)
    bias = rng.standard_normal(filters).astype(dtype)
    tiled(conv.conv, x, w, bias, (1, 1), (1, 1), (1, 1), 1, (4, width))


@pytest.mark.parametrize("stride", [(1, 1), (2, 1), (3, 2)])
@pytest.mark.parametrize("padding", [(0, 0), (1, 0), (2, 3)])
@pytest.mark.parametrize("dilation", [(1, 1), (2, 1), (1, 3)])
@pytest.mark.parametrize("window", [(1, 1), (3, 2), (1, 4)])
def test_forward_and_input_gradient_with_every_setting(rng, tiled, stride, padding, dilation, window):
    x = rng.standard_normal((2, 3, 11, 17))
    w = rng.standard_normal((5, 3, *window))
    size = sizes(11, 17, *window, stride, padding, dilation)
    tiled(conv.conv, x, w, None, stride, padding, dilation, 1, size)
    dz = rng.standard_normal((2, 5, *size))
    tiled(conv.conv_input_grad, dz, w, None, stride, padding, dilation, 1, (11, 17))
    tiled(conv.conv_weight_grad, dz, x, stride, padding, dilation, 1, window)
    tiled(conv.conv_weight_grad_each, dz, x, stride, padding, dilation, 1, window)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("channels", [1, 2, 13, 14, 15, 29])
@pytest.mark.parametrize("filters", [1, 16, 33])
@pytest.mark.parametrize(("cached", "together"), [(384 << 10, 1024), (1 << 10, 9)], ids=["one part", "many parts"])
def test_weight_gradient_at_tails(rng, tiled, monkeypatch, dtype, channels, filters, cached, together):
    from kernels.conv import direct

    monkeypatch.setattr(direct, "CACHED", cached)
    monkeypatch.setattr(direct, "TOGETHER", together)
    x = rng.standard_normal((3, channels, 6, 9)).astype(dtype)
    dz = rng.standard_normal((3, filters, 6, 9)).astype(dtype)
    tiled(conv.conv_weight_grad, dz, x, (1, 1), (1, 1), (1, 1), 1, (3, 3))
    tiled(conv.conv_weight_grad_each, dz, x, (1, 1), (1, 1), (1, 1), 1, (3, 3))


def test_more_windows_than_the_image_holds(rng, tiled):
    """What lies behind the image counts as 0, as a transposed convolution with output_padding needs it."""
    x, w = rng.standard_normal((2, 3, 5, 6)), rng.standard_normal((4, 3, 3, 3))
    tiled(conv.conv, x, w, None, (1, 1), (0, 0), (1, 1), 1, (6, 7))


def test_memory_layouts(rng, tiled):
    x = rng.standard_normal((9, 5, 3, 4)).transpose(3, 2, 1, 0)[::2]
    w = rng.standard_normal((3, 3, 3, 6)).transpose(3, 0, 1, 2)[:, ::-1]
    bias = rng.standard_normal(12)[::2]
    tiled(conv.conv, x, w, bias, (1, 1), (1, 1), (1, 1), 1, (5, 9))


def test_nan_stays_where_it_belongs(rng, monkeypatch):
    monkeypatch.setattr(SIZES["conv"], "least", 1)
    x = rng.standard_normal((1, 1, 5, 5))
    x[0, 0, 0, 0] = np.nan
    z = conv.conv(x, np.ones((1, 1, 3, 3)), None, (1, 1), (0, 0), (1, 1), 1, (3, 3))
    assert np.isnan(z[0, 0, 0, 0])
    assert np.isfinite(z[0, 0, 1:]).all()


def test_threads_give_the_same_bits(rng, monkeypatch):
    monkeypatch.setattr(SIZES["conv"], "least", 1)
    x, w = rng.standard_normal((7, 3, 9, 9)), rng.standard_normal((5, 3, 3, 3))
    before = threads.get_num_threads()
    results = []
    try:
        for n in (1, 2, 3, 16):
            threads.set_num_threads(n)
            z = conv.conv(x, w, None, (1, 1), (1, 1), (1, 1), 1, (9, 9))
            results.append((z, conv.conv_weight_grad_each(z, x, (1, 1), (1, 1), (1, 1), 1, (3, 3))))
    finally:
        threads.set_num_threads(before)
    for z, dw in results[1:]:
        np.testing.assert_array_equal(z, results[0][0])
        np.testing.assert_array_equal(dw, results[0][1])


def _work(x, w):
    return conv.conv(x, w, None, (1, 1), (1, 1), (1, 1), 1, x.shape[2:])


def test_two_python_threads_at_once(rng, monkeypatch):
    monkeypatch.setattr(SIZES["conv"], "least", 1)
    x, w = rng.standard_normal((6, 3, 9, 9)), rng.standard_normal((5, 3, 3, 3))
    expected = _work(x, w)
    wrong = []

    def run():
        for _ in range(50):
            if not np.array_equal(_work(x, w), expected):
                wrong.append(1)

    both = [threading.Thread(target=run) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert not wrong


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_child_runs_kernels(rng, monkeypatch):
    monkeypatch.setattr(SIZES["conv"], "least", 1)
    x, w = rng.standard_normal((6, 3, 9, 9)), rng.standard_normal((5, 3, 3, 3))
    expected = _work(x, w)
    with multiprocessing.get_context("fork").Pool(1) as pool:
        got = pool.apply_async(_work, (x, w)).get(60)
    np.testing.assert_array_equal(got, expected)


# x, w, size of z, stride, padding, dilation, groups
SETTINGS = [
    pytest.param((2, 3, 40), (4, 3, 5), (36,), (1,), (0,), (1,), 1, id="1-d"),
    pytest.param((2, 3, 40), (4, 3, 3), (14,), (3,), (2,), (2,), 1, id="1-d with every setting"),
    pytest.param((2, 2, 17), (3, 2, 2), (4,), (5,), (1,), (1,), 1, id="1-d, stride above window"),
    pytest.param((2, 2, 5, 6, 7), (3, 2, 2, 3, 2), (4, 4, 6), (1, 1, 1), (0, 0, 0), (1, 1, 1), 1, id="3-d"),
    pytest.param(
        (2, 2, 7, 6, 9), (3, 2, 3, 2, 3), (4, 8, 3), (2, 1, 3), (1, 2, 0), (1, 2, 1), 1, id="3-d, every setting"
    ),
    pytest.param((1, 2, 4, 4, 4), (4, 1, 3, 3, 3), (4, 4, 4), (1, 1, 1), (1, 1, 1), (1, 1, 1), 2, id="3-d, groups"),
    pytest.param(
        (1, 1, 6, 7, 8), (2, 1, 2, 1, 2), (2, 3, 2), (3, 3, 4), (0, 1, 0), (1, 1, 1), 1, id="3-d, stride above"
    ),
    pytest.param((2, 6, 5, 6), (9, 2, 3, 3), (5, 6), (1, 1), (1, 1), (1, 1), 3, id="groups"),
    pytest.param((2, 17, 5, 6), (17, 1, 3, 3), (5, 6), (1, 1), (1, 1), (1, 1), 17, id="depthwise"),
    pytest.param((2, 3, 6, 5), (6, 1, 3, 2), (3, 2), (2, 3), (1, 1), (1, 1), 3, id="depthwise, two each"),
    pytest.param((3, 5, 4, 5), (4, 5, 1, 1), (4, 5), (1, 1), (0, 0), (1, 1), 1, id="1x1"),
    pytest.param((3, 4, 16, 16), (14, 2, 1, 1), (16, 16), (1, 1), (0, 0), (1, 1), 2, id="1x1, larger, groups"),
    pytest.param((2, 3, 40), (4, 3, 1), (40,), (1,), (0,), (1,), 1, id="1x1 in 1-d"),
    pytest.param((2, 3, 4, 3, 5), (4, 3, 1, 1, 1), (4, 3, 5), (1, 1, 1), (0, 0, 0), (1, 1, 1), 1, id="1x1 in 3-d"),
    pytest.param((2, 3, 9, 8), (2, 3, 1, 1), (3, 2), (4, 5), (1, 0), (1, 1), 1, id="1x1, stride"),
    pytest.param((2, 3, 11, 13), (4, 3, 2, 3), (3, 3), (4, 5), (1, 0), (1, 1), 1, id="stride above window"),
    pytest.param((2, 3, 4, 5), (4, 3, 2, 1), (11, 10), (1, 1), (4, 3), (1, 1), 1, id="padding above window"),
    pytest.param((2, 3, 9, 8), (4, 3, 2, 3), (4, 4), (1, 1), (-2, -1), (1, 1), 1, id="negative padding"),
    pytest.param((2, 3, 4, 5), (4, 3, 3, 3), (8, 9), (1, 1), (9, -4), (2, 1), 1, id="outputs beside the image"),
    pytest.param((1, 1, 1, 1), (1, 1, 1, 1), (1, 1), (1, 1), (0, 0), (1, 1), 1, id="one of each"),
]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("x", "w", "size", "stride", "padding", "dilation", "groups"), SETTINGS)
def test_any_number_of_axes_and_nothing_outside(rng, monkeypatch, x, w, size, stride, padding, dilation, groups, dtype):
    """Against loops; inputs lie at the edge of memory that may be read, outputs have borders."""
    monkeypatch.setattr(SIZES["conv"], "least", 1)
    settings = (stride, padding, dilation, groups)
    arrays = {
        "x": rng.standard_normal(x),
        "w": rng.standard_normal(w),
        "z": rng.standard_normal((x[0], w[0], *size)),
        "bias": rng.standard_normal(w[0]),
        "shift": rng.standard_normal(x[1]),
    }

    def of_each(z, x, *settings):
        return np.stack([naive.conv_weight_grad(z[n : n + 1], x[n : n + 1], *settings) for n in range(len(x))])

    def four(module, x, w, z, bias, shift):
        each = of_each if module is naive else module.conv_weight_grad_each
        return (
            module.conv(x, w, bias, *settings, size),
            module.conv_input_grad(z, w, shift, *settings, x.shape[2:]),
            module.conv_weight_grad(z, x, *settings, w.shape[2:]),
            each(z, x, *settings, w.shape[2:]),
        )

    expected = four(naive, **arrays)
    for side in ("start", "end"):
        edged = {name: at_the_edge(array.astype(dtype), side) for name, array in arrays.items()}
        results = four(conv, **edged)
        for got, wanted in zip(results, expected, strict=True):
            assert got.dtype == dtype
            tolerance = 1e-5 if dtype == np.float32 else 1e-13
            np.testing.assert_allclose(got, wanted, rtol=0, atol=tolerance * max(1.0, np.abs(wanted).max()))
        with bordered():
            for got, first in zip(four(conv, **edged), results, strict=True):
                np.testing.assert_array_equal(got, first)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("positions", [1, 15, 16, 17, 31, 33, 200, 300])
def test_windows_of_one_element_read_the_image_in_place(rng, tiled, dtype, positions):
    """All images but the last few, behind which whole vectors would leave memory."""
    x = at_the_edge(rng.standard_normal((4, 3, positions, 1)).astype(dtype))
    for filters in (1, 2, 15):
        w = rng.standard_normal((filters, 3, 1, 1)).astype(dtype)
        tiled(conv.conv, x, w, None, (1, 1), (0, 0), (1, 1), 1, (positions, 1))


def test_the_bias_may_have_another_dtype(rng, tiled):
    x, w = rng.standard_normal((2, 3, 6, 6)), rng.standard_normal((4, 3, 3, 3))
    bias = np.arange(4, dtype=np.float32)
    tiled(conv.conv, x, w, bias, (1, 1), (1, 1), (1, 1), 1, (6, 6))


@pytest.mark.parametrize(
    ("function", "shapes", "bias", "groups"),
    [
        ("conv", [(2, 3, 5, 5), (4, 2, 3, 3)], None, 1),
        ("conv", [(2, 4, 5, 5), (3, 2, 3, 3)], None, 2),
        ("conv", [(2, 3, 5, 5), (4, 3, 3, 3)], (3,), 1),
        ("conv", [(2, 3, 5, 5), (4, 3, 3)], None, 1),
        ("conv_input_grad", [(2, 3, 3, 3), (4, 2, 3, 3)], None, 1),
        ("conv_input_grad", [(2, 3, 3, 3), (3, 2, 3, 3)], None, 2),
        ("conv_input_grad", [(2, 4, 3, 3), (4, 2, 3, 3)], (4,), 1),
        ("conv_weight_grad", [(2, 4, 3, 3), (3, 3, 5, 5)], None, 1),
        ("conv_weight_grad", [(2, 4, 3, 3), (2, 3, 5, 5)], None, 2),
        ("conv_weight_grad_each", [(2, 4, 3, 3), (3, 3, 5, 5)], None, 1),
        ("conv_weight_grad_each", [(2, 4, 3, 3), (2, 3, 5, 5)], None, 2),
    ],
)
def test_shapes_that_do_not_fit_reach_no_loop(monkeypatch, function, shapes, bias, groups):
    monkeypatch.setattr(SIZES["conv"], "least", 1)
    arrays = [np.ones(shape) for shape in shapes]
    if "weight" not in function:
        arrays.append(None if bias is None else np.ones(bias))
    with pytest.raises(ValueError, match=f"^{function}: wanted arrays that fit"):
        getattr(conv, function)(*arrays, (1, 1), (0, 0), (1, 1), groups, (3, 3))


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("stride", [(1, 1, 1), (2, 1, 3)])
def test_windows_whose_copies_are_too_large_go_to_columns(rng, monkeypatch, groups, stride):
    """Each of the four sums, by columns, and by copies where there is room."""
    from kernels.conv import choose, direct

    window, inside, padding, dilation = (3, 4, 2), (6, 7, 8), (1, 0, 1), (1, 2, 1)
    size = tuple(
        [(n + 2 * p - d * (k - 1) - 1) // s + 1 for n, k, s, p, d in zip(inside, window, stride, padding, dilation)]
    )
    x, w = rng.standard_normal((2, 4, *inside)), rng.standard_normal((6, 4 // groups, *window))
    dz, settings = rng.standard_normal((2, 6, *size)), (stride, padding, dilation, groups)
    monkeypatch.setattr(direct, "MANY", 0)

    def four():
        return (
            choose.conv(x, w, None, *settings, size),
            choose.conv_input_grad(dz, w, None, *settings, inside),
            choose.conv_weight_grad(dz, x, *settings, window),
            choose.conv_weight_grad_each(dz, x, *settings, window),
        )

    expected = four()
    monkeypatch.setattr(direct, "ROOM", 0)
    for name in ("conv", "conv_input_grad", "conv_weight_grad"):
        monkeypatch.setattr(direct, name, None)  # is not called
    for got, wanted in zip(four(), expected, strict=True):
        np.testing.assert_allclose(got, wanted, rtol=0, atol=1e-12)


def test_room_is_that_of_the_copies_for_one_row(monkeypatch):
    """The size that is asked for is the one that `layout` finds."""
    from kernels.conv import direct
    from kernels.conv.layout import backward_axes, forward_axes, layout

    x, window, stride, padding, dilation = np.zeros((1, 3, 9, 8, 7)), (3, 4, 2), (2, 1, 3), (1, 0, 1), (1, 2, 1)
    for back, axes_of, one, other in (
        (False, forward_axes, (9, 8, 7), (5, 2, 3)),
        (True, backward_axes, (20, 13, 22), (9, 8, 7)),
    ):
        axes = axes_of(one, other, window, stride, padding, dilation)
        nbytes = layout(axes, window, 1).plane * 3 * x.itemsize
        monkeypatch.setattr(direct, "MANY", 0)
        for room, too_large in ((nbytes - 1, True), (nbytes, False)):
            monkeypatch.setattr(direct, "ROOM", room)
            size = one if back else other
            assert direct.too_large(x, window, stride, padding, dilation, 1, size, back) == too_large
        monkeypatch.setattr(direct, "MANY", 24)
        monkeypatch.setattr(direct, "ROOM", 0)
        assert not direct.too_large(x, window, stride, padding, dilation, 1, size, back), "small windows are not asked"
