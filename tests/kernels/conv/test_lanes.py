"""Convolutions of small images side by side, at numbers of images that straddle vectors."""

from __future__ import annotations

import numpy as np
import pytest

from kernels.machine import jit, threads

from .three import agree, arrays

pytestmark = pytest.mark.skipif(not jit.ENABLED, reason="vector code is not run with NUMBA_DISABLE_JIT=1")


@pytest.fixture
def side_by_side(monkeypatch):
    """Every convolution with one group and at most two axes goes that way; how many there were."""
    from kernels.conv import lanes

    seen = []
    monkeypatch.setattr(lanes, "pay", lambda *_: True)
    monkeypatch.setattr(lanes, "pay_for_weights", lambda *_: True)
    for name in ("conv", "conv_input_grad", "conv_weight_grad"):
        function = getattr(lanes, name)
        monkeypatch.setattr(lanes, name, lambda *a, function=function: seen.append(function) or function(*a))
    return seen


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("images", [1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 33])
@pytest.mark.parametrize("width", [1, 2, 3, 5])
def test_images_side_by_side_at_tails(rng, monkeypatch, side_by_side, dtype, images, width):
    given = arrays(rng, dtype, (images, 3, 3, width), (15, 3, 2, 3), (4, width))
    agree(monkeypatch, given, ((1, 1), (1, 1), (1, 1)), (4, width))
    assert len(side_by_side) == 3 * 2 * 2


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("x", "w", "size", "settings"),
    [
        pytest.param((17, 2, 9), (3, 2, 4), (4,), ((2,), (1,), (1,)), id="1-d"),
        pytest.param((9, 2, 7), (3, 2, 2), (2,), ((5,), (0,), (1,)), id="1-d, stride above window"),
        pytest.param((16, 5, 8, 8), (17, 5, 4, 4), (4, 4), ((2, 2), (1, 1), (1, 1)), id="halved"),
        pytest.param((9, 3, 7, 8), (4, 3, 3, 2), (3, 2), ((3, 2), (2, 0), (2, 3)), id="every setting"),
        pytest.param((5, 4, 4, 4), (3, 4, 1, 1), (4, 4), ((1, 1), (0, 0), (1, 1)), id="1x1"),
        pytest.param((9, 4, 5, 4), (3, 4, 1, 1), (2, 2), ((3, 2), (0, 0), (1, 1)), id="1x1, stride"),
        pytest.param((9, 2, 4, 5), (3, 2, 3, 3), (8, 9), ((1, 1), (9, -4), (2, 1)), id="outputs beside the image"),
    ],
)
def test_images_side_by_side_with_every_setting(rng, monkeypatch, side_by_side, dtype, x, w, size, settings):
    agree(monkeypatch, arrays(rng, dtype, x, w, size), settings, size)
    assert len(side_by_side) == 3 * 2 * 2


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_images_go_into_lanes_and_back(rng, dtype):
    from kernels.conv import lanes

    before = threads.get_num_threads()
    try:
        for images, elements, workers in [(1, 1, 1), (9, 15, 1), (16, 16, 2), (17, 33, 2), (40, 700, 2), (33, 999, 3)]:
            threads.set_num_threads(workers)
            x = rng.standard_normal((images, elements, 1)).astype(dtype)
            groups = lanes.grouped(x)
            count, L = len(groups), groups.shape[-1]
            padded = np.zeros((count * L, elements, 1), dtype)
            padded[:images] = x
            np.testing.assert_array_equal(groups, padded.reshape(count, L, elements, 1).transpose(0, 2, 3, 1))
            np.testing.assert_array_equal(lanes.apart(groups, images), x)
    finally:
        threads.set_num_threads(before)


def test_side_by_side_where_rows_are_short_and_lanes_are_full():
    from kernels.conv import lanes
    from kernels.machine import registers

    def x(images, itemsize=4, axes=2):
        return np.empty((images, 2, *[3] * axes), f"f{itemsize}")

    L = registers.lanes(4)
    narrow = min(4, L - 1)
    assert lanes.pay(x(2 * L), (7, narrow))
    assert not lanes.pay(x(2 * L), (1, 5))
    assert not lanes.pay(x(2 * L, axes=3), (1, 1, narrow))
    assert not lanes.pay(x(L + 1), (7, narrow))
    assert not lanes.pay(x(2 * L, 8), (7, narrow))
    assert lanes.pay_for_weights(np.empty((L, 9, 8, 8), "f"), 32)
    assert not lanes.pay_for_weights(np.empty((L, 9, 8, 9), "f"), 32)
    assert not lanes.pay_for_weights(np.empty((L, 9, 8, 8), "f"), 31)
    assert not lanes.pay_for_weights(np.empty((L // 2, 9, 8, 8), "f"), 32)
