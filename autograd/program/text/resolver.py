"""What a function of the library refers to, by the names that it has in a text.

Where a function asks from which size on compiled code pays, the answer is that there is none.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import types
from functools import cache
from typing import Any

import numpy as np

from kernels.machine import jit
from kernels.machine.fast import NEVER, Size

from ...errors import CaptureError
from ...op import Op
from .declared import definition_of, node_of, parsed

OURS = ("autograd", "kernels", "nn")


class Resolver(ast.NodeTransformer):
    """Gives what a function refers to the names that it has in the text."""

    def __init__(self, vendored: Any, function: Any) -> None:
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
            return parsed(f"np.frompyfunc({self.vendored.name_of(inner)}, {value.nin}, {value.nout})")
        return parsed(self.vendored.refer(value, node.id))

    def visit_Attribute(self, node: ast.Attribute) -> Any:
        found, value = self.known(node)
        if found and not (isinstance(value, types.ModuleType) and value.__name__.split(".")[0] in OURS):
            base = self.known(node.value)[1]
            if isinstance(base, types.ModuleType) and base.__name__.split(".")[0] not in OURS:
                return ast.Attribute(parsed(self.vendored.refer(base)), node.attr, ast.Load())
            return parsed(self.vendored.refer(value, node.attr))
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
        if found and isinstance(value, types.FunctionType) and value.__module__.split(".")[0] in OURS:
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
        body = definition_of(node_of(function), "asked").body
    except CaptureError:
        return None
    if not isinstance(body[-1], ast.Return) or body[-1].value is None:
        return None
    told = [part for part in body[:-1] if not (isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant))]
    text = ast.unparse(body[-1])
    if told or not (".least" in text or "ENABLED" in text):
        return None
    value = Resolver(_Nothing(), function).visit(body[-1].value)
    return value.value if isinstance(value, ast.Constant) and type(value.value) is bool else None


class _Nothing:
    """Takes the place of a text where only the answer is wanted."""

    def refer(self, value: Any, seen_as: str = "") -> str:
        """Some expression."""
        return "unknown"
