"""`Node` and `trace`: what a function computes, as nodes of a class of the program's own.

>>> import autograd.numpy as np
>>> class Named(Node):
...     def initialize_root(self):
...         self.text = "x"
...     def __init__(self, value, fun, args, kwargs, parent_argnums, parents):
...         words = list(args)
...         for argnum, parent in zip(parent_argnums, parents):
...             words[argnum] = parent.text
...         self.text = f"{fun.__name__}({', '.join(map(str, words))})"
>>> value, node = trace(Named.new_root(), lambda x: np.exp(x) * 2.0, 1.0)
>>> node.text
'multiply(exp(x), 2.0)'

The function is captured as a Program, and each of its steps that depends on the argument becomes a node, in order.
Operations go by the names of NumPy's functions.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from ..program.program import captured_call
from ..program.steps import filled
from ..tensors.core import Core, new_leaf, wrap
from ..tensors.method import array_functions, ufuncs
from ..tracing import Recording
from .boxes import ArrayBox, result, variable


class Node:
    """Base of what stands for a value: `__init__` is called for each operation, `initialize_root` for the argument."""

    __slots__ = ()

    def __init__(
        self, value: Any, fun: Any, args: Any, kwargs: Any, parent_argnums: tuple[int, ...], parents: tuple[Any, ...]
    ) -> None:
        raise NotImplementedError(f"{type(self).__name__}: wanted an __init__ of its own")

    def initialize_root(self, *args: Any, **kwargs: Any) -> None:
        """Fill the node of the argument."""
        raise NotImplementedError(f"{type(self).__name__}: wanted an initialize_root of its own")

    @classmethod
    def new_root(cls, *args: Any, **kwargs: Any) -> Any:
        """The node of the argument."""
        root = cls.__new__(cls)
        root.initialize_root(*args, **kwargs)
        return root


class _Function:
    """An operation under the name of NumPy's function."""

    def __init__(self, name: str) -> None:
        self.__name__ = name

    def __repr__(self) -> str:
        return f"<{self.__name__}>"


def trace(start_node: Any, fun: Callable[[Any], Any], x: Any) -> tuple[Any, Any]:
    """(fun(x), its node): with a node of the class of `start_node`, that of x, for each operation on the way."""
    leaf = wrap(variable(x)._array)
    new_leaf(leaf)
    with Recording([leaf]):
        program, _ = captured_call(lambda x: result(fun(ArrayBox(x))), (leaf,), open_walks=True)
        values = program.trace(leaf)
    nodes: dict[int, Any] = {program.inputs[0]: start_node}
    for step in program:
        pairs = [(number, nodes[slot]) for number, slot in enumerate(step.operands) if slot in nodes]
        argnums, parents = tuple([number for number, _ in pairs]), tuple([node for _, node in pairs])
        if parents:
            given = [None if slot is None else _plain(values[slot]) for slot in step.inputs]
            args, kwargs = tuple(given[: len(step.operands)]), filled(step.settings, given)
            for slot in step.outputs:
                value = _plain(values[slot])
                nodes[slot] = type(start_node)(value, _Function(_name(step)), args, kwargs, argnums, parents)
    (end,) = program.outputs
    if end not in nodes:
        warnings.warn("Output seems independent of input.", stacklevel=2)
    return _plain(values[end]), nodes.get(end)


def _plain(x: Any) -> Any:
    return x._array[()] if isinstance(x, Core) else x


def _name(step: Any) -> str:
    """NumPy's name of what a step does, if it has one."""
    forward = getattr(step.op, "forward", None)
    if isinstance(forward, np.ufunc):
        return forward.__name__
    ours = {getattr(function, "op", None): ufunc.__name__ for ufunc, function in ufuncs.items()}
    if step.op in ours:
        return ours[step.op]
    theirs = getattr(np, step.name, None)
    return theirs.__name__ if theirs in array_functions else str(step.name)
