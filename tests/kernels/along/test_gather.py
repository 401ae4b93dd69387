"""Rows added to a table, against the obvious loop."""

import numpy as np
import pytest

from autograd.ops import index as ops
from kernels.along import gather
from kernels.machine import fast, threads
from tests import naive


@pytest.fixture(params=["compiled", "numpy"], autouse=True)
def way(request, monkeypatch):
    monkeypatch.setattr(fast.SIZES["rows"], "least", 0 if request.param == "compiled" else fast.NEVER)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
@pytest.mark.parametrize("width", [1, 2, 15, 16, 17, 31, 33, 63, 65, 200])
def test_rows_named_twice_receive_twice(width, dtype, rng):
    index = rng.integers(0, 5, 40)
    rows = rng.integers(-9, 9, (40, width)).astype(dtype)
    room = np.full((7, width), 77, dtype)
    got, expected = room[1:6], np.full((5, width), 77, dtype)
    gather.add_rows(got, index, rows)
    naive.add_rows(expected, index, rows)
    np.testing.assert_array_equal(got, expected)
    np.testing.assert_array_equal(room[[0, 6]], np.full((2, width), 77))


def test_sums_are_made_in_order_whatever_the_threads(rng, monkeypatch):
    monkeypatch.setattr(gather, "LEAST", 1)
    index, rows = rng.integers(0, 3, 50), rng.standard_normal((50, 130)).astype(np.float32)
    expected = np.zeros((3, 130), np.float32)
    naive.add_rows(expected, index, rows)
    before = threads.get_num_threads()
    try:
        for n in (1, 2, 3, 16):
            threads.set_num_threads(n)
            table = np.zeros((3, 130), np.float32)
            gather.add_rows(table, index[::-1][::-1], np.asfortranarray(rows))
            np.testing.assert_array_equal(table, expected)
    finally:
        threads.set_num_threads(before)


@pytest.mark.parametrize(("rows", "width"), [(0, 3), (3, 0)])
def test_nothing_to_add(rows, width):
    table = np.ones((2, width))
    gather.add_rows(table, np.zeros(rows, np.int64), np.ones((rows, width)))
    assert table.tolist() == np.ones((2, width)).tolist()


@pytest.mark.parametrize("index", [[0, 2], [-1, 0]])
def test_an_index_outside_is_refused_before_anything_is_added(index):
    table = np.zeros((2, 3))
    with pytest.raises(ValueError, match="add_rows"):
        gather.add_rows(table, np.array(index), np.ones((2, 3)))
    assert not table.any()


def test_what_does_not_fit_is_refused():
    table, index = np.zeros((2, 3)), np.zeros(2, np.int64)
    for wrong in ((table.T, index, np.ones((2, 2))), (table, index, np.ones((2, 2)))):
        with pytest.raises(ValueError, match="add_rows"):
            gather.add_rows(*wrong)
    with pytest.raises(ValueError, match="add_rows"):
        gather.add_rows(table, index, np.ones((2, 3), np.float32))


@pytest.mark.parametrize("limit", [0, 1 << 62])
@pytest.mark.parametrize(
    "index",
    [
        np.array([[0, -1, 0], [2, 3, 3]]),
        (np.array([0, -4, 3]), np.array([1, 1, -1])),
        (slice(None), np.array([4, -1, 0, 4])),
        (slice(None), slice(None), np.array([5, 0, 5])),
        (slice(None), 2, np.array([1, 1])),
    ],
    ids=str,
)
def test_every_index_adds_as_numpy_does(index, limit, rng, monkeypatch):
    monkeypatch.setattr(fast.SIZES["rows"], "least", limit)
    total = rng.standard_normal((4, 5, 6)).astype(np.float32)
    v = rng.standard_normal(total[index].shape).astype(np.float32)
    expected = total.copy()
    np.add.at(expected, index, v)
    ops.add_at(total, v, index)
    np.testing.assert_allclose(total, expected, rtol=1e-6)
