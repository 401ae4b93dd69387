"""Jacobians, Hessians and their products of a function at a point, with the signatures of torch.autograd.functional.

create_graph   let the results be differentiated further
strict         raise GraphError if the outputs do not depend on one of the inputs, instead of giving zeros
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import directional, jacobians, transforms
from .errors import GraphError, SettingError, ShapeError
from .later import later
from .tensors.core import Core, wrap
from .tracing import leaves_of, reaches, rebuild

Function = Callable[..., Any]


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
    return rebuild(tree, [wrap(x._array) if isinstance(x, Core) else x for x in leaves_of(tree)])


def _numbers(inputs: Any) -> tuple[int, ...]:
    return tuple(range(len(_tuple(inputs))))


def _checked(name: str, func: Function, strict: bool) -> Function:
    """The function; with `strict` one that looks whether its outputs depend on all inputs."""
    if not strict:
        return func

    def checked(*inputs: Any) -> Any:
        outputs = func(*inputs)
        for index, x in enumerate(inputs):
            if not reaches(outputs, x._node):
                raise GraphError(
                    f"{name}: the outputs of the user-provided function are independent of input {index}. This is not "
                    "allowed in strict mode."
                )
        return outputs

    return checked


def _check(name: str, func: Function, inputs: Any, strict: bool) -> None:
    """With `strict`: run the function once, and look."""
    if strict:
        transforms.vjp(_checked(name, func, True), *_tuple(inputs))


def _forward(name: str, strategy: str) -> bool:
    if strategy not in ("reverse-mode", "forward-mode"):
        raise SettingError(f"{name}: wanted strategy 'reverse-mode' or 'forward-mode', got {strategy!r}")
    return strategy == "forward-mode"


def jacobian(
    func: Function,
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    strategy: str = "reverse-mode",
) -> Any:
    """d func(*inputs) / d inputs: one Tensor of shape output.shape + input.shape, or a tuple of tuples of them.

    vectorize   taken for PyTorch's sake: rows, or columns, are always computed at once
    strategy    "reverse-mode": all outputs are pulled back; "forward-mode": derivatives are carried along
    """
    transform = jacobians.jacfwd if _forward("jacobian", strategy) else jacobians.jacrev
    _check("jacobian", func, inputs, strict)
    blocks = transform(func, _numbers(inputs))(*_tuple(inputs))
    outputs_are_many = not isinstance(blocks[0], Core)
    if not outputs_are_many:
        return _final(_like(inputs, blocks), create_graph)
    return _final(tuple(_like(inputs, row) for row in blocks), create_graph)


def hessian(
    func: Function,
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    outer_jacobian_strategy: str = "reverse-mode",
) -> Any:
    """Second derivatives of a function that returns a single number: one Tensor, or a tuple of tuples of them.

    vectorize, outer_jacobian_strategy   as in `jacobian`, for the derivative of the gradient
    """
    numbers = _numbers(inputs)
    outer = jacobians.jacfwd if _forward("hessian", outer_jacobian_strategy) else jacobians.jacrev
    _check("hessian", func, inputs, strict)
    blocks = outer(transforms.grad(lambda *xs: func(*xs).sum(), numbers), numbers)(*_tuple(inputs))
    return _final(blocks if isinstance(inputs, (tuple, list)) else blocks[0][0], create_graph)


def vjp(func: Function, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> Any:
    """(outputs, v @ Jacobian): v has the shapes of the outputs."""
    outputs, pull = transforms.vjp(_checked("vjp", func, strict), *_tuple(inputs))
    vectors = _vectors("vjp", v, outputs)
    gradients = pull(vectors if isinstance(outputs, (tuple, list)) else vectors[0])
    return _final(outputs, create_graph), _final(_like(inputs, gradients), create_graph)


def jvp(func: Function, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> Any:
    """(outputs, Jacobian @ v): v has the shapes of the inputs."""
    vectors = _vectors("jvp", v, inputs)
    _check("jvp", func, inputs, strict)
    outputs, pushed = directional.jvp(func, _tuple(inputs), vectors)
    return _final(outputs, create_graph), _final(pushed, create_graph)


def hvp(func: Function, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> Any:
    """(value, Hessian @ v) of a function that returns a single number. The Hessian is symmetric, so this is `vhp`."""
    return vhp(func, inputs, v, create_graph, strict)


def vhp(func: Function, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> Any:
    """(value, v @ Hessian) of a function that returns a single number."""
    checked = _checked("vhp", func, strict)
    gradient = transforms.grad_and_value(lambda *xs: checked(*xs).sum(), _numbers(inputs))
    (_, value), pull = transforms.vjp(lambda *xs: gradient(*xs), *_tuple(inputs))
    vectors = _vectors("hvp", v, inputs)
    gradients = pull((vectors, wrap(np.zeros_like(value._array))))
    return _final(value, create_graph), _final(_like(inputs, gradients), create_graph)


later(__name__, others="autograd")  # torch.functional has some of the main module's functions
