"""DistributedDataParallel: every process has the model, learns from a part of each batch, and takes the same step.

Li et al. 2020, "PyTorch Distributed: Experiences on Accelerating Data Parallel Training".
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

import autograd.distributed as dist
from autograd import is_grad_enabled
from autograd.errors import SettingError, ShapeError
from autograd.extend import acts, array_of, overwrite, wrap

from ..module import Module
from ..parameter import is_lazy
from .buckets import Reducer
from .one_device import check_devices

MIB = 1 << 20


class DistributedDataParallel(Module, dist.Joinable):
    """A module whose gradients are the mean over all processes: a step of N processes is one step.

    Each process gives it other samples. If the loss is a mean over the samples, and each process has equally many, the
    gradients are those of one process with all of them, up to rounding. At the start parameters and buffers become
    those of the first process, after each step buffers do; so all processes keep the same model. The wrapped module is
    `.module`, and the keys of the state begin with "module.", as in PyTorch. A checkpoint is saved by one process:

        if dist.get_rank() == 0:
            nn.save(model.module.state_dict(), path)

    bucket_cap_mb             gradients travel in messages of about so many MiB, the first of which is at most one
    find_unused_parameters    some parameters may get no gradient in some process: asked of all in every step
    static_graph              some may get none, but always the same ones: asked once
    gradient_as_bucket_view   `.grad` is memory of the buckets: one copy less, and that memory
    broadcast_buffers         buffers, such as running means, become those of the first process after each step (in
                              PyTorch before the next one); False: each process keeps its own
    process_group             of which processes; default: all
    device_ids, output_device, dim, check_reduction, skip_all_reduce_unused_params, batched_grad_copy
                              taken, and without effect on the CPU
    init_sync                 False: parameters are the same everywhere already

    Where some processes have more batches than others, use `join()`; where gradients of several batches are added up
    before a step, `no_sync()`. With one process it is the module itself.

    >>> import autograd, nn
    >>> dist.init_process_group()
    >>> model = DistributedDataParallel(nn.Linear(2, 1))
    >>> model(autograd.ones(4, 2)).sum().backward()
    >>> [name for name in model.state_dict()], model.module.weight.grad.tolist()
    (['module.weight', 'module.bias'], [[4.0, 4.0]])
    >>> dist.destroy_process_group()
    """

    module: Module

    def __init__(
        self,
        module: Module,
        device_ids: Any = None,
        output_device: Any = None,
        dim: int = 0,
        broadcast_buffers: bool | None = None,
        init_sync: bool = True,
        process_group: Any = None,
        bucket_cap_mb: float | None = None,
        find_unused_parameters: bool = False,
        check_reduction: bool = False,
        gradient_as_bucket_view: bool = False,
        static_graph: bool = False,
        delay_all_reduce_named_params: Any = None,
        param_to_hook_all_reduce: Any = None,
        mixed_precision: Any = None,
        device_mesh: Any = None,
        skip_all_reduce_unused_params: bool = False,
        bucket_cap_mb_list: Any = None,
        batched_grad_copy: bool = False,
        forward_sync_buffers: bool | None = None,
    ) -> None:
        super().__init__()
        check_devices("DistributedDataParallel", device_ids, output_device)
        unknown = (delay_all_reduce_named_params, param_to_hook_all_reduce, mixed_precision, device_mesh)
        if any(setting is not None for setting in (*unknown, bucket_cap_mb_list)):
            raise SettingError(
                "DistributedDataParallel: wanted None for device_mesh, mixed_precision, bucket_cap_mb_list, and hooks "
                "of single parameters, which are not here"
            )
        group = dist.group.WORLD if process_group is None else process_group
        if group is None:
            raise RuntimeError(
                "Default process group has not been initialized, please make sure to call "
                "init_process_group before DistributedDataParallel(model)"
            )
        if any(is_lazy(parameter) for parameter in module.parameters()):
            raise RuntimeError(
                "Modules with uninitialized parameters can't be used with `DistributedDataParallel`. Run a dummy "
                "forward pass to correctly initialize the modules"
            )
        self.module = module
        self.dim, self.device_ids, self.output_device = dim, None, None
        self.process_group = group
        self.broadcast_buffers = broadcast_buffers is not False and forward_sync_buffers is not False
        self.find_unused_parameters = find_unused_parameters
        self.gradient_as_bucket_view = gradient_as_bucket_view
        self.static_graph = static_graph
        self.require_backward_grad_sync = True
        self.bucket_bytes_cap = int((25 if bucket_cap_mb is None else bucket_cap_mb) * MIB)
        self._channel = group.copy()  # gradients have one of their own: nothing else comes between
        self._begin(init_sync)

    def _begin(self, init_sync: bool) -> None:
        ignored = getattr(self.module, "_ddp_params_and_buffers_to_ignore", ())
        learned = [(name, p) for name, p in self.module.named_parameters() if p.requires_grad and name not in ignored]
        if not learned:
            raise RuntimeError(
                "DistributedDataParallel is not needed when a module doesn't have any parameter that requires a "
                "gradient."
            )
        self._shared = [x for name, x in self.module.named_buffers() if name not in ignored]
        self._reducer: Reducer | None = None
        if self._channel.size() == 1:
            return
        if init_sync:
            kept = [x for name, x in self.module.named_parameters() if name not in ignored]
            _check_alike(self._channel, dict(self.module.state_dict()))
            _copy_from(self._channel, 0, [*kept, *self._shared])
        unused = "same" if self.static_graph else "any" if self.find_unused_parameters else "no"
        names, parameters = [name for name, _ in learned], [p for _, p in learned]
        cap = max(self.bucket_bytes_cap, 1)
        self._reducer = Reducer(parameters, names, self._channel, cap, self.gradient_as_bucket_view, unused)
        self._reducer.after = self._share_buffers if self.broadcast_buffers and self._shared else None

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        """module(*inputs, **kwargs); the backward pass that follows brings gradients together."""
        if self._reducer is not None and is_grad_enabled():
            self._begin_step()
        return self.module(*inputs, **kwargs)

    @acts
    def _begin_step(self) -> None:
        """Gradients that come from now on are to be brought together: at every call, also of a compiled function."""
        reducer = self._reducer
        if reducer is None or not self.require_backward_grad_sync:
            return
        dist.Join.notify_join_context(self)
        active = self._joined.active if self._joined is not None and reducer.by_active else 0
        reducer.divisor = active or reducer.size
        reducer.prepare()

    @contextmanager
    def no_sync(self) -> Iterator[None]:
        """Within, gradients are added up in each process for itself; the next step outside brings them together."""
        state, before = self.__dict__, self.require_backward_grad_sync
        try:
            state["require_backward_grad_sync"] = False
            yield
        finally:
            state["require_backward_grad_sync"] = before

    def _share_buffers(self) -> None:
        _copy_from(self._channel, self._leader(True), self._shared)

    def _leader(self, here: bool) -> int:
        """Whose buffers count: those of the first process; within `join()` of the last that still has batches."""
        if self._joined is None:
            return 0
        number = wrap(np.array([self._channel.rank() if here else -1], np.int64))
        dist.all_reduce(number, dist.ReduceOp.MAX, group=self._channel)
        return int(number.item())

    def register_comm_hook(self, state: object, hook: Callable[[Any, Any], Any]) -> None:
        """Let hook(state, bucket) say how the gradients of a bucket are brought together; it returns a Future.

        The hook is given sums of this process, not divided by anything; `bucket.buffer()` has them.
        """
        if not callable(hook):
            raise TypeError("Communication hook must be callable.")
        if self._reducer is not None:
            if self._reducer.hook is not None:
                raise RuntimeError("register_comm_hook can only be called once.")
            self._reducer.hook, self._reducer.hook_state = hook, state

    # -- processes with different numbers of batches

    def join(
        self, divide_by_initial_world_size: bool = True, enable: bool = True, throw_on_early_termination: bool = False
    ) -> dist.Join:
        """A `with` block in which processes may have different numbers of batches.

        divide_by_initial_world_size   True: a sum over fewer processes is divided by the number of all of them, so
                                       that every sample counts the same. False: by the number of those that still go on
        """
        return dist.Join(
            [self], enable, throw_on_early_termination, divide_by_initial_world_size=divide_by_initial_world_size
        )

    def join_hook(self, **kwargs: Any) -> dist.JoinHook:
        """What a process without batches does."""
        if self._reducer is not None and not kwargs.get("divide_by_initial_world_size", True):
            self._reducer.by_active = True
        return _Shadow(self)

    @property
    def join_process_group(self) -> Any:
        """Whose processes they are."""
        return self._channel

    # -- copies

    def __deepcopy__(self, memo: dict[int, Any]) -> DistributedDataParallel:
        new = type(self).__new__(type(self))
        memo[id(self)] = new
        apart = ("_reducer", "_channel", "process_group", "_shared", "_joined")
        for name, value in self.__dict__.items():
            new.__dict__[name] = value if name in apart else copy.deepcopy(value, memo)
        new._begin(init_sync=False)
        return new


class _Shadow(dist.JoinHook):
    def __init__(self, model: DistributedDataParallel) -> None:
        self.model = model

    def main_hook(self) -> None:
        """Send zeros, and get buffers."""
        model = self.model
        if model._reducer is not None:
            model._reducer.shadow()
            if model._reducer.after is not None:
                _copy_from(model._channel, model._leader(False), model._shared)

    def post_hook(self, is_last_joiner: bool) -> None:
        """All take the model of a process that has made all steps."""
        model = self.model
        if model._reducer is not None:
            model._reducer.by_active = False
            leader = model._leader(is_last_joiner)
            _copy_from(model._channel, leader, [*model.module.parameters(), *model._shared])


def _check_alike(group: Any, state: dict[str, Any]) -> None:
    """Raise where the processes have different models."""
    own = [(name, tuple(x.shape), str(x.dtype)) for name, x in state.items()]
    everybodys: list[Any] = [None] * group.size()
    dist.all_gather_object(everybodys, own, group=group)
    for rank, other in enumerate(everybodys):
        different = sorted({*map(str, everybodys[0])} ^ {*map(str, other)})
        if different:
            raise ShapeError(
                f"DistributedDataParallel: the model of rank {group.ranks[rank]} is not that of rank "
                f"{group.ranks[0]}: {', '.join(different[:4])}"
            )


def _copy_from(group: Any, rank: int, tensors: list[Any]) -> None:
    """The Tensors become those of one process; one message for all of a dtype."""
    by_dtype: dict[Any, list[Any]] = {}
    for tensor in tensors:
        by_dtype.setdefault(tensor.dtype, []).append(tensor)
    for same in by_dtype.values():
        flat = wrap(np.concatenate([array_of(x).reshape(-1) for x in same]))
        dist.broadcast(flat, group=group, group_src=rank)
        if group.rank() == rank:
            continue
        start = 0
        for x in same:
            size = array_of(x).size
            overwrite(x, array_of(flat)[start : start + size].reshape(array_of(x).shape), "DistributedDataParallel")
            start += size
