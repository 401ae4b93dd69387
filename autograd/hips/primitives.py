"""`primitive` and `defvjp`: functions of one's own on NumPy arrays, with their rules.

>>> import autograd.numpy as np
>>> from autograd import grad
>>> from autograd.extend import defvjp, primitive
>>> @primitive
... def logsumexp(x):
...     top = np.max(x)
...     return top + np.log(np.sum(np.exp(x - top)))
>>> defvjp(logsumexp, lambda ans, x: lambda g: g * np.exp(x - ans))
>>> print(grad(logsumexp)(np.array([0.0, 0.0])))
[0.5 0.5]

A primitive computes with plain arrays; what happens inside is not recorded. Its rule gets the result and the arguments,
and returns a function from the cotangent of the result to that of the argument. Second derivatives work if the rule is
written with the functions of `autograd.numpy`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from ..custom import Function
from ..modes import state
from ..tensors.core import Core
from ..tracing import leaves_of, rebuild
from .boxes import ArrayBox, box, nest, plain, result, values
from .kinds import Box, boxed, known
from .rules import add, rules, turned_round
from .spaces import vspace


class _Call(Function):
    """One call of a primitive on the tape. The leaves of its arguments are the inputs of the record."""

    @staticmethod
    def forward(ctx: Any, primitive: Any, given: Any, shaped: list[Any], *leaves: Any) -> Any:
        plain = iter(leaves)
        args, kwargs = nest(lambda part: next(plain)._array[()] if part is _HERE else part, given)
        outputs = nest(_output, primitive.raw(*args, **kwargs))
        shaped.append(outputs)
        parts = leaves_of(outputs)
        ctx.primitive, ctx.given, ctx.count = primitive, given, len(leaves)
        ctx.outputs = nest(lambda z: _HERE if isinstance(z, Core) else z, outputs)
        ctx.save_for_backward(*leaves, *[z for z in parts if isinstance(z, Core)])
        return tuple(parts) if len(parts) != 1 else parts[0]

    @staticmethod
    def backward(ctx: Any, *cotangents: Any) -> Any:
        each = getattr(state.interpreter, "each", None)
        if each is not None:  # of mapped values: rules may be plain NumPy, so it is done slice by slice
            saved = len(ctx.saved_tensors)
            return each(
                lambda *given: _Call.pulled(ctx, given[:saved], given[saved:]), (*ctx.saved_tensors, *cotangents)
            )
        return _Call.pulled(ctx, ctx.saved_tensors, cotangents)

    @staticmethod
    def pulled(ctx: Any, saved: Any, cotangents: Any) -> Any:
        """The cotangents of the arguments."""
        recorded = state.tape is not None or state.interpreter is not None
        look = _box if recorded else _array  # nobody will differentiate again: plain NumPy
        args, kwargs = _filled(ctx.given, look, saved[: ctx.count])
        ans = _filled(ctx.outputs, look, saved[ctx.count :])
        g = _filled(ctx.outputs, look, cotangents)
        numbers = tuple(number for number, x in enumerate(ctx.given[0]) if _places(x))
        make = rules.get(ctx.primitive) or turned_round(ctx.primitive)
        if make is None:
            raise NotImplementedError(
                f"VJP of {ctx.primitive.__name__} wrt argnums {numbers} not defined: give its rules with defvjp"
            )
        found: list[Any] = []
        for number, gradient in zip(numbers, make(numbers, ans, args, kwargs)(g)):
            places, parts = leaves_of(ctx.given[0][number]), leaves_of(gradient)
            if len(parts) != len(places):
                raise ValueError(
                    f"{ctx.primitive.__name__}: rule of argument {number}: got {len(parts)} arrays for {len(places)}"
                )
            found += [result(part) for part, place in zip(parts, places) if place is _HERE]
        return (None, None, None, *found)


_HERE = object()
"""Stands in the arguments of a call where a box was."""


def _places(x: Any) -> int:
    return sum(part is _HERE for part in leaves_of(x))


def _filled(tree: Any, look: Callable[[Any], Any], tensors: Any) -> Any:
    """A nest with look(tensor) at each place where a box was."""
    rest = iter(tensors)
    return nest(lambda part: look(next(rest)) if part is _HERE else part, tree)


def _array(tensor: Any) -> Any:
    return tensor._array[()]


def _box(tensor: Any) -> Any:
    return box(tensor) if tensor._array.dtype.kind != "O" else boxed(tensor) if tensor._node else _array(tensor)


def _output(z: Any) -> Any:
    if known(z):
        return result(z)
    array = np.asarray(z)
    return result(array) if array.dtype.kind == "f" else z


def _holds(x: Any) -> bool:
    """Is there a box in a nest of arguments, of whatever kind?"""
    if isinstance(x, (tuple, list)):
        return any(map(_holds, x))
    return any(map(_holds, x.values())) if isinstance(x, dict) else isinstance(x, Box)


class Primitive:
    """A function that is recorded as one operation: what `primitive` makes of it."""

    def __init__(self, function: Callable[..., Any]) -> None:
        functools.update_wrapper(self, function)
        self.raw = function

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not _holds(args) and not _holds(kwargs):
            return self.raw(*args, **kwargs)
        if _holds(kwargs):
            raise TypeError(f"{self.__name__}: values that gradients depend on are passed by position, not by name")  # type: ignore[attr-defined]
        leaves = [x._tensor for x in leaves_of(args) if isinstance(x, Box)]
        given = nest(lambda x: _HERE if isinstance(x, Box) else x, args), kwargs
        shaped: list[Any] = []
        outputs = _Call.apply(self, given, shaped, *leaves)
        parts = list(outputs) if isinstance(outputs, tuple) else [outputs]
        return rebuild(shaped[0], [_box(part) if isinstance(part, Core) else part for part in parts])

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else functools.partial(self, instance)

    # the way before `defvjp`, which old programs still use

    def defgrad(self, gradmaker: Callable[..., Any], argnum: int = 0) -> None:
        """Old way to give a rule: gradmaker(ans, *args) returns the function from g to the cotangent."""
        add(self, argnum, gradmaker)

    def defvjp(self, rule: Callable[..., Any], argnum: int = 0) -> None:
        """Old way to give a rule: rule(g, ans, space of the argument, space of the result, *args)."""

        def maker(ans: Any, *args: Any, **kwargs: Any) -> Callable[[Any], Any]:
            return lambda g: rule(g, ans, vspace(values(args[argnum])), vspace(values(ans)), *args, **kwargs)

        add(self, argnum, maker)

    def defvjp_is_zero(self, argnums: Any = (0,)) -> None:
        """Old way to say that results do not depend on arguments."""
        for argnum in argnums:
            add(self, argnum, None)


def primitive(function: Callable[..., Any]) -> Primitive:
    """Make a function on arrays an operation of its own; its rules are given with `defvjp`."""
    return Primitive(function)


def notrace_primitive(function: Callable[..., Any]) -> Callable[..., Any]:
    """Make a function one that gets plain arrays, and gives plain arrays: no gradient flows through it."""

    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        return function(*plain(args), **plain(kwargs))

    return run


# ------------------------------------------------------------------------------------------------- questions and values


def isbox(x: Any) -> bool:
    """Is `x` a value that a gradient depends on?"""
    return type(x) is ArrayBox or isinstance(x, Box)


def getval(x: Any) -> Any:
    """The plain array or number behind a value, through which no gradient flows."""
    return x._value if isinstance(x, Box) else x
