"""Arrays of compiled code: values as NumPy's, memory that is freed, results that are refused."""

from __future__ import annotations

import resource
import sys
from functools import partial

import numpy as np
import pytest

from kernels.machine import jit, threads
from kernels.machine.arrays import empty, shaped
from kernels.machine.jit import kernel, piece

pytestmark = pytest.mark.skipif(not jit.ENABLED, reason="NUMBA_DISABLE_JIT is set")


@kernel
def fill(n, m, z):
    """Through three arrays of other types and shapes to z (n * m,)."""
    one, two, three = empty(n * m, z.dtype), empty((n, m), np.float64), empty((n, 1, m), np.int64)
    for i in range(n):
        for j in range(m):
            three[i, 0, j] = i * m + j
            two[i, j] = three[i, 0, j] + 0.5
    flat, rows = shaped(two, n * m), shaped(one, (n, m))
    for k in range(n * m):
        one[k] = flat[k]
    for i in range(n):
        for j in range(m):
            z[i * m + j] = rows[i, j]


@pytest.mark.parametrize(("n", "m"), [(0, 3), (1, 1), (1, 0), (3, 5), (17, 33)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_values(n, m, dtype):
    z = np.full(n * m, -1, dtype)
    fill(n, m, z)
    assert (z == np.arange(n * m, dtype=dtype) + dtype(0.5)).all()


@kernel
def rounds(count, n):
    total = 0.0
    for i in range(count):
        room = empty(n, np.float64)
        for j in range(n):
            room[j] = i
        total += room[n - 1]
    return total


@kernel
def fails(n):
    first = empty(n, np.float64)
    for j in range(n):
        first[j] = j
    second = empty(1 << 50, np.float64)
    second[0] = first[0]
    return second[0]


def most_memory():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def test_memory_is_freed_round_by_round_at_returns_and_when_a_kernel_fails():
    size = 1 << 20  # 8 MiB each
    rounds(2, size)
    with pytest.raises(MemoryError, match="no memory for an array"):
        fails(size)
    before = most_memory()
    assert rounds(30, size) == sum(range(30))
    for _ in range(30):
        rounds(1, size)
        with pytest.raises(MemoryError):
            fails(size)
    assert most_memory() - before < 60 * 2**20  # 90 arrays have 720 MiB


@piece
def numbers(n):
    found = empty(n, np.int64)
    for i in range(n):
        found[i] = i * i
    return found


@kernel
def of_pieces(n, z):
    first, second = numbers(n), numbers(n)  # two arrays, which live until this returns
    for i in range(n):
        first[i] += 1
    for i in range(n):
        z[i] = first[i] - second[i]


def test_a_piece_may_return_its_array():
    z = np.zeros(9)
    of_pieces(9, z)
    assert (z == 1).all()


@kernel
def pair(n):
    return empty(n, np.float64), n


@kernel
def of_pair(n):
    return pair(n)[1]


def test_a_kernel_may_not():
    with pytest.raises(TypeError, match="pair: returns an array, and frees its memory; make it a `piece`"):
        of_pair(3)


@kernel
def addresses(z):
    for i in range(z.size):
        z[i] = empty(i + 1, np.float32).ctypes.data % 64


def test_arrays_begin_at_a_line_of_the_cache():
    z = np.ones(20, np.int64)
    addresses(z)
    assert (z == 0).all()


@kernel
def zeros(x):
    x[0] = np.zeros(x.size)[0]


@kernel
def doubled(x):
    x[:] = x * 2


@kernel
def copied(x):
    return x.copy()


@kernel
def rest(x):
    return x[1:]


@kernel
def calls_zeros(x):
    zeros(x)


@pytest.mark.parametrize("wrong", [zeros, doubled, copied, rest, calls_zeros])
def test_what_would_allocate_is_told_how_to(wrong):
    x = np.ones(3)
    with pytest.raises(TypeError, match=r": a kernel makes no arrays by NumPy's .* kernels.machine.arrays.empty"):
        wrong(x)
    assert (x == 1).all()


@kernel
def fill_in_parts(x, first, last):
    x[first:last] = np.ones(last - first)


def test_what_runs_in_parts_too():
    with pytest.raises(TypeError, match=r"fill_in_parts: a kernel makes no arrays"):
        threads.split(2, partial(fill_in_parts, np.zeros(2)), 1)


def first_rows(x, z):
    row = x[0]
    for i in range(len(x)):
        row = x[i] if x[i, 0] > 1 else row
        for j in range(row.size):
            z[i, j] = row[j]


def test_nothing_counts_references():
    x = np.arange(6.0).reshape(2, 3)
    texts = []
    for options in (jit.OPTIONS, {**jit.OPTIONS, "_nrt": True}):
        z = np.zeros((2, 3))
        counted = jit.Kernel(first_rows, options)
        counted(x, z)
        assert (z == [[0, 1, 2], [3, 4, 5]]).all()
        texts.extend(counted.direct.inspect_llvm().values())
    assert "NRT_decref" not in texts[0]
    assert "NRT_decref" in texts[1]  # what Numba does if it is not told
