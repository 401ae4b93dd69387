"""Jacobians, Hessians and their products of a function at a point, with the signatures of torch.autograd.functional."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import func
from .errors import GraphError, ShapeError
from .tensor.core import Core, wrap


def _tuple(x: Any) -> tuple[Any, ...]:
    return tuple(x) if isinstance(x, (tuple, list)) else (x,)


def _like(inputs: Any, results: tuple[Any, ...]) -> Any:
    """A tuple if the inputs were one, else the single result."""
    return results if isinstance(inputs, (tuple, list)) else results[0]


def _vectors(name: str, v: Any, like: Any) -> tuple[Any, ...]:
    """The vector of a product, checked; ones for a single number if it is None."""
    targets = _tuple(like)
    if v is None:
        if len(targets) != 1 or targets[0]._array.size != 1:
            raise GraphError(f"{name}: the vector v can only be None if the function or input has a single element")
        return (wrap(np.ones_like(targets[0]._array)),)
    vectors = _tuple(v)
    if [tuple(x.shape) for x in vectors] != [tuple(x.shape) for x in targets]:
        raise ShapeError(
            f"{name}: wanted v of shapes {[tuple(x.shape) for x in targets]}, got {[tuple(x.shape) for x in vectors]}"
        )
    return vectors


def _final(tree: Any, create_graph: bool) -> Any:
    if create_graph:
        return tree
    leaves = [wrap(x._array) if isinstance(x, Core) else x for x in func.leaves_of(tree)]
    return func.rebuild(tree, leaves)


def _numbers(inputs: Any) -> tuple[int, ...]:
    return tuple(range(len(_tuple(inputs))))


def jacobian(function: Callable[..., Any], inputs: Any, create_graph: bool = False) -> Any:
    """d function(*inputs) / d inputs: one Tensor of shape output.shape + input.shape, or a tuple of tuples of them."""
    blocks = func.jacrev(function, _numbers(inputs))(*_tuple(inputs))
    outputs_are_many = not isinstance(blocks[0], Core)
    if not outputs_are_many:
        return _final(_like(inputs, blocks), create_graph)
    return _final(tuple(_like(inputs, row) for row in blocks), create_graph)


def hessian(function: Callable[..., Any], inputs: Any, create_graph: bool = False) -> Any:
    """Second derivatives of a function that returns a single number: one Tensor, or a tuple of tuples of them."""
    numbers = _numbers(inputs)
    blocks = func.jacrev(func.grad(lambda *xs: function(*xs).sum(), numbers), numbers)(*_tuple(inputs))
    return _final(blocks if isinstance(inputs, (tuple, list)) else blocks[0][0], create_graph)


def vjp(function: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False) -> Any:
    """(outputs, v @ Jacobian): v has the shapes of the outputs."""
    outputs, pull = func.vjp(function, *_tuple(inputs))
    vectors = _vectors("vjp", v, outputs)
    gradients = pull(vectors if isinstance(outputs, (tuple, list)) else vectors[0])
    return _final(outputs, create_graph), _final(_like(inputs, _tuple(gradients)), create_graph)


def jvp(function: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False) -> Any:
    """(outputs, Jacobian @ v): v has the shapes of the inputs."""
    outputs, pushed = func.jvp(function, _tuple(inputs), _vectors("jvp", v, inputs))
    return _final(outputs, create_graph), _final(pushed, create_graph)


def hvp(function: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False) -> Any:
    """(value, Hessian @ v) of a function that returns a single number. The Hessian is symmetric, so this is `vhp`."""
    return vhp(function, inputs, v, create_graph)


def vhp(function: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False) -> Any:
    """(value, v @ Hessian) of a function that returns a single number."""
    numbers = _numbers(inputs)
    gradient = func.grad_and_value(lambda *xs: function(*xs).sum(), numbers)
    (_, value), pull = func.vjp(lambda *xs: gradient(*xs), *_tuple(inputs))
    vectors = _vectors("hvp", v, inputs)
    gradients = pull((vectors, wrap(np.zeros_like(value._array))))
    return _final(value, create_graph), _final(_like(inputs, _tuple(gradients)), create_graph)
