"""Data sets that are read from front to back, and data sets side by side."""

from __future__ import annotations

import itertools
import threading

import numpy as np
import pytest

import autograd
from autograd.errors import ShapeError
from nn.data import (
    ChainDataset,
    DataLoader,
    IterableDataset,
    Sampler,
    StackDataset,
    TensorDataset,
    default_convert,
    get_worker_info,
)


class Count(IterableDataset):
    def __init__(self, stop, sharded=True):
        self.stop, self.sharded = stop, sharded

    def __iter__(self):
        info = get_worker_info()
        if info is None or not self.sharded:
            return iter(range(self.stop))
        assert info.dataset is self
        return iter(range(info.id, self.stop, info.num_workers))


class Sized(Count):
    def __len__(self):
        return self.stop


def lists(loader):
    return [batch.tolist() for batch in loader]


def test_in_the_calling_thread():
    assert lists(DataLoader(Count(5), batch_size=2)) == [[0, 1], [2, 3], [4]]
    assert lists(DataLoader(Count(5), batch_size=2, drop_last=True)) == [[0, 1], [2, 3]]
    assert list(DataLoader(Count(3), batch_size=None)) == [0, 1, 2]
    assert list(DataLoader(Count(3), batch_size=2, collate_fn=sum)) == [1, 2]
    assert lists(DataLoader(Count(0), batch_size=2)) == []


def test_the_workers_take_turns():
    assert lists(DataLoader(Count(7), batch_size=2, num_workers=2)) == [[0, 2], [1, 3], [4, 6], [5]]
    assert lists(DataLoader(Count(2, sharded=False), batch_size=2, num_workers=3)) == [[0, 1]] * 3
    assert get_worker_info() is None
    started = []
    loader = DataLoader(Count(4), batch_size=1, num_workers=2, worker_init_fn=started.append, persistent_workers=True)
    assert lists(loader) == [[0], [1], [2], [3]]
    assert sorted(started) == [0, 1]


def test_streams_without_end_and_loops_left_early():
    class Endless(IterableDataset):
        def __iter__(self):
            return itertools.count()

    before = threading.active_count()
    for batch in DataLoader(Endless(), batch_size=3, num_workers=2):
        assert batch.tolist() == [0, 1, 2]
        break
    assert threading.active_count() == before
    with pytest.raises(TypeError, match="length is not known"):
        len(DataLoader(Endless(), batch_size=3))


def test_what_goes_wrong_in_a_stream_is_raised_in_the_loop():
    class Broken(IterableDataset):
        def __iter__(self):
            yield 1
            raise OSError("the disk is gone")

    for workers in (0, 2):
        with pytest.raises(OSError, match="the disk is gone"):
            list(DataLoader(Broken(), batch_size=1, num_workers=workers))


def test_lengths_and_chains():
    assert len(DataLoader(Sized(5), batch_size=2)) == 3
    assert len(DataLoader(Sized(5), batch_size=2, drop_last=True)) == 2
    chain = Sized(2) + Sized(3)
    assert isinstance(chain, ChainDataset)
    assert list(chain) == [0, 1, 0, 1, 2]
    assert len(chain) == 5
    with pytest.raises(TypeError, match="no indices"):
        chain[0]


def test_a_stream_comes_in_its_own_order():
    for settings in ({"shuffle": True}, {"sampler": [0]}, {"batch_sampler": [[0]]}):
        with pytest.raises(ShapeError, match="IterableDataset"):
            DataLoader(Count(3), **settings)


def test_side_by_side():
    x, y = TensorDataset(np.arange(4.0)), TensorDataset(np.arange(4) * 10)
    pair = StackDataset(x, y)
    assert len(pair) == 4
    assert [part[0].item() for part in pair[2]] == [2.0, 20]
    (a,), (b,) = next(iter(DataLoader(pair, batch_size=2)))
    assert (a.tolist(), b.tolist()) == ([0.0, 1.0], [0, 10])
    named = next(iter(DataLoader(StackDataset(image=x, label=y), batch_size=3)))
    assert named["label"][0].tolist() == [0, 10, 20]
    with pytest.raises(ShapeError, match="Size mismatch"):
        StackDataset(x, TensorDataset(np.arange(3)))
    with pytest.raises(ShapeError, match="either"):
        StackDataset()


def test_converting_a_sample():
    array, (number, text), table = default_convert((np.ones(2), [np.float32(2), "x"], {"n": 3}))
    assert isinstance(array, autograd.Tensor)
    assert number.dtype == autograd.float32
    assert (text, table) == ("x", {"n": 3})


def test_arguments_that_programs_for_pytorch_give():
    class Backwards(Sampler):
        def __init__(self, data):
            super().__init__(data)
            self.data = data

        def __iter__(self):
            return iter(range(len(self.data) - 1, -1, -1))

        def __len__(self):
            return len(self.data)

    data = TensorDataset(np.arange(3))
    loader = DataLoader(data, 2, False, Backwards(data), None, 0, None, True, False, generator=autograd.Generator())
    assert [batch.tolist() for (batch,) in loader] == [[2, 1], [0]]
