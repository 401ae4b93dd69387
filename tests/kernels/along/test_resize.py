"""Interpolation on arrays, against the sums that define it."""

import numpy as np
import pytest

from kernels.along import resize

TAPS = (
    (np.array([0, 0, 1, 3, 3]), np.array([0.5, 1.0, 2.0, 3.0, 0.25])),
    (np.array([1, 1, 2, 3, 3]), None),
)


@pytest.mark.parametrize(
    ("shape", "axis"), [((4,), 0), ((2, 4), 1), ((4, 3), 0), ((2, 4, 3), 1), ((0, 4), 1), ((4, 0), 0)]
)
def test_gather_and_its_transpose(shape, axis, rng):
    x = rng.standard_normal(shape)
    z = resize.gather(x, TAPS, axis)
    expected = sum(
        np.moveaxis(np.moveaxis(x, axis, -1)[..., source] * (1.0 if weight is None else weight), -1, axis)
        for source, weight in TAPS
    )
    np.testing.assert_allclose(z, expected, rtol=1e-12)
    dz = rng.standard_normal(z.shape)
    dx = resize.spread(dz, TAPS, axis, 4)
    assert dx.shape == shape
    np.testing.assert_allclose((dx * x).sum(), (dz * z).sum(), rtol=1e-10)


@pytest.mark.parametrize("axis", [0, 1])
def test_spread_keeps_infinities_where_they_belong(axis):
    dz = np.ones((5, 5))
    dz[(2, slice(None)) if axis == 0 else (slice(None), 2)] = np.inf
    dx = np.moveaxis(resize.spread(dz, TAPS, axis, 4), axis, 0)
    np.testing.assert_array_equal(dx, [[1.5] * 5, [np.inf] * 5, [np.inf] * 5, [5.25] * 5])


def test_dtype_stays():
    x = np.ones((2, 4), np.float32)
    assert resize.gather(x, TAPS, 1).dtype == np.float32
    assert resize.spread(np.ones((2, 5), np.float32), TAPS, 1, 4).dtype == np.float32
