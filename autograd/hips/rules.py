"""`defvjp`, `defjvp` and their relatives: the rules of primitives, backward and forward."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

from .boxes import plain
from .spaces import vspace
from .walks import make_vjp_of

Rules = Callable[[tuple[int, ...], Any, tuple[Any, ...], dict[str, Any]], Callable[[Any], Iterator[Any]]]

rules: dict[Callable[..., Any], Rules] = {}
"""Primitive -> what makes of (argnums, ans, args, kwargs) the function from a cotangent to those of the arguments."""

forward_rules: dict[Callable[..., Any], Callable[..., Any]] = {}
"""Primitive -> rule(argnum, g, ans, args, kwargs): how the result changes along a change g of an argument."""

linear: dict[Callable[..., Any], set[int]] = {}
"""Primitive -> the arguments in which it is linear, so that such a rule is the primitive itself."""

_single: dict[Any, dict[int, Any]] = {}


def add(function: Any, argnum: int, maker: Any) -> None:
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
        add(function, argnum, maker)


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
    """Give forward rules of a primitive, one for each argument: rule(g, ans, *args, **kwargs), "same", or None.

    "same" says that the primitive is linear in the argument. Forward derivatives are computed by pulling back twice,
    so these count only for a primitive without rules by `defvjp`: its rules are then what these are turned round.
    """
    _wanted("defjvp", function)
    given = dict(zip(itertools.count() if argnums is None else argnums, makers))

    def along(number: int, g: Any, ans: Any, args: Any, kwargs: Any) -> Any:
        if number not in given:
            raise NotImplementedError(f"JVP of {function.__name__} wrt argnum {number} not defined")
        rule = given[number]
        if rule == "same":
            return function(*args[:number], g, *args[number + 1 :], **kwargs)
        return vspace(plain(ans)).zeros() if rule is None else rule(g, ans, *args, **kwargs)

    forward_rules[function] = along
    linear[function] = {number for number, rule in given.items() if rule == "same"}


def defjvp_argnum(function: Any, maker: Callable[..., Any]) -> None:
    """Give one forward rule for all arguments of a primitive: rule(argnum, g, ans, args, kwargs); see `defjvp`."""
    _wanted("defjvp_argnum", function)
    forward_rules[function] = maker


def defjvp_argnums(function: Any, maker: Callable[..., Any]) -> None:
    """The same for all at once: rule(argnums, gs, ans, args, kwargs), which gives the sum; see `defjvp`."""
    _wanted("defjvp_argnums", function)
    forward_rules[function] = lambda number, g, *rest: maker((number,), (g,), *rest)


def def_linear(function: Any) -> None:
    """Say that a primitive is linear in all its arguments; see `defjvp`."""
    defjvp(function, *["same"] * 32)


def _by_columns(space: Any, image: Any, linear_map: Callable[[Any], Any], g: Any) -> Any:
    """g times the matrix of a linear map, from its columns: all that is known of a primitive that is linear itself."""
    total = space.zeros()
    for one in space.standard_basis():
        total = space.add(total, space.scalar_mul(one, image.inner_prod(g, linear_map(one))))
    return total


def turned_round(function: Any) -> Rules | None:
    """Rules of a primitive that has forward ones alone: these are linear in g, so they are pulled back themselves."""
    along = forward_rules.get(function)
    if along is None:
        return None

    def of(numbers: tuple[int, ...], ans: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        def turned(number: int) -> Callable[[Any], Any]:
            space = vspace(plain(args[number]))
            if number not in linear.get(function, ()):
                return make_vjp_of(lambda g: along(number, g, ans, args, kwargs), space.zeros())[0]
            return lambda g: _by_columns(space, vspace(plain(ans)), lambda e: along(number, e, ans, args, kwargs), g)

        pulls = [turned(number) for number in numbers]
        return lambda g: (pull(g) for pull in pulls)

    return of


def _wanted(name: str, function: Any) -> None:
    if not hasattr(function, "raw"):
        raise TypeError(
            f"{name}: wanted a function made with @primitive, got {getattr(function, '__name__', function)!r}. NumPy's "
            "functions keep their rules; to use another one, wrap the function in a primitive of your own"
        )
