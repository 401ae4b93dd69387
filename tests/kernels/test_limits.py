"""Kernels can be read: no more than 8 parameters, and no loops in loops in loops beyond 4."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

import pytest

from kernels.machine.jit import Kernel

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "kernels").rglob("*.py"))
PARAMETERS = 8
NESTING = 4
BLOCKS = (ast.For, ast.While, ast.If, ast.With, ast.Try)
EXCEPTIONS: dict[str, str] = {}
"""file:function -> why it needs more."""


def nesting(node: ast.AST, depth: int = 0) -> int:
    """How many loops and conditions stand in each other; an `elif` is as deep as its `if`."""
    deepest = depth
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.FunctionDef, ast.Lambda, ast.ClassDef)):
            continue
        elif_ = isinstance(node, ast.If) and isinstance(child, ast.If) and node.orelse == [child]
        deepest = max(deepest, nesting(child, depth + (isinstance(child, BLOCKS) and not elif_)))
    return deepest


def too_deep(source: str, file: str) -> list[str]:
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    return [f"{file}:{f.name}" for f in functions if nesting(f) > NESTING]


def too_wide(module: object, file: str) -> list[str]:
    found = [each for each in vars(module).values() if isinstance(each, Kernel)]
    return [f"{file}:{k.python.__name__}" for k in found if k.python.__code__.co_argcount > PARAMETERS]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_loops_are_cut_into_parts(file):
    path = file.relative_to(ROOT).as_posix()
    module = importlib.import_module(path.removesuffix(".py").removesuffix("/__init__").replace("/", "."))
    assert set(too_deep(file.read_text(), path) + too_wide(module, path)) <= EXCEPTIONS.keys()


def test_what_is_too_deep_or_too_wide_is_found():
    loops = "".join(" " * n + f"for i{n} in x:\n" for n in range(1, 6)) + " " * 6 + "pass\n"
    assert too_deep("def f(x):\n" + loops, "a.py") == ["a.py:f"]
    assert too_deep("def f(x):\n" + loops.replace(" for i1 in x:\n", " if x:\n  pass\n elif x:\n"), "a.py") == [
        "a.py:f"
    ]
    assert too_deep("def f(x):\n if x:\n  pass\n elif x:\n  pass\n elif x:\n  pass\n", "a.py") == []

    class Module:
        wide = Kernel(lambda a, b, c, d, e, f, g, h, i: None, {})
        narrow = Kernel(lambda a, b, c, d, e, f, g, h: None, {})

    assert too_wide(Module, "a.py") == ["a.py:<lambda>"]
