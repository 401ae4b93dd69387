"""Compiled code is kept as long as all it was made from stays the same, in whatever folders that is, and no longer."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from kernels.machine import cache

from .test_jit import compiled, package, run

__all__ = ["package"]

KERNEL = "@kernel\ndef {name}(x):\n    return {value}\n"
ROOT = Path(__file__).parents[3]


@pytest.fixture
def rooms(package):
    """Kernels in folders of folders: `far/outer.py` calls what `near/deep/inner.py` has, by way of others."""
    for name, text in (
        ("near/__init__.py", '"""A room."""\n'),
        ("near/deep/__init__.py", ""),
        ("near/deep/inner.py", "from ...machine.jit import kernel\n\n" + KERNEL.format(name="factor", value="2 * x")),
        ("near/deep/beside.py", "from ...machine.jit import kernel\n\n" + KERNEL.format(name="factor", value="5 * x")),
        ("near/face.py", "from .deep import (\n    beside,  # (one)\n    inner,\n)\n\nfactor = inner.factor\n"),
        ("far/__init__.py", "from ..near import face\n\nfactor = face.factor\n"),
        (
            "far/outer.py",
            "from ..machine.jit import kernel\nfrom . import factor\n\n"
            + KERNEL.format(name="f", value="factor(x) + 0"),
        ),
        ("far/unrelated.py", "from ..machine import jit\n"),
    ):
        path = package / "kernels" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return package / "kernels"


OUTER = "from kernels.far.outer import f; print(f(21))"


def edit(file, old, new):
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


@compiled
def test_an_edit_two_folders_away_is_noticed(rooms):
    assert "compiling" in run(OUTER, rooms.parent, "42\n")
    assert run(OUTER, rooms.parent, "42\n") == ""
    edit(rooms / "near" / "deep" / "inner.py", "2 * x", "3 * x")
    assert "compiling" in run(OUTER, rooms.parent, "63\n")
    assert run(OUTER, rooms.parent, "63\n") == ""
    edit(rooms / "near" / "face.py", "inner.factor", "beside.factor")
    assert "compiling" in run(OUTER, rooms.parent, "105\n")
    edit(rooms / "far" / "__init__.py", "face.factor", "face.inner.factor")
    assert "compiling" in run(OUTER, rooms.parent, "63\n")


@compiled
def test_edits_of_what_has_no_part_in_a_kernel_are_not(rooms):
    run(OUTER, rooms.parent, "42\n")
    edit(rooms / "far" / "unrelated.py", "import jit", "import jit, cache")
    edit(rooms / "near" / "__init__.py", "A room.", "A room, explained at length.")
    (rooms / "near" / "deep" / "new.py").write_text("def factor(x):\n    return x\n")
    assert run(OUTER, rooms.parent, "42\n") == ""


@compiled
def test_a_package_of_explanations_that_gets_code_is_noticed(rooms):
    run(OUTER, rooms.parent, "42\n")
    (rooms / "near" / "__init__.py").write_text(
        "from .deep import beside\nfrom . import face\nface.factor = beside.factor\n"
    )
    assert "compiling" in run(OUTER, rooms.parent, "105\n")


@compiled
def test_kernels_outside_of_the_package_depend_on_it_and_on_their_own(rooms):
    mine = rooms.parent / "mine"
    mine.mkdir()
    (mine / "__init__.py").write_text("")
    (mine / "helper.py").write_text("from kernels.near.face import factor as f\n")
    (mine / "loops.py").write_text(
        "import mine.helper\nfrom kernels.machine.jit import kernel\ng = mine.helper.f\n\n"
        + KERNEL.format(name="h", value="g(x)")
    )
    program = "from mine.loops import h; print(h(21))"
    run(program, rooms.parent, "42\n")
    before = count(rooms)
    run(program, rooms.parent, "42\n")
    assert count(rooms) == before
    edit(rooms / "near" / "deep" / "inner.py", "2 * x", "3 * x")
    run(program, rooms.parent, "63\n")
    edit(mine / "helper.py", "kernels.near.face import factor", "kernels.near.deep.beside import factor")
    run(program, rooms.parent, "105\n")


def count(rooms):
    return sorted(path.name for path in (rooms / "__pycache__").glob("*.nbc"))


CLOSURES = """
def of(part):
    def whole(x):
        return part(x) + 1

    return kernel(whole)
"""


@compiled
def test_kernels_made_for_others_depend_on_these(rooms):
    """On their sources, wherever these are; not on whether they were called before."""
    (rooms / "far" / "made.py").write_text("from ..machine.jit import kernel\n" + CLOSURES)
    program = "from kernels.far.made import of; from kernels.far.outer import f; {}print(of(f)(21))"
    run(OUTER, rooms.parent, "42\n")  # what Python calls has code of its own: f, too
    assert "compiling" in run(program.format(""), rooms.parent, "43\n")
    before = count(rooms)
    assert run(program.format("f(21); "), rooms.parent, "43\n") == ""
    assert count(rooms) == before
    edit(rooms / "near" / "deep" / "inner.py", "2 * x", "3 * x")
    assert "compiling" in run(program.format(""), rooms.parent, "64\n")
    both = "from kernels.near.deep import inner, beside; from kernels.far.made import of; "
    run(both + "print(of(inner.factor)(1), of(beside.factor)(1))", rooms.parent, "4 6\n")


@compiled
def test_functions_of_one_name_in_files_of_one_name_keep_apart(rooms):
    for folder, value in (("near", "2 * x"), ("far", "3 * x")):
        text = "from ..machine.jit import kernel\n\n" + KERNEL.format(name="loop", value=value)
        (rooms / folder / "loops.py").write_text(text)
    program = "from kernels.near.loops import loop as a; from kernels.far.loops import loop as b; print(a(7), b(7))"
    run(program, rooms.parent, "14 21\n")
    assert run(program, rooms.parent, "14 21\n") == ""
    assert len(count(rooms)) == 2


IMPORTS = {
    "from . import a": {"here/a", "here"},
    "from .a import f, g": {"here/a", "here/a/f", "here/a/g"},
    "from .a import (\n    f,  # why (1)\n    g,\n)": {"here/a", "here/a/f", "here/a/g"},
    "from .. import a": {".", "a"},
    "from ..a.b import *": {"a/b", "a/b/*"},
    "from \\\n    .a \\\n    import f": {"here/a", "here/a/f"},
    "import kernels.a.b as b": {"a/b"},
    "from kernels.a import f": {"a", "a/f"},
    "def f():\n    from . import a  # later": {"here/a", "here"},
    "if True: from . import a": {"here/a", "here"},
    "try: from . import a\nexcept ImportError: from . import b": {"here/a", "here/b", "here"},
    "x = 1; from . import a; import kernels.b": {"here/a", "here", "b"},
    'x = """of import\n"""\nfrom . import a\ny = """\nimport"""': {"here/a", "here"},
    '"""What they\nimport or not."""\nfrom . import a': {"here/a", "here"},
    "import numpy\nfrom numpy import linalg": set(),
}


@pytest.mark.parametrize("text", IMPORTS)
def test_imports_are_found_in_every_spelling(text, monkeypatch):
    package = Path("/away/kernels")
    monkeypatch.setattr(cache, "_PACKAGE", package)
    monkeypatch.setattr(cache, "_root", lambda folder: package.parent)
    found = {path.relative_to(package).as_posix() for path in cache._imported(text, package / "here" / "x.py")}
    assert found == IMPORTS[text]


@pytest.mark.parametrize(
    "file", sorted((ROOT / "kernels").rglob("*.py")), ids=lambda file: file.relative_to(ROOT).as_posix()
)
def test_reading_the_lines_of_imports_alone_finds_what_all_of_a_file_has(file):
    def imports(nodes):
        return {ast.dump(node) for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)}

    text = file.read_text()
    assert imports(cache._statements(text)) >= imports(ast.walk(ast.parse(text)))
