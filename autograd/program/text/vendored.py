"""Functions of the library as text that runs without it: their own source, with all that they refer to beside them.

A function is looked up in the file that declares it. What it refers to is written out in turn: other functions, the
plain forms of operations and of kernels, constants. NumPy and the standard library are imported.
"""

from __future__ import annotations

import ast
import builtins
import sys
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from ...errors import CaptureError
from ...op import Op
from ...ops.reduce import spread
from ...products import Product, computed, product, product_of
from .declared import definition_of, literal, node_of
from .resolver import OURS, Resolver

by_hand: dict[Any, str] = {
    product: "def product(x, y):\n    return x @ y\n",
    product_of: "def product_of(left, right):\n    return left.T @ right\n",
    Product: "def product_of(left, right):\n    return left.T @ right\n",
    computed: "def computed(g):\n    return g\n",
    spread: (
        "def spread(dz, shape, axis, keepdims):\n"
        "    return np.broadcast_to(dz if keepdims or axis is None else np.expand_dims(dz, axis), shape)\n"
    ),
}
"""Functions that are about how something is computed, and what they compute."""


class Vendored:
    """The functions that a text needs: `texts` has them by name, in the order in which they can be defined."""

    def __init__(self, taken: set[str]) -> None:
        self.texts: dict[str, str] = {}
        self.names: dict[Any, str] = {}
        self.taken = taken
        self.modules: set[str] = set()

    def name_of(self, function: Callable[..., Any], hint: str = "function") -> str:
        """The name under which a function of the library stands in the text; it is added if it is not there yet."""
        found = self.names.get(function)
        if found is not None:
            return found
        text = by_hand.get(function)
        node = ast.parse(text).body[0] if text else node_of(function)
        name = self._free(getattr(node, "name", None) or hint)
        self.names[function] = name
        self.texts[name] = ""  # its place: what it refers to may refer to it
        if text is None:
            definition = definition_of(node, name)
            Resolver(self, function).visit(definition)
            text = ast.unparse(ast.fix_missing_locations(definition)) + "\n"
        self.texts.pop(name)
        self.texts[name] = text
        return name

    def copied(self) -> tuple[Any, ...]:
        """What is here now, to be put back."""
        return dict(self.texts), dict(self.names), set(self.taken), set(self.modules)

    def put_back(self, before: tuple[Any, ...]) -> None:
        """Forget what came after `copied`."""
        self.texts, self.names, self.taken, self.modules = before

    def _free(self, wanted: str) -> str:
        name, number = wanted, 2
        while name in self.taken or hasattr(builtins, name):
            name, number = f"{wanted}_{number}", number + 1
        self.taken.add(name)
        return name

    def refer(self, value: Any, seen_as: str = "") -> str:
        """An expression for a value that a function refers to."""
        if isinstance(value, (types.FunctionType, type)) and value in by_hand:
            return self.name_of(value)
        if isinstance(value, Op):
            return self.name_of_op(value)
        if isinstance(value, types.ModuleType):
            return self._module(value)
        if hasattr(value, "plain") and callable(value):
            return self.name_of(value.plain, seen_as or "function")
        if isinstance(value, np.ufunc):
            return self._ufunc(value)
        if isinstance(value, type) and issubclass(value, Exception):
            return value.__name__ if hasattr(builtins, value.__name__) else "ValueError"
        if callable(value) and not isinstance(value, np.dtype):
            return self._callable(value, seen_as)
        return self.literal(value)

    def _ufunc(self, value: np.ufunc) -> str:
        if getattr(np, value.__name__, None) is value:
            return f"np.{value.__name__}"
        raise CaptureError(f"the ufunc {value.__name__} cannot be written out")

    def name_of_class(self, kind: type) -> str:
        """A named tuple of the library, by its fields."""
        if kind not in self.names:
            name = self.names[kind] = self._free(kind.__name__)
            self.modules.add("collections")
            fields, defaults = literal(kind._fields), literal(tuple(kind._field_defaults.values()))  # type: ignore[attr-defined]
            self.texts[name] = f"{name} = collections.namedtuple({name!r}, {fields}, defaults={defaults})\n"
        return self.names[kind]

    def literal(self, value: Any) -> str:
        """`literal`, with named tuples of the library."""
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            return f"{self.name_of_class(type(value))}({', '.join(map(self.literal, value))})"
        return literal(value)

    def name_of_op(self, op: Op) -> str:
        """The function that an operation is on arrays; without what it keeps for its rules."""
        if isinstance(op.forward, np.ufunc):
            return self._ufunc(op.forward)
        if not op.keeps:
            return self.name_of(op.forward, op.name)
        key = ("value of", op.name)
        if key not in self.names:
            whole = self.name_of(op.forward, op.name)
            name = self.names[key] = self._free(f"value_of_{op.name}")
            part = "[0]" if op.outputs == 1 else f"[:{op.outputs}]"
            self.texts[name] = f"def {name}(*inputs, **settings):\n    return {whole}(*inputs, **settings){part}\n"
        return self.names[key]

    def _module(self, module: types.ModuleType) -> str:
        if module.__name__.split(".")[0] in OURS:
            raise CaptureError(f"{module.__name__} cannot be written out")
        if module is np:
            return "np"
        self.modules.add(module.__name__)
        return module.__name__

    def _callable(self, value: Any, seen_as: str) -> str:
        module = getattr(value, "__module__", None) or ""
        holder = getattr(value, "__self__", None)
        if isinstance(holder, np.ufunc):
            return f"np.{holder.__name__}.{value.__name__}"
        if module.split(".")[0] == "numpy" or value is np.ndarray:
            return f"{module.replace('numpy', 'np', 1).replace('np._core', 'np')}.{value.__qualname__}"
        if hasattr(builtins, getattr(value, "__name__", "")) and module == "builtins":
            return str(value.__name__)
        if isinstance(value, type) and issubclass(value, tuple) and module.split(".")[0] in OURS:
            return self.name_of_class(value)
        if hasattr(value, "__wrapped__"):
            value = value.__wrapped__
        if isinstance(value, types.FunctionType) and module.split(".")[0] in (
            *OURS,
            "__main__",
            "tests",
            "benchmarks",
        ):
            return self.name_of(value)
        if isinstance(value, types.FunctionType) and module not in sys.stdlib_module_names:
            return self.name_of(value, seen_as or "function")
        if module.split(".")[0] in sys.stdlib_module_names:
            self.modules.add(module)
            return f"{module}.{value.__qualname__}"
        raise CaptureError(f"{seen_as or value!r} cannot be written out")
