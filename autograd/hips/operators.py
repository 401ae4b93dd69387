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
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import engine, recompute, transforms
from ..tensors.core import new_leaf, wrap
from ..tracing import Recording, leaves_no_records, leaves_of, nested, rebuild, trace
from ..tracing import pull as pulled_back
from .boxes import ArrayBox, box, holds, nest, no_space, result, tensors, values, variable

__all__ = [
    "checkpoint",
    "deriv",
    "elementwise_grad",
    "grad",
    "grad_and_aux",
    "grad_named",
    "hessian",
    "hessian_tensor_product",
    "hessian_vector_product",
    "holomorphic_grad",
    "jacobian",
    "make_ggnvp",
    "make_hvp",
    "make_jvp",
    "make_vjp",
    "multigrad_dict",
    "tensor_jacobian_product",
    "value_and_grad",
    "vector_jacobian_product",
]

# ----------------------------------------------------------------------------------------- of functions of one argument


def on_tensors(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A function of arrays as one of Tensors: it gets boxes, and what it returns becomes Tensors."""

    def run(x: Any) -> Any:
        outputs = nest(result, function(nest(_boxed, x)))
        parts = leaves_of(outputs)
        if not any(z._node is not None for z in parts) and all(z._array.dtype.kind == "f" for z in parts):
            warnings.warn("Output seems independent of input.", stacklevel=2)
        return outputs

    return run


def _boxed(tensor: Any) -> Any:
    """A variable as the user's function sees it, whether or not anything is recorded at the moment."""
    return ArrayBox(tensor)


def make_vjp_of(function: Callable[[Any], Any], x: Any) -> tuple[Callable[[Any], Any], Any]:
    """(pull, function(x)): pull(g) is the vector-Jacobian product; it may be called again."""
    if nested() or holds(x):
        return _inner_vjp(function, x)
    traced, outputs = _recorded(function, x)

    def pull_back(g: Any) -> Any:
        if nested() or holds(g):  # somebody wants to differentiate what is pulled back
            return _inner_vjp(function, x)[0](g)
        return _pulled(traced, outputs, g, retain=True)

    return pull_back, nest(_value, outputs)


def gradient_of(function: Callable[[Any], Any], x: Any) -> tuple[Any, Any]:
    """(function(x), its gradient) of a function that returns one number."""
    if nested() or holds(x):
        pull, value = _inner_vjp(function, x)
        _scalar(value)
        return value, pull(_ones(value))
    return _once(function, x)


@leaves_no_records
def _once(function: Callable[[Any], Any], x: Any) -> tuple[Any, Any]:
    """`gradient_of` where nobody else can be interested: a plain walk back to leaves of our own."""
    traced = nest(_leaf, x)
    leaves = leaves_of(traced)
    with Recording(leaves):
        z = on_tensors(function)(traced)
        value = nest(_value, z)
        _scalar(value)
        (z,) = leaves_of(z)
        one = np.ones_like(z._array)
        found = engine.arrived(z, one, leaves) if z._node is not None else [None] * len(leaves)
    grads = [np.zeros_like(leaf._array) if g is None else g for g, leaf in zip(found, leaves)]
    return value, nest(lambda g: g[()], rebuild(traced, grads))


def _leaf(x: Any) -> Any:
    tensor = wrap(variable(x)._array)
    new_leaf(tensor)
    return tensor


def _inner_vjp(function: Callable[[Any], Any], x: Any) -> tuple[Callable[[Any], Any], Any]:
    """`make_vjp_of` where others may differentiate further."""
    outputs, pull = transforms.vjp(on_tensors(function), nest(variable, x))
    dtypes = [z._array.dtype for z in leaves_of(outputs)]

    def pull_back(g: Any) -> Any:
        kinds = iter(dtypes)
        (gradient,) = pull(nest(lambda part: _cotangent(part, next(kinds)), g))
        return box(gradient)

    return pull_back, box(outputs)


@leaves_no_records
def _recorded(function: Callable[[Any], Any], x: Any) -> tuple[Any, Any]:
    """The variables, and what the function returns for them: recorded, and of interest to nobody else."""
    traced = trace(nest(variable, x))
    with Recording(leaves_of(traced)):
        return traced, on_tensors(function)(traced)


@leaves_no_records
def _pulled(traced: Any, outputs: Any, g: Any, retain: bool) -> Any:
    outs = leaves_of(outputs)
    seeds = [_cotangent(part, z._array.dtype) for part, z in zip(leaves_of(g), outs, strict=True)]
    return nest(_value, rebuild(traced, pulled_back(outs, seeds, leaves_of(traced), False, retain)))


def _value(tensor: Any) -> Any:
    return tensor._array[()]


def _cotangent(g: Any, dtype: Any) -> Any:
    g = g._tensor if type(g) is ArrayBox else wrap(np.asarray(g))
    return g if g._array.dtype == dtype else g.to(dtype)


def _ones(z: Any) -> Any:
    return nest(lambda part: np.ones_like(values(part)), z)


def _differentiable(z: Any) -> None:
    for part in leaves_of(z):
        if np.asarray(values(part)).dtype.kind != "f":
            raise no_space(values(part))


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


make_vjp = unary_to_nary(make_vjp_of)
make_vjp.__name__ = "make_vjp"
make_vjp.__doc__ = """make_vjp(f, argnum)(*args): (pull, f(*args)), where pull(g) is the vector-Jacobian product."""


def _scalar(value: Any) -> None:
    _differentiable(value)
    parts = leaves_of(value)
    if len(parts) != 1 or np.size(values(parts[0])) != 1:
        raise TypeError(
            "Grad only applies to real scalar-output functions. Try jacobian or elementwise_grad. Wanted one, got "
            f"{'shape ' + str(np.shape(values(parts[0]))) if len(parts) == 1 else f'{len(parts)} values'}"
        )


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
    _differentiable(value)
    return pull(_ones(value))


@unary_to_nary
def deriv(fun: Callable[[Any], Any], x: Any) -> Any:
    """deriv(fun, argnum=0): the directional derivative along ones, in forward mode."""
    return make_jvp_of(fun, x)(nest(lambda part: np.ones_like(values(part)), x))[1]


@unary_to_nary
def jacobian(fun: Callable[[Any], Any], x: Any) -> Any:
    """jacobian(fun, argnum=0): all derivatives, of shape (*shape of the result, *shape of the argument)."""
    return box(transforms.jacrev(_one_array("jacobian", fun))(nest(variable, x)))


@unary_to_nary
def hessian(fun: Callable[[Any], Any], x: Any) -> Any:
    """hessian(fun, argnum=0): second derivatives, of shape (*shape of the result, *shape of x, *shape of x)."""
    return box(transforms.jacrev(transforms.jacrev(_one_array("hessian", fun)))(nest(variable, x)))


def _one_array(name: str, function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A function of arrays as one of Tensors, whose result is one array of floating point numbers."""

    def checked(x: Any) -> Any:
        value = function(x)
        if isinstance(value, (tuple, list, dict)):
            raise TypeError(f"{name}: wanted one array as the result of the function, got {type(value).__name__}")
        _differentiable(value)
        return value

    return on_tensors(checked)


@unary_to_nary
def holomorphic_grad(fun: Callable[[Any], Any], x: Any) -> Any:
    """Refused: complex numbers are not supported."""
    raise TypeError("holomorphic_grad: complex numbers are not supported")


def grad_named(fun: Callable[..., Any], argname: str) -> Callable[..., Any]:
    """The gradient by the positional argument with that name."""
    return grad(fun, list(inspect.signature(fun).parameters).index(argname))


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


# -------------------------------------------------------------------------------------------------------------- forward


def make_jvp_of(fun: Callable[[Any], Any], x: Any) -> Callable[[Any], tuple[Any, Any]]:
    """push(v): (fun(x), Jacobian-vector product)."""

    def push(v: Any) -> tuple[Any, Any]:
        primal = nest(variable, x)
        kinds = iter([part._array.dtype for part in leaves_of(primal)])
        tangent = nest(lambda part: _cotangent(part, next(kinds)), v)
        value, along = transforms.jvp(on_tensors(fun), (primal,), (tangent,))
        return box(value), box(along)

    return push


make_jvp = unary_to_nary(make_jvp_of)
make_jvp.__name__ = "make_jvp"
make_jvp.__doc__ = """make_jvp(f, argnum)(*args): push, where push(v) is (f(*args), Jacobian-vector product)."""


@unary_to_nary
def make_jvp_reversemode(fun: Callable[[Any], Any], x: Any) -> Callable[[Any], Any]:
    """make_jvp_reversemode(f, argnum=0)(*args): push, where push(v) is the Jacobian-vector product alone."""
    push = make_jvp_of(fun, x)
    return lambda v: push(v)[1]


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


# --------------------------------------------------------------------------------------------------------------- others


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
