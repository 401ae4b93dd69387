"""Gradients of several processes, brought together while backward goes on.

Parameters are put into buckets, in the order in which their gradients come. When the last one of a bucket has come, its
sum over all processes is begun; meanwhile backward computes the gradients of the next one. At the end of backward what
is still under way is waited for, and every process has the same gradients: the mean over the processes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import ndarray as Array

import autograd.distributed as dist
from autograd.errors import GraphError
from autograd.extend import Arrivals, array_of, overwrite, wrap

FIRST = 1 << 20
"""Bytes of the first bucket at the most: it is sent early, so it should be small."""


class Bucket:
    """Parameters whose gradients travel together.

    indices   which parameters
    parts     where in the buffer the gradient of each of them stands, as views of its shape
    """

    def __init__(self, indices: list[int], parameters: list[Any]) -> None:
        self.indices = indices
        arrays = [array_of(parameters[index]) for index in indices]
        self.array = np.zeros(sum(array.size for array in arrays), arrays[0].dtype)
        self.buffer = wrap(self.array)
        self.parts: list[Array] = []
        start = 0
        for array in arrays:
            self.parts.append(self.array[start : start + array.size].reshape(array.shape))
            start += array.size
        self.missing = set(indices)
        self.future: dist.Future | None = None


class GradBucket:
    """A bucket as hooks of the user's see it: see `DistributedDataParallel.register_comm_hook`."""

    def __init__(self, bucket: Bucket, number: int, last: bool, parameters: list[Any]) -> None:
        self._buffer = bucket.buffer
        self._bucket, self._number, self._last = bucket, number, last
        self._parameters = [parameters[index] for index in bucket.indices]

    def index(self) -> int:
        """Its number, in the order in which they are sent."""
        return self._number

    def is_last(self) -> bool:
        """Is it the last one of the step?"""
        return self._last

    def buffer(self) -> Any:
        """All gradients, one after the other."""
        return self._buffer

    def set_buffer(self, buffer: Any) -> None:
        """Put another Tensor in place of it."""
        self._buffer = buffer

    def parameters(self) -> list[Any]:
        """Whose gradients they are."""
        return list(self._parameters)

    def gradients(self) -> list[Any]:
        """The gradients with the shapes of the parameters."""
        sizes = np.cumsum([0, *[part.size for part in self._bucket.parts]]).tolist()
        pairs = zip(sizes, sizes[1:], self._bucket.parts, strict=False)
        return [self._buffer[start:end].reshape(part.shape) for start, end, part in pairs]


def arranged(order: list[int], parameters: list[Any], cap: int) -> list[list[int]]:
    """Which parameters go together: in this order, of one dtype, up to FIRST bytes and then up to `cap`."""
    buckets: list[list[int]] = []
    open_of: dict[Any, tuple[list[int], int]] = {}
    for index in order:
        array = array_of(parameters[index])
        bucket, filled = open_of.get(array.dtype, ([], 0))
        most = FIRST if buckets and bucket is buckets[0] else cap
        if not bucket or filled + array.nbytes > min(most, cap):
            bucket, filled = [], 0
            buckets.append(bucket)
        bucket.append(index)
        open_of[array.dtype] = bucket, filled + array.nbytes
    return buckets


class Reducer:
    """The buckets of a model, and where in a step it is.

    cap       bytes of a bucket at the most
    as_views  `.grad` of the parameters is memory of the buckets afterwards, without a copy
    unused    "no": all parameters get gradients; "any": some may get none; "same": always the same ones
    """

    def __init__(
        self, parameters: list[Any], names: list[str], group: Any, cap: int, as_views: bool, unused: str
    ) -> None:
        self.parameters, self.names, self.group = parameters, names, group
        self.cap, self.as_views, self.unused = cap, as_views, unused
        self.size = dist.get_world_size(group)
        self.divisor = self.size
        self.by_active = False  # within `join`: divide by the number of processes that still have batches
        self.hook: Callable[[Any, Any], Any] | None = None
        self.hook_state: Any = None
        self.armed = False
        self.rebuilt = unused == "any"
        self.used: Array | None = None  # in how many processes each parameter got a gradient, where that is asked
        self.after: Callable[[], None] | None = None
        self.arrange(list(reversed(range(len(parameters)))))
        self.arrivals = Arrivals(parameters, self.arrived, self.ended)

    def arrange(self, order: list[int]) -> None:
        """Make the buckets anew."""
        self.buckets = [Bucket(indices, self.parameters) for indices in arranged(order, self.parameters, self.cap)]
        self.place = {
            index: (bucket, position) for bucket in self.buckets for position, index in enumerate(bucket.indices)
        }

    # -- a step

    def prepare(self) -> None:
        """A forward pass begins; the backward pass that follows is to bring gradients together."""
        self.arrivals.refresh()
        self.armed = True
        self.order: list[int] = []
        self.sent = 0
        for bucket in self.buckets:
            bucket.missing, bucket.future = set(bucket.indices), None

    def arrived(self, index: int) -> None:
        """`.grad` of a parameter is complete."""
        if not self.armed:
            return
        bucket, position = self.place[index]
        if index not in bucket.missing:
            raise GraphError(
                f"DistributedDataParallel: the gradient of {self.names[index]!r} came a second time in one backward "
                "(Expected to mark a variable ready only once)"
            )
        self._fill(index, bucket, position)
        self.order.append(index)
        bucket.missing.discard(index)
        self._send_full_ones()

    def _fill(self, index: int, bucket: Bucket, position: int) -> None:
        parameter, part = self.parameters[index], bucket.parts[position]
        if parameter.grad is None:
            part[...] = 0
            return
        g = array_of(parameter.grad)
        if self.hook is not None:
            np.copyto(part, g)
        else:
            np.divide(g, self.divisor, out=part)
        if self.as_views:
            parameter.grad = wrap(part)

    def _send_full_ones(self) -> None:
        """Begin with the buckets that are full, in their order, which is that of all processes."""
        while self.sent < len(self.buckets) and not self.buckets[self.sent].missing:
            self._send(self.sent)

    def _send(self, number: int) -> None:
        bucket = self.buckets[number]
        self.sent = number + 1
        if self.hook is None:
            work = dist.all_reduce(bucket.buffer, group=self.group, async_op=True)
            assert work is not None
            bucket.future = work.get_future()
        else:
            seen = GradBucket(bucket, number, number == len(self.buckets) - 1, self.parameters)
            bucket.future = self.hook(self.hook_state, seen)

    def ended(self) -> None:
        """Backward is done: send the rest, wait for everything, and write the gradients."""
        if not self.armed:
            return
        self.armed = False
        missing = sorted(index for bucket in self.buckets for index in bucket.missing)
        if self.unused == "no" and (wrong := [n for n in missing if self.parameters[n].requires_grad]):
            raise self._unused_error(wrong)
        for index in missing:
            bucket, position = self.place[index]
            self._fill(index, bucket, position)
            bucket.missing.discard(index)
        self._send_full_ones()
        if self.unused == "any" or (self.unused == "same" and self.used is None):
            self.count_used([index not in missing for index in range(len(self.parameters))])
        self.collect()
        self.rebuild([*self.order, *[n for n in reversed(range(len(self.parameters))) if n not in set(self.order)]])
        if self.after is not None:
            self.after()

    def _unused_error(self, missing: list[int]) -> GraphError:
        names = ", ".join(self.names[index] for index in missing[:8]) + (" ..." if len(missing) > 8 else "")
        return GraphError(
            f"DistributedDataParallel: no gradient came to {len(missing)} of {len(self.parameters)} parameters: "
            f"{names}. Expected to have finished reduction: the loss must depend on all of them, or pass "
            "find_unused_parameters=True, or static_graph=True if they are always the same"
        )

    def count_used(self, used: list[bool]) -> None:
        """In how many processes each parameter got a gradient."""
        counts = wrap(np.array(used, np.int32))
        dist.all_reduce(counts, group=self.group)
        self.used = array_of(counts)

    def collect(self) -> None:
        """Wait for the sums, and write them to `.grad`; parameters that nobody used keep what they have."""
        for bucket in self.buckets:
            assert bucket.future is not None
            found = bucket.future.wait()
            values = array_of(found[0] if isinstance(found, (list, tuple)) else found)
            if values is not bucket.array:
                bucket.array[...] = values.reshape(-1)
            for index, part in zip(bucket.indices, bucket.parts, strict=True):
                parameter = self.parameters[index]
                if not parameter.requires_grad or (self.used is not None and not self.used[index]):
                    continue
                if self.as_views:
                    parameter.grad = wrap(part)
                elif parameter.grad is None or parameter.grad.requires_grad:
                    parameter.grad = wrap(part.copy())
                else:
                    overwrite(parameter.grad, part, "DistributedDataParallel")
            bucket.future = None

    def rebuild(self, order: list[int]) -> None:
        """Once: put the parameters into the order in which gradients have come to the first process."""
        if self.rebuilt:
            return
        self.rebuilt = True
        numbers = wrap(np.array(order, np.int64))
        dist.broadcast(numbers, group=self.group, group_src=0)
        views = {index: self.parameters[index].grad for index in order} if self.as_views else {}
        self.arrange(numbers.tolist())
        for index, g in views.items():
            if g is not None:
                bucket, position = self.place[index]
                bucket.parts[position][...] = array_of(g)
                self.parameters[index].grad = wrap(bucket.parts[position])

    def shadow(self) -> None:
        """What a process without a batch does in a step of the others."""
        self.prepare()
        self.armed = False
        for number, bucket in enumerate(self.buckets):
            bucket.array[...] = 0
            self._send(number)
        if self.unused == "any" or (self.unused == "same" and self.used is None):
            self.count_used([False] * len(self.parameters))
        for bucket in self.buckets:
            assert bucket.future is not None
            bucket.future.wait()
        self.rebuild(list(reversed(range(len(self.parameters)))))
