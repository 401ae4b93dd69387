"""Rare ways of making Tensors."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...creation import empty, tensor
from ...errors import SettingError
from ..core import array_of, get_default_dtype, wrap
from ..generator import default_generator


def range(start: Any = 0, end: Any = None, step: Any = 1, **settings: Any) -> Any:
    """start, start + step, ... up to and including `end`, as floating point: an old form of `arange`."""
    if end is None:
        start, end = 0, start
    count = math.floor((end - start) / step) + 1
    if count < 1:
        raise SettingError(
            f"range: upper bound and larger bound inconsistent with step sign, got {start}, {end}, {step}"
        )
    dtype = settings.pop("dtype", None) or get_default_dtype()
    return tensor(start + step * np.arange(count), dtype=dtype, **settings)


def frombuffer(buffer: Any, *, dtype: Any, count: int = -1, offset: int = 0, requires_grad: bool = False) -> Any:
    """A 1-d Tensor over the memory of an object with Python's buffer protocol, such as a bytearray."""
    out = wrap(np.frombuffer(buffer, np.dtype(dtype), count, offset))
    return out.requires_grad_() if requires_grad else out


def from_file(filename: str, shared: bool | None = None, size: int = 0, *, dtype: Any = None) -> Any:
    """A 1-d Tensor over the first `size` elements of a file of raw numbers; with `shared`, writing changes the file."""
    kind = get_default_dtype() if dtype is None else np.dtype(dtype)
    return wrap(np.asarray(np.memmap(filename, kind, "r+" if shared else "c", shape=(size,))))


def empty_strided(size: Any, stride: Any, **settings: Any) -> Any:
    """Any values, of shape `size`; `stride` gives the elements between neighbours along each dimension."""
    last = sum((n - 1) * step for n, step in zip(size, stride, strict=True)) + 1 if math.prod(size) else 0
    return empty(last, **settings).as_strided(tuple(size), tuple(stride))


def empty_permuted(size: Any, physical_layout: Any, **settings: Any) -> Any:
    """Any values, of shape `size`, whose dimensions stand in memory in the order `physical_layout`."""
    order = tuple(physical_layout)
    return empty(tuple([size[d] for d in order]), **settings).permute([order.index(d) for d in np.arange(len(order))])


def binomial(count: Any, prob: Any, generator: Any = None) -> Any:
    """How many of `count` independent trials succeed, each with probability `prob`; broadcast; a constant."""
    n, p = np.broadcast_arrays(array_of(count), array_of(prob))
    if p.size and not ((p >= 0) & (p <= 1)).all():
        raise SettingError("binomial: expected all probabilities within 0 .. 1")
    source = generator or default_generator
    return wrap(np.asarray(source.rng.binomial(n.astype(np.int64), p)).astype(p.dtype))
