"""Products with Jacobians and Hessians, which are never formed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .boxes import values
from .operators import grad, jacobian, unary_to_nary
from .walks import make_jvp_of, make_vjp_of

make_vjp = unary_to_nary(make_vjp_of)
make_vjp.__name__ = "make_vjp"
make_vjp.__doc__ = """make_vjp(f, argnum)(*args): (pull, f(*args)), where pull(g) is the vector-Jacobian product."""


make_jvp = unary_to_nary(make_jvp_of)
make_jvp.__name__ = "make_jvp"
make_jvp.__doc__ = """make_jvp(f, argnum)(*args): push, where push(v) is (f(*args), Jacobian-vector product)."""


@unary_to_nary
def make_jvp_reversemode(fun: Callable[[Any], Any], x: Any) -> Callable[[Any], Any]:
    """make_jvp_reversemode(f, argnum=0)(*args): push, where push(v) is the Jacobian-vector product alone."""
    push = make_jvp_of(fun, x)
    return lambda v: push(v)[1]


@unary_to_nary
def make_hvp(fun: Callable[[Any], Any], x: Any) -> tuple[Callable[[Any], Any], Any]:
    """make_hvp(fun, argnum=0)(*args): (product, gradient), where product(v) is the Hessian times v."""
    return make_vjp_of(grad(fun), x)


def hessian_tensor_product(fun: Callable[..., Any], argnum: int = 0) -> Callable[..., Any]:
    """product(*args, v): the Hessian times a vector or array v of the argument's shape, without the Hessian."""
    gradient = grad(fun, argnum)

    def along(*args: Any, **kwargs: Any) -> Any:
        *given, v = args
        g = gradient(*given, **kwargs)
        return _inner(g, v)

    return grad(along, argnum)


hessian_vector_product = hessian_tensor_product


def tensor_jacobian_product(fun: Callable[..., Any], argnum: int = 0) -> Callable[..., Any]:
    """product(*args, v): v times the Jacobian, summed over the axes that v shares with the function's result."""

    def along(*args: Any, **kwargs: Any) -> Any:
        *given, v = args
        return np.tensordot(v, fun(*given, **kwargs), axes=np.ndim(values(v)))

    return jacobian(along, argnum)


vector_jacobian_product = tensor_jacobian_product


def _inner(a: Any, b: Any) -> Any:
    return np.tensordot(a, b, np.ndim(values(a))) if np.ndim(values(a)) else a * b


def make_ggnvp(f: Callable[..., Any], g: Callable[[Any], Any] | None = None, f_argnum: int = 0) -> Callable[..., Any]:
    """product(*args)(v): the generalised Gauss-Newton matrix J' H J times v; J of `f`, H the Hessian of `g` there.

    `g` is half the sum of squares by default, so that H is the identity.
    """
    outer = _half_squares if g is None else g

    @unary_to_nary
    def make_ggnvp(inner: Callable[[Any], Any], x: Any) -> Callable[[Any], Any]:
        pull, value = make_vjp_of(inner, x)
        product, _ = make_vjp_of(grad(outer), value)
        push = make_jvp_of(inner, x)
        return lambda v: pull(product(push(v)[1]))

    return make_ggnvp(f, f_argnum)


def _half_squares(x: Any) -> Any:
    return 0.5 * np.sum(x**2)
