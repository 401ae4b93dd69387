"""DataLoader and samplers."""

import threading
import time

import numpy as np
import pytest

from autograd import Generator, Tensor, manual_seed
from autograd.errors import ShapeError
from nn.data import (
    BatchSampler,
    DataLoader,
    Dataset,
    ImageDataset,
    RandomSampler,
    SequentialSampler,
    Subset,
    SubsetRandomSampler,
    TensorDataset,
    WeightedRandomSampler,
    transforms,
)


def numbers(count):
    return TensorDataset(np.arange(count))


def values(loader):
    return [batch[0].tolist() for batch in loader]


class Slow(Dataset):
    """Later samples are ready sooner."""

    def __getitem__(self, index):
        time.sleep(0.004 * (10 - index))
        return index

    def __len__(self):
        return 10


def worker_threads():
    return [thread for thread in threading.enumerate() if thread.name.startswith("DataLoader")]


@pytest.mark.parametrize("workers", [0, 2])
def test_batches_in_order(workers):
    loader = DataLoader(numbers(7), batch_size=3, num_workers=workers)
    assert values(loader) == [[0, 1, 2], [3, 4, 5], [6]]
    assert values(loader) == [[0, 1, 2], [3, 4, 5], [6]]
    assert len(loader) == 3
    assert isinstance(next(iter(loader))[0], Tensor)


def test_drop_last():
    loader = DataLoader(numbers(7), batch_size=3, drop_last=True)
    assert values(loader) == [[0, 1, 2], [3, 4, 5]]
    assert len(loader) == 2
    assert values(DataLoader(numbers(2), batch_size=3, drop_last=True)) == []


def test_shuffle_visits_everything_in_a_new_order():
    loader = DataLoader(numbers(50), batch_size=8, shuffle=True, generator=Generator().manual_seed(1))
    first, second = np.concatenate(values(loader)), np.concatenate(values(loader))
    assert sorted(first) == sorted(second) == list(range(50))
    assert list(first) != list(second) != list(range(50))


def test_same_seed_same_order():
    runs = []
    for _ in range(2):
        manual_seed(3)
        runs.append(values(DataLoader(numbers(20), batch_size=4, shuffle=True)))
    assert runs[0] == runs[1]


def test_no_batching():
    assert [int(x) for (x,) in DataLoader(numbers(3), batch_size=None)] == [0, 1, 2]


def test_samplers_and_batch_samplers():
    assert values(DataLoader(numbers(5), batch_size=2, sampler=[4, 0, 3])) == [[4, 0], [3]]
    assert values(DataLoader(numbers(5), batch_sampler=[[1], [2, 3]])) == [[1], [2, 3]]
    sampler = BatchSampler(SequentialSampler(range(5)), 2, drop_last=False)
    assert list(sampler) == [[0, 1], [2, 3], [4]]
    assert list(BatchSampler(iter([3, 1, 2]), 2, True)) == [[3, 1]]
    assert values(DataLoader(numbers(5), batch_sampler=sampler)) == [[0, 1], [2, 3], [4]]
    assert sorted(SubsetRandomSampler([5, 7, 9])) == [5, 7, 9]
    assert set(WeightedRandomSampler([0, 1.0, 0, 2.0], 100)) == {1, 3}
    assert sorted(WeightedRandomSampler([1, 0, 3], 2, replacement=False)) == [0, 2]
    assert len(list(RandomSampler(range(4), num_samples=10))) == 10
    assert set(RandomSampler(range(3), replacement=True, num_samples=50)) == {0, 1, 2}
    assert list(RandomSampler([])) == []


def test_own_sampler_class():
    class Backwards(SequentialSampler):
        def __iter__(self):
            return iter(range(len(self) - 1, -1, -1))

    assert values(DataLoader(numbers(3), batch_size=2, sampler=Backwards(range(3)))) == [[2, 1], [0]]


def test_collate_fn_gets_the_samples():
    loader = DataLoader([1, 2, 3], batch_size=2, collate_fn=lambda samples: samples)
    assert list(loader) == [[1, 2], [3]]
    assert [batch.tolist() for batch in DataLoader([1, 2, 3], batch_size=2)] == [[1, 2], [3]]


def test_workers_keep_the_order():
    loader = DataLoader(Slow(), batch_size=1, num_workers=4)
    assert [int(batch) for batch in loader] == list(range(10))
    assert worker_threads() == []


@pytest.mark.parametrize("workers", [0, 2])
def test_errors_arrive_in_the_loop(workers):
    class Broken(Slow):
        def __getitem__(self, index):
            if index == 3:
                raise OSError("disk on fire")
            return index

    batches = iter(DataLoader(Broken(), num_workers=workers))
    assert [int(next(batches)) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(OSError, match="disk on fire"):
        next(batches)
    assert worker_threads() == []


def test_leaving_early_leaves_no_thread():
    for batch in DataLoader(Slow(), num_workers=3):
        assert int(batch) == 0
        break
    assert worker_threads() == []


def test_workers_fetch_ahead_but_not_everything():
    asked = []

    class Counting(Slow):
        def __getitem__(self, index):
            asked.append(index)
            return index

    iterator = iter(DataLoader(Counting(), num_workers=1, prefetch_factor=2))
    next(iterator)
    time.sleep(0.05)
    assert sorted(asked) == [0, 1]
    iterator.close()


def test_worker_init_fn_runs_in_every_worker():
    started = []
    list(DataLoader(Slow(), num_workers=2, worker_init_fn=started.append))
    assert sorted(started) == [0, 1]


def test_a_worker_that_takes_too_long():
    with pytest.raises(RuntimeError, match="timed out after"):
        list(DataLoader(Slow(), num_workers=1, timeout=0.001))


@pytest.mark.parametrize("workers", [1, 3])
def test_random_transforms_do_not_depend_on_workers(rng, workers):
    images = rng.integers(0, 256, (40, 28, 28)).astype(np.uint8)
    flips = transforms.Compose([transforms.random_shift(3), transforms.random_horizontal_flip()])
    data = ImageDataset(images, np.zeros(40), flips, 0.0, 1.0)
    results = []
    for number in (0, workers):
        loader = DataLoader(data, 8, shuffle=True, num_workers=number, generator=Generator().manual_seed(2))
        results.append(np.concatenate([batch[0].numpy() for batch in loader]))
    np.testing.assert_array_equal(*results)


def test_subsets_of_arrays_are_sliced_in_one_go():
    class Once(TensorDataset):
        calls = 0

        def batch(self, indices):
            type(self).calls += 1
            return super().batch(indices)

    loader = DataLoader(Subset(Once(np.arange(10)), [1, 3, 5, 7]), batch_size=4)
    assert values(loader) == [[1, 3, 5, 7]]
    assert Once.calls == 1


@pytest.mark.parametrize(
    "settings",
    [
        {"batch_size": 0},
        {"batch_size": 2.5},
        {"num_workers": -1},
        {"shuffle": True, "sampler": [1]},
        {"batch_sampler": [[1]], "batch_size": 2},
        {"batch_size": None, "drop_last": True},
        {"timeout": 3},
        {"worker_init_fn": print},
        {"num_workers": 1, "timeout": -1},
    ],
)
def test_settings_that_make_no_sense(settings):
    with pytest.raises(ShapeError):
        DataLoader(numbers(3), **settings)


def test_unknown_settings_are_not_ignored():
    with pytest.raises(TypeError):
        DataLoader(numbers(3), num_cores=2)
