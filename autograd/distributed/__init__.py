"""Several processes that compute one thing: torch.distributed's names, over MPI.

    processes.py      which processes there are: starting, groups, ranks                        read this first
    collectives.py    what all processes of a group do together with Tensors: all_reduce, broadcast ...
    parts.py          where processes have different parts: scatter, reduce_scatter, all_to_all
    objects.py        the same with Python objects; points.py: from one process to another
    work.py           what is under way, and waiting for it
    transport.py      the calls of MPI, and what they mean where there is one process
    endings.py        a process that fails, leaves or dies does not leave the others waiting
    algorithms/       processes that have no more batches keep the others company: Join
    counting.py       how often, and how many bytes

Start a program with `mpiexec -n 4 python program.py`. In it, `init_process_group()` finds the other processes, and
shares the cores of the machine among those that run there. Without mpiexec there is one process, and everything works
as it does with several; that needs no MPI. What one wants for training stands above this: `nn.parallel` has
DistributedDataParallel, `nn.data` has DistributedSampler.

The rule: all processes of a group call the same functions in the same order, with Tensors of the same shape and dtype.
The transport is MPI and nothing of our own.

>>> import autograd
>>> import autograd.distributed as dist
>>> dist.init_process_group()
>>> x = autograd.tensor([1.0, 2.0])
>>> dist.all_reduce(x)
>>> x, dist.get_rank(), dist.get_world_size()
(tensor([1., 2.]), 0, 1)
>>> dist.destroy_process_group()
"""

from __future__ import annotations

from ..errors import DistributedError
from ..later import later as _later
from .algorithms.join import Join, Joinable, JoinHook
from .collectives import all_gather, all_gather_into_tensor, all_reduce, barrier, broadcast, monitored_barrier, reduce
from .counting import traffic
from .objects import (
    all_gather_object,
    broadcast_object_list,
    gather_object,
    recv_object_list,
    scatter_object_list,
    send_object_list,
)
from .parts import all_to_all, all_to_all_single, gather, reduce_scatter, reduce_scatter_tensor, scatter
from .points import P2POp, batch_isend_irecv, irecv, isend, recv, send
from .processes import (
    Backend,
    GroupMember,
    ProcessGroup,
    default_pg_timeout,
    destroy_process_group,
    get_backend,
    get_default_backend_for_device,
    get_global_rank,
    get_group_rank,
    get_node_local_rank,
    get_process_group_ranks,
    get_rank,
    get_world_size,
    group,
    init_process_group,
    is_available,
    is_backend_available,
    is_gloo_available,
    is_initialized,
    is_mpi_available,
    is_nccl_available,
    is_torchelastic_launched,
    is_ucc_available,
    is_xccl_available,
    new_group,
)
from .transport import ReduceOp
from .work import Future, Work

DistError = DistBackendError = DistNetworkError = DistributedError

__all__ = [
    "Backend",
    "DistBackendError",
    "DistError",
    "DistNetworkError",
    "Future",
    "GroupMember",
    "Join",
    "JoinHook",
    "Joinable",
    "P2POp",
    "ProcessGroup",
    "ReduceOp",
    "Work",
    "all_gather",
    "all_gather_into_tensor",
    "all_gather_object",
    "all_reduce",
    "all_to_all",
    "all_to_all_single",
    "barrier",
    "batch_isend_irecv",
    "broadcast",
    "broadcast_object_list",
    "default_pg_timeout",
    "destroy_process_group",
    "gather",
    "gather_object",
    "get_backend",
    "get_default_backend_for_device",
    "get_global_rank",
    "get_group_rank",
    "get_node_local_rank",
    "get_process_group_ranks",
    "get_rank",
    "get_world_size",
    "group",
    "init_process_group",
    "irecv",
    "is_available",
    "is_backend_available",
    "is_gloo_available",
    "is_initialized",
    "is_mpi_available",
    "is_nccl_available",
    "is_torchelastic_launched",
    "is_ucc_available",
    "is_xccl_available",
    "isend",
    "monitored_barrier",
    "new_group",
    "recv",
    "recv_object_list",
    "reduce",
    "reduce_scatter",
    "reduce_scatter_tensor",
    "scatter",
    "scatter_object_list",
    "send",
    "send_object_list",
    "traffic",
]

_later(__name__)
