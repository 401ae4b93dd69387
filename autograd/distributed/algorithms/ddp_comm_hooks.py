"""Hooks for `DistributedDataParallel.register_comm_hook`: what is sent in place of the gradients.

A hook is given a state of the user's and a bucket of gradients, and returns a Future of what they become. The state of
those here is a process group, None for all processes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from ...tensors.core import wrap
from ..collectives import all_reduce
from ..processes import get_world_size
from ..work import Future


def allreduce_hook(process_group: Any, bucket: Any) -> Future:
    """The mean over the processes: what happens without a hook."""
    buffer = bucket.buffer()
    buffer.div_(get_world_size(process_group))
    return _sum(process_group, buffer).then(lambda future: future.value()[0])


def fp16_compress_hook(process_group: Any, bucket: Any) -> Future:
    """The mean, sent as float16: half the bytes, and three digits."""
    buffer = bucket.buffer()
    small = wrap((buffer.numpy() / get_world_size(process_group)).astype("float16"))
    return _sum(process_group, small).then(lambda future: future.value()[0].to(buffer.dtype))


def _sum(process_group: Any, tensor: Any) -> Future:
    work = all_reduce(tensor, group=process_group, async_op=True)
    assert work is not None
    return work.get_future()


def fp16_compress_wrapper(hook: Callable[[Any, Any], Future]) -> Callable[[Any, Any], Future]:
    """A hook that gives another one the bucket in float16."""

    def wrapped(state: Any, bucket: Any) -> Future:
        before = bucket.buffer()
        bucket.set_buffer(before.to("float16"))

        def widened(future: Future) -> Any:
            value = future.value()
            return (value[0] if isinstance(value, (list, tuple)) else value).to(before.dtype)

        return hook(state, bucket).then(widened)

    return wrapped


default_hooks = sys.modules[__name__]  # PyTorch's path: ddp_comm_hooks.default_hooks
