"""The stub of the Tensor: every method that it has, wherever the run time takes it from."""

from __future__ import annotations

import importlib
import inspect
import types
from pathlib import Path
from typing import Any

import autograd
from autograd.tensors import Tensor, later

from .signatures import HEAD, Form, annotation, forms, written

FILE = Path(autograd.__file__).parent / "tensors" / "__init__.pyi"
CLASS = '''\
from ..records import Leaf, Record
from .core import Core
from .hooks import Handle as Handle
from .tensor import GradFn as GradFn
from .tensor import Size as Size

class Tensor(Core):
    """An array that remembers how it was computed."""

    def __hash__(self) -> builtins.int: ...'''


def _overloads(*forms: str) -> str:
    return "\n    ".join(f"@overload\n    {form}" for form in forms)


BY_HAND = {
    "__getitem__": "def __getitem__(self, index: Any) -> Tensor: ...",
    "__iter__": "def __iter__(self) -> Iterator[Tensor]: ...",
    "__init__": "def __init__(self, *data: Any, dtype: Any = None, requires_grad: builtins.bool = False) -> None: ...",
    "grad": (
        "@property\n    def grad(self) -> Tensor | Any: ...\n"
        "    @grad.setter\n    def grad(self, value: Tensor | None) -> None: ...\n"
        "    @grad.deleter\n    def grad(self) -> None: ..."
    ),
    "grad_fn": "@property\n    def grad_fn(self) -> GradFn | Any: ...",
    "is_leaf": "@property\n    def is_leaf(self) -> builtins.bool: ...",
    "size": _overloads(
        "def size(self) -> Size: ...",
        "def size(self, dim: None) -> Size: ...",
        "def size(self, dim: builtins.int) -> builtins.int: ...",
        "def size(self, *, axis: builtins.int) -> builtins.int: ...",
    ),
    "stride": _overloads(
        "def stride(self) -> tuple[builtins.int, ...]: ...",
        "def stride(self, dim: builtins.int) -> builtins.int: ...",
        "def stride(self, *, axis: builtins.int) -> builtins.int: ...",
    ),
    "item": 'def item(self) -> Any:\n        """The only element: a float, an int or a bool."""',
    "dtype": "@property\n    def dtype(self) -> np.dtype[Any]: ...",
}
"""What checkers are told in other words: `grad` may be None, which nobody wants to be asked about at each use; what
`item()` is follows from the dtype: `names[x.argmax().item()]` and `average: float = x.mean().item()` are both right."""

KEPT = {"requires_grad_", "__copy__", "__deepcopy__"}
"""Methods that return the Tensor itself, or another of its own class."""


def method(name: str, value: Any) -> list[str]:
    """The lines of one method."""
    in_place = name in KEPT or (name.endswith("_") and not name.startswith("__")) or _in_place_operator(name)
    doc = inspect.getdoc(value)
    base = getattr(Tensor, name[:-1], None) if name.endswith("_") and not name.endswith("__") else None
    if _in_place_operator(name):
        ways = [Form([inspect.Parameter("other", inspect.Parameter.POSITIONAL_ONLY, annotation="Any")], "Self")]
    elif base is not None and _takes_anything(value):
        ways = forms(_home(name[:-1], base), name[:-1], in_place=True)
    else:
        ways = forms(_home(name, value), name, in_place=in_place)
    if _operator(name):
        result = "Self" if in_place else "Tensor"
        ways = [Form([p.replace(kind=inspect.Parameter.POSITIONAL_ONLY) for p in w.parameters], result) for w in ways]
        doc = None
    elif _of_core(value) and not in_place:
        ways = [Form(way.parameters, "Tensor") for way in ways]
    lines = written(name, ways, "self", doc, "    ")
    return [f"{line}  # type: ignore[override]" for line in lines] if name in ("__eq__", "__ne__") else lines


def _in_place_operator(name: str) -> bool:
    return name.startswith("__i") and name[3:-2] in {
        *("add", "and", "floordiv", "mod", "mul", "or", "pow", "sub", "truediv", "xor", "lshift", "rshift", "matmul"),
    }


def _operator(name: str) -> bool:
    return name.startswith("__") and name[2:-2].removeprefix("r").removeprefix("i") in _OPERATORS


_OPERATORS = {
    *[
        "abs",
        "add",
        "and",
        "eq",
        "floordiv",
        "ge",
        "gt",
        "invert",
        "le",
        "lshift",
        "lt",
        "matmul",
        "mod",
        "mul",
        "ne",
        "neg",
        "or",
        "pos",
        "pow",
        "rshift",
        "sub",
        "truediv",
        "xor",
    ],
    *("nvert", "shift"),  # of __invert__ and __rshift__, where the prefix is none
}


def _takes_anything(value: Any) -> bool:
    kinds = {p.kind for p in inspect.signature(value).parameters.values()}
    return inspect.Parameter.VAR_KEYWORD in kinds


def _of_core(value: Any) -> bool:
    """Made by `unary` or `binary`: a function of Tensors without annotations."""
    return not inspect.unwrap(value).__annotations__


def _home(name: str, value: Any) -> Any:
    """The function behind a method that is imported when it is first called."""
    for file, names in later.METHODS.items():
        if name in names.split():
            return getattr(importlib.import_module(f"autograd.tensors.{file}"), name)
    return value


def text() -> str:
    """The file."""
    lines: list[str] = []
    later.import_all()
    for name in sorted({*dir(Tensor)} - {*dir(object)} | {"__init__", *_COMPARISONS}):
        if (name.startswith("_") and not name.startswith("__")) or name in _NOT:
            continue
        value = inspect.getattr_static(Tensor, name)
        if name in BY_HAND:
            lines.append(f"    {BY_HAND[name]}")
        elif isinstance(value, property):
            assert value.fget is not None
            said = annotation(value.fget.__annotations__.get("return", "Any"), of_tensor=True)
            lines += ["    @property", f"    def {name}(self) -> {said}: ..."]
            if value.fset is not None:
                lines += [f"    @{name}.setter", f"    def {name}(self, value: Any) -> None: ..."]
        elif isinstance(value, bool):
            lines.append(f"    {name}: builtins.bool")
        elif isinstance(value, types.FunctionType):
            lines += method(name, value)
    title = '"""The Tensor, for type checkers. Written by `python -m tests.stubs`."""'
    return "\n".join([title, "", HEAD, CLASS, *lines, ""])


_COMPARISONS = {"__eq__", "__ge__", "__gt__", "__le__", "__lt__", "__ne__"}
_NOT = {"__annotations__", "__dict__", "__module__", "__slots__", "__weakref__", "__doc__", "__hash__"}
