"""Functions that return copies where others return views, and the other way round."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..dims import normalize_dim
from .more import tensor_of


def _copying(name: str) -> Callable[..., Any]:
    def function(input: Any, *args: Any, **kwargs: Any) -> Any:
        out = getattr(tensor_of(input), name)(*args, **kwargs)
        return tuple([part.clone() for part in out]) if isinstance(out, tuple) else out.clone()

    function.__name__ = function.__qualname__ = f"{name}_copy"
    function.__doc__ = f"`Tensor.{name}`, with memory of its own."
    return function


as_strided_copy, detach_copy, diagonal_copy, expand_copy = map(_copying, ("as_strided", "detach", "diagonal", "expand"))
narrow_copy, permute_copy, select_copy, split_copy = map(_copying, ("narrow", "permute", "select", "split"))
split_with_sizes_copy, squeeze_copy, t_copy = map(_copying, ("split_with_sizes", "squeeze", "t"))
transpose_copy, unbind_copy, unfold_copy = map(_copying, ("transpose", "unbind", "unfold"))
unsqueeze_copy, view_copy, alias_copy = map(_copying, ("unsqueeze", "view", "clone"))


def slice_copy(input: Any, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1) -> Any:
    """The elements start:end:step along `dim`, with memory of their own."""
    x = tensor_of(input)
    dim = normalize_dim("slice_copy", dim, x._array.ndim)
    return x[(*[slice(None)] * dim, slice(start, end, step))].clone()


def unsafe_chunk(input: Any, chunks: int, dim: int = 0) -> Any:
    """`chunk`."""
    return tensor_of(input).chunk(chunks, dim)


def unsafe_split(input: Any, split_size: Any, dim: int = 0) -> Any:
    """`split`."""
    return tensor_of(input).split(split_size, dim)


def unsafe_split_with_sizes(input: Any, split_sizes: Any, dim: int = 0) -> Any:
    """`split_with_sizes`."""
    return tensor_of(input).split_with_sizes(split_sizes, dim)


def detach(input: Any) -> Any:
    """The value as a constant; see `Tensor.detach`."""
    return input.detach()
