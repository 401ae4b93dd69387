"""What the programs are written with: values from a seed, and what is noted of what a program does."""

# ruff: noqa: NPY002 - programs draw from the old generator of NumPy, too

from __future__ import annotations

import copy
import dataclasses
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

import autograd
from autograd import Tensor, tensor

CALLS = 20

PROGRAMS: dict[str, Callable[..., Any]] = {}
"""Name -> program: called with `compile` or with a function that gives back what it is given, it returns all there is
to see of what it did."""


def program(function: Callable[..., Any]) -> Callable[..., Any]:
    """Put a program into the table."""
    assert function.__name__ not in PROGRAMS, function.__name__
    PROGRAMS[function.__name__] = function
    return function


def identity(function: Any) -> Any:
    """In the place of `compile`."""
    return function


def array(*shape: int, seed: int = 0, dtype: Any = np.float32) -> np.ndarray[Any, Any]:
    """Normal numbers; for dtypes of integers and truth values, these rounded."""
    values = np.random.default_rng(seed).standard_normal(shape) * (1 if np.dtype(dtype).kind == "f" else 3)
    return np.asarray(values > 0 if dtype is bool else values).astype(dtype)


def floats(*shape: int, seed: int = 0, dtype: Any = np.float32, grad: bool = False) -> Any:
    """The same as a Tensor; a leaf that requires grad, if `grad`."""
    return tensor(array(*shape, seed=seed, dtype=dtype), requires_grad=grad)


def frozen(x: Any) -> Any:
    """What is noted of a value: a copy that no later write reaches."""
    if isinstance(x, Tensor):
        strides = tuple([step for step, size in zip(x.stride(), x.shape, strict=True) if size > 1]) if x.numel() else ()
        return "Tensor", type(x).__name__, x.requires_grad, x.is_leaf, strides, np.array(x.detach().numpy())
    if isinstance(x, np.ndarray):
        return x.copy()
    if isinstance(x, dict):
        return {key: frozen(value) for key, value in x.items()}
    if isinstance(x, (tuple, list)):
        return [frozen(part) for part in x]
    if isinstance(x, BaseException):
        return type(x).__name__, str(x)
    if dataclasses.is_dataclass(x) and not isinstance(x, type):
        return {field.name: frozen(getattr(x, field.name)) for field in dataclasses.fields(x)}
    return x if x is None or isinstance(x, (bool, int, float, str, bytes, np.generic)) else copy.deepcopy(x)


class Seen(list[Any]):
    """What a program did, in order: call it with values."""

    def __call__(self, *values: Any) -> None:
        self.append([frozen(value) for value in values])


def grads(*tensors: Any) -> list[Any]:
    """Gradients, which are cleared."""
    found = [None if x.grad is None else frozen(x.grad) for x in tensors]
    for x in tensors:
        x.grad = None
    return found


def pulled(z: Any, *tensors: Any) -> list[Any]:
    """The value of a result, and the gradients that its sum has for leaves."""
    value = frozen(z)
    error = caught(z.sum().backward) if z.requires_grad else None
    return [value, frozen(error), *grads(*tensors)]


def caught(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """What a function returns or raises."""
    try:
        return function(*args, **kwargs)
    except Exception as error:
        return error


def seen_of(program: Callable[..., Any], wrap: Callable[..., Any]) -> Any:
    """What a program gives, what it warned of, and how far it drew random numbers."""
    autograd.manual_seed(0)
    np.random.seed(0)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        found = frozen(program(wrap))
    said = [(warning.category.__name__, str(warning.message)) for warning in warned]
    drawn = [autograd.get_rng_state().numpy().tobytes(), np.random.get_state()[1].tobytes()]  # type: ignore[index]
    return [found, said, drawn]
