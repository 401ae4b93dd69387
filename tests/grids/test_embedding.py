"""Rows of a table, and their sums, means and maxima, over the full product of settings, against one index at a time."""

import itertools

import numpy as np
import pytest

import autograd
import nn.functional as F

ROWS, WIDTH = 3, 2


def indices(rng, most):
    """All lists of up to two indices, some longer ones, and matrices."""
    for length in range(3):
        yield from (np.array(each, np.int64) for each in itertools.product(range(ROWS), repeat=length))
    yield from (rng.integers(0, ROWS, shape) for shape in ((most,), (2, 3), (1, 1), (2, 0)))


def frequencies(index, by_frequency):
    return np.bincount(index.reshape(-1), minlength=ROWS) if by_frequency else np.ones(ROWS)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_embedding(way, dtype, rng):
    table = rng.integers(-9, 10, (ROWS, WIDTH)).astype(dtype)
    for padding, by_frequency in itertools.product((None, 0, 2, -1), (False, True)):
        for index in indices(rng, 7):
            w = autograd.tensor(table, requires_grad=True)
            z = F.embedding(index, w, padding, scale_grad_by_freq=by_frequency)
            what = (padding, by_frequency, index.tolist())
            assert np.array_equal(z.numpy(force=True), table[index]), what
            dz = rng.integers(-4, 5, z.shape).astype(dtype)
            (dw,) = autograd.grad(z, [w], autograd.tensor(dz))
            expected = np.zeros(table.shape)
            for at in np.ndindex(index.shape):
                if padding is None or index[at] != padding % ROWS:
                    expected[index[at]] += dz[at] / frequencies(index, by_frequency)[index[at]]
            assert np.allclose(dw.numpy(), expected, 1e-6, 1e-6), what


def bags_of(rng, index):
    """The offsets of a 1-d index: one bag, one for each, empty ones among them."""
    n = len(index)
    yield from ([0], list(range(n)) or [0], [0, 0, n], sorted([0, *rng.integers(0, n + 1, 2)]))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_embedding_bag(way, dtype, rng):
    table = rng.permutation(ROWS * WIDTH).reshape(ROWS, WIDTH).astype(dtype) - 3
    grid = itertools.product(("sum", "mean", "max"), (None, 0, -1), (False, True), (False, True), (False, True))
    for mode, padding, by_frequency, weighted, last in grid:
        if (weighted and mode != "sum") or (by_frequency and mode == "max"):
            continue
        for index in indices(rng, 6):
            if index.ndim == 2 and last:
                continue
            shares = rng.integers(1, 5, index.shape).astype(dtype) if weighted else np.ones(index.shape)
            for offsets in [None] if index.ndim == 2 else bags_of(rng, index):
                flat, count = index.reshape(-1), shares.reshape(-1)
                rows = [index.shape[-1] * i for i in range(len(index) + 1)]
                ends = rows if offsets is None else [*offsets, len(flat)]
                z, dz, dw = [], rng.integers(-4, 5, (len(ends) - 1, WIDTH)).astype(dtype), np.zeros(table.shape)
                for bag, (begin, end) in enumerate(itertools.pairwise(ends)):
                    inside = [i for i in range(begin, end) if padding is None or flat[i] != padding % ROWS]
                    rows = [table[flat[i]] * count[i] for i in inside]
                    divisor = max(len(inside), 1) if mode == "mean" else 1
                    z.append(np.max(rows, 0) if rows and mode == "max" else sum(rows, np.zeros(WIDTH)) / divisor)
                    for i, c in itertools.product(inside, range(WIDTH)):
                        first = next((j for j in inside if table[flat[j], c] == z[-1][c]), None)
                        if mode != "max" or i == first:
                            scale = divisor * frequencies(index, by_frequency)[flat[i]]
                            dw[flat[i], c] += dz[bag, c] * count[i] / scale
                w = autograd.tensor(table, requires_grad=True)
                given = autograd.tensor(shares) if weighted else None
                starts = None if offsets is None else np.array(ends if last else offsets)
                y = F.embedding_bag(index, w, starts, None, 2, by_frequency, mode, False, given, last, padding)
                what = (mode, padding, by_frequency, weighted, last, index.tolist(), offsets)
                assert np.allclose(y.numpy(force=True), np.array(z).reshape(y.shape), 1e-6, 1e-6), what
                if y.requires_grad:
                    (got,) = autograd.grad(y, [w], autograd.tensor(dz))
                    assert np.allclose(got.numpy(), dw, 1e-6, 1e-6), what
