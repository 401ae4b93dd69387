"""What docstrings and the README mention by name exists: files, what is in a module, members of classes.

The kind: a sentence that sends its reader to a file that was moved, or to a function that was renamed. `test_docs` asks
the same of full names in the guides of packages; here it is short names, in the docstrings of everything.
"""

from __future__ import annotations

import ast
import functools
import importlib
import re
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pytest

from autograd import Tensor

ROOT = Path(__file__).parents[1]
TOPS = ("kernels", "autograd", "nn", "benchmarks")
FILES = [file for top in TOPS for file in sorted((ROOT / top).rglob("*.py"))]
DOTTED = re.compile(r"`([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+)(?:\([^`]*\))?`")
PLACE = re.compile(r"[\"`]((?:autograd|nn|kernels|benchmarks)(?:\.\w+)+):(\w+)[\"`]")
SOURCE = re.compile(r"(?<![\w./])(?:\w+/)*\w+\.py\b")
VALUES = {"course", "data", "frames", "module", "op", "optimizer", "plan", "program", "report", "tensor"}
"""Names of modules that are also what arguments are called."""

ELSEWHERE = {
    "folder/file.py": "stands for any",
    "file.py": "stands for any",
    "nn.X": "stands for any",
    "train.py": "the program of an example",
    "hundred_lines_compared.py": "of the course, not of the repository",
}


@functools.cache
def module(name: str) -> ModuleType | None:
    """The module of a name, if it is one of ours."""
    if name.partition(".")[0] not in TOPS or not any(
        (ROOT / name.replace(".", "/")).with_suffix(suffix).exists() for suffix in (".py", "")
    ):
        return None
    return importlib.import_module(name)


class Known(NamedTuple):
    """What the whole tree says of classes of a name."""

    texts: list[str]
    bases: list[str]


@functools.cache
def classes() -> dict[str, Known]:
    """Name -> what is known of it."""
    found: dict[str, Known] = {}
    for file in FILES:
        text = file.read_text()
        lines = text.splitlines()
        for node in ast.walk(ast.parse(text)) if "class " in text else ():
            if isinstance(node, ast.ClassDef):
                own = found.setdefault(node.name, Known([], []))
                own.texts.append("\n".join(lines[node.lineno : node.end_lineno]))
                own.bases.extend([re.split(r"[\[(]", ast.unparse(base))[0].rpartition(".")[2] for base in node.bases])
    return found


def has(name: str, member: str) -> bool:
    """Does a class of that name, or what it is made of, say anything of such a member?"""
    own = classes().get(name, Known([], []))
    return any(re.search(rf"\b{member}\b", text) for text in own.texts) or any(has(base, member) for base in own.bases)


@functools.cache
def sources() -> set[str]:
    """Files, by the ends of their paths: c.py, b/c.py, a/b/c.py."""
    paths = [file.relative_to(ROOT).parts for file in [*FILES, *(ROOT / "tests").rglob("*.py")]]
    return {"/".join(parts[start:]) for parts in paths for start in range(len(parts))}


def rooms(file: Path) -> list[str]:
    """The packages around a file, from the inside out, each with a dot at its end; "" is the last."""
    parts = file.relative_to(ROOT).parent.parts
    return [".".join([*parts[:count], ""]) if count else "" for count in range(len(parts), -1, -1)]


def known(name: str, file: Path) -> bool:
    """Is there such a thing, or a head of which nobody knows what it is, as that of `x.shape`?"""
    head, *rest = name.split(".")
    if head[0].isupper() and head in classes():
        return has(head, rest[0]) or (head == "Tensor" and hasattr(Tensor, rest[0]))  # some are put there late
    own = module(".".join(file.relative_to(ROOT).with_suffix("").parts)) if file.suffix == ".py" else None
    if head in VALUES or (own is not None and leads(getattr(own, head, None), rest)):
        return True
    found = [part for room in rooms(file) if (part := module(room + head)) is not None]
    return not found or any(leads(part, rest) for part in found)


def leads(start: object, rest: list[str]) -> bool:
    """Is there what `rest` names? Of an object that is no module, nobody knows what it will have."""
    for at, part in enumerate(rest):
        if not isinstance(start, ModuleType):
            return start is not None and at > 0
        start = module(f"{start.__name__}.{part}") or getattr(start, part, None)
    return start is not None


def docstrings(text: str) -> str:
    """Those of a file: of the module, its classes and functions, and the strings below constants."""
    alone = [node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Expr)]
    return "\n".join(x.value for x in alone if isinstance(x, ast.Constant) and isinstance(x.value, str))


def missing(text: str, file: Path) -> set[str]:
    """Names in a text that mean nothing in `file`."""
    wrong = {name for name in DOTTED.findall(text) if not name.endswith(".py") and not known(name, file)}
    wrong |= {f"{name}:{part}" for name, part in PLACE.findall(text) if not hasattr(module(name), part)}
    return (wrong | (set(SOURCE.findall(text)) - sources())) - ELSEWHERE.keys()


@pytest.mark.parametrize("top", TOPS)
def test_what_docstrings_mention_exists(top):
    found = {}
    for file in FILES:
        if file.relative_to(ROOT).parts[0] == top and (wrong := missing(docstrings(file.read_text()), file)):
            found[file.relative_to(ROOT).as_posix()] = wrong
    assert found == {}


@pytest.mark.parametrize("file", [ROOT / "README.md", *sorted((ROOT / "benchmarks/guide").glob("*.md"))])
def test_what_texts_mention_exists(file):
    assert missing(file.read_text(), ROOT / file.name) == set()


def test_what_has_gone_is_found():
    here = ROOT / "kernels" / "norm" / "rows.py"
    text = (
        'Sums are `machine.sums.plus`; `plain.moments`, `Kernel.python`, "kernels.ctc.loops:values", see plain.py, x.py'
    )
    assert missing(text, here) == {"x.py"}
    assert missing("`x.shape` of `machine.sums`, `Tensor.shape`", here) == set()
    for name in ("machine.sails", "plain.movements", "Kernel.viper"):
        assert missing(f"`{name}`", here) == {name}
    assert missing('fast="kernels.ctc.loops:valleys"', here) == {"kernels.ctc.loops:valleys"}
