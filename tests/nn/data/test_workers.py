"""Workers of loaders: threads and processes, kept or not.

The kind: batches that depend on who made them, errors that do not say where, workers that stay behind.
"""

import multiprocessing
import os
import threading
import time

import numpy as np
import pytest

from autograd import Generator
from autograd.errors import ShapeError
from nn.data import ArrayDataset, DataLoader, Dataset, IterableDataset, get_worker_info, transforms

pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")


class Squares(Dataset):
    """Samples with a name, a number and a random crop's worth of noise."""

    def __init__(self, count=20, broken=()):
        self.count, self.broken = count, broken
        self.crop = transforms.RandomCrop(2)

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        if index in self.broken:
            raise OSError("disk on fire")
        image = np.arange(16.0).reshape(1, 4, 4)
        return {"square": index * index, "name": f"number {index}", "window": self.crop(image)}


class Who(Dataset):
    """Who answers."""

    def __len__(self):
        return 12

    def __getitem__(self, index):
        info = get_worker_info()
        return os.getpid(), info.id, info.num_workers, len(info.dataset), threading.get_ident()


class Stream(IterableDataset):
    """Every worker its part of twenty numbers."""

    def __iter__(self):
        info = get_worker_info()
        return iter(range(20) if info is None else range(info.id, 20, info.num_workers))


def nobody_is_left():
    """Kept workers are told to end when their loader is gone, and not waited for."""
    until = time.monotonic() + 20
    while multiprocessing.active_children() and time.monotonic() < until:
        time.sleep(0.01)
    return not multiprocessing.active_children()


def batches(data, workers, context, **settings):
    generator = Generator().manual_seed(3)
    settings = {"multiprocessing_context": context, **settings} if workers else settings
    loader = DataLoader(data, 3, shuffle=True, num_workers=workers, generator=generator, **settings)
    return [[(batch["square"].tolist(), batch["name"], batch["window"].tolist()) for batch in loader] for _ in range(2)]


@pytest.mark.parametrize("context", [None, "fork"])
def test_same_batches_whoever_makes_them(context):
    expected = batches(Squares(), 0, None)
    assert expected[0] != expected[1]
    for workers in (1, 2, 3):
        for kept in (False, True):
            assert batches(Squares(), workers, context, persistent_workers=kept) == expected
    assert nobody_is_left()


@pytest.mark.slow
@pytest.mark.parametrize("context", ["spawn", "forkserver"])
def test_same_batches_in_processes_that_begin_anew(context):
    assert batches(Squares(), 2, context) == batches(Squares(), 0, None)


@pytest.mark.parametrize("context", [None, "fork"])
def test_an_error_names_its_item_and_its_worker(context):
    loader = DataLoader(Squares(20, broken=(7,)), 3, num_workers=2, multiprocessing_context=context)
    iterator = iter(loader)
    assert [next(iterator)["square"].tolist() for _ in range(2)] == [[0, 1, 4], [9, 16, 25]]
    with pytest.raises(OSError, match="disk on fire") as caught:
        next(iterator)
    notes = "\n".join(caught.value.__notes__)
    assert "item 7 of Squares could not be loaded" in notes
    assert "while loading items [6, 7, 8] of Squares" in notes
    assert "DataLoader worker" in notes
    with pytest.raises(OSError, match="disk on fire") as caught:
        list(DataLoader(Squares(20, broken=(7,)), None))
    assert "while loading item 7 of Squares" in caught.value.__notes__[0]


@pytest.mark.parametrize("context", [None, "fork"])
def test_workers_know_who_they_are_and_stay_if_they_are_to(context):
    started = []
    for kept in (False, True):
        loader = DataLoader(Who(), 1, num_workers=2, multiprocessing_context=context, persistent_workers=kept)
        seen = [[tuple([int(field) for field in batch]) for batch in loader] for _ in range(2)]
        assert all((count, length) == (2, 12) for each in seen for _, _, count, length, _ in each)
        assert {number for each in seen for _, number, *_ in each} <= {0, 1}
        workers = [{(pid, thread) for pid, _, _, _, thread in each} for each in seen]
        started.append(len(workers[0] | workers[1]))
        assert (os.getpid() in {pid for pid, _ in workers[0]}) == (context is None)
        del loader
    assert started[1] <= 2


@pytest.mark.parametrize("context", [None, "fork"])
def test_streams(context):
    loader = DataLoader(Stream(), 3, num_workers=2, multiprocessing_context=context)
    assert [batch.tolist() for batch in loader] == [
        *([0, 2, 4], [1, 3, 5], [6, 8, 10], [7, 9, 11], [12, 14, 16], [13, 15, 17], [18], [19])
    ]
    assert nobody_is_left()


def test_a_worker_that_dies_is_told_of():
    class Dies(Who):
        def __getitem__(self, index):
            os._exit(3)

    with pytest.raises(RuntimeError, match="a worker process has ended before its batch was ready"):
        list(DataLoader(Dies(), num_workers=1, multiprocessing_context="fork"))


def test_leaving_early_keeps_the_next_pass_whole():
    loader = DataLoader(ArrayDataset(np.arange(20)), 2, num_workers=2, persistent_workers=True)
    for _ in range(3):
        for (batch,) in loader:
            assert batch.tolist() == [0, 1]
            break
    assert [batch.tolist() for (batch,) in loader] == [[index, index + 1] for index in range(0, 20, 2)]
    del loader


def test_settings_that_make_no_sense():
    for settings in (
        {"multiprocessing_context": "fork"},
        {"multiprocessing_context": "spoon", "num_workers": 1},
        {"persistent_workers": True},
    ):
        with pytest.raises(ShapeError):
            DataLoader(Squares(), **settings)
