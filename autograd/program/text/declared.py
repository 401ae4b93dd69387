"""How a function is declared: its definition as Python reads it; and values as text."""

from __future__ import annotations

import ast
import inspect
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import CaptureError

_LITERALS = (int, float, bool, str, type(None), type(Ellipsis), bytes, complex)


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


@cache
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


def definition_of(node: Any, name: str) -> ast.FunctionDef:
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


def parsed(text: str) -> ast.expr:
    """A text as an expression."""
    return ast.parse(text, mode="eval").body
