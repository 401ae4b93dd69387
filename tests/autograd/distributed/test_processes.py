"""One process alone: everything works, and says what is wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta

import numpy as np
import pytest

import autograd
import autograd.distributed as dist
from autograd.errors import DeviceError, DistributedError, DTypeError, InplaceError, ShapeError

from .ranks import ROOT


@pytest.fixture(autouse=True)
def _alone():
    dist.init_process_group("gloo")
    yield
    if dist.is_initialized():
        dist.destroy_process_group()


def test_everything_works_with_one_process():
    x, zeros = autograd.tensor([1.0, 2.0]), autograd.zeros(2)
    dist.all_reduce(x)
    dist.reduce(x, 0)
    dist.broadcast(x, 0)
    for gathered in ([zeros.clone()], [zeros.clone()]):
        dist.all_gather(gathered, x)
        assert gathered[0].tolist() == [1, 2]
    for function in (dist.all_gather_into_tensor, dist.reduce_scatter_tensor, dist.all_to_all_single):
        out = zeros.clone()
        assert function(out, x, async_op=True).wait()
        assert out.tolist() == [1, 2]
    for function in (dist.scatter, dist.reduce_scatter):
        out = zeros.clone()
        function(out, [x])
        assert out.tolist() == [1, 2]
    out = [zeros.clone()]
    dist.all_to_all(out, [x])
    assert out[0].tolist() == [1, 2]
    dist.gather(x, out)
    dist.barrier()
    dist.monitored_barrier()


def test_objects_with_one_process():
    found = [None]
    dist.all_gather_object(found, {"a": 1})
    dist.gather_object({"a": 1}, found)
    assert found == [{"a": 1}]
    dist.broadcast_object_list(found)
    dist.scatter_object_list(found, [3])
    assert found == [3]


def test_what_one_is_told_of_one_process():
    assert (dist.get_rank(), dist.get_world_size(), dist.get_backend()) == (0, 1, "mpi")
    assert dist.group.WORLD.size() == dist.GroupMember.WORLD.size() == 1
    assert dist.get_process_group_ranks(None) == [0]
    part = dist.new_group([0], timeout=timedelta(seconds=3))
    assert (part.timeout, dist.get_rank(part), dist.get_global_rank(part, 0)) == (3, 0, 0)
    dist.destroy_process_group()
    assert not dist.is_initialized()
    with pytest.raises(DistributedError, match="has not been initialized"):
        dist.get_rank()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: dist.init_process_group(), DistributedError, "twice"),
        (lambda x: dist.all_reduce(x.numpy()), TypeError, "Invalid type of a tensor"),
        (lambda x: dist.all_reduce(x, "sum"), TypeError, "ReduceOp.SUM"),
        (lambda x: dist.all_reduce(x, dist.ReduceOp.BAND), DTypeError, "integers"),
        (lambda x: dist.all_reduce(x.long(), dist.ReduceOp.AVG), DTypeError, "floating point"),
        (lambda x: dist.broadcast(x, 1), DistributedError, "rank 1 is not part"),
        (lambda x: dist.all_gather([x, x], x), ShapeError, "list of 1"),
        (lambda x: dist.all_gather([x.double()], x), DTypeError, "float32"),
        (lambda x: dist.all_gather([x[:1]], x), ShapeError, "shape"),
        (lambda x: dist.all_gather_into_tensor(x[:1], x), ShapeError, "output_tensor"),
        (lambda x: dist.all_to_all_single(x, x, [1]), ShapeError, "cut"),
        (lambda x: dist.new_group([1]), DistributedError, "new_group"),
        (lambda x: dist.send(x, 0), DistributedError, "same as the own"),
        (lambda x: dist.recv(x, 0), DistributedError, "same as the own"),
        (lambda x: dist.P2POp(dist.send, x, 0), DistributedError, "isend or irecv"),
        (lambda x: dist.all_reduce(x, group="all"), TypeError, "new_group"),
    ],
)
def test_mistakes_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call(autograd.tensor([1.0, 2.0]))


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"backend": "nccl"}, DeviceError, "GPUs"),
        ({"backend": "carrier pigeon"}, DeviceError, "not known"),
        ({"world_size": 4, "rank": 0}, DistributedError, "mpiexec -n 4"),
        ({"world_size": 1, "rank": 1}, DistributedError, "rank 1"),
        ({"timeout": timedelta(0)}, DistributedError, "longer than 0"),
    ],
)
def test_what_cannot_be_started(settings, error, message):
    dist.destroy_process_group()
    with pytest.raises(error, match=message):
        dist.init_process_group(**settings)
    assert not dist.is_initialized()


def test_processes_that_cannot_find_each_other_say_how(monkeypatch):
    dist.destroy_process_group()
    monkeypatch.setenv("PMI_SIZE", "4")
    monkeypatch.setattr("autograd.distributed.processes.is_mpi_available", lambda: False)
    with pytest.raises(DistributedError, match=r"one of 4 processes.*pip install 'wengert\[mpi\]'"):
        dist.init_process_group()


def test_a_write_is_noticed_by_backward():
    x = autograd.tensor([1.0, 2.0], requires_grad=True)
    y = x * 2
    z = (y * y).sum()
    dist.all_reduce(y.detach())
    with pytest.raises(InplaceError, match="all_reduce"):
        z.backward()


def test_futures():
    work = dist.all_reduce(autograd.ones(2), async_op=True)
    assert work.get_future().then(lambda future: future.value()[0].sum().item()).wait() == 2
    done = autograd.futures.Future()
    done.set_result(3)
    assert done.wait() == done.value() == 3


def test_bytes_are_counted():
    dist.traffic(reset=True)
    dist.all_reduce(autograd.ones(10, dtype=np.float64))
    dist.all_reduce(autograd.ones(2))
    assert dist.traffic() == {"all_reduce": (2, 88)}


def test_nothing_is_imported_before_it_is_asked_for():
    late = ("autograd.distributed", "mpi4py", "nn.parallel")
    code = f"import sys, autograd, nn; print([m for m in {late} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_programs_of_pytorch_find_their_names():
    code = (
        "import autograd as torch, autograd.distributed as dist\n"
        "from autograd.distributed.algorithms.join import Join\n"
        "from autograd.distributed.algorithms.ddp_comm_hooks import default_hooks\n"
        "from autograd.utils.data.distributed import DistributedSampler\n"
        "from nn.parallel import DistributedDataParallel as DDP\n"
        "dist.init_process_group(backend='gloo', init_method='env://')\n"
        "model = DDP(torch.nn.Linear(2, 1))\n"
        "assert torch.nn.parallel.DistributedDataParallel is DDP\n"
        "assert torch.nn.parallel.distributed.DistributedDataParallel is DDP\n"
        "print(torch.distributed.get_rank(), torch.distributed.ReduceOp.SUM.name, hasattr(dist, 'TCPStore'))\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "RANK": "0", "WORLD_SIZE": "1"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "0 SUM False"
