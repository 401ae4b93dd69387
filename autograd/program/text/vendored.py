"""Functions of the library as text that runs without it: their own source, with all that they refer to beside them.

A function is looked up in the file that declares it. What it refers to is written out in turn: other functions, the
plain forms of operations and of kernels, constants. NumPy and the standard library are imported.
"""

from __future__ import annotations

import ast
import builtins
import importlib
import inspect
import sys
import types
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from kernels.machine import jit
from kernels.machine.fast import NEVER, Size

from ...errors import CaptureError
from ...op import Op
from ...products import Product, computed, product, product_of

_OURS = ("autograd", "kernels", "nn")
_LITERALS = (int, float, bool, str, type(None), type(Ellipsis), bytes, complex)

by_hand: dict[Any, str] = {
    product: "def product(x, y):\n    return x @ y\n",
    product_of: "def product_of(left, right):\n    return left.T @ right\n",
    Product: "def product_of(left, right):\n    return left.T @ right\n",
    computed: "def computed(g):\n    return g\n",
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
            definition = _definition(node, name)
            _Resolver(self, function).visit(definition)
            text = ast.unparse(ast.fix_missing_locations(definition)) + "\n"
        self.texts.pop(name)
        self.texts[name] = text
        return name

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
        if module.__name__.split(".")[0] in _OURS:
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
        if isinstance(value, type) and issubclass(value, tuple) and module.split(".")[0] in _OURS:
            return self.name_of_class(value)
        if hasattr(value, "__wrapped__"):
            value = value.__wrapped__
        if isinstance(value, types.FunctionType) and module.split(".")[0] in (
            *_OURS,
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


def literal(value: Any) -> str:
    """A value as an expression."""
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return {"inf": "np.inf", "-inf": "-np.inf"}.get(repr(value), "np.nan")
    if isinstance(value, np.dtype):
        return f"np.dtype({value.name!r})"
    if isinstance(value, type) and issubclass(value, np.generic):
        return f"np.{value.__name__}"
    if isinstance(value, np.generic):
        return f"np.{type(value).__name__}({literal(value.item())})"
    if value is Ellipsis:
        return "..."
    if isinstance(value, slice):
        return f"slice({literal(value.start)}, {literal(value.stop)}, {literal(value.step)})"
    if type(value) in (list, tuple, set, frozenset) or isinstance(value, tuple):
        inside = ", ".join(literal(part) for part in value)
        if isinstance(value, tuple):
            return f"({inside},)" if len(value) == 1 else f"({inside})"
        return f"[{inside}]" if type(value) is list else f"{{{inside}}}"
    if type(value) is dict:
        return "{" + ", ".join(f"{literal(key)}: {literal(part)}" for key, part in value.items()) + "}"
    if isinstance(value, range):
        return repr(value)
    if isinstance(value, np.ndarray) and not value.size:
        return f"np.zeros({value.shape}, {literal(value.dtype)})"
    if isinstance(value, np.ndarray) and value.size <= 64:
        return f"np.array({literal(value.tolist())}, {literal(value.dtype)})"
    if isinstance(value, _LITERALS):
        return repr(value)
    raise CaptureError(f"{type(value).__name__} cannot be written out as text")


@cache
def _tree(file: str) -> ast.Module:
    return ast.parse(Path(file).read_text())


def node_of(function: Any) -> Any:
    """The definition of a function in the file that it comes from: a FunctionDef or a Lambda."""
    function = inspect.unwrap(function)
    code = getattr(function, "__code__", None)
    if code is None or not Path(code.co_filename).is_file():
        raise CaptureError(f"{getattr(function, '__name__', function)!s} has no source that could be written out")
    spots, alike = set(code.co_positions()), []
    for node in ast.walk(_tree(code.co_filename)):
        if isinstance(node, ast.FunctionDef) and node.name == code.co_name:
            first = min([node.lineno, *[each.lineno for each in node.decorator_list]])
            if first == code.co_firstlineno:
                return node
        elif isinstance(node, ast.Lambda) and code.co_name == "<lambda>":
            body = node.body
            if node.lineno == code.co_firstlineno:
                alike.append(node)
            if (body.lineno, body.end_lineno, body.col_offset, body.end_col_offset) in spots:
                return node
    if len(alike) == 1:
        return alike[0]
    raise CaptureError(f"the definition of {code.co_name} at {code.co_filename}:{code.co_firstlineno} was not found")


def _definition(node: Any, name: str) -> ast.FunctionDef:
    """A copy of a definition, under another name, without annotations and decorators."""
    node = ast.parse(ast.unparse(node)).body[0]
    if isinstance(node, ast.Expr):
        made = ast.parse(f"def {name}():\n    pass").body[0]
        assert isinstance(made, ast.FunctionDef)
        assert isinstance(node.value, ast.Lambda)
        made.args, made.body = node.value.args, [ast.Return(node.value.body)]
        return made
    assert isinstance(node, ast.FunctionDef)
    node.name, node.decorator_list, node.returns = name, [], None
    return node


class _Resolver(ast.NodeTransformer):
    """Gives what a function refers to the names that it has in the text."""

    def __init__(self, vendored: Vendored, function: Any) -> None:
        self.vendored = vendored
        function = inspect.unwrap(function)
        self.scope: dict[str, Any] = dict(function.__globals__)
        closure = function.__closure__ or ()
        self.scope.update(zip(function.__code__.co_freevars, [cell.cell_contents for cell in closure], strict=True))
        self.own = _bound(function.__code__)

    def known(self, node: ast.AST) -> tuple[bool, Any]:
        """Is this a value from outside of the function, and which?"""
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            found, value = self.known(node.value)
            return (True, value[node.slice.value]) if found and type(value) is dict else (False, None)
        if isinstance(node, ast.Name) and node.id not in self.own and node.id in self.scope:
            return True, self.scope[node.id]
        if isinstance(node, ast.Attribute):
            found, value = self.known(node.value)
            if found and isinstance(value, Size):
                return True, NEVER
            if found and isinstance(value, (types.ModuleType, Op)):
                if isinstance(value, Op):
                    return node.attr in ("choose", "forward", "run"), value
                if value is jit and node.attr == "ENABLED":
                    return True, False
                return True, getattr(value, node.attr)
        return False, None

    def visit_Name(self, node: ast.Name) -> Any:
        found, value = self.known(node)
        if not found:
            return node
        inner = self.scope.get(value.__name__.split(" ")[0]) if isinstance(value, np.ufunc) else None
        if isinstance(inner, types.FunctionType):  # made of it by np.frompyfunc
            return _parsed(f"np.frompyfunc({self.vendored.name_of(inner)}, {value.nin}, {value.nout})")
        return _parsed(self.vendored.refer(value, node.id))

    def visit_Attribute(self, node: ast.Attribute) -> Any:
        found, value = self.known(node)
        if found and not (isinstance(value, types.ModuleType) and value.__name__.split(".")[0] in _OURS):
            base = self.known(node.value)[1]
            if isinstance(base, types.ModuleType) and base.__name__.split(".")[0] not in _OURS:
                return ast.Attribute(_parsed(self.vendored.refer(base)), node.attr, ast.Load())
            return _parsed(self.vendored.refer(value, node.attr))
        return self.generic_visit(node)

    # -- what is decided by sizes from which compiled code pays: there is none here

    def visit_Compare(self, node: ast.Compare) -> Any:
        if len(node.ops) == 1 and self.known(node.comparators[0]) == (True, NEVER):
            return ast.Constant(isinstance(node.ops[0], (ast.Lt, ast.LtE)))
        return self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> Any:
        stops = isinstance(node.op, ast.Or)
        parts: list[ast.expr] = []
        for part in node.values:
            part = self.visit(part)
            if isinstance(part, ast.Constant) and type(part.value) is bool:
                if part.value is stops:
                    return ast.Constant(stops) if not parts else ast.BoolOp(node.op, [*parts, part])
                continue
            parts.append(part)
        return ast.Constant(not stops) if not parts else parts[0] if len(parts) == 1 else ast.BoolOp(node.op, parts)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> Any:
        inner = self.visit(node.operand)
        if isinstance(node.op, ast.Not) and isinstance(inner, ast.Constant) and type(inner.value) is bool:
            return ast.Constant(not inner.value)
        return ast.UnaryOp(node.op, inner)

    def visit_IfExp(self, node: ast.IfExp) -> Any:
        test = self.visit(node.test)
        if isinstance(test, ast.Constant) and type(test.value) is bool:
            return self.visit(node.body if test.value else node.orelse)
        return ast.IfExp(test, self.visit(node.body), self.visit(node.orelse))

    def visit_If(self, node: ast.If) -> Any:
        test = self.visit(node.test)
        if isinstance(test, ast.Constant) and type(test.value) is bool:
            chosen = node.body if test.value else node.orelse
            return [self.visit(part) for part in chosen] or ast.Pass()
        parts = [[self.visit(part) for part in body] for body in (node.body, node.orelse)]
        flat = [[one for each in body for one in (each if isinstance(each, list) else [each])] for body in parts]
        return ast.If(test, flat[0], flat[1])

    def visit_Call(self, node: ast.Call) -> Any:
        found, value = self.known(node.func)
        if found and isinstance(value, types.FunctionType) and value.__module__.split(".")[0] in _OURS:
            answer = _answer(value)
            if answer is not None:
                return ast.Constant(answer)
        return self.generic_visit(node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> Any:
        package = self.scope["__package__"]
        module = importlib.import_module("." * node.level + (node.module or ""), package)
        for alias in node.names:
            name = alias.asname or alias.name
            self.scope[name] = _member(module, alias.name)
            self.own.discard(name)
        return ast.Pass()

    def visit_arg(self, node: ast.arg) -> Any:
        node.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> Any:
        if node.value is None:
            return ast.Pass()
        return self.visit(ast.copy_location(ast.Assign([node.target], node.value), node))

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:
        node.returns = None
        return self.generic_visit(node)


def _bound(code: types.CodeType) -> set[str]:
    """The names that are a function's own, or those of functions inside of it."""
    names = set(code.co_varnames) | set(code.co_cellvars)
    for each in code.co_consts:
        if isinstance(each, types.CodeType):
            names |= _bound(each) | {each.co_name}
    return names


def _member(module: types.ModuleType, name: str) -> Any:
    if not hasattr(module, name):
        return importlib.import_module(f"{module.__name__}.{name}")
    return getattr(module, name)


@cache
def _answer(function: Any) -> bool | None:
    """What a function returns that only asks for a size from which compiled code pays."""
    try:
        body = _definition(node_of(function), "asked").body
    except CaptureError:
        return None
    if not isinstance(body[-1], ast.Return) or body[-1].value is None:
        return None
    told = [part for part in body[:-1] if not (isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant))]
    text = ast.unparse(body[-1])
    if told or not (".least" in text or "ENABLED" in text):
        return None
    value = _Resolver(Vendored(set()), function).visit(body[-1].value)
    return value.value if isinstance(value, ast.Constant) and type(value.value) is bool else None


def _parsed(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def inlined(vendored: Vendored, function: Any, arguments: dict[str, str], longest: int = 110) -> str | None:
    """A function that only returns an expression, as that expression on other names; None if it is no such function.

    arguments   parameter -> the expression for it: a name or a literal
    """
    try:
        node = node_of(function)
    except CaptureError:
        return None
    definition = _definition(node, "inlined")
    body = [
        part for part in definition.body if not (isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant))
    ]
    if len(body) != 1 or not isinstance(body[0], ast.Return) or body[0].value is None:
        return None
    parameters = [each.arg for each in (*definition.args.args, *definition.args.kwonlyargs)]
    if definition.args.vararg or definition.args.kwarg or any(name not in arguments for name in parameters):
        return None
    expression = _Resolver(vendored, function).visit(body[0].value)

    class Put(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> Any:
            return _parsed(arguments[node.id]) if node.id in parameters else node

        def visit_Lambda(self, node: ast.Lambda) -> Any:
            if {each.arg for each in node.args.args} & set(parameters):
                raise CaptureError("a name means two things")
            return self.generic_visit(node)

    text = ast.unparse(ast.fix_missing_locations(Put().visit(expression)))
    return text if len(text) <= longest else None
