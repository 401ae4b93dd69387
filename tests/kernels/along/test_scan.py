"""Running along an axis, against NumPy and the obvious loop: the same bits. Sums and products are kept in float64."""

import numpy as np
import pytest

from kernels.along import scan
from kernels.machine import threads
from tests import naive


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize(
    ("shape", "axis"),
    [((1,), 0), ((33,), 0), ((5, 17), 1), ((17, 31), 0), ((3, 4, 65), 1), ((2, 3, 15), -1), ((3, 1, 2), 1)],
)
def test_running_along_an_axis(shape, axis, reverse, dtype, rng):
    a, b = rng.standard_normal(shape).astype(dtype), rng.standard_normal(shape[::-1]).astype(dtype).T
    z = scan.recurrence(a, b, axis, reverse)
    assert z.dtype == dtype
    np.testing.assert_array_equal(z, naive.recurrence(a, b, axis, reverse))
    for ufunc, function in ((np.add, scan.running_sums), (np.multiply, scan.running_products)):
        turned = np.flip(b, axis) if reverse else b
        expected = ufunc.accumulate(turned, axis=axis, dtype=np.float64).astype(dtype)
        np.testing.assert_array_equal(function(b, axis, reverse), np.flip(expected, axis) if reverse else expected)


def test_nan_goes_on_and_stays_in_its_row():
    x = np.ones((3, 4))
    x[1, 2] = np.nan
    np.testing.assert_array_equal(scan.running_sums(x, 1, False), [[1, 2, 3, 4], [1, 2, np.nan, np.nan], [1, 2, 3, 4]])


def test_threads_give_the_same_bits(rng, monkeypatch):
    monkeypatch.setattr(scan, "LEAST", 1)
    x = rng.standard_normal((5, 40, 3))
    before = threads.get_num_threads()
    results = []
    try:
        for n in (1, 2, 16):
            threads.set_num_threads(n)
            results.append(scan.running_products(x, 1, True))
    finally:
        threads.set_num_threads(before)
    np.testing.assert_array_equal(results[1:], [results[0]] * 2)


def test_what_does_not_fit_is_refused():
    for wrong in ((np.ones((2, 3)), np.ones((3, 2))), (np.ones(2), np.ones(2, np.float32)), (np.ones(0), np.ones(0))):
        with pytest.raises(ValueError, match="running along"):
            scan.recurrence(*wrong, 0, False)
