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
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..custom import Function
from ..modes import state
from ..tensors.core import Core
from ..tracing import leaves_of, rebuild
from .boxes import ArrayBox, box, holds, nest, result, values
from .spaces import vspace

Rules = Callable[[tuple[int, ...], Any, tuple[Any, ...], dict[str, Any]], Callable[[Any], Iterator[Any]]]

rules: dict[Callable[..., Any], Rules] = {}
"""Primitive -> what makes of (argnums, ans, args, kwargs) the function from a cotangent to those of the arguments."""


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
        look = box if recorded else _array  # nobody will differentiate again: plain NumPy
        args, kwargs = _filled(ctx.given, look, saved[: ctx.count])
        ans = _filled(ctx.outputs, look, saved[ctx.count :])
        g = _filled(ctx.outputs, look, cotangents)
        numbers = tuple(number for number, x in enumerate(ctx.given[0]) if _places(x))
        make = rules.get(ctx.primitive)
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


def _output(z: Any) -> Any:
    array = np.asarray(z)
    return result(array) if array.dtype.kind == "f" else z


class Primitive:
    """A function that is recorded as one operation: what `primitive` makes of it."""

    def __init__(self, function: Callable[..., Any]) -> None:
        functools.update_wrapper(self, function)
        self.raw = function

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not holds(args) and not holds(kwargs):
            return self.raw(*args, **kwargs)
        if holds(kwargs):
            raise TypeError(f"{self.__name__}: values that gradients depend on are passed by position, not by name")  # type: ignore[attr-defined]
        leaves = [x._tensor for x in leaves_of(args) if type(x) is ArrayBox]
        given = nest(lambda x: _HERE if type(x) is ArrayBox else x, args), kwargs
        shaped: list[Any] = []
        outputs = _Call.apply(self, given, shaped, *leaves)
        parts = list(outputs) if isinstance(outputs, tuple) else [outputs]
        return rebuild(shaped[0], [box(part) if isinstance(part, Core) else part for part in parts])

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else functools.partial(self, instance)

    # the way before `defvjp`, which old programs still use

    def defgrad(self, gradmaker: Callable[..., Any], argnum: int = 0) -> None:
        """Old way to give a rule: gradmaker(ans, *args) returns the function from g to the cotangent."""
        _add(self, argnum, gradmaker)

    def defvjp(self, rule: Callable[..., Any], argnum: int = 0) -> None:
        """Old way to give a rule: rule(g, ans, space of the argument, space of the result, *args)."""

        def maker(ans: Any, *args: Any, **kwargs: Any) -> Callable[[Any], Any]:
            return lambda g: rule(g, ans, vspace(values(args[argnum])), vspace(values(ans)), *args, **kwargs)

        _add(self, argnum, maker)

    def defvjp_is_zero(self, argnums: Any = (0,)) -> None:
        """Old way to say that results do not depend on arguments."""
        for argnum in argnums:
            _add(self, argnum, None)


def primitive(function: Callable[..., Any]) -> Primitive:
    """Make a function on arrays an operation of its own; its rules are given with `defvjp`."""
    return Primitive(function)


def notrace_primitive(function: Callable[..., Any]) -> Callable[..., Any]:
    """Make a function one that gets plain arrays, and gives plain arrays: no gradient flows through it."""

    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        return function(*plain(args), **plain(kwargs))

    return run


def plain(x: Any) -> Any:
    """Arguments with plain arrays and numbers in place of boxes."""
    return nest(lambda part: part._value if type(part) is ArrayBox else part, x)


# ---------------------------------------------------------------------------------------------------------------- rules

_single: dict[Any, dict[int, Any]] = {}


def _add(function: Any, argnum: int, maker: Any) -> None:
    makers = _single.setdefault(function, {})
    makers[argnum] = maker

    def of(numbers: tuple[int, ...], ans: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        pulls = []
        for number in numbers:
            if number not in makers:
                raise NotImplementedError(f"VJP of {function.__name__} wrt argnum {number} not defined")
            rule = makers[number]
            pulls.append(_zero(args[number]) if rule is None else rule(ans, *args, **kwargs))
        return lambda g: (pull(g) for pull in pulls)

    rules[function] = of


def _zero(x: Any) -> Callable[[Any], Any]:
    return lambda g: vspace(plain(x)).zeros()


def defvjp(function: Any, *makers: Any, argnums: Any = None) -> None:
    """Give the rules of a primitive, one for each argument: rule(ans, *args, **kwargs) returns pull(g).

    None says that the result does not depend on the argument; `argnums` says which arguments, if not the first ones.
    """
    _wanted("defvjp", function)
    for argnum, maker in zip(itertools.count() if argnums is None else argnums, makers):
        if maker is not None and not callable(maker):
            raise TypeError(
                f"defvjp: wanted functions or None, got {maker!r} for argument {argnum} of {function.__name__}"
            )
        _add(function, argnum, maker)


def defvjp_argnum(function: Any, maker: Callable[..., Any]) -> None:
    """Give one rule for all arguments of a primitive: rule(argnum, ans, args, kwargs) returns pull(g)."""
    _wanted("defvjp_argnum", function)

    def of(numbers: tuple[int, ...], ans: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        pulls = [maker(number, ans, args, kwargs) for number in numbers]
        return lambda g: (pull(g) for pull in pulls)

    rules[function] = of


def defvjp_argnums(function: Any, maker: Callable[..., Any]) -> None:
    """Give one rule for all arguments of a primitive at once: rule(argnums, ans, args, kwargs) returns pull(g), which
    gives a sequence."""
    _wanted("defvjp_argnums", function)
    rules[function] = maker


def defjvp(function: Any, *makers: Any, argnums: Any = None) -> None:
    """Take forward rules of a primitive: rule(g, ans, *args, **kwargs), "same", or None.

    Forward derivatives are computed from the rules of `defvjp`, by pulling back twice, so these are not needed.
    """
    _wanted("defjvp", function)


def defjvp_argnum(function: Any, maker: Callable[..., Any]) -> None:
    """Take one forward rule for all arguments of a primitive; see `defjvp`."""
    _wanted("defjvp_argnum", function)


defjvp_argnums = defjvp_argnum


def def_linear(function: Any) -> None:
    """Say that a primitive is linear in all its arguments; see `defjvp`."""
    defjvp_argnum(
        function, lambda argnum, g, ans, args, kwargs: function(*args[:argnum], g, *args[argnum + 1 :], **kwargs)
    )


def _wanted(name: str, function: Any) -> None:
    if not isinstance(function, Primitive):
        raise TypeError(
            f"{name}: wanted a function made with @primitive, got {getattr(function, '__name__', function)!r}. NumPy's "
            "functions keep their rules; to use another one, wrap the function in a primitive of your own"
        )


# ------------------------------------------------------------------------------------------------- questions and values


def isbox(x: Any) -> bool:
    """Is `x` a value that a gradient depends on?"""
    return type(x) is ArrayBox


def getval(x: Any) -> Any:
    """The plain array or number behind a value, through which no gradient flows."""
    return x._value if type(x) is ArrayBox else x
