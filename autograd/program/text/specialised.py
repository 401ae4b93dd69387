"""A function of the library as one expression, for arrays of known shapes: `x @ w.T + b`, not `linear(x, w, b)`.

Shapes are known when a program is written out, so most questions that a function asks have one answer. What is left
when they are answered is often a single expression; calls inside of it are taken the same way. Where anything else is
left, the answer is None, and the function is written out as it is.
"""

from __future__ import annotations

import ast
import math
import types
from typing import Any

from ...errors import CaptureError
from ...op import Op
from .declared import definition_of, literal, node_of, parsed
from .resolver import Resolver
from .vendored import Vendored, by_hand

Shapes = dict[str, tuple[int, ...]]
_SAFE: dict[str, Any] = {"len": len, "tuple": tuple, "range": range, "math": math, "max": max, "min": min, "sum": sum}
_DEEPEST = 6


def expression(
    vendored: Vendored, function: Any, arguments: dict[str, str], shapes: Shapes, longest: int = 100
) -> str | None:
    """A function on named values as an expression; None if it does not come down to one.

    arguments   parameter -> an expression;   shapes   name -> its shape
    """
    before = vendored.copied()
    try:
        found = _reduced(vendored, function, {name: parsed(text) for name, text in arguments.items()}, shapes, 0)
    except CaptureError:
        found = None
    text = None if found is None else ast.unparse(ast.fix_missing_locations(found))
    if text is None or len(text) > longest:
        vendored.put_back(before)
        return None
    return text


def _reduced(
    vendored: Vendored, function: Any, arguments: dict[str, ast.expr], shapes: Shapes, depth: int
) -> ast.expr | None:
    """The expression that a function returns."""
    text = by_hand.get(function) if isinstance(function, (types.FunctionType, type)) else None
    definition = ast.parse(text).body[0] if text else definition_of(node_of(function), "taken")
    assert isinstance(definition, ast.FunctionDef)
    names, defaults = definition.args, dict[str, ast.expr]()
    if names.vararg or names.kwarg or depth > _DEEPEST:
        return None
    places = [each.arg for each in names.args]
    defaults.update(zip(places[len(places) - len(names.defaults) :], names.defaults, strict=True))
    own = zip([each.arg for each in names.kwonlyargs], names.kw_defaults, strict=True)
    defaults.update({name: default for name, default in own if default is not None})
    known = defaults | arguments
    if set(known) < {*places, *[each.arg for each in names.kwonlyargs]}:
        return None
    folded = _Folded(vendored, function, known, shapes, depth)
    return folded.returned(definition.body)


class _Folded(Resolver):
    """Puts what is known into expressions, and answers what can be answered."""

    def __init__(
        self, vendored: Vendored, function: Any, known: dict[str, ast.expr], shapes: Shapes, depth: int
    ) -> None:
        super().__init__(vendored, function)
        self.here = dict(known)
        self.shapes = shapes
        self.depth = depth

    def returned(self, body: list[ast.stmt]) -> ast.expr | None:
        """What these statements return, if that is an expression."""
        for index, each in enumerate(body):
            if isinstance(each, ast.Return):
                return None if each.value is None else self.visit(each.value)
            if isinstance(each, ast.If):
                test = constant(self.visit(each.test))
                if test is None:
                    return None
                return self.returned([*(each.body if test.value else each.orelse), *body[index + 1 :]])
            if isinstance(each, ast.Assign) and len(each.targets) == 1 and isinstance(each.targets[0], ast.Name):
                self.here[each.targets[0].id] = self.visit(each.value)
            elif isinstance(each, ast.AugAssign) and isinstance(each.target, ast.Name):
                value = self.visit(each.value)
                self.here[each.target.id] = ast.BinOp(self.here[each.target.id], each.op, value)
            elif not (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant)):
                return None
        return None

    def visit_Name(self, node: ast.Name) -> Any:
        return self.here[node.id] if node.id in self.here else super().visit_Name(node)

    def visit_Lambda(self, node: ast.Lambda) -> Any:
        raise CaptureError("a function inside is not taken apart")

    def generic_visit(self, node: ast.AST) -> Any:
        if isinstance(node, (ast.ListComp, ast.GeneratorExp, ast.SetComp, ast.DictComp, ast.NamedExpr)):
            raise CaptureError("a loop inside is not taken apart")
        return super().generic_visit(node)

    def shape_of(self, node: ast.expr) -> tuple[int, ...] | None:
        """The shape of an expression, if it is known."""
        if isinstance(node, ast.Name):
            return self.shapes.get(node.id)
        if isinstance(node, ast.Attribute) and node.attr in ("T", "mT"):
            inner = self.shape_of(node.value)
            return None if inner is None else inner[::-1] if node.attr == "T" else (*inner[:-2], *inner[:-3:-1])
        return None

    def visit_Attribute(self, node: ast.Attribute) -> Any:
        if self.known(node)[0] and not (isinstance(node.value, ast.Name) and node.value.id in self.here):
            return super().visit_Attribute(node)
        value = self.visit(node.value)
        shape = self.shape_of(value)
        if shape is not None and node.attr in ("shape", "ndim"):
            return parsed(literal(shape if node.attr == "shape" else len(shape)))
        return self._told(ast.Attribute(value, node.attr, ast.Load()))

    def visit_Compare(self, node: ast.Compare) -> Any:
        found = super().visit_Compare(node)
        if isinstance(found, ast.Compare) and len(found.ops) == 1 and isinstance(found.ops[0], (ast.Is, ast.IsNot)):
            left, right = found.left, found.comparators[0]
            if isinstance(right, ast.Constant) and right.value is None:
                none = isinstance(left, ast.Constant) and left.value is None
                if none or self.shape_of(left) is not None or not isinstance(left, ast.Name):
                    return ast.Constant(none is isinstance(found.ops[0], ast.Is))
        return self._told(found)

    def visit_Subscript(self, node: ast.Subscript) -> Any:
        found, value = self.known(node)
        return parsed(self.vendored.refer(value)) if found else self._told(self.generic_visit(node))

    def visit_BinOp(self, node: ast.BinOp) -> Any:
        return self._told(self.generic_visit(node))

    def visit_Call(self, node: ast.Call) -> Any:
        found, function = self.known(node.func)
        if isinstance(node.func, ast.Name) and node.func.id in self.here:
            found = False
        given = [self.visit(each) for each in node.args]
        named = {each.arg: self.visit(each.value) for each in node.keywords}
        if any(isinstance(each, ast.Starred) for each in given) or None in named:
            raise CaptureError("a call with a star is not taken apart")
        if found and isinstance(function, Op):
            function = function.forward if not function.keeps else function
        plain = getattr(function, "plain", function)
        if found and isinstance(plain, (types.FunctionType, type)) and (_ours(plain) or plain in by_hand):
            inner = self._inner(plain, given, named)
            if inner is not None:
                return inner
        target = parsed(self.vendored.refer(function)) if found else self.visit(node.func)
        if ast.unparse(target) == "np.add.reduce":
            return _sum(given, named)
        keywords = [ast.keyword(name, value) for name, value in named.items()]
        return self._told(ast.Call(target, given, keywords))

    def _inner(self, function: Any, given: list[Any], named: dict[Any, Any]) -> ast.expr | None:
        try:
            text = by_hand.get(function)
            node: Any = ast.parse(text).body[0] if text else definition_of(node_of(function), "taken")
        except CaptureError:
            return None
        places = [each.arg for each in node.args.args]
        if len(given) > len(places):
            return None
        arguments = dict(zip(places, given, strict=False)) | named
        try:
            return _reduced(self.vendored, function, arguments, self.shapes, self.depth + 1)
        except CaptureError:
            return None

    def _told(self, node: Any) -> Any:
        """The value of an expression that only has constants in it."""
        if isinstance(node, ast.Constant):
            return node
        names = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
        if not names <= set(_SAFE):
            return node
        text = ast.unparse(ast.fix_missing_locations(node))
        try:
            return parsed(literal(eval(text, dict(_SAFE))))
        except (ArithmeticError, LookupError, TypeError, ValueError, CaptureError):
            return node


def constant(node: ast.expr) -> ast.Constant | None:
    """A constant that a question has come down to."""
    return node if isinstance(node, ast.Constant) else None


def _ours(function: Any) -> bool:
    return str(getattr(function, "__module__", "")).split(".")[0] in ("autograd", "kernels", "nn")


def _sum(given: list[Any], named: dict[Any, Any]) -> ast.expr:
    """np.add.reduce in its usual spelling."""
    options = dict(zip(("axis",), given[1:], strict=False)) | named
    usual = {"axis": None, "keepdims": False}
    default = options.get("axis", ast.Constant(0))
    options["axis"] = default
    left = {
        name: value
        for name, value in options.items()
        if not (name in usual and isinstance(value, ast.Constant) and value.value is usual[name])
    }
    return ast.Call(parsed("np.sum"), given[:1], [ast.keyword(name, value) for name, value in left.items()])
