"""NumPy's functions for programs that speak NumPy: on plain arrays NumPy itself, on boxes the rules of Tensors."""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from .boxes import ArrayBox, box, call, holds, stacked, straight, tensors, values
from .direct import alone

_PLAIN = (np.shape, np.ndim, np.size, np.result_type, np.iscomplexobj, np.isrealobj, np.isscalar, np.issubdtype)
"""Functions of NumPy's that ask for what no gradient flows through: they are given the arrays."""


_OF_UFUNCS = (
    "accumulate",
    "at",
    "identity",
    "nargs",
    "nin",
    "nout",
    "outer",
    "reduce",
    "reduceat",
    "signature",
    "types",
)
"""What NumPy's ufuncs have, and their counterparts of `autograd.numpy` have, too."""


def wrapped(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of NumPy's that takes boxes, too."""
    if function in _PLAIN:

        @functools.wraps(function)
        def plain(*args: Any, **kwargs: Any) -> Any:
            return function(*values(args), **values(kwargs))

        return plain

    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        for x in args:
            kind = type(x)
            if kind is ArrayBox or ((kind is tuple or kind is list) and holds(x)):
                return call(function, args, kwargs) if kwargs else straight(function, args)
        if kwargs and holds(kwargs):
            return call(function, args, kwargs)
        return function(*args, **kwargs)

    ours = alone.get(function)
    found = run if ours is None else _of_one(function, ours, run)
    if isinstance(function, np.ufunc):  # its methods find boxes by themselves
        for name in _OF_UFUNCS:
            setattr(found, name, getattr(function, name))
    return found


def _of_one(function: Callable[..., Any], ours: Callable[..., Any], others: Callable[..., Any]) -> Callable[..., Any]:
    """A function whose argument most often is a box, and alone."""

    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        if len(args) == 1 and not kwargs and type(args[0]) is ArrayBox:
            z = ours(args[0]._tensor)
            return z._array[()] if z._node is None else ArrayBox(z)
        return others(*args, **kwargs)

    return run


def namespace(module: ModuleType, into: dict[str, Any], own: dict[str, Any]) -> Callable[[str], Any]:
    """A module's `__getattr__`: the names of one of NumPy's modules, made when they are first asked for.

    into   the `globals()` of the module that is to have them
    own    what it has in their place
    """

    def find(name: str) -> Any:
        if name in own:
            found = own[name]
        else:
            theirs = getattr(module, name)  # NumPy's own words for what it does not have
            is_function = callable(theirs) and not isinstance(theirs, (type, ModuleType))
            if isinstance(theirs, type) and issubclass(theirs, np.integer) and not issubclass(theirs, np.timedelta64):
                found = _integer(theirs)
            else:
                found = wrapped(theirs) if is_function and not name.startswith("_") else theirs
        into[name] = found
        return found

    return find


def _integer(kind: type) -> type:
    """A type of integers that can be made of a box: whole numbers have no gradient, so its value is taken."""

    def make(cls: type, x: Any = 0, *rest: Any) -> Any:
        return kind(values(x), *rest)

    return type(kind.__name__, (kind,), {"__new__": make, "__doc__": kind.__doc__})


# ------------------------------------------------------------------------------------------- what NumPy cannot dispatch


def where(condition: Any, x: Any = None, y: Any = None) -> Any:
    """`numpy.where`; its arguments may be named. Between two Python objects a single condition chooses one of them."""
    if x is None and y is None:
        return np.where(values(condition))
    plain = (bool, np.bool_)
    if isinstance(condition, plain) and not any(isinstance(z, (np.ndarray, np.generic, ArrayBox)) for z in (x, y)):
        return x if condition else y
    return call(np.where, (values(condition), x, y), {}) if holds(x) or holds(y) else np.where(values(condition), x, y)


def array(x: Any, *args: Any, **kwargs: Any) -> Any:
    """`numpy.array`, of nested lists of boxes, too."""
    if not holds(x):
        return np.array(x, *args, **kwargs)
    out = stacked(tensors(x))
    dtype = args[0] if args else kwargs.get("dtype")
    if dtype is not None:
        out = out.to(np.dtype(dtype))
    while out._array.ndim < kwargs.get("ndmin", 0):
        out = out[None]
    return box(out.clone() if type(x) is ArrayBox else out)


def asarray(x: Any, *args: Any, **kwargs: Any) -> Any:
    """`numpy.asarray`, of nested lists of boxes, too."""
    if type(x) is ArrayBox and not args and not kwargs:
        return x
    return array(x, *args, **kwargs) if holds(x) else np.asarray(x, *args, **kwargs)


def _arrays(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that makes an array of what it is given: of a box, a box."""

    @functools.wraps(function)
    def run(x: Any, *args: Any, **kwargs: Any) -> Any:
        if not holds(x):
            return function(x, *args, **kwargs)
        plain = function(values(x))  # does it object to the numbers?
        return asarray(x, *args, **kwargs).reshape(plain.shape)

    return run


def _joins(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that joins arrays, which may come from a generator or another iterator."""
    run = wrapped(function)

    @functools.wraps(function)
    def joined(parts: Any, *args: Any, **kwargs: Any) -> Any:
        return run(parts if hasattr(parts, "__getitem__") else list(parts), *args, **kwargs)

    return joined


def full(shape: Any, fill_value: Any, dtype: Any = None, order: str = "C", **options: Any) -> Any:
    """`numpy.full`, with a value that gradients depend on, too."""
    if not holds(fill_value):
        return np.full(shape, fill_value, dtype, order, **options)  # type: ignore[call-overload]
    z = call(np.broadcast_to, (fill_value, (shape,) if isinstance(shape, int) else tuple(shape)), {})
    return z if dtype is None else z.astype(dtype)


def full_like(
    a: Any, fill_value: Any, dtype: Any = None, order: str = "K", subok: bool = True, shape: Any = None
) -> Any:
    """`numpy.full_like`, with a value that gradients depend on, too."""
    wanted = np.asarray(values(a))
    return full(wanted.shape if shape is None else shape, fill_value, wanted.dtype if dtype is None else dtype)


class _Indexed:
    """`r_` and `c_` with boxes among what is joined."""

    def __init__(self, theirs: Any, column: bool) -> None:
        self._theirs, self._column = theirs, column

    def __getitem__(self, parts: Any) -> Any:
        if not holds(parts):
            return self._theirs[parts]
        parts = parts if isinstance(parts, tuple) else (parts,)
        if any(isinstance(part, str) for part in parts):
            raise TypeError("r_ and c_: directives in words are not supported with values that gradients depend on")
        arrays = [self._theirs[part] if isinstance(part, slice) else part for part in parts]
        arrays = [x if type(x) is ArrayBox else asarray(x) for x in arrays]
        if self._column:
            arrays = [x[:, None] if x.ndim == 1 else x.reshape(1, 1) if not x.ndim else x for x in arrays]
            return call(np.concatenate, (arrays,), {"axis": -1})
        ndim = max(x.ndim for x in arrays)
        return call(np.concatenate, ([x.reshape((1,) * (max(ndim, 1) - x.ndim) + x.shape) for x in arrays],), {})


def make_diagonal(x: Any, offset: int = 0, axis1: int = -1, axis2: int = -2) -> Any:
    """Matrices with the last axis of `x` on their diagonals: `numpy.diagonal` of the last two axes turned round."""
    if (offset, axis1, axis2) != (0, -1, -2):
        raise NotImplementedError("make_diagonal: wanted offset=0, axis1=-1, axis2=-2")
    return x[..., None] * np.eye(np.shape(values(x))[-1])


own: dict[str, Any] = {
    "array": array,
    "asarray": asarray,
    **{each.__name__: _arrays(each) for each in (np.asanyarray, np.asarray_chkfinite, np.asfortranarray)},
    "full": full,
    "full_like": full_like,
    "where": where,
    "r_": _Indexed(np.r_, column=False),
    "c_": _Indexed(np.c_, column=True),
    "make_diagonal": make_diagonal,
    "row_stack": _joins(np.vstack),
    **{each.__name__: _joins(each) for each in (np.vstack, np.hstack, np.dstack, np.column_stack, np.stack)},
    **{name: _joins(np.concatenate) for name in ("concatenate", "concat")},
    "numpy_version": np.__version__,
}
"""What `autograd.numpy` has in the place of NumPy's own, or beside it."""
