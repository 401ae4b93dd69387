"""Values that rules compute with: NumPy's functions on them become nodes of a graph.

A rule is written in NumPy's functions and in other ops, so that it runs on arrays and on Tensors. A `Symbol` is a third
thing that it runs on. What a graph has no node for raises `UnknownError`: then the rule runs on arrays, as it is.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from . import scalar
from .graph import Graph
from .known import NUMPY, OPS, UFUNCS
from .values import BOOL, Value


class UnknownError(Exception):
    """A graph has no node for this."""


class Wanted(NamedTuple):
    """What the tables of known steps ask a step for."""

    name: str
    shapes: tuple[Any, ...]
    dtypes: tuple[Any, ...]
    kept: tuple[int, ...] = ()


_ABOUT = {np.shape: lambda x: x.shape, np.ndim: lambda x: x.ndim, np.size: lambda x: x.size}
_TRUTHS = {"eq", "ne", "lt", "le", "gt", "ge", "isnan", "logical_not", "logical_and", "logical_or", "logical_xor"}


class Symbol(NDArrayOperatorsMixin):
    """A value of a graph, with the face of an array."""

    __slots__ = ("graph", "value")

    def __init__(self, graph: Graph, value: Value) -> None:
        self.graph = graph
        self.value = value

    # -- what is known of it

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape

    @property
    def dtype(self) -> Any:
        return self.value.dtype

    @property
    def ndim(self) -> int:
        return len(self.value.shape)

    @property
    def size(self) -> int:
        return self.value.size

    @property
    def itemsize(self) -> int:
        return self.value.dtype.itemsize

    def __len__(self) -> int:
        return self.value.shape[0]

    def _asked(self, *_: Any) -> Any:
        raise UnknownError("the value itself")

    __bool__ = __float__ = __int__ = __index__ = __iter__ = __array__ = __setitem__ = _asked

    # -- NumPy

    def __array_ufunc__(self, ufunc: np.ufunc, how: str, *args: Any, **kwargs: Any) -> Any:
        name = f"np.{ufunc.__name__}"
        return numpy_call(self.graph, name if how == "__call__" else f"{name}.{how}", args, kwargs)

    def __array_function__(self, function: Callable[..., Any], types: Any, args: Any, kwargs: Any) -> Any:
        if function in _ABOUT:
            return _ABOUT[function](*args)
        if function in (np.zeros_like, np.ones_like) and not kwargs and len(args) == 1:
            (x,) = args
            number = self.graph.constant(int(function is np.ones_like), x.dtype)
            return Symbol(self.graph, self.graph.expand(number, x.shape))
        return numpy_call(self.graph, f"np.{function.__name__}", args, kwargs)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or not hasattr(np.ndarray, name):
            raise AttributeError(name)
        return lambda *args, **kwargs: numpy_call(self.graph, f"ndarray.{name}", (self, *args), kwargs)

    def __getitem__(self, index: Any) -> Any:
        return numpy_call(self.graph, "ndarray.__getitem__", (self, index), {})

    @property
    def T(self) -> Symbol:  # noqa: N802 - NumPy's name
        return Symbol(self.graph, self.graph.transpose(self.value, tuple(reversed(range(self.ndim)))))

    @property
    def mT(self) -> Symbol:  # noqa: N802
        axes = (*range(self.ndim - 2), self.ndim - 1, self.ndim - 2)
        return Symbol(self.graph, self.graph.transpose(self.value, axes))

    def astype(self, dtype: Any) -> Symbol:
        return self._apply(_To, self, dtype=dtype)

    # -- ops called on arrays

    def _apply(self, op: Any, *inputs: Any, **settings: Any) -> Any:
        return op_call(self.graph, op.name, inputs, settings)


class _To:
    name = "to"


def _values(graph: Graph, nest: Any) -> Any:
    """Symbols as their values, arrays as constants; numbers stay numbers."""
    if isinstance(nest, Symbol):
        return nest.value
    if type(nest) is np.ndarray or isinstance(nest, np.generic):
        return graph.constant(nest)
    if type(nest) in (tuple, list):
        return type(nest)([_values(graph, each) for each in nest])
    return nest


def _found(graph: Graph, found: Any) -> Any:
    if found is None:
        raise UnknownError
    if isinstance(found, list):
        return tuple([Symbol(graph, each) for each in found])
    return Symbol(graph, found)


def _result(name: str, operands: list[Any]) -> Any:
    """The dtype that NumPy's function of that name gives."""
    if name in _TRUTHS:
        return BOOL
    if name == "where":
        operands = operands[1:]
    dtype = np.result_type(*[x.dtype if isinstance(x, Value) else x for x in operands])
    if (
        name not in scalar.EXACT
        and name not in ("maximum", "minimum", "where", "neg", "abs", "sign")
        and dtype.kind != "f"
    ):
        raise UnknownError(f"{name} of {dtype}")
    return dtype


def numpy_call(graph: Graph, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A function or method of NumPy's, by name."""
    given = _values(graph, args)
    settings = {key: _values(graph, value) for key, value in kwargs.items()}
    own = NUMPY.get(name)
    first = next((x for x in given if isinstance(x, Value)), None)
    if own is not None and first is not None:
        step = Wanted(name, (_shape(name, first, given),), (first.dtype,))
        return _found(graph, own(graph, step, *given, **settings))
    known = UFUNCS.get(name)
    if known is None or settings:
        raise UnknownError(name)
    if known == "pow_number":
        if isinstance(given[1], Value):
            raise UnknownError(name)
        return op_call(graph, known, args[:1], {"exponent": given[1]})
    if not all(isinstance(x, (Value, int, float)) for x in given):
        raise UnknownError(name)
    if known in ("bitwise_and", "bitwise_or", "bitwise_xor") and all(isinstance(x, Value) for x in given):
        known = known.replace("bitwise", "logical")
    return _found(graph, scalar.lower(graph, known, list(given), {}, _result(known, list(given))))


def _shape(name: str, x: Value, args: tuple[Any, ...]) -> tuple[int, ...]:
    """The shape that a call asks for, where it does."""
    if name == "np.broadcast_to":
        return tuple(args[1])
    if not name.endswith("reshape"):
        return ()
    wanted = args[1:] if not isinstance(args[1], (tuple, list)) else tuple(args[1])
    rest = math.prod([n for n in wanted if n != -1])
    return tuple([n if n != -1 else x.size // max(rest, 1) for n in wanted])


def op_call(graph: Graph, name: str, inputs: tuple[Any, ...], settings: dict[str, Any]) -> Any:
    """An op, by name."""
    given = [_values(graph, x) for x in inputs]
    settings = {key: _values(graph, value) for key, value in settings.items()}
    operands = [x for x in given if isinstance(x, Value)]
    if not operands:
        raise UnknownError(name)
    own = OPS.get(name)
    dtype = operands[0].dtype
    if own is not None:
        return _found(graph, own(graph, Wanted(name, ((),), (dtype,)), *given, **settings))
    if name == "to":
        return _found(graph, scalar.lower(graph, name, given, {}, settings["dtype"]))
    if name not in scalar.FORMULAS:
        raise UnknownError(name)
    plain = [x for x in given if isinstance(x, (Value, int, float))]
    if len(plain) != len(given):
        raise UnknownError(name)
    if name == "keep":
        plain = plain[:1]
    return _found(graph, scalar.lower(graph, name, given, settings, _result(name, plain)))
