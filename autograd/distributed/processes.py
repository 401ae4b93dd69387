"""Which processes there are, and which of them belong together."""

from __future__ import annotations

import importlib.util
import os
import sys
from datetime import timedelta
from typing import Any

from ..errors import DeviceError, DistributedError
from ..process.threads import get_num_threads, set_num_threads
from . import endings
from .transport import Alone, Mpi, mpi
from .work import seconds

default_pg_timeout = timedelta(minutes=30)
"""How long to wait for others, if nothing else is said: PyTorch's for processes without GPUs."""

_STARTED = ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE")  # what mpiexec of MPICH and Open MPI tell the processes
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class ProcessGroup:
    """Processes that do things together.

    ranks      their numbers among all processes; the position in this list is the number within the group
    transport  what is asked of MPI
    timeout    seconds to wait for the others
    """

    def __init__(self, ranks: list[int], transport: Any, timeout: float, name: str) -> None:
        self.ranks = ranks
        self.transport = transport
        self.timeout = timeout
        self.group_name = self.group_desc = name

    def rank(self) -> int:
        """This process's number within the group."""
        return int(self.transport.rank)

    def size(self) -> int:
        """How many processes there are in it."""
        return int(self.transport.size)

    def copy(self) -> ProcessGroup:
        """The same processes with a channel of their own, which nobody else uses; all of them call this."""
        transport = Mpi(self.transport.comm.Dup()) if isinstance(self.transport, Mpi) else self.transport
        return ProcessGroup(self.ranks, transport, self.timeout, f"{self.group_name}, copied")

    def name(self) -> str:
        """Of the transport."""
        return Backend.MPI

    def __repr__(self) -> str:
        return f"<ProcessGroup {self.group_name!r} of ranks {self.ranks}>"


class Backend(str):
    """PyTorch's names of transports. Here it is MPI that carries everything, whatever a program calls it."""

    UNDEFINED, GLOO, NCCL, UCC, MPI, XCCL = "undefined", "gloo", "nccl", "ucc", "mpi", "xccl"

    def __new__(cls, name: str) -> Backend:
        return str.__new__(cls, name.lower())


class _Group:
    """`group.WORLD`: all processes, None before `init_process_group`."""

    @property
    def WORLD(self) -> ProcessGroup | None:  # noqa: N802 - PyTorch's name
        """All processes."""
        return _world.group

    @WORLD.setter
    def WORLD(self, value: ProcessGroup | None) -> None:  # noqa: N802
        _world.group = value


class _GroupMember(_Group):
    NON_GROUP_MEMBER = object()


class _World:
    group: ProcessGroup | None = None
    here: tuple[int, int] = (0, 1)  # the number of this process on its machine, and how many run there
    watched = False
    groups = 0


_world = _World()
group, GroupMember = _Group(), _GroupMember()


def init_process_group(
    backend: str | None = None,
    init_method: str | None = None,
    timeout: Any = None,
    world_size: int = -1,
    rank: int = -1,
    store: Any = None,
    group_name: str = "",
    pg_options: Any = None,
    device_id: Any = None,
) -> None:
    """Find the other processes: those that the same `mpiexec -n N` has started; without it there is one.

    The cores of a machine are shared among the processes on it: each computes with cores // processes threads, unless
    OMP_NUM_THREADS says otherwise. From here on an error that nobody catches ends all processes.

    backend       "mpi", or what else a program says that runs without GPUs: it is MPI in any case
    init_method   how processes would find each other; mpiexec knows that, so only "env://" means something: nothing
    timeout       how long to wait for others, a timedelta or seconds; default half an hour
    world_size, rank   what the program believes; if it is not so, DistributedError says how to start it
    store, group_name, pg_options, device_id   taken, and without effect
    """
    if _world.group is not None:
        raise DistributedError("init_process_group: trying to initialize the default process group twice!")
    _check_backend(backend)
    patience = seconds(timeout, default_pg_timeout.total_seconds())
    transport = _find()
    _check_size(transport, world_size, rank)
    _world.group = ProcessGroup(list(range(transport.size)), transport, patience, group_name or "default_pg")
    _world.groups += 1
    if transport.size > 1 and not _world.watched:
        _world.watched = True
        endings.watch(mpi(), mpi().COMM_WORLD.Dup())
        here = mpi().COMM_WORLD.Split_type(mpi().COMM_TYPE_SHARED)
        _world.here = here.Get_rank(), here.Get_size()
        if not any(os.environ.get(name) for name in _THREADS):
            cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
            set_num_threads(max(1, min(cores // here.Get_size(), get_num_threads())))


def _check_backend(backend: Any) -> None:
    if backend is None:
        return
    names = {part.rpartition(":")[2] for part in str(backend).lower().split(",")}
    if not names <= {"mpi", "gloo", "ucc", "fake", "undefined"}:
        what = "is for GPUs, and Tensors live on the CPU only" if names & {"nccl", "xccl", "hccl"} else "is not known"
        raise DeviceError(f"init_process_group: backend {backend!r} {what}: use 'mpi'")


def _find() -> Any:
    """All processes; one if nobody has started several."""
    started = next((os.environ[name] for name in _STARTED if os.environ.get(name)), "1")
    if not is_mpi_available():
        if started != "1":
            raise DistributedError(
                f"init_process_group: this is one of {started} processes, and they talk by mpi4py, which is not "
                "installed: pip install 'wengert[mpi]'"
            )
        return Alone()
    try:
        found = mpi()
    except (ImportError, RuntimeError) as error:
        if started == "1":
            return Alone()
        raise DistributedError(
            f"init_process_group: mpi4py finds no MPI: {error}; pip install 'wengert[mpi]' brings one"
        ) from error
    size = found.COMM_WORLD.Get_size()
    if size == 1 and started != "1":
        raise DistributedError(
            f"init_process_group: mpiexec has started {started} processes, but each finds itself alone: it belongs to "
            f"another MPI than the library, {found.Get_library_version().splitlines()[0].strip()}. Start the program "
            f"with {os.path.join(os.path.dirname(sys.executable), 'mpiexec')}"
        )
    return Alone() if size == 1 else Mpi(found.COMM_WORLD.Dup())


def _check_size(transport: Any, world_size: int, rank: int) -> None:
    wanted = world_size if world_size >= 0 else int(os.environ.get("WORLD_SIZE") or transport.size)
    number = rank if rank >= 0 else int(os.environ.get("RANK") or transport.rank)
    if wanted != transport.size:
        raise DistributedError(
            f"init_process_group: the program wants {wanted} processes, MPI has started {transport.size}. Start it "
            f"with: mpiexec -n {wanted} {os.path.basename(sys.executable)} {os.path.basename(sys.argv[0])}"
        )
    if number != transport.rank:
        raise DistributedError(
            f"init_process_group: the program says that this is rank {number}, MPI that it is rank {transport.rank}; "
            "leave `rank` out, and ask get_rank()"
        )


def destroy_process_group(group: Any = None) -> None:
    """Forget a group; without one, all of them."""
    if _world.group is None:
        raise DistributedError("destroy_process_group: " + NOT_YET)
    if group is None or group is _world.group:
        _world.group = None


NOT_YET = "Default process group has not been initialized, please make sure to call init_process_group."


def resolved(function: str, group: Any) -> ProcessGroup | None:
    """The group that an argument means, None for all processes; None if this process is not in it."""
    if group is GroupMember.NON_GROUP_MEMBER:
        return None
    if group is None:
        if _world.group is None:
            raise DistributedError(f"{function}: {NOT_YET}")
        return _world.group
    if not isinstance(group, ProcessGroup):
        raise TypeError(f"{function}: group should be what new_group returns, got {type(group).__name__}")
    return group


def within(function: str, group: ProcessGroup, rank: Any, group_rank: Any = None) -> int:
    """The number within a group of the process that has `rank` among all, or is given by that number itself."""
    if group_rank is not None:
        rank = get_global_rank(group, group_rank)
    if rank not in group.ranks:
        raise DistributedError(f"{function}: rank {rank} is not part of the group of ranks {group.ranks}")
    return group.ranks.index(rank)


def new_group(
    ranks: Any = None,
    timeout: Any = None,
    backend: str | None = None,
    pg_options: Any = None,
    use_local_synchronization: bool = False,
    group_desc: str | None = None,
    device_id: Any = None,
    sort_ranks: bool = True,
) -> Any:
    """A group of some of the processes. All processes call this, also those that are not in it.

    ranks       their numbers; None: all
    sort_ranks  count within the group in the order of the numbers, not in the order given
    The other arguments as in `init_process_group`
    Returns the group, and `GroupMember.NON_GROUP_MEMBER` in processes that are not in it.
    """
    whole = resolved("new_group", None)
    assert whole is not None
    _check_backend(backend)
    members = whole.ranks if ranks is None else [int(rank) for rank in ranks]
    if sort_ranks:
        members = sorted(members)
    if not members or len(set(members)) < len(members) or not set(members) <= set(whole.ranks):
        raise DistributedError(f"new_group: wanted ranks of {whole.ranks}, got {list(ranks or ())}")
    _world.groups += 1
    name = group_desc or f"group {_world.groups}"
    patience = seconds(timeout, whole.timeout)
    if isinstance(whole.transport, Alone):
        return ProcessGroup(members, Alone(), patience, name)
    comm = whole.transport.comm.Create(whole.transport.comm.Get_group().Incl(members))
    if whole.rank() not in members:
        return GroupMember.NON_GROUP_MEMBER
    return ProcessGroup(members, Mpi(comm), patience, name)


def get_rank(group: Any = None) -> int:
    """The number of this process in a group; -1 if it is not in it."""
    found = resolved("get_rank", group)
    return -1 if found is None else found.rank()


def get_world_size(group: Any = None) -> int:
    """The number of processes; -1 for a group that this one is not in."""
    found = resolved("get_world_size", group)
    return -1 if found is None else found.size()


def get_node_local_rank(fallback_rank: int | None = None) -> int:
    """The number of this process among those on its machine."""
    return _world.here[0]


def get_process_group_ranks(group: Any) -> list[int]:
    """The numbers among all processes of those in a group."""
    found = resolved("get_process_group_ranks", group)
    return [] if found is None else list(found.ranks)


def get_global_rank(group: Any, group_rank: int) -> int:
    """The number among all processes of number `group_rank` of a group."""
    found = resolved("get_global_rank", group)
    if found is None or not 0 <= group_rank < found.size():
        raise DistributedError(f"get_global_rank: there is no rank {group_rank} in {group!r}")
    return found.ranks[group_rank]


def get_group_rank(group: Any, global_rank: int) -> int:
    """The other way round."""
    found = resolved("get_group_rank", group)
    if found is None:
        raise DistributedError(f"get_group_rank: this process is not part of {group!r}")
    return within("get_group_rank", found, global_rank)


def get_backend(group: Any = None) -> Backend:
    """ "mpi"."""
    resolved("get_backend", group)
    return Backend(Backend.MPI)


def is_available() -> bool:
    """Always: without MPI there is one process."""
    return True


def is_initialized() -> bool:
    """Has `init_process_group` been called?"""
    return _world.group is not None


def is_mpi_available() -> bool:
    """Is mpi4py installed?"""
    return importlib.util.find_spec("mpi4py") is not None


def is_backend_available(backend: str) -> bool:
    """Is it MPI, and is that installed?"""
    return backend.lower() == Backend.MPI and is_mpi_available()


def get_default_backend_for_device(device: Any) -> str:
    """ "mpi"."""
    return Backend.MPI


def is_torchelastic_launched() -> bool:
    """No: mpiexec starts processes."""
    return False


def is_gloo_available() -> bool:
    """No; a program that asks for it is given MPI."""
    return False


is_nccl_available = is_ucc_available = is_xccl_available = is_gloo_available
