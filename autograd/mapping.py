"""`vmap`: a function applied to each slice of its arguments."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import numpy as np

from .errors import SettingError, ShapeError
from .modes import state
from .random import default_generator
from .tensors.core import Core, operand, wrap
from .tensors.join import cat
from .tracing import leaves_behind, leaves_no_records, leaves_of, rebuild

P = ParamSpec("P")
R = TypeVar("R")


def vmap(
    func: Callable[P, R],
    in_dims: Any = 0,
    out_dims: Any = 0,
    randomness: str = "error",
    *,
    chunk_size: int | None = None,
) -> Callable[P, R]:
    """A function applied to each slice along a dimension of its arguments, results stacked. It runs once for all.

    in_dims      the dimension to map over: one for all arguments, or one each, in nests like theirs; None: the whole
                 argument every time
    out_dims     where the results are stacked, likewise; None: the result is the same for every slice
    randomness   "error": random numbers raise GraphError; "different": new ones for each slice; "same": the same ones
    chunk_size   how many slices are computed together at most: bounds the memory. None: all

    Inside the function each value is that of one slice. A branch on one cannot be taken for all: that raises
    GraphError, and `where` picks among values instead.

    Over a dimension of size 0 the function runs once, on a made-up slice, to see what it returns: the results are
    empty, of the right shape and dtype.

    Raises ShapeError if mapped dimensions differ in size, or if the function returns anything but Tensors.
    """
    check_chunk("vmap", chunk_size)
    check_randomness("vmap", randomness)

    @leaves_no_records
    @functools.wraps(func)
    def run(*args: Any, **kwargs: Any) -> Any:
        dims = _spread(in_dims, args, "in_dims")
        if not args or all(dim is None for dim in dims):
            raise ShapeError("vmap: got no inputs to map over; at least one argument needs a dimension in in_dims")
        leaves = [_mapped(x, dim) for x, dim in zip(leaves_of(args), dims, strict=True)]
        sizes = {x._array.shape[dim] for x, dim in zip(leaves, dims, strict=True) if dim is not None}
        if len(sizes) != 1:
            raise ShapeError(
                "vmap: Expected all tensors to have the same size in the mapped dimension, got sizes "
                f"{sorted(sizes)} for the mapped dimension"
            )
        (size,) = sizes
        fronts = [x if dim is None else _in_front(x, dim) for x, dim in zip(leaves, dims, strict=True)]
        if size == 0:
            fronts = [x if dim is None else _made_up(x) for x, dim in zip(fronts, dims, strict=True)]
        count = max(size, 1)
        step = count if chunk_size is None else min(chunk_size, count)
        parts: list[_Parts] = []
        start = default_generator.get_state() if randomness == "same" and step < count else None
        for first in range(0, count, step):
            part = [
                x if dim is None or step == count else x.narrow(0, first, min(step, count - first))
                for x, dim in zip(fronts, dims, strict=True)
            ]
            if start is not None:
                default_generator.set_state(start)
            result, columns, outs = _at_once(func, args, part, dims, kwargs, randomness, out_dims)
            if step < count:
                parts = parts or [_Parts(dim, count) for dim in outs]
                for whole in parts:
                    whole.add(columns.pop(0), first)
                result = rebuild(result, [None] * len(parts))  # lets go of the Tensors, which have this part
        if parts:
            columns = [whole.joined() for whole in parts]
        if size == 0:
            columns = [z if dim is None else _emptied(z, dim, leaves) for z, dim in zip(columns, outs, strict=True)]
        return rebuild(result, columns)

    return run


class _Parts:
    """A result that comes in parts along `dim`, `count` slices altogether.

    Each part is written into its place at once, as all parts and the whole would be twice the memory; but for those
    that are more than an array, because somebody differentiates or maps over them: these are joined in the end.
    """

    def __init__(self, dim: int | None, count: int) -> None:
        self.dim = dim
        self.count = count
        self.whole: Any = None
        self.parts: list[Any] = []

    def add(self, z: Any, first: int) -> None:
        """The next part, which begins with slice number `first`."""
        if self.dim is None:
            self.parts = [z]
            return
        array, dim = z._array, self.dim
        plain = not self.parts and state.interpreter is None and z._node is None and z._tangents is None
        if plain and self.whole is None:
            shape = list(array.shape)
            shape[dim] = self.count
            self.whole = np.empty(shape, array.dtype)
        if plain and self.whole.dtype == array.dtype:
            place = np.moveaxis(self.whole, dim, 0)[first : first + array.shape[dim]]
            part = np.moveaxis(array, dim, 0)
            if place.shape == part.shape:
                place[...] = part
                return
        if self.whole is not None:
            self.parts.append(wrap(np.moveaxis(np.moveaxis(self.whole, dim, 0)[:first], 0, dim)))
            self.whole = None
        self.parts.append(z)

    def joined(self) -> Any:
        """All of them."""
        if self.whole is not None:
            return wrap(self.whole)
        return self.parts[0] if self.dim is None else cat(self.parts, self.dim)


def _at_once(
    func: Any, args: Any, fronts: list[Any], dims: Any, kwargs: Any, randomness: str, out_dims: Any
) -> tuple[Any, list[Any], Any]:
    """What the function returns for some slices: a nest of its shape, its Tensors, and where slices are in them."""
    from .batching import Batch

    (size,) = {x._array.shape[0] for x, dim in zip(fronts, dims, strict=True) if dim is not None}
    with Batch(size, randomness) as batch:
        given = [x if dim is None else batch.wrapped(x) for x, dim in zip(fronts, dims, strict=True)]
        result = func(*rebuild(args, given), **kwargs)
    outs = _spread(out_dims, result, "out_dims")
    columns = [_put_back(batch, z, dim) for z, dim in zip(leaves_of(result), outs, strict=True)]
    return result, columns, outs


def _in_front(x: Any, dim: int) -> Any:
    """`x` with a dimension as the first one."""
    return x if dim % x._array.ndim == 0 else x.movedim(dim, 0)


def _put_back(batch: Any, z: Any, dim: int | None) -> Any:
    """A result with its slices along `dim`."""
    if not isinstance(z, Core):
        hint = "; item() and float() leave the graph" if isinstance(z, (int, float)) else ""
        raise ShapeError(f"vmap: the function must only return Tensors, got type {type(z).__name__}{hint}")
    if dim is None:
        if batch.holds(z):
            raise ShapeError("vmap: the function can not return a different Tensor for each slice when out_dim is None")
        return z
    ndim = z._array.ndim + 1
    if not -ndim <= dim < ndim:
        raise ShapeError(f"vmap: wanted out_dims between {-ndim} and {ndim - 1}, got {dim}")
    front = batch.front(z) if batch.holds(z) else batch.whole(z).clone()
    return front if dim % ndim == 0 else front.movedim(0, dim)


def _spread(dims: Any, tree: Any, name: str) -> list[Any]:
    """One dimension per leaf of a nest."""
    if dims is None or (isinstance(dims, int) and not isinstance(dims, bool)):
        return [dims] * len(leaves_of(tree))
    if isinstance(dims, dict) and isinstance(tree, dict) and dims.keys() == tree.keys():
        return [dim for key in tree for dim in _spread(dims[key], tree[key], name)]
    if name == "out_dims" and isinstance(dims, tuple) and len(dims) == 1 and isinstance(tree, Core):
        return list(dims)
    if isinstance(dims, (tuple, list)) and isinstance(tree, (tuple, list)):
        if len(dims) == len(tree):
            return [dim for d, part in zip(dims, tree, strict=True) for dim in _spread(d, part, name)]
        what = "argument" if name == "in_dims" else "result"
        raise ShapeError(f"vmap: wanted {len(tree)} {name}, one per {what}, got {len(dims)}")
    raise ShapeError(f"vmap: {name} is not compatible with the structure of what it is for: {dims!r}")


def _mapped(x: Any, dim: int | None) -> Any:
    """An argument that can be mapped over `dim`."""
    if dim is None:
        return x
    if not isinstance(x, (Core, np.ndarray)):
        raise ShapeError(
            f"vmap: Got in_dim={dim} for an input but the input is of type {type(x).__name__}. We cannot vmap over "
            "non-Tensor arguments, please use None as the respective in_dim"
        )
    x = operand(x)
    ndim = x._array.ndim
    if not -ndim <= dim < ndim:
        raise ShapeError(
            f"vmap: Got in_dim={dim} for some input, but that input is a Tensor of dimensionality {ndim} so expected "
            f"in_dim to satisfy -{ndim} <= in_dim < {ndim}"
        )
    return x


def _made_up(x: Any) -> Any:
    """A slice where there is none: ones, and twos on the diagonal, so that logarithms and inverses exist."""
    shape = tuple(x._array.shape[1:])
    if x._array.dtype.kind != "f":
        return wrap(np.zeros((1, *shape), x._array.dtype))
    values = np.ones(shape, x._array.dtype)
    if len(shape) > 1:
        values = values + np.eye(*shape[-2:], dtype=values.dtype)
    return (x.sum(0) + wrap(values)).unsqueeze(0)  # an empty sum, so that the result is tracked if x is


def _emptied(z: Any, dim: int, leaves: list[Any]) -> Any:
    """A result without slices, of the shape and dtype of one with a made-up slice, whose gradients by all that it
    depends on are 0: whatever the derivatives at the made-up slice may be."""
    shape = list(z._array.shape)
    shape[dim] = 0
    out = wrap(np.zeros(shape, z._array.dtype))
    if z._node is None or z._array.dtype.kind != "f":
        return out
    for x in (*leaves, *leaves_behind(z)):
        if isinstance(x, Core) and x._node is not None:
            out = out + x.flatten()[:0].sum().to(out.dtype)  # type: ignore[attr-defined]
    return out


def check_randomness(name: str, randomness: str) -> None:
    """Raise SettingError unless `randomness` is one of the three words."""
    if randomness not in ("error", "different", "same"):
        raise SettingError(f"{name}: wanted randomness 'error', 'different' or 'same', got {randomness!r}")


def check_chunk(name: str, chunk_size: int | None) -> None:
    """Raise SettingError unless `chunk_size` is None or a number of slices."""
    if chunk_size is not None and chunk_size <= 0:
        raise SettingError(f"{name}: chunk_size should be None or greater than 0, got {chunk_size}")
