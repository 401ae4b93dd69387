"""Derivatives of functions of NumPy arrays, as functions: HIPS/autograd's `grad`, `jacobian`, `hessian` and the rest.

Arguments are arrays, floats, or nests of tuples, lists and dictionaries of them; a derivative has the structure of the
argument it belongs to. `argnum` says which argument that is; a tuple or list of numbers asks for a tuple of
derivatives. Everything nests: inside of a function that is being differentiated, derivatives are differentiated, too.

>>> import autograd.numpy as np
>>> from autograd import grad
>>> def tanh(x):
...     return (1.0 - np.exp(-2 * x)) / (1.0 + np.exp(-2 * x))
>>> print(round(grad(tanh)(1.0), 6), round(grad(grad(tanh))(1.0), 6))
0.419974 -0.6397

They stand on the transforms of Tensors in `autograd.func`.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import jacobians, recompute
from .boxes import ArrayBox, box, nest, result, tensors, values, variable
from .walks import differentiable, gradient_of, make_jvp_of, make_vjp_of, on_tensors, ones

# ------------------------------------------------------------------------------------- arguments chosen by their number


def unary_to_nary(operator: Callable[..., Any]) -> Callable[..., Any]:
    """Make an operator on functions of one argument, op(f, x), one on functions of several: op(f, argnum)(*args)."""

    @functools.wraps(operator)
    def nary(function: Callable[..., Any], argnum: Any = 0, *options: Any, **named: Any) -> Callable[..., Any]:
        single = isinstance(argnum, int)
        if not single and not isinstance(argnum, (tuple, list)):
            raise TypeError(f"{operator.__name__}: wanted argnum as a number or a tuple of numbers, got {argnum!r}")
        numbers = (argnum,) if single else tuple(argnum)

        def of(*args: Any, **kwargs: Any) -> Any:
            if argnum == 0 and single and len(args) == 1 and not kwargs:  # shortcut: the only argument
                return operator(function, args[0], *options, **named)
            for number in numbers:
                if not -len(args) <= number < len(args):
                    raise TypeError(
                        f"{operator.__name__}: wanted at least {number + 1} positional arguments for argnum={argnum}, "
                        f"got {len(args)}"
                    )

            def unary(x: Any) -> Any:
                given = list(args)
                for number, part in zip(numbers, (x,) if single else x):
                    given[number] = part
                return function(*given, **kwargs)

            unary.__name__ = getattr(function, "__name__", "function")
            unary.__doc__ = getattr(function, "__doc__", None)
            x = args[numbers[0]] if single else tuple(args[number] for number in numbers)
            return operator(unary, x, *options, **named)

        name, of_name = operator.__name__, getattr(function, "__name__", "[unknown name]")
        of.__name__ = f"{name}_of_{of_name}_wrt_argnum_{argnum}"
        of.__doc__ = f"{name} of function {of_name} with respect to argument number {argnum}, with its arguments."
        return of

    return nary


@unary_to_nary
def grad(fun: Callable[[Any], Any], x: Any) -> Any:
    """grad(fun, argnum=0): the gradient of a function that returns one number."""
    return gradient_of(fun, x)[1]


@unary_to_nary
def value_and_grad(fun: Callable[[Any], Any], x: Any) -> tuple[Any, Any]:
    """value_and_grad(fun, argnum=0): (value, gradient)."""
    return gradient_of(fun, x)


@unary_to_nary
def elementwise_grad(fun: Callable[[Any], Any], x: Any) -> Any:
    """elementwise_grad(fun, argnum=0): the sum of each column of the Jacobian: the derivative where f maps elements."""
    pull, value = make_vjp_of(fun, x)
    differentiable(value)
    return pull(ones(value))


@unary_to_nary
def deriv(fun: Callable[[Any], Any], x: Any) -> Any:
    """deriv(fun, argnum=0): the directional derivative along ones, in forward mode."""
    return make_jvp_of(fun, x)(nest(lambda part: np.ones_like(values(part)), x))[1]


@unary_to_nary
def jacobian(fun: Callable[[Any], Any], x: Any) -> Any:
    """jacobian(fun, argnum=0): all derivatives, of shape (*shape of the result, *shape of the argument)."""
    return box(jacobians.jacrev(_one_array("jacobian", fun))(nest(variable, x)))


@unary_to_nary
def hessian(fun: Callable[[Any], Any], x: Any) -> Any:
    """hessian(fun, argnum=0): second derivatives, of shape (*shape of the result, *shape of x, *shape of x)."""
    return box(jacobians.jacrev(jacobians.jacrev(_one_array("hessian", fun)))(nest(variable, x)))


def _one_array(name: str, function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A function of arrays as one of Tensors, whose result is one array of floating point numbers."""

    def checked(x: Any) -> Any:
        value = function(x)
        if isinstance(value, (tuple, list, dict)):
            raise TypeError(f"{name}: wanted one array as the result of the function, got {type(value).__name__}")
        differentiable(value)
        return value

    return on_tensors(checked)


@unary_to_nary
def holomorphic_grad(fun: Callable[[Any], Any], x: Any) -> Any:
    """Refused: complex numbers are not supported."""
    raise TypeError("holomorphic_grad: complex numbers are not supported")


def grad_named(fun: Callable[..., Any], argname: str) -> Callable[..., Any]:
    """The gradient by the positional argument with that name."""
    return grad(fun, list(inspect.signature(fun).parameters).index(argname))


def grad_and_aux(fun: Callable[..., Any], argnum: Any = 0) -> Callable[..., Any]:
    """(gradient, anything) of a function that returns (number, anything)."""

    @unary_to_nary
    def grad_and_aux(fun: Callable[[Any], Any], x: Any) -> tuple[Any, Any]:
        kept: list[Any] = []

        def first(x: Any) -> Any:
            value, aux = fun(x)
            kept.append(aux)
            return value

        gradient = gradient_of(first, x)[1]
        return gradient, _outside(kept[0])

    return grad_and_aux(fun, argnum)


def _outside(aux: Any) -> Any:
    """What a function returned beside its value, after it has been differentiated."""
    return nest(lambda part: part._value if type(part) is ArrayBox else part, aux)


def multigrad_dict(fun: Callable[..., Any]) -> Callable[..., Any]:
    """The gradient by all arguments, as a dictionary from their names."""
    signature = inspect.signature(fun)

    def gradients(*args: Any, **kwargs: Any) -> dict[str, Any]:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()

        def of(arguments: dict[str, Any]) -> Any:
            again = inspect.BoundArguments(signature, arguments)
            return fun(*again.args, **again.kwargs)

        return grad(of)(dict(bound.arguments))

    return gradients


def checkpoint(fun: Callable[..., Any]) -> Callable[..., Any]:
    """A function that keeps its arguments only, and runs again when its gradient is asked for."""

    @functools.wraps(fun)
    def run(*args: Any, **kwargs: Any) -> Any:
        def again(*given: Any, **named: Any) -> Any:
            return nest(result, fun(*box(given), **box(named)))

        return box(recompute.checkpoint(again, *tensors(args), **tensors(kwargs)))

    return run
