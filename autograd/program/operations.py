"""What may stand in a step beside the ops of `autograd.ops`: they are functions on arrays, too.

    NumPyCall   a function or method of NumPy's, called by code of the library that computes on arrays: np.argmax
    Draw        random numbers out of a generator: draws anew whenever it runs
    Rewrite     writes a computed value into a Tensor's memory, as `x.add_(y)` does, and tells its views
    Assign      the same for `x[index] = value`
    Detach      the same memory as a constant
    Rule        the derivative rule of an op for one of its inputs (or a joint one for all)
    Call        a function of Tensors that runs as it is: a custom Function

`forward(*arrays, **settings)` computes the value from arrays, for each of them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from .steps import filled


class Operation:
    """Base of these."""

    name = ""
    outputs = 1
    keeps = ()

    def forward(self, *arrays: Any, **settings: Any) -> Any:
        """The value; a tuple if there are several."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"


class NumPyCall(Operation):
    """`function(*args, **kwargs)`, where the settings `args` and `kwargs` have holes for arrays."""

    def __init__(self, name: str, function: Callable[..., Any]) -> None:
        self.name = name
        self.function = function

    def forward(self, *arrays: Any, args: Any = (), kwargs: Any = None) -> Any:
        return self.function(*filled(args, arrays), **filled(kwargs or {}, arrays))


@cache
def numpy_function(function: Any, how: str = "__call__") -> NumPyCall:
    """The operation for a function of NumPy's, or for a way to call a ufunc: "reduce", "at"."""
    module = getattr(function, "__module__", None) or "numpy"
    name = f"{module.replace('numpy', 'np', 1)}.{function.__name__}"
    if isinstance(function, np.ufunc):
        name = f"np.{function.__name__}"
    if how != "__call__":
        return NumPyCall(f"{name}.{how}", getattr(function, how))
    return NumPyCall(name, function)


@cache
def numpy_method(name: str) -> NumPyCall:
    """The operation for a method of arrays."""

    def call(array: Any, *args: Any, **kwargs: Any) -> Any:
        return getattr(array, name)(*args, **kwargs)

    return NumPyCall(f"ndarray.{name}", call)


def plain_copy(x: Any) -> Any:
    """A copy, in the layout of the original."""
    return x.copy(order="K")


class Draw(Operation):
    """A method of `generator.rng`, which may have been given another state since the program was captured."""

    def __init__(self, generator: Any, method: str) -> None:
        self.generator = generator
        self.method = method
        self.name = f"rng.{method}"

    def forward(self, *arrays: Any, args: Any = (), kwargs: Any = None) -> Any:
        return getattr(self.generator.rng, self.method)(*filled(args, arrays), **filled(kwargs or {}, arrays))


class Rewrite(Operation):
    """Writes input 1 into the memory of input 0; what it was computed from becomes the history of that Tensor."""

    outputs = 0

    def __init__(self, name: str) -> None:
        self.name = name

    def forward(self, target: Any, value: Any, index: Any = ...) -> Any:
        target[index] = value
        return ()


class Assign(Rewrite):
    """target[index] = value, where value is input 1 or a number."""


class Detach(Operation):
    """The same memory; no gradient flows through it."""

    name = "detach"

    def forward(self, x: Any) -> Any:
        return x


detach = Detach()
