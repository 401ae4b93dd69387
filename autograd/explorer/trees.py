"""A line of NumPy as nested lists, which a page can compute: `d_h1 = d_h2 * (h2 != 0)` becomes

    ["*", ["s", 14], ["!=", ["s", 5], ["n", 0]]]

What stands in them, the kind first:

    ["s", slot]  ["n", number]  ["c", True or None or a text]  ["t", part, ...]      values; a tuple or list
    ["+", x, y]  "-" "*" "/" "//" "%" "**" "@" "<" "<=" ">" ">=" "==" "!=" "&" "|"   what stands between two values
    ["neg", x]  ["not", x]                                                           and before one
    ["f", name, [argument, ...], {name: argument}]                                   a function: "np.exp", "softmax"
    ["m", name, x, [argument, ...], {name: argument}]                                a method: x.sum(axis=0)
    ["a", name, x]  ["i", x, index]  ["r", start, stop, step]                        an attribute; x[index]; a slice
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Mapping
from typing import Any

import numpy as np

from .description import Tree

_BETWEEN: dict[type, str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.MatMult: "@",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.BitAnd: "&",
    ast.BitOr: "|",
}
_BEFORE: dict[type, str] = {ast.USub: "neg", ast.Invert: "not", ast.Not: "not"}


class UnknownError(Exception):
    """Something that has no tree."""


def folded(text: str) -> ast.Assign | None:
    """The statement with all that can be computed without a value computed; None if it is no assignment."""
    body = ast.parse(text).body
    if len(body) != 1 or not isinstance(body[0], ast.Assign):
        return None
    body[0].value = _Fold().visit(body[0].value)
    return ast.fix_missing_locations(body[0])


class _Fold(ast.NodeTransformer):
    """Replaces `tuple(sorted(range(0, 2), key=(1, 0).__getitem__))` by (1, 0), and (*(2, 3), 4) by (2, 3, 4)."""

    def visit(self, node: ast.AST) -> Any:
        names = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
        starred = any(isinstance(each, (ast.Starred, ast.Call)) for each in ast.walk(node))
        if isinstance(node, (ast.Call, ast.Tuple)) and starred and all(hasattr(builtins, name) for name in names):
            try:
                value = eval(compile(ast.Expression(ast.fix_missing_locations(node)), "<line>", "eval"))
                return ast.parse(repr(value), mode="eval").body
            except (ValueError, TypeError, SyntaxError, NameError, AttributeError):
                return node
        return self.generic_visit(node)


def tree_of(node: ast.AST, slots: Mapping[str, int], functions: Mapping[str, str]) -> Tree:
    """The tree of an expression. `slots`: name -> number; `functions`: name in the text -> name that a page knows."""

    def of(part: ast.AST | None) -> Tree:
        return ["c", None] if part is None else tree_of(part, slots, functions)

    def keywords(call: ast.Call) -> dict[str, Tree]:
        if any(each.arg is None for each in call.keywords):
            raise UnknownError
        return {str(each.arg): of(each.value) for each in call.keywords}

    match node:
        case ast.Name(id=name) if name in slots:
            return ["s", slots[name]]
        case ast.Constant(value=value) if isinstance(value, (int, float)) and not isinstance(value, bool):
            return ["n", str(value) if value - value != 0 else value]
        case ast.Constant(value=value) if value is None or isinstance(value, (bool, str)):
            return ["c", value]
        case ast.Constant(value=value) if value is Ellipsis:
            return ["c", "..."]
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            return ["t", *[of(part) for part in parts]]
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BETWEEN:
            return [_BETWEEN[type(op)], of(left), of(right)]
        case ast.IfExp(
            body=x, test=ast.Compare(left=ast.Attribute(attr="kind"), comparators=[ast.Constant(value="f")])
        ):
            return of(x)  # "if x.dtype.kind == 'f'": what a page computes with are floating point numbers
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _BETWEEN:
            return [_BETWEEN[type(op)], of(left), of(right)]
        case ast.UnaryOp(op=op, operand=x) if type(op) in _BEFORE:
            return [_BEFORE[type(op)], of(x)]
        case ast.Call(func=ast.Name(id=name), args=args):
            return ["f", functions.get(name, name), [of(part) for part in args], keywords(node)]
        case ast.Call(func=ast.Attribute() as function, args=args):
            if _dotted(function).startswith("np."):
                return ["f", _dotted(function), [of(part) for part in args], keywords(node)]
            return ["m", function.attr, of(function.value), [of(part) for part in args], keywords(node)]
        case ast.Attribute(value=x, attr=name):
            dotted = _dotted(node)
            if dotted.startswith("np."):
                return _of_numpy(dotted.removeprefix("np."))
            return ["a", name, of(x)]
        case ast.Subscript(value=x, slice=index):
            return ["i", of(x), of(index)]
        case ast.Slice(lower=start, upper=stop, step=step):
            return ["r", of(start), of(stop), of(step)]
    raise UnknownError


def _of_numpy(name: str) -> Tree:
    """np.pi is a number; np.float32 a name."""
    value = getattr(np, name, None)
    return ["n", str(value) if value - value != 0 else value] if isinstance(value, float) else ["c", name]


def _dotted(node: ast.AST) -> str:
    """ "np.add.reduce" for such an attribute; "" for one of a value."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        inner = _dotted(node.value)
        return f"{inner}.{node.attr}" if inner else ""
    return ""
