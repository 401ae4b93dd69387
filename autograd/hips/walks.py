"""A function of one argument, an array or a nest of them, run on boxes and walked back: what every operator here is.

Where nobody else can be interested in the result, it is a plain walk back to leaves of our own. Inside of a function
that is being differentiated itself, the transforms of `autograd.func` see to it that everything stays tracked.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import directional, engine, transforms
from ..tensors.core import new_leaf, wrap
from ..tracing import Recording, leaves_no_records, leaves_of, nested, rebuild, trace
from ..tracing import pull as pulled_back
from .boxes import ArrayBox, box, holds, nest, no_space, result, values, variable
from .kinds import boxed
from .spaces import vspace


def on_tensors(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A function of arrays as one of Tensors: it gets boxes, and what it returns becomes Tensors."""

    def run(x: Any) -> Any:
        outputs = nest(result, function(nest(_seen, x)))  # boxes, whether or not anything is recorded at the moment
        if _constant(leaves_of(outputs)):
            warnings.warn("Output seems independent of input.", stacklevel=2)
        return outputs

    return run


def _seen(tensor: Any) -> Any:
    return ArrayBox(tensor) if tensor._array.dtype.kind != "O" else boxed(tensor)


def _constant(parts: list[Any]) -> bool:
    return all(z._node is None and z._array.dtype.kind == "f" for z in parts)


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
        scalar(value)
        return value, pull(ones(value))
    if type(x) is np.ndarray and x.dtype.kind == "f":
        return _of_one(function, x)
    return _of_one(function, np.asarray(x)) if type(x) is float else _once(function, x)


@leaves_no_records
def _of_one(function: Callable[[Any], Any], x: np.ndarray) -> tuple[Any, Any]:
    """`_once` for a single array."""
    leaf = wrap(x)
    new_leaf(leaf)
    with Recording([leaf]):
        z = function(ArrayBox(leaf))
        if type(z) is not ArrayBox:
            return _finished(on_tensors(lambda _: z)(leaf), leaf, [leaf])
        z = z._tensor
        if z._array.size != 1 or z._array.dtype.kind != "f":
            scalar(z._array)
        (g,) = engine.arrived(z, [leaf])
        return z._array[()], np.zeros_like(x)[()] if g is None else g[()]


@leaves_no_records
def _once(function: Callable[[Any], Any], x: Any) -> tuple[Any, Any]:
    """`gradient_of` where nobody else can be interested: a plain walk back to leaves of our own."""
    traced = nest(_leaf, x)
    leaves = leaves_of(traced)
    with Recording(leaves):
        return _finished(on_tensors(function)(traced), traced, leaves)


def _finished(z: Any, traced: Any, leaves: list[Any]) -> tuple[Any, Any]:
    """(value, gradient) where `z` is what a function of the nest `traced` has returned."""
    value = nest(_value, z)
    parts = leaves_of(z)
    if len(parts) != 1 or parts[0]._array.size != 1 or parts[0]._array.dtype.kind != "f":
        scalar(value)
    (z,) = parts
    found = engine.arrived(z, leaves) if z._node is not None else [None] * len(leaves)
    grads = [vspace(leaf._array[()]).zeros() if g is None else g[()] for g, leaf in zip(found, leaves)]
    return value, rebuild(traced, grads)


def _leaf(x: Any) -> Any:
    tensor = variable(x)
    if tensor._array.dtype.kind != "O":
        tensor = wrap(tensor._array)
        new_leaf(tensor)
    return tensor


def _inner_vjp(function: Callable[[Any], Any], x: Any) -> tuple[Callable[[Any], Any], Any]:
    """`make_vjp_of` where others may differentiate further."""
    outputs, pull = transforms.vjp(on_tensors(function), nest(variable, x))
    dtypes = [z._array.dtype for z in leaves_of(outputs)]

    def pull_back(g: Any) -> Any:
        kinds = iter(dtypes)
        (gradient,) = pull(nest(lambda part: cotangent(part, next(kinds)), g))
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
    seeds = [cotangent(part, z._array.dtype) for part, z in zip(leaves_of(g), outs, strict=True)]
    return nest(_value, rebuild(traced, pulled_back(outs, seeds, leaves_of(traced), False, retain)))


def _value(tensor: Any) -> Any:
    return tensor._array[()]


def cotangent(g: Any, dtype: Any) -> Any:
    g = g._tensor if type(g) is ArrayBox else wrap(np.asarray(g))
    return g if g._array.dtype == dtype else g.to(dtype)


def ones(z: Any) -> Any:
    return nest(lambda part: np.ones_like(values(part)), z)


def differentiable(z: Any) -> None:
    for part in leaves_of(z):
        if np.asarray(values(part)).dtype.kind != "f":
            raise no_space(values(part))


def scalar(value: Any) -> None:
    differentiable(value)
    parts = leaves_of(value)
    if len(parts) != 1 or np.size(values(parts[0])) != 1:
        raise TypeError(
            "Grad only applies to real scalar-output functions. Try jacobian or elementwise_grad. Wanted one, got "
            f"{'shape ' + str(np.shape(values(parts[0]))) if len(parts) == 1 else f'{len(parts)} values'}"
        )


def make_jvp_of(fun: Callable[[Any], Any], x: Any) -> Callable[[Any], tuple[Any, Any]]:
    """push(v): (fun(x), Jacobian-vector product)."""

    def push(v: Any) -> tuple[Any, Any]:
        primal = nest(variable, x)
        kinds = iter([part._array.dtype for part in leaves_of(primal)])
        tangent = nest(lambda part: cotangent(part, next(kinds)), v)
        value, along = directional.jvp(on_tensors(fun), (primal,), (tangent,))
        return box(value), box(along)

    return push
