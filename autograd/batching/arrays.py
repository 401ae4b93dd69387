"""NumPy's functions on arrays that are mapped over: what code of the library computes beside its operations.

Those that work element by element, reduce or rearrange run once, on arrays with one more axis in front. The others run
slice by slice.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import GraphError, ShapeError
from ..tensors.core import wrap
from .mapped import Mapped, exchanged, mapped_in, named, refused


def computed(batch: Any, function: Any, args: Any, kwargs: Any) -> Any:
    """function(*args, **kwargs) for all slices."""
    out = kwargs.get("out")
    out = out[0] if type(out) is tuple and len(out) == 1 else out
    if batch.holds(out) and type(out) is Mapped:
        found = computed(batch, function, args, {k: x for k, x in kwargs.items() if k != "out"})
        out[...] = found
        return out
    if out is not None and any(x is not None for x in mapped_in((args, kwargs))):
        raise GraphError(
            f"vmap: np.{function.__name__} cannot write what differs between the slices into an array that is not "
            "mapped over"
        )
    name = getattr(function, "__name__", "")
    rule = _RULES.get(name)
    if rule is None and isinstance(function, np.ufunc) and function.signature is None:
        rule = _elementwise
    result = None if rule is None else rule(batch, function, args, kwargs)
    found = one_by_one(batch, function, args, kwargs) if result is None else _wrapped(batch, result)
    over = _OVER.get(getattr(function, "__self__", None) if name == "reduce" else name)
    if over is not None and type(found) is Mapped:
        found._over = over
    elif isinstance(function, np.ufunc) and type(found) is Mapped and not found.shape:
        given = [x for x in args if batch.holds(x)]
        if all(x._over is not None for x in given):  # a comparison of what was found of all slices
            numbers = [x._over(x._tensor._array) if batch.holds(x) else x for x in args]
            found._over = lambda array: function(*numbers)
    return found


_OVER: dict[Any, Any] = {np.maximum: np.max, np.minimum: np.min, np.logical_or: np.any, np.logical_and: np.all}
_OVER |= {"any": np.any, "all": np.all, "array_equal": np.all, "max": np.max, "min": np.min}
_OVER |= {"amax": np.max, "amin": np.min}


def _wrapped(batch: Any, result: Any) -> Any:
    if isinstance(result, tuple):
        return tuple([_wrapped(batch, part) for part in result])
    return Mapped(batch, wrap(np.asarray(result)))


def one_by_one(batch: Any, function: Any, args: Any, kwargs: Any) -> Any:
    """The same, slice by slice; the results are stacked."""
    count = max(batch.size, 1)
    results = [
        function(*[batch.slice_of(x, index) for x in args], **{k: batch.slice_of(x, index) for k, x in kwargs.items()})
        for index in range(count)
    ]
    return _stacked(batch, results)


def _stacked(batch: Any, results: list[Any]) -> Any:
    first = results[0]
    if isinstance(first, tuple) and hasattr(first, "_fields"):
        return type(first)(*[_stacked(batch, list(parts)) for parts in zip(*results, strict=True)])
    if isinstance(first, (tuple, list)):
        return type(first)([_stacked(batch, list(parts)) for parts in zip(*results, strict=True)])
    if first is None or isinstance(first, (str, np.dtype, type)):
        return first
    if len({np.shape(x) for x in results}) > 1:
        raise ShapeError(
            "vmap: results would have another shape for each slice "
            f"({', '.join(str(np.shape(x)) for x in results[:3])}, ...): such a function cannot be mapped over"
        )
    return Mapped(batch, wrap(np.stack(results)[: batch.size]))


def aligned(batch: Any, x: Any, ndim: int) -> Any:
    """All slices of a mapped array, with axes of size 1 behind the first so that it has `ndim` of them."""
    array = x._tensor._array
    lead = ndim - array.ndim
    return array if lead <= 0 else array.reshape(array.shape[:1] + (1,) * lead + array.shape[1:])


def _arrays(batch: Any, args: Any, kwargs: Any) -> tuple[Any, Any]:
    """Arguments in which mapped arrays have their first axis in front, aligned for broadcasting."""
    ndim = 1 + max([np.ndim(x) for x in (*args, *kwargs.values()) if isinstance(x, np.ndarray)], default=0)

    def whole(x: Any) -> Any:
        return aligned(batch, x, ndim) if batch.holds(x) else x

    return exchanged(tuple(args), whole), exchanged(kwargs, whole)


def _elementwise(batch: Any, function: Any, args: Any, kwargs: Any) -> Any:
    args, kwargs = _arrays(batch, args, kwargs)
    return function(*args, **kwargs)


def _only_first(batch: Any, args: Any, kwargs: Any) -> Any:
    """All slices of the first argument, if that is all that is mapped."""
    if not args or not batch.holds(args[0]) or any(x._batch is batch for x in mapped_in((args[1:], kwargs))):
        return None
    return args[0]._tensor._array


def moved(axis: Any, ndim: int) -> Any:
    """An axis, or several, of a slice with `ndim` axes: where they are with one more in front."""
    if isinstance(axis, (tuple, list)):
        return tuple([moved(a, ndim) for a in axis])
    if not -ndim <= axis < ndim:
        raise np.exceptions.AxisError(axis, ndim)
    return int(axis) % ndim + 1


def _with_axis(position: int, default: Any, flat: bool = False) -> Callable[..., Any]:
    """Rule of a function with an axis at `position`. `flat`: None stands for the flattened array, not for all axes."""

    def rule(batch: Any, function: Any, args: Any, kwargs: Any) -> Any:
        array = _only_first(batch, args, kwargs)
        if array is None:
            return None
        args, kwargs = list(args), dict(kwargs)
        axis = args[position] if len(args) > position else kwargs.get("axis", default)
        ndim = array.ndim - 1
        if ndim == 0:
            array, axis = array.reshape(-1, 1), 1
        elif axis is None and flat:
            array, axis = array.reshape(len(array), -1), 1
        else:
            axis = moved(tuple(range(ndim)) if axis is None else axis, ndim)
        args[0] = array
        if len(args) > position:
            args[position] = axis
        else:
            kwargs["axis"] = axis
        z = function(*args, **kwargs)
        return z.reshape(-1) if ndim == 0 and z.ndim == 2 else z

    return rule


def _first_only(batch: Any, function: Any, args: Any, kwargs: Any) -> Any:
    """Rule of functions that leave the shape as it is."""
    array = _only_first(batch, args, kwargs)
    return None if array is None else function(array, *args[1:], **kwargs)


def _reshaped(batch: Any, function: Any, args: Any, kwargs: Any) -> Any:
    array = _only_first(batch, args, kwargs)
    shape = kwargs.get("shape", args[1:])
    if array is None or set(kwargs) - {"shape"}:
        return None
    shape = shape[0] if isinstance(shape, tuple) and len(shape) == 1 and isinstance(shape[0], tuple) else shape
    return array.reshape((len(array), *(shape if isinstance(shape, tuple) else (shape,))))


def _flattened(batch: Any, function: Any, args: Any, kwargs: Any) -> Any:
    array = _only_first(batch, args, kwargs)
    return None if array is None or len(args) > 1 or kwargs else array.reshape(len(array), args[0].size)


def _transposed(batch: Any, function: Any, args: Any, kwargs: Any) -> Any:
    array = _only_first(batch, args, {})
    if array is None:
        return None
    axes = kwargs.get("axes", args[1:])
    axes = axes[0] if isinstance(axes, tuple) and len(axes) == 1 and not isinstance(axes[0], int) else axes
    ndim = array.ndim - 1
    return array.transpose((0, *moved(tuple(axes) if axes else tuple(range(ndim))[::-1], ndim)))


def _two_axes(batch: Any, function: Any, args: Any, kwargs: Any) -> Any:
    array = _only_first(batch, args, kwargs)
    if array is None or len(args) != 3:
        return None
    return function(array, moved(args[1], array.ndim - 1), moved(args[2], array.ndim - 1))


def _to_shape(batch: Any, function: Any, args: Any, kwargs: Any) -> Any:
    array = _only_first(batch, args, kwargs)
    if array is None or len(args) != 2:
        return None
    shape = tuple(args[1]) if isinstance(args[1], (tuple, list)) else (args[1],)
    return np.broadcast_to(aligned(batch, args[0], len(shape) + 1), (len(array), *shape))


def _joined(batch: Any, function: Any, args: Any, kwargs: Any) -> Any:
    parts = args[0] if args else kwargs.get("arrays")
    axis = args[1] if len(args) > 1 else kwargs.get("axis", 0)
    if len(args) > 2 or set(kwargs) - {"axis", "arrays"} or axis is None or not isinstance(parts, (tuple, list)):
        return None
    ndim = np.ndim(parts[0]) + (function is np.stack)
    whole = [x._tensor._array if batch.holds(x) else np.broadcast_to(x, (batch.size, *np.shape(x))) for x in parts]
    return function(whole, axis=moved(axis, ndim))


def _picked(batch: Any, function: Any, args: Any, kwargs: Any) -> Any:
    array = _only_first(batch, args, kwargs)
    if array is None:
        if any(x._batch is batch and x.dtype.kind == "b" for x in mapped_in(args[1])):
            raise refused(
                "elements are picked by a mask that is mapped over", "Their number differs: use where(mask, a, b)."
            )
        return None
    parts = args[1] if type(args[1]) is tuple else (args[1],)
    if any(isinstance(part, (np.ndarray, list)) for part in parts) and len(parts) > 1:
        return None
    return array[(slice(None), *parts)]


def _alike(batch: Any, function: Any, args: Any, kwargs: Any) -> Any:
    return _first_only(batch, function, args, kwargs) if not kwargs.get("shape") else None


_RULES: dict[str, Callable[..., Any]] = {
    **named(
        "sum prod mean std var max min amax amin any all nansum nanmax nanmin count_nonzero median ptp",
        _with_axis(1, None),
    ),
    **named("argmax argmin nanargmax nanargmin cumsum cumprod", _with_axis(1, None, flat=True)),
    **named("sort argsort", _with_axis(1, -1)),
    "diff": _with_axis(2, -1),
    **named("reduce accumulate", _with_axis(1, 0)),
    **named("astype view copy __copy__ conj conjugate real imag", _first_only),
    **named("zeros_like ones_like empty_like full_like", _alike),
    **named("clip round isclose where nan_to_num around fix", _elementwise),
    **named("reshape", _reshaped),
    **named("ravel flatten", _flattened),
    "transpose": _transposed,
    **named("swapaxes moveaxis", _two_axes),
    "broadcast_to": _to_shape,
    **named("concatenate stack", _joined),
    "_getitem": _picked,
}
"""Name of a function or a method -> (batch, function, args, kwargs) -> its result with one more axis; None: unknown."""
