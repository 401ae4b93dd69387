"""Tables of array objects: which are refused, and that what is read is where NumPy has it."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from kernels.machine import jit, objects
from kernels.machine.jit import kernel
from kernels.machine.objects import elements, measured, span, table_of

pytestmark = pytest.mark.skipif(not jit.ENABLED, reason="NUMBA_DISABLE_JIT is set")
FLOAT = np.dtype(np.float32)


def ones(*shape, dtype=FLOAT):
    return np.ones(shape, dtype)


def read_only(*shape):
    z = ones(*shape)
    z.setflags(write=False)
    return z


@kernel
def _copied(like, table, row, start, z):
    found = elements(like, table[row, 0], start, z.size)
    for i in range(z.size):
        z[i] = found[i]


@kernel
def _spans(ends, first, last, z):
    for row in range(len(ends)):
        start, count = span(ends, row, first, last)
        z[row, 0], z[row, 1] = start, count


def test_array_objects_look_as_they_should():
    assert objects.FOUND


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_elements(rng, dtype):
    arrays = [rng.random(shape).astype(dtype) for shape in ((), (3, 4), (5,))]
    table = table_of([(a,) for a in arrays])
    for row, a in enumerate(arrays):
        for start in range(a.size):
            z = np.empty(a.size - start, dtype)
            _copied(z, table, row, start, z)
            np.testing.assert_array_equal(z, a.reshape(-1)[start:])


def test_sizes_add_up():
    rows = [(ones(3, 4), ones(3, 4)), (ones(), ones()), (ones(0, 7), ones(0, 7)), (ones(5), read_only(5))]
    ends, apart = measured(table_of(rows), FLOAT)
    assert ends.tolist() == [12, 13, 13, 18]
    assert apart


def test_memory_of_others_is_told():
    a = ones(10)
    halves = [(a[:5],), (a[5:],)]
    assert measured(table_of(halves), FLOAT)[1] is False
    assert measured(table_of([(a,)]), FLOAT)[1] is True


def test_a_dtype_that_was_pickled_is_the_same():
    a = pickle.loads(pickle.dumps(ones(3)))
    assert a.dtype is not FLOAT
    rows = [(a, ones(3))]
    assert measured(table_of(rows), FLOAT) is not None


UNUSUAL = {
    "another dtype": (ones(3), ones(3, dtype=np.float64)),
    "both of another dtype": (ones(3, dtype=np.float64), ones(3, dtype=np.float64)),
    "integers of the same size": (ones(3, dtype=np.int32), ones(3)),
    "the other order of bytes": (ones(3, dtype=">f4"), ones(3)),
    "another shape": (ones(2, 6), ones(3, 4)),
    "more dimensions": (ones(4), ones(4, 1)),
    "gaps": (ones(6)[::2], ones(3)),
    "a gradient with gaps": (ones(3), ones(6)[::2]),
    "columns first": (ones(3, 4).T, ones(4, 3)),
    "read-only": (read_only(3), ones(3)),
    "not aligned": (np.frombuffer(bytearray(13), np.uint8)[1:].view(np.float32), ones(3)),
    "a third that is read-only": (ones(3), ones(3), read_only(3)),
}


@pytest.mark.parametrize("row", UNUSUAL.values(), ids=UNUSUAL)
def test_what_is_unusual_is_refused(row):
    usual = tuple(ones(3) for _ in row)
    assert measured(table_of([usual, usual]), FLOAT) is not None
    assert measured(table_of([usual, row]), FLOAT) is None


def test_nothing_is_usual_where_objects_look_otherwise(monkeypatch):
    rows = [(ones(3),)]
    assert measured(table_of(rows), FLOAT) is not None
    monkeypatch.setattr(objects, "FOUND", False)
    assert measured(table_of(rows), FLOAT) is None


def test_an_object_that_looks_otherwise_is_noticed(monkeypatch):
    for field in ("DATA", "DIMENSIONS", "SIZES", "DTYPE", "FLAGS", "LETTERS"):
        with monkeypatch.context() as patch:
            patch.setattr(objects, field, getattr(objects, field) - 8)
            if field != "SIZES":  # where that points to, nobody knows
                assert not objects._found(), field


def test_spans():
    ends = np.array([3, 3, 10])
    for first in range(10):
        for last in range(first, 11):
            z = np.zeros((3, 2), np.int64)
            _spans(ends, first, last, z)
            covered = [begin + start + i for begin, (start, n) in zip([0, 3, 3], z, strict=True) for i in range(n)]
            assert covered == list(range(first, last))
