"""Convolution by register tiles against the NumPy one, at sizes that straddle tiles and vectors."""

from __future__ import annotations

import multiprocessing
import threading

import numpy as np
import pytest

from kernels import conv, jit, threads

pytestmark = pytest.mark.skipif(not jit.ENABLED, reason="vector code is not run with NUMBA_DISABLE_JIT=1")


@pytest.fixture
def tiled(monkeypatch):
    """Runs a function of the module with tiles for everything, and without; asserts that both agree."""

    def compare(function, *arguments):
        results = []
        for limit in (0, 1 << 62):
            monkeypatch.setattr(conv, "WORTH_COMPILING", limit)
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


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("channels", [1, 2, 13, 14, 15, 29])
@pytest.mark.parametrize("filters", [1, 16, 33])
@pytest.mark.parametrize(("cached", "together"), [(384 << 10, 1024), (1 << 10, 9)], ids=["one part", "many parts"])
def test_weight_gradient_at_tails(rng, tiled, monkeypatch, dtype, channels, filters, cached, together):
    from kernels import direct

    monkeypatch.setattr(direct, "CACHED", cached)
    monkeypatch.setattr(direct, "TOGETHER", together)
    x = rng.standard_normal((3, channels, 6, 9)).astype(dtype)
    dz = rng.standard_normal((3, filters, 6, 9)).astype(dtype)
    tiled(conv.conv_weight_grad, dz, x, (1, 1), (1, 1), (1, 1), 1, (3, 3))


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
    monkeypatch.setattr(conv, "WORTH_COMPILING", 0)
    x = rng.standard_normal((1, 1, 5, 5))
    x[0, 0, 0, 0] = np.nan
    z = conv.conv(x, np.ones((1, 1, 3, 3)), None, (1, 1), (0, 0), (1, 1), 1, (3, 3))
    assert np.isnan(z[0, 0, 0, 0])
    assert np.isfinite(z[0, 0, 1:]).all()


def test_threads_give_the_same_bits(rng, monkeypatch):
    monkeypatch.setattr(conv, "WORTH_COMPILING", 0)
    x, w = rng.standard_normal((7, 3, 9, 9)), rng.standard_normal((5, 3, 3, 3))
    before = threads.get_num_threads()
    results = []
    try:
        for n in (1, 2, 3, 16):
            threads.set_num_threads(n)
            results.append(conv.conv(x, w, None, (1, 1), (1, 1), (1, 1), 1, (9, 9)))
    finally:
        threads.set_num_threads(before)
    for z in results[1:]:
        np.testing.assert_array_equal(z, results[0])


def _work(x, w):
    return conv.conv(x, w, None, (1, 1), (1, 1), (1, 1), 1, x.shape[2:])


def test_two_python_threads_at_once(rng, monkeypatch):
    monkeypatch.setattr(conv, "WORTH_COMPILING", 0)
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
    monkeypatch.setattr(conv, "WORTH_COMPILING", 0)
    x, w = rng.standard_normal((6, 3, 9, 9)), rng.standard_normal((5, 3, 3, 3))
    expected = _work(x, w)
    with multiprocessing.get_context("fork").Pool(1) as pool:
        got = pool.apply_async(_work, (x, w)).get(60)
    np.testing.assert_array_equal(got, expected)


def test_errors_in_a_part_reach_the_caller():
    def work(start, stop):
        if start:
            raise ValueError("part")

    before = threads.get_num_threads()
    try:
        threads.set_num_threads(2)
        with pytest.raises(ValueError, match="part"):
            threads.split(4, work)
    finally:
        threads.set_num_threads(before)
