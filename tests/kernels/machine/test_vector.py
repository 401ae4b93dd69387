"""The functions for kernels: close to exact everywhere, right at the edges, in loops of every length."""

from __future__ import annotations

import math

import numpy as np
import pytest

from kernels.machine import floats, jit, vector
from kernels.machine.jit import kernel


@kernel
def _exp(x, z):
    for i in range(x.size):
        z[i] = vector.exp(x[i])


@kernel
def _expm1(x, z):
    for i in range(x.size):
        z[i] = vector.expm1(x[i])


@kernel
def _tanh(x, z):
    for i in range(x.size):
        z[i] = vector.tanh(x[i])


@kernel
def _sigmoid(x, z):
    for i in range(x.size):
        z[i] = vector.sigmoid(x[i])


@kernel
def _log(x, z):
    for i in range(x.size):
        z[i] = vector.log(x[i])


@kernel
def _log1p(x, z):
    for i in range(x.size):
        z[i] = vector.log1p(x[i])


@kernel
def _erf(x, z):
    for i in range(x.size):
        z[i] = vector.erf(x[i])


@kernel
def _largest(x):
    top = floats.rank(x[0])
    for i in range(x.size):
        top = max(top, floats.rank(x[i]))
    return floats.ranked(top)


def exact_sigmoid(x):
    e = np.exp(np.minimum(x, 60))
    return e / (1 + e)


exact_erf = np.vectorize(lambda x: math.erf(float(x)), otypes=[np.float64])
FUNCTIONS = {
    "exp": (_exp, np.exp, 1.2),
    "expm1": (_expm1, np.expm1, 1.8),
    "tanh": (_tanh, np.tanh, 2.6),
    "sigmoid": (_sigmoid, exact_sigmoid, 2.5),
    "log": (_log, np.log, 1.0),
    "log1p": (_log1p, np.log1p, 1.0),
    "erf": (_erf, exact_erf, 2.5),
}
EXTENDED = np.finfo(np.longdouble).eps < 1e-18
dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])
names = pytest.mark.parametrize("name", FUNCTIONS)


def values(name, x):
    z = np.empty_like(x)
    FUNCTIONS[name][0](x, z)
    return z


def arguments(name, dtype, count):
    """Random bits, and random numbers of several sizes, as far as the function is defined there."""
    rng = np.random.default_rng(0)
    bits = np.uint32 if dtype == np.float32 else np.uint64
    parts = [rng.integers(0, np.iinfo(bits).max, count, dtype=bits).view(dtype)]
    parts += [rng.uniform(-s, s, count).astype(dtype) for s in (1e-3, 0.1, 1, 3, 10, 60, 100, 800)]
    parts += [(1 + rng.uniform(-s, s, count)).astype(dtype) for s in (0.5, 1e-3)]
    x = np.concatenate(parts)
    x = x[np.isfinite(x)]
    return x[x > 0] if name == "log" else x[x > -1] if name == "log1p" else x


@names
@dtypes
def test_within_a_few_units_in_the_last_place(name, dtype):
    x = arguments(name, dtype, 20_000 if jit.ENABLED else 200)
    with np.errstate(all="ignore"):
        exact = FUNCTIONS[name][1](x.astype(np.longdouble))
        rounded = exact.astype(dtype)
        z = values(name, x)
        finite = np.isfinite(rounded)
        np.testing.assert_array_equal(z[~finite], rounded[~finite])
        error = np.abs(z[finite] - exact[finite]) / np.spacing(np.abs(rounded[finite]))
    # kernels that run as Python use NumPy's functions; and a long double that is a float64 has an error of its own
    assert error.max() <= (FUNCTIONS[name][2] if jit.ENABLED and EXTENDED else 4)


EDGES = {
    "exp": [(0.0, 1.0), (-0.0, 1.0), (math.inf, math.inf), (-math.inf, 0.0), (1e30, math.inf), (-1e30, 0.0)],
    "expm1": [(0.0, 0.0), (-0.0, -0.0), (math.inf, math.inf), (-math.inf, -1.0), (-50.0, -1.0), (1e-30, 1e-30)],
    "tanh": [(0.0, 0.0), (-0.0, -0.0), (math.inf, 1.0), (-math.inf, -1.0), (20.0, 1.0), (-1e30, -1.0), (1e-30, 1e-30)],
    "sigmoid": [(0.0, 0.5), (-0.0, 0.5), (math.inf, 1.0), (-math.inf, 0.0), (50.0, 1.0), (-1e30, 0.0)],
    "log": [(0.0, -math.inf), (-0.0, -math.inf), (1.0, 0.0), (math.inf, math.inf), (-1.0, math.nan)],
    "log1p": [(0.0, 0.0), (-0.0, -0.0), (-1.0, -math.inf), (math.inf, math.inf), (-2.0, math.nan), (1e-30, 1e-30)],
    "erf": [(0.0, 0.0), (-0.0, -0.0), (math.inf, 1.0), (-math.inf, -1.0), (7.0, 1.0), (-1e30, -1.0)],
}


@names
@dtypes
def test_edges(name, dtype):
    x, wanted = (np.array(column, dtype) for column in zip(*EDGES[name], (math.nan, math.nan), strict=True))
    z = values(name, x)
    np.testing.assert_array_equal(z, wanted)
    known = ~np.isnan(wanted)
    np.testing.assert_array_equal(np.signbit(z[known]), np.signbit(wanted[known]))


@dtypes
def test_denormal_results_and_arguments(dtype):
    tiny = np.finfo(dtype).smallest_subnormal
    low = dtype(math.log(float(np.finfo(dtype).tiny)) - 2)
    for name in ("exp", "sigmoid"):
        z = values(name, np.array([low]))
        assert 0 < z[0] < np.finfo(dtype).tiny
        assert abs(float(z[0]) - math.exp(low)) <= 1.5 * float(tiny)
    np.testing.assert_allclose(values("log", np.array([tiny], dtype)), np.log(tiny), rtol=1e-6)
    assert values("tanh", np.array([tiny], dtype))[0] == tiny


@names
@dtypes
@pytest.mark.parametrize("size", [0, 1, 2, 7, 15, 16, 17, 31, 33, 63, 65, 257])
def test_every_place_of_a_loop_gives_the_same(name, dtype, size):
    x = np.full(size, 0.7, dtype)
    assert len(set(values(name, x).tolist())) <= 1
    memory = np.full(size + 64, 99, dtype)
    FUNCTIONS[name][0](x, memory[32 : 32 + size])
    assert (memory[:32] == 99).all()
    assert (memory[32 + size :] == 99).all()


@names
def test_scalars_outside_of_kernels(name):
    x = np.float32(0.3)
    z = getattr(vector, name)(x)
    assert type(z) is np.float32
    assert abs(float(z) - float(FUNCTIONS[name][1](np.float64(x)))) < 1e-6


@dtypes
@pytest.mark.parametrize("size", [1, 2, 15, 16, 17, 65, 257])
def test_largest(dtype, size):
    x = np.random.default_rng(size).standard_normal(size).astype(dtype)
    assert _largest(x) == x.max()
    assert _largest(np.full(size, -math.inf, dtype)) == -math.inf
    assert _largest(-np.abs(x)) == (-np.abs(x)).max()
    x[size // 2] = math.nan
    assert math.isnan(_largest(x))


@kernel
def _normal(x, below, e):
    for i in range(x.size):
        below[i], e[i] = vector.normal(x[i])


def both(x):
    below, e = np.empty_like(x), np.empty_like(x)
    _normal(x, below, e)
    return below, e


@dtypes
def test_the_normal_distribution(dtype):
    """Of what is small, float32 loses what x^2 does when it is rounded; float64, by way of erf, more than that."""
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.uniform(-s, s, 20_000 if jit.ENABLED else 200) for s in (1e-3, 1, 3, 12.9)]).astype(dtype)
    wide = x.astype(np.float64)
    exact = np.array([math.erfc(-v * math.sqrt(0.5)) / 2 for v in wide]), np.exp(-wide * wide / 2)
    below, e = both(x)
    unit = np.finfo(dtype).eps * (1 + wide * wide / 2)
    assert (np.abs(e - exact[1]) <= unit * exact[1]).all()
    least = exact[0] if dtype == np.float32 and jit.ENABLED else 1  # of what the error is a part
    assert (np.abs(below - exact[0]) <= 2 * unit * least).all()
    positive = x > 0
    assert (np.abs(below - exact[0])[positive] <= 1.5 * np.finfo(dtype).eps).all()


@dtypes
def test_the_normal_distribution_at_its_ends(dtype):
    x = np.array([0.0, -0.0, 13, -50, 1e30, -1e30, math.inf, -math.inf, math.nan], dtype)
    with np.errstate(all="ignore"):
        below, e = both(x)
    np.testing.assert_allclose(below, [0.5, 0.5, 1, 0, 1, 0, 1, 0, math.nan], rtol=np.finfo(dtype).eps, atol=0)
    np.testing.assert_allclose(e, [1, 1, 0, 0, 0, 0, 0, 0, math.nan], rtol=0, atol=1e-36)
