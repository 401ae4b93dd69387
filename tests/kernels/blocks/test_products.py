"""Products as instructions of the block machine against NumPy, at sizes that straddle the tails of tiles and panels."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from kernels.machine import jit

pytestmark = pytest.mark.skipif(not jit.ENABLED, reason="instructions are called by their addresses")

if jit.ENABLED:
    from kernels.blocks import loops, products
    from kernels.matrix import panel

KINDS = ("f", "d")
BORDER = 16


def multiplied(x, y):
    """x @ y by the instruction, which may write to nothing else."""
    kind = x.dtype.char
    steps = [s // a.itemsize for a in (x, y) for s in a.strides]
    about = np.array([y.shape[1], x.shape[1], *steps])
    whole = np.full(len(x) * y.shape[1] + 2 * BORDER, np.array(7, kind))
    out = whole[BORDER:-BORDER]
    loops.loop("product", kind, kind)(x.ctypes.data, y.ctypes.data, about.ctypes.data, out.ctypes.data, len(x))
    assert (whole[:BORDER] == 7).all()
    assert (whole[-BORDER:] == 7).all()
    return out.reshape(len(x), -1)


def drawn(kind, rows, terms, columns):
    rng = np.random.default_rng([rows, terms, columns])
    return rng.standard_normal((rows, terms)).astype(kind), rng.standard_normal((terms, columns)).astype(kind)


def agrees(x, y):
    eps = np.finfo(x.dtype).eps
    wanted = (x.astype("d") @ y.astype("d")).astype(x.dtype)
    np.testing.assert_allclose(multiplied(x, y), wanted, 16 * eps, 16 * x.shape[1] * eps)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("turned", [(), (0,), (1,), (0, 1)])
def test_products(kind, turned):
    rows = 1, products.FEW - 1, products.FEW, panel.ROWS - 1, panel.ROWS, panel.ROWS + 1, 33
    for n, terms, columns in itertools.product(rows, (1, 9, 17, 64), (1, 4, 15, 16, 17, 32, 33, 65)):
        x, y = (np.asfortranarray(a) if i in turned else a for i, a in enumerate(drawn(kind, n, terms, columns)))
        agrees(x, y)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "terms", [panel.TERMS - 1, panel.TERMS, panel.TERMS + 1, 2 * panel.TERMS + 3] if jit.ENABLED else []
)
def test_many_terms(kind, terms):
    for columns in (1, 31, 40):
        x, y = drawn(kind, 13, terms, columns)
        agrees(x, y)
        agrees(x, np.asfortranarray(y))


@pytest.mark.parametrize("kind", KINDS)
def test_factors_that_are_parts_of_others(kind):
    x, y = drawn(kind, 24, 40, 72)
    for left in (x[::2], x[:, 1:21][:12], x[3:15], x.T[:20].T[:12]):
        terms = left.shape[1]
        for right in (y[:terms], y[:terms, 3:40], y[:terms, ::3], y.T[5:50, :terms].T, y[:terms, :1]):
            agrees(left, right)
        same = np.broadcast_to(y[:1, :37], (terms, 37))
        agrees(left, same)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_finite_stays_in_its_row_and_column(kind):
    x, y = drawn(kind, 11, 20, 37)
    x[3, 7], y[5, 33] = np.nan, np.inf
    z = multiplied(x, y)
    bad = ~np.isfinite(z)
    assert bad[3].all()
    assert bad[:, 33].all()
    assert bad.sum() == 37 + 11 - 1
