"""DistributedDataParallel: alone it is the module; several processes follow one."""

from __future__ import annotations

import copy

import numpy as np
import pytest

import autograd
import autograd.distributed as dist
import nn
from nn.parallel import DistributedDataParallel
from nn.parallel.buckets import FIRST, arranged
from tests.autograd.distributed.ranks import needs_mpi
from tests.autograd.distributed.ranks import program as run

HOME = "tests.nn.parallel.programs"


@pytest.fixture
def alone():
    dist.init_process_group()
    yield
    dist.destroy_process_group()


@pytest.mark.usefixtures("alone")
def test_alone_it_is_the_module():
    autograd.manual_seed(0)
    module = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 1))
    model = DistributedDataParallel(copy.deepcopy(module), device_ids=None)
    assert list(model.state_dict()) == [f"module.{name}" for name in module.state_dict()]
    x = autograd.randn(5, 3)
    with model.no_sync(), model.join():
        loss = model(x).square().sum()
    loss.backward()
    module(x).square().sum().backward()
    copied = copy.deepcopy(model)
    for a, b, c in zip(module.parameters(), model.parameters(), copied.parameters(), strict=True):
        np.testing.assert_array_equal(a.grad.numpy(), b.grad.numpy())
        assert c is not b
    model.load_state_dict(copied.state_dict())


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: DistributedDataParallel(nn.ReLU()), "any parameter"),
        (lambda: DistributedDataParallel(nn.LazyLinear(2)), "uninitialized"),
        (lambda: DistributedDataParallel(nn.Linear(2, 2), device_ids=[0]), "device number 0"),
        (lambda: DistributedDataParallel(nn.Linear(2, 2), mixed_precision=True), "mixed_precision"),
        (lambda: nn.SyncBatchNorm(3)(autograd.zeros(3)), "at least 2D"),
    ],
)
def test_mistakes_are_named(make, message):
    with pytest.raises(RuntimeError, match=message):
        make()


def test_without_a_group():
    with pytest.raises(RuntimeError, match="init_process_group"):
        DistributedDataParallel(nn.Linear(2, 2))


def test_buckets_are_filled_in_the_order_given():
    sizes = (10, FIRST // 4, 5, FIRST // 4, FIRST // 2, 7)
    parameters = [autograd.zeros(size) for size in sizes] + [autograd.zeros(3, dtype=np.float64)]
    assert arranged([6, 5, 4, 3, 2, 1, 0], parameters, 2 * FIRST) == [[6], [5], [4], [3, 2], [1, 0]]
    assert arranged([0, 1], parameters, 1) == [[0], [1]]


def test_samplers_share_a_data_set():
    """Every sample in one of the parts, those of one epoch in the same order everywhere."""
    for count, parts, drop in ((10, 3, False), (10, 3, True), (2, 4, False), (12, 4, False)):
        samplers = [nn.data.DistributedSampler(range(count), parts, k, seed=1, drop_last=drop) for k in range(parts)]
        for sampler in samplers:
            sampler.set_epoch(2)
        found = [list(sampler) for sampler in samplers]
        assert {len(each) for each in found} == {len(samplers[0])}
        if not drop:
            assert {index for each in found for index in each} == set(range(count))
        assert len({index for each in found for index in each}) >= min(count, parts * len(samplers[0]))


@pytest.mark.usefixtures("alone")
def test_a_sampler_asks_which_process_this_is():
    sampler = nn.data.DistributedSampler(range(3), shuffle=False)
    assert (sampler.num_replicas, sampler.rank, list(sampler)) == (1, 0, [0, 1, 2])


@needs_mpi
def test_two_processes_follow_one():
    done = run(2, "follows", "float64", "1e-10", home=HOME)
    assert done.status == 0, done.text


@needs_mpi
@pytest.mark.slow
@pytest.mark.parametrize("ranks", [1, 2, 4])
@pytest.mark.parametrize(("dtype", "bound"), [("float64", "1e-10"), ("float32", "1e-5")])
def test_processes_follow_one(dtype, bound, ranks):
    done = run(ranks, "follows", dtype, bound, home=HOME)
    assert done.status == 0, done.text


@needs_mpi
@pytest.mark.slow
@pytest.mark.parametrize("ranks", [1, 2, 3])
@pytest.mark.parametrize("name", ["adds_up", "uneven all", "uneven rest", "unused", "buffers"])
def test_several_processes(name, ranks):
    if ranks == 1 and name == "unused":
        pytest.skip("with one process nothing is asked of the parameters")
    done = run(ranks, *name.split(), home=HOME)
    assert done.status == 0, done.text


@needs_mpi
@pytest.mark.slow
@pytest.mark.parametrize("kind", ["eager", "compiled", "frozen"])
def test_gradients_that_come_in_other_ways(kind):
    done = run(3, "other_models", kind, home=HOME)
    assert done.status == 0, done.text


@needs_mpi
@pytest.mark.slow
@pytest.mark.parametrize("ranks", [1, 3, 6])
def test_fit_in_several_processes(ranks, tmp_path):
    done = run(ranks, "fits", str(tmp_path), home=HOME)
    assert done.status == 0, done.text
    assert done.stdout.count("epoch 3/3") == ranks + 1  # each process has trained one by itself, the first all together


@needs_mpi
@pytest.mark.slow
def test_messages_travel_while_backward_goes_on():
    done = run(2, "overlap", home=HOME)
    assert done.status == 0, done.text
