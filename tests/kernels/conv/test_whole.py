"""Convolutions whose windows are as large as the image."""

from __future__ import annotations

import numpy as np
import pytest

from kernels.machine import jit

from .three import agree, arrays

pytestmark = pytest.mark.skipif(not jit.ENABLED, reason="vector code is not run with NUMBA_DISABLE_JIT=1")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [(5,), (4, 4), (1, 3), (2, 3, 2), (1, 1)])
@pytest.mark.parametrize("images", [1, 7, 17, 33])
@pytest.mark.parametrize(("channels", "filters"), [(1, 1), (3, 15), (2, 33)])
def test_windows_as_large_as_the_image(rng, monkeypatch, dtype, size, images, channels, filters):
    from kernels.conv import whole

    seen = []
    for name in ("conv", "conv_input_grad", "conv_weight_grad"):
        function = getattr(whole, name)
        monkeypatch.setattr(whole, name, lambda *a, function=function: seen.append(function) or function(*a))
    one = (1,) * len(size)
    given = arrays(rng, dtype, (images, channels, *size), (filters, channels, *size), one)
    for stride in (1, 3):
        agree(monkeypatch, given, ((stride,) * len(size), (0,) * len(size), one), one)
    assert len(seen) == 2 * 3 * 2 * 2


def test_one_window_that_is_not_the_image():
    from kernels.conv import whole

    assert whole.fits((4, 5), (4, 5), (1, 1), (0, 0), (1, 1))
    assert not whole.fits((4, 5), (4, 4), (1, 1), (0, 0), (1, 1))
    assert not whole.fits((4, 5), (4, 5), (1, 2), (0, 0), (1, 1))
    assert not whole.fits((4, 5), (4, 5), (1, 1), (1, 0), (1, 1))
    assert not whole.fits((4, 5), (4, 5), (1, 1), (0, 0), (1, 2))
