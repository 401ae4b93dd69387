"""Derivatives of functions of arrays beside differences: `check_grads(f)(x)` raises if they disagree.

Random directions v: the vector-Jacobian product must agree with the central difference of f along v, and so must the
product in forward mode; then the same of the derivative. A check of every element, which names the wrong operation, is
`autograd.check_grads` for functions of Tensors.
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from .boxes import ArrayBox, values
from .operators import unary_to_nary
from .spaces import vspace
from .walks import make_jvp_of, make_vjp_of

TOL = RTOL = EPS = 1e-6


def scalar_close(a: Any, b: Any) -> bool:
    """Do two numbers agree to 1e-6, absolutely or of their sum?"""
    a, b = values(a), values(b)
    return bool(abs(a - b) < TOL or abs(a - b) / abs(a + b) < RTOL)


def make_numerical_jvp(f: Callable[[Any], Any], x: Any) -> Callable[[Any], Any]:
    """push(v): the central difference of f at x along v."""
    space, image = vspace(x), vspace(f(x))

    def push(v: Any) -> Any:
        above = f(space.add(x, space.scalar_mul(v, EPS / 2)))
        below = f(space.add(x, space.scalar_mul(v, -EPS / 2)))
        return image.scalar_mul(image.add(above, image.scalar_mul(below, -1.0)), 1.0 / EPS)

    return push


def check_equivalent(x: Any, y: Any) -> None:
    """Raise AssertionError unless two values have one structure and agree along a random direction."""
    space, other = vspace(x), vspace(y)
    assert space == other, f"VSpace mismatch:\nx: {space}\ny: {other}"
    v = space.randn()
    assert scalar_close(space.inner_prod(x, v), space.inner_prod(y, v)), f"Value mismatch:\nx: {x}\ny: {y}"


def check_vjp(f: Callable[[Any], Any], x: Any) -> None:
    """Raise AssertionError unless the vector-Jacobian product agrees with a difference."""
    pull, y = make_vjp_of(f, x)
    space, image = vspace(x), vspace(y)
    v, u = space.randn(), image.randn()
    pulled = pull(u)
    assert vspace(pulled) == space, f"the gradient of {_name(f)} has {vspace(pulled)}, its argument {space}"
    exact, numeric = space.inner_prod(v, pulled), image.inner_prod(u, make_numerical_jvp(f, x)(v))
    assert scalar_close(numeric, exact), (
        f"Derivative (VJP) check of {_name(f)} failed with arg {x}:\nanalytic: {exact}\nnumeric:  {numeric}"
    )


def check_jvp(f: Callable[[Any], Any], x: Any) -> None:
    """Raise AssertionError unless the product in forward mode agrees with a difference."""
    v = vspace(x).randn()
    check_equivalent(make_jvp_of(f, x)(v)[1], make_numerical_jvp(f, x)(v))


@unary_to_nary
def check_grads(f: Callable[[Any], Any], x: Any, modes: Any = ("fwd", "rev"), order: int = 2) -> None:
    """check_grads(f, argnum, modes, order)(*args): raise AssertionError unless derivatives agree with differences."""
    if any(mode not in ("fwd", "rev") for mode in modes):
        raise ValueError(f"check_grads: wanted modes 'fwd' and 'rev', got {modes}")
    for mode in modes:
        if mode == "fwd":
            check_jvp(f, x)
            derivative = _named("jvp", f, lambda x, v: make_jvp_of(f, x)(v)[1])
            v = vspace(x).randn()
        else:
            check_vjp(f, x)
            derivative = _named("vjp", f, lambda x, v: make_vjp_of(f, x)[0](v))
            v = vspace(_plain(f(x))).randn()
        if order > 1:
            check_grads(derivative, (0, 1), modes, order=order - 1)(x, v)


def combo_check(fun: Callable[..., Any], *args: Any, **kwargs: Any) -> Callable[..., None]:
    """check_grads of all combinations of arguments, each given as a list of choices."""

    def check(*choices: Any, **named: Any) -> None:
        pairs = [[(key, x) for x in each] for key, each in named.items()]
        for given in itertools.product(*choices):
            for chosen in itertools.product(*pairs):
                check_grads(fun, *args, **kwargs)(*given, **dict(chosen))

    return check


def quick_grad_check(fun: Callable[..., Any], arg0: Any, extra_args: Any = (), *_: Any, **__: Any) -> None:
    """Old name of a check of the gradient alone: use check_grads."""
    warnings.warn("quick_grad_check is deprecated: use autograd.test_util.check_grads", FutureWarning, stacklevel=2)
    check_grads(lambda x: fun(x, *extra_args), modes=["rev"], order=1)(arg0)


def _name(f: Any) -> str:
    return getattr(f, "__name__", "[unknown name]")


def _named(kind: str, f: Any, derivative: Callable[..., Any]) -> Callable[..., Any]:
    derivative.__name__ = f"{kind}_{_name(f)}"
    return derivative


def _plain(x: Any) -> Any:
    return x._value if type(x) is ArrayBox else np.asarray(x) if np.isscalar(x) else x
