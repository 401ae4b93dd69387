"""The vector primitives against loops, in memory that shows what else is written, and next to memory not to be read."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from kernels.machine import jit, moves, registers, simd
from kernels.machine.jit import kernel
from tests import naive

from ..canary import at_the_edge, canary

pytestmark = pytest.mark.skipif(not jit.ENABLED, reason="vector code is not run with NUMBA_DISABLE_JIT=1")
both = pytest.mark.parametrize("dtype", [np.float32, np.float64])

SIZES = (0, 1, 15, 16, 17, 31, 33)


def whole(rng, *shape, dtype):
    """Small whole numbers: their sums are exact in any order."""
    return at_the_edge(rng.integers(-8, 9, shape).astype(dtype))


@kernel
def accumulate(rows, vectors, w, x, places, start, out, apart, valid):
    of = simd.Sum(
        w=simd.address(w),
        x=simd.address(x),
        places=simd.address(places),
        terms=len(places),
        start=simd.address(start),
        out=simd.address(out),
        apart=apart,
        valid=valid,
    )
    if vectors:
        simd.accumulate(out, rows, vectors, of)
    else:
        simd.accumulate_panel(out, rows, of)


@both
@pytest.mark.parametrize("rows", registers.HEIGHTS)
def test_accumulate(rng, dtype, rows):
    lanes = registers.lanes(np.dtype(dtype).itemsize)
    for vectors in sorted(
        {0, 1, registers.VECTORS[rows]} - ({0} if rows not in registers.PANEL_HEIGHTS else set())
    ):  # 0: a panel
        most = (vectors or registers.PANEL) * lanes
        for terms, valid in itertools.product((0, 1, 4), (*SIZES, most - 1, most, 200)):
            count = min(valid, most)
            places = rng.permutation(terms) * 3
            w, start = whole(rng, terms, rows, dtype=dtype), whole(rng, rows, dtype=dtype)
            x = whole(rng, max(places, default=0) + most, dtype=dtype)
            with canary((rows, count + 3), dtype) as out:
                accumulate(rows, vectors, w, x, places * x.itemsize, start, out, out.strides[0], valid)
                np.testing.assert_array_equal(out[:, :count], naive.accumulate(w, x, places, start, count))
                assert np.isnan(out[:, count:]).all()


@kernel
def dot(rows, a, a_row, a_image, x, x_image, places, images, count, out):
    of = simd.Dots(
        a=simd.address(a),
        a_row=a_row,
        a_image=a_image,
        x=simd.address(x),
        x_image=x_image,
        places=simd.address(places),
        images=images,
        count=count,
        out=simd.address(out),
    )
    simd.dot(out, rows, of)


@both
@pytest.mark.parametrize("rows", range(1, len(registers.PAIRS)))
def test_dot(rng, dtype, rows):
    pairs = registers.PAIRS[rows]
    for images, count in itertools.product((0, 1, 3), SIZES):
        places = rng.permutation(pairs) * 2
        a = whole(rng, images, rows, count, dtype=dtype)
        x = whole(rng, images, places.max() + count, dtype=dtype)
        with canary((rows, pairs), dtype) as out:
            row, a_image, x_image = count * a.itemsize, rows * count * a.itemsize, x.shape[1] * x.itemsize
            dot(rows, a, row, a_image, x, x_image, places * x.itemsize, images, count, out)
            np.testing.assert_array_equal(out, naive.dot(a, x, places))


@kernel
def transpose(source, rows, count, target, target_row):
    moves.transpose(target, source.ctypes.data, count * target.itemsize, rows, count, target.ctypes.data, target_row)


@both
def test_transpose(rng, dtype):
    lanes = registers.lanes(np.dtype(dtype).itemsize)
    for rows, count, spare in itertools.product(range(lanes + 1), SIZES, (None, 0, 3)):
        apart = max(rows, 1) if spare is None else lanes + spare
        source = whole(rng, rows, count, dtype=dtype)
        written = -(-count // lanes) * lanes
        with canary(max(0, (written - 1) * apart + lanes), dtype) as memory:
            transpose(source, rows, count, memory, apart * memory.itemsize)
            for i in range(count):
                row = memory[i * apart : i * apart + lanes]
                np.testing.assert_array_equal(row[:rows], source[:, i])
                if apart >= lanes:
                    assert not row[rows:].any()
                    assert np.isnan(memory[i * apart + lanes : (i + 1) * apart]).all()


@kernel
def clear(target, count):
    moves.clear(target, target.ctypes.data, count)


@both
@pytest.mark.parametrize("count", SIZES)
def test_clear(dtype, count):
    with canary(count + 5, dtype) as target:
        clear(target, count)
        assert not target[:count].any()
        assert np.isnan(target[count:]).all()


@kernel
def copy(source, before, source_row, step, target, rows, width, begin, end):
    of = moves.Source(simd.address(source) - before, source_row, step, begin, end)
    moves.copy(target, of, simd.address(target), rows, width)


@kernel
def copy_or_least(source, before, source_row, step, target, rows, width, begin, end):
    of = moves.Source(simd.address(source) - before, source_row, step, begin, end)
    moves.copy_or_least(target, of, simd.address(target), rows, width)


@both
@pytest.mark.parametrize("step", [1, 2, 3, 5])
@pytest.mark.parametrize("edge", ["start", "end"])
@pytest.mark.parametrize(("copy", "missing"), [(copy, 0.0), (copy_or_least, -np.inf)])
def test_copy(rng, dtype, step, edge, copy, missing):
    """`source` holds nothing but what is to be read: its first element is that for column `begin`."""
    lanes = registers.lanes(np.dtype(dtype).itemsize)
    for rows, width in itertools.product((0, 1, 2, 3), SIZES):
        for begin, end in {(0, width), (width // 2, width), (min(1, width), max(1, width - 1)), (0, 0), (width, width)}:
            if not begin <= end <= width:
                continue
            span = max(0, (end - begin - 1) * step + 1)
            source = at_the_edge(whole(rng, rows, span, dtype=dtype), edge)
            with canary(rows * width + lanes, dtype) as memory:
                size = memory.itemsize
                copy(source, begin * step * size, span * size, step, memory, rows, width, begin, end)
                expected = naive.copy_rows(source, step, width, begin, end)
                expected[:, : min(begin, width)] = expected[:, max(begin, end) :] = missing
                np.testing.assert_array_equal(memory[: rows * width].reshape(rows, width), expected)


@kernel
def fetched(x, count):
    moves.fetch(simd.address(x), count)


def test_fetch_changes_nothing_and_may_go_beyond(rng):
    x = rng.standard_normal(100).astype(np.float32)
    before = x.copy()
    for count in (0, 1, 64, 65, 1 << 20):
        fetched(x, count)
    np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize("rows", [*range(1, 40), 64])
def test_cut_for_dot(rows):
    for places in (1, 5, 14, 100):
        firsts, heights, pairs = registers.cut_for_dot(rows, places).T
        assert list(firsts) == [0, *np.cumsum(heights)[:-1]]
        assert heights.sum() == rows
        assert list(pairs) == [registers.PAIRS[tall] for tall in heights]
        assert set(heights[:-1]) <= {heights.max()}


@pytest.mark.parametrize("rows", [*range(1, 40), 64, 100, 257])
def test_cut(rows):
    firsts, heights, vectors = registers.cut(rows).T
    assert list(vectors) == [registers.VECTORS[tall] for tall in heights]
    assert set(heights) <= set(registers.HEIGHTS)
    assert list(firsts) == [0, *np.cumsum(heights)[:-1]]
    assert heights.sum() == rows
    assert len(heights) <= -(-rows // registers.ROWS) + 1


def test_the_registers_suffice():
    assert len(registers.VECTORS) == registers.ROWS + 1
    assert all(v * rows + v + 1 <= registers.REGISTERS for rows, v in enumerate(registers.VECTORS) if rows)
    assert all(rows * pairs + rows <= registers.REGISTERS for rows, pairs in enumerate(registers.PAIRS) if rows)
    assert max(registers.VECTORS) == registers.VECTORS[1]
    assert max(registers.PAIRS) == registers.PAIRS[1]
