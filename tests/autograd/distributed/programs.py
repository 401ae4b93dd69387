"""Programs for several processes: `mpiexec -n 3 python -m tests.autograd.distributed.programs collectives`.

What each asserts is computed from everybody's Tensors by NumPy, in one process's way.
"""

from __future__ import annotations

import os
import signal
import sys
import time

import numpy as np

import autograd
import autograd.distributed as dist

DTYPES = (np.float32, np.float64, np.float16, np.int64, np.int32, np.uint8, np.int8, bool)


def of(rank, dtype, shape=(2, 3)):
    """What process `rank` has."""
    values = np.arange(np.prod(shape)).reshape(shape) % 5 + rank
    return (values % 2 == 0) if dtype is bool else values.astype(dtype)


def same(tensor, expected):
    np.testing.assert_array_equal(tensor.numpy(), expected)
    assert tensor.numpy().dtype == np.asarray(expected).dtype


def collectives():
    """All that has Tensors of all processes, in every dtype, also where memory is not contiguous."""
    rank, size = dist.get_rank(), dist.get_world_size()
    for dtype in DTYPES:
        everybodys = np.stack([of(k, dtype) for k in range(size)])
        total = everybodys.any(0) if dtype is bool else everybodys.sum(0).astype(dtype)
        mine = autograd.tensor(of(rank, dtype))
        x = mine.clone()
        dist.all_reduce(x)
        same(x, total)
        x = mine.clone()
        dist.all_reduce(x.t(), dist.ReduceOp.MAX)
        same(x, everybodys.max(0))
        x = mine.clone()
        work = dist.broadcast(x, size - 1, async_op=True)
        assert work.wait()
        assert work.is_completed()
        same(x, everybodys[-1])
        x = mine.clone()
        dist.reduce(x, 0)
        same(x, total if rank == 0 else everybodys[rank])
        parts = [autograd.zeros_like(mine) for _ in range(size)]
        dist.all_gather(parts, mine)
        same(autograd.stack(parts), everybodys)
        if dtype is not bool:
            given = [mine * k for k in range(size)]
            dist.reduce_scatter(x, given)
            same(x, (everybodys * rank).astype(dtype).sum(0).astype(dtype))
            dist.reduce_scatter_tensor(x, autograd.cat(given))
            same(x, (everybodys * rank).astype(dtype).sum(0).astype(dtype))
        whole = autograd.zeros(size * 2, 3, dtype=mine.dtype)
        dist.all_gather_into_tensor(whole, mine)
        same(whole, everybodys.reshape(-1, 3))
        dist.gather(mine, parts if rank == 0 else None)
        dist.scatter(x, [mine] * size if rank == 0 else None)
        same(x, everybodys[0])
        dist.all_to_all(parts, [mine] * size)
        same(autograd.stack(parts), everybodys)


def averages_and_sizes():
    """AVG, numbers without dimensions, Tensors without elements, parts of different sizes."""
    rank, size = dist.get_rank(), dist.get_world_size()
    x = autograd.tensor(float(rank))
    dist.all_reduce(x, dist.ReduceOp.AVG)
    assert x.item() == (size - 1) / 2
    nothing = autograd.zeros(0, 3)
    dist.all_reduce(nothing)
    dist.all_gather([autograd.zeros(0, 3) for _ in range(size)], nothing)
    rows = autograd.arange(size * (size + 1) // 2) + 100 * rank  # 1 for the first process, 2 for the second ...
    out = autograd.zeros(size * (rank + 1), dtype=autograd.int64)
    dist.all_to_all_single(out, rows, [rank + 1] * size, [k + 1 for k in range(size)])
    start = rank * (rank + 1) // 2
    same(out, np.concatenate([100 * k + np.arange(start, start + rank + 1) for k in range(size)]))
    dist.barrier()
    dist.monitored_barrier(timeout=60)


def objects():
    """Python objects, of different sizes."""
    rank, size = dist.get_rank(), dist.get_world_size()
    found = [None] * size
    dist.all_gather_object(found, {"rank": rank, "text": "x" * 100 * rank})
    assert found == [{"rank": k, "text": "x" * 100 * k} for k in range(size)]
    found = [rank, "a" * rank]
    dist.broadcast_object_list(found, size - 1)
    assert found == [size - 1, "a" * (size - 1)]
    found = [None]
    dist.scatter_object_list(found, ["p" * k for k in range(size)] if rank == 0 else None)
    assert found == ["p" * rank]
    found = [None] * size if rank == 1 else None
    dist.gather_object((rank,), found, dst=1)
    assert found == ([(k,) for k in range(size)] if rank == 1 else None)


def points():
    """From one to another, in a ring, and from anybody."""
    rank, size = dist.get_rank(), dist.get_world_size()
    x, y = autograd.full((3, 2), float(rank)), autograd.zeros(2, 3)
    after, before = (rank + 1) % size, (rank - 1) % size
    for work in dist.batch_isend_irecv([dist.P2POp(dist.isend, x, after), dist.P2POp(dist.irecv, y.t(), before)]):
        work.wait()
    same(y, np.full((2, 3), before, np.float32))
    if rank == 0:
        seen = sorted(dist.recv(y) for _ in range(size - 1))
        assert seen == list(range(1, size))
        dist.send_object_list(["done"], 1)
    else:
        dist.send(autograd.ones(2, 3), 0)
    if rank == 1:
        found = [None]
        assert dist.recv_object_list(found, 0) == 0
        assert found == ["done"]


def groups():
    """Some of the processes; the others do nothing."""
    rank, size = dist.get_rank(), dist.get_world_size()
    pair = dist.new_group([size - 1, 0], sort_ranks=False)
    x = autograd.tensor(10.0 + rank)
    dist.broadcast(x, src=size - 1, group=pair)
    assert x.item() == (10 + size - 1 if rank in (0, size - 1) else 10 + rank)
    if rank in (0, size - 1):
        assert dist.get_rank(pair) == (0 if rank else 1)
        assert dist.get_process_group_ranks(pair) == [size - 1, 0]
        assert dist.get_group_rank(pair, 0) == 1
        assert dist.get_global_rank(pair, 0) == size - 1
    else:
        assert pair is dist.GroupMember.NON_GROUP_MEMBER
        assert dist.get_rank(pair) == -1
        assert dist.all_reduce(x, group=pair) is None


def bits():
    """Sums have the same bits in all processes, and each time."""
    rank = dist.get_rank()
    for count in (1, 7, 1000, 100_003):
        values = np.random.default_rng(rank).normal(size=count).astype(np.float32)
        results = []
        for _ in range(3):
            x = autograd.tensor(values)
            work = dist.all_reduce(x, async_op=True)
            work.wait()
            results.append(x.numpy().tobytes())
        everybodys = [None] * dist.get_world_size()
        dist.all_gather_object(everybodys, results)
        assert len({each for process in everybodys for each in process}) == 1


def ends(how):
    """Process 1 ends in one way or another; the others want something of it."""
    x = autograd.ones(1000)
    for _ in range(3):
        dist.all_reduce(x)
    if dist.get_rank() == 1:
        print(f"it ends at {time.time()}", flush=True)
        if how == "error":
            raise ValueError("a batch that is broken")
        if how == "exit":
            sys.exit(3)
        if how == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if how == "stop":
            os.kill(os.getpid(), signal.SIGSTOP)
    dist.all_reduce(x)
    print("the others went on", flush=True)


def threads():
    """The cores are shared among the processes."""
    cores = len(os.sched_getaffinity(0))
    assert autograd.get_num_threads() == max(1, cores // dist.get_world_size())
    assert dist.get_node_local_rank() == dist.get_rank()


if __name__ == "__main__":
    name, *arguments = sys.argv[1:]
    dist.init_process_group(timeout=4 if name == "ends" else 200)
    globals()[name](*arguments)
    if name != "ends":
        dist.destroy_process_group()
