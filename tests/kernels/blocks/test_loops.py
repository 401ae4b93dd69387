"""Instructions of the block machine against NumPy, at sizes that straddle the tails of vectors."""

from __future__ import annotations

import math

import numpy as np
import pytest

from kernels.machine import jit

pytestmark = pytest.mark.skipif(not jit.ENABLED, reason="instructions are called by their addresses")

if jit.ENABLED:
    from kernels.blocks import loops, memory

SIZES = (1, 3, 7, 8, 15, 16, 17, 63, 64, 65, 257)
KINDS = ("f", "d")
SPECIAL = [0.0, -0.0, 1.0, -1.0, math.inf, -math.inf, math.nan, 1e-40, 88.0, -104.5, 710.0, 0.5, -0.5, 3.7, -3.7, 40.0]

ONE = {
    "neg": np.negative,
    "absolute": np.absolute,
    "sqrt": np.sqrt,
    "exp": np.exp,
    "expm1": np.expm1,
    "log": np.log,
    "log1p": np.log1p,
    "tanh": np.tanh,
    "sin": np.sin,
    "cos": np.cos,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "erf": lambda x: np.array([math.erf(v) for v in x.tolist()], x.dtype),
    "floor": np.floor,
    "ceil": np.ceil,
    "trunc": np.trunc,
    "rint": np.rint,
    "copy": lambda x: x,
}
TWO = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "fmax": np.fmax,
    "fmin": np.fmin,
    "eq": np.equal,
    "ne": np.not_equal,
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
}
ROUNDED = {"exp", "expm1", "log", "log1p", "tanh", "sin", "cos", "sigmoid", "erf"}
"""Those that are not NumPy's to the last bit."""


def run(name, z, *arrays, numbers=(0, 0, 0), n=None):
    """The instruction; results stand between borders that must stay as they are."""
    border = np.array(7).astype(z.dtype)
    whole = np.full(z.size + 32, border)
    out = whole[16:-16]
    out[:] = z.reshape(-1)
    kinds = "".join([a.dtype.char for a in arrays])
    given = [a.ctypes.data for a in arrays] + list(numbers[len(arrays) :])
    loops.loop(name, kinds, z.dtype.char)(*given, out.ctypes.data, z.size if n is None else n)
    assert (whole[:16] == border).all()
    assert (whole[-16:] == border).all()
    return out.reshape(z.shape)


def drawn(kind, n, seed=0):
    x = (np.random.default_rng([seed, n]).standard_normal(n) * 4).astype(kind)
    return np.concatenate([x, np.array(SPECIAL, kind)])


def same(name, got, wanted):
    if name in ROUNDED:
        eps = np.finfo(got.dtype).eps
        np.testing.assert_allclose(got, wanted, rtol=6 * eps, atol=2 * eps if name in ("sin", "cos") else 1e-44)
    else:
        np.testing.assert_array_equal(got, wanted)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ONE)
def test_forms_of_one(name, kind):
    for n in SIZES:
        x = drawn(kind, n)
        with np.errstate(all="ignore"):
            wanted = ONE[name](x)
        same(name, run(name, np.empty_like(x), x), wanted)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", TWO)
def test_forms_of_two(name, kind):
    for n in SIZES:
        x, y = drawn(kind, n), drawn(kind, n, 1)[::-1].copy()
        y[: n // 2] = x[: n // 2]  # ties
        with np.errstate(all="ignore"):
            wanted = TWO[name](x, y)
        same(name, run(name, np.empty(x.shape, wanted.dtype), x, y), wanted)


@pytest.mark.parametrize("kind", KINDS)
def test_sine_of_large_numbers(kind):
    x = np.array([1e5, 999_999.0, -3e5, 1e7, 1e22, -1e300], "d")[: 4 if kind == "f" else None].astype(kind)
    for n in (3, x.size):
        same("sin", run("sin", np.empty(n, kind), x[:n].copy()), np.sin(x[:n]))
        same("cos", run("cos", np.empty(n, kind), x[:n].copy()), np.cos(x[:n]))


@pytest.mark.parametrize("kind", [*KINDS, "l", "?"])
def test_choosing(kind):
    for n in SIZES:
        rng = np.random.default_rng(n)
        condition = rng.random(n) < 0.5
        x, y = (rng.standard_normal((2, n)) * 9).astype(kind)
        got = run("choose", np.empty(n, kind), condition, x, y)
        np.testing.assert_array_equal(got, np.where(condition, x, y))


@pytest.mark.parametrize(("source", "target"), [("f", "d"), ("d", "f"), ("l", "f"), ("l", "d"), ("?", "f"), ("?", "d")])
def test_casts(source, target):
    for n in SIZES:
        x = (np.random.default_rng(n).standard_normal(n) * 9).astype(source)
        np.testing.assert_array_equal(run("copy", np.empty(n, target), x), x.astype(target))


@pytest.mark.parametrize("kind", KINDS)
def test_spreading_and_summing(kind):
    for rows, width in [(1, 1), (3, 1), (1, 5), (3, 17), (5, 64), (2, 131)]:
        x = np.random.default_rng([rows, width]).standard_normal((rows, width)).astype(kind)
        column, row = x[:, 0].copy(), x[0].copy()
        about = {"numbers": (0, 0, width), "n": rows}
        wide = np.empty((rows, width), kind)
        np.testing.assert_array_equal(run("spread", wide, column, **about), np.broadcast_to(column[:, None], x.shape))
        np.testing.assert_array_equal(run("tile", wide, row, **about), np.broadcast_to(row, x.shape))
        np.testing.assert_array_equal(run("fill", wide, row), np.full(x.shape, row[0]))
        eps = 8 * np.finfo(kind).eps
        np.testing.assert_allclose(run("row_sum", column, x, **about), x.sum(1), eps, width * eps)
        np.testing.assert_array_equal(run("row_max", column, x, **about), x.max(1))
        np.testing.assert_array_equal(run("row_min", column, x, **about), x.min(1))
        np.testing.assert_allclose(run("column_sum", row, x, **about), row + x.sum(0), eps, rows * eps)
        total = run("total", np.ones(1), x, n=x.size)
        np.testing.assert_allclose(total, 1 + x.sum(dtype="d"), x.size * eps)


@pytest.mark.parametrize("kind", KINDS)
def test_extremes_of_rows_with_nan(kind):
    for width in (1, 15, 16, 33):
        for place in range(width):
            x = np.random.default_rng(width).standard_normal((2, width)).astype(kind)
            for value in (np.nan, -np.nan, np.inf, -np.inf):
                x[1, place] = value
                for name, wanted in (("row_max", x.max(1)), ("row_min", x.min(1))):
                    got = run(name, np.empty(2, kind), x, numbers=(0, 0, width), n=2)
                    np.testing.assert_array_equal(got, wanted)


@pytest.mark.parametrize("kind", memory.KINDS if jit.ENABLED else [])
def test_copies_of_views(kind):
    x = np.arange(120).reshape(4, 5, 6).astype(kind)
    for view in (x.T, x[1:3, ::2], x.transpose(1, 0, 2), np.broadcast_to(x[:, :, :1], x.shape), x[2, 3, 1:2]):
        strides = [s // x.itemsize for s in view.strides]
        about = np.array([view.ndim, *view.shape, *strides])
        got = np.empty(view.shape, kind)
        loops.loop("strided", kind, kind)(view.ctypes.data, 0, about.ctypes.data, got.ctypes.data, view.size)
        np.testing.assert_array_equal(got, view)


def _gelu_grad(dz, x):
    x, dz = x.astype("d"), dz.astype("d")
    below = 0.5 * np.array([math.erf(v * math.sqrt(0.5)) for v in x.tolist()]) + 0.5
    return dz * (below + x * np.exp(-0.5 * x * x) / math.sqrt(2 * math.pi))


@pytest.mark.parametrize("kind", KINDS)
def test_gelu_and_its_gradient(kind):
    for n in SIZES:
        x, dz = drawn(kind, n)[:n], drawn(kind, n, 1)[:n]
        below = 0.5 * np.array([math.erf(v * math.sqrt(0.5)) for v in x.astype("d").tolist()]) + 0.5
        eps = 4 * np.finfo(kind).eps
        np.testing.assert_allclose(run("gelu", np.empty(n, kind), x), x * below, rtol=eps, atol=8 * eps)
        got = run("gelu_grad", np.empty(n, kind), dz, x)
        np.testing.assert_allclose(got, _gelu_grad(dz, x), rtol=4 * eps, atol=16 * eps)
    for name, given in (("gelu", 1), ("gelu_grad", 2)):
        special = np.array([math.nan, 0.0, 40.0], kind)
        got = run(name, np.empty(3, kind), *[np.ones(3, kind)] * (given - 1), special)
        np.testing.assert_array_equal(got, [math.nan, 0.0, 40.0] if given == 1 else [math.nan, 0.5, 1.0])
