"""Packages say what is inside, what to read first, and their rule; and the names they mention exist.

The kind: a guide that has rotted, because files were moved and functions renamed after it was written.
"""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = sorted(
    file.parent.relative_to(ROOT).as_posix()
    for top in ("kernels", "autograd", "nn", "benchmarks", "tests")
    for file in (ROOT / top).rglob("__init__.py")
)
OF_MANY = {"nn/optim", "nn/distributions", "tests/conformance/programs"}  # one file per rule, family, program
GUIDES = [package for package in PACKAGES if not re.match(r"tests/(autograd|benchmarks|kernels|nn)\b", package)]
"""Those of the tests of a package are that package's."""


def docstring(package: str) -> str:
    return importlib.import_module(package.replace("/", ".")).__doc__ or ""


def entries(folder: Path) -> dict[str, str]:
    """What a guide must mention, and as what: files, and folders that are packages."""
    files = {file.stem: file.name for file in folder.glob("*.py") if file.stem not in ("__init__", "__main__")}
    return files | {file.parent.name: f"{file.parent.name}/" for file in folder.glob("*/__init__.py")}


def shortcomings(text: str, folder: Path, every: bool = True) -> list[str]:
    """What is wrong with a guide: files that it leaves out or that have gone, no beginning, no rule."""
    wrong = []
    if not re.search(r"[Rr]ead (this )?first|Read [^.]* first", text):
        wrong.append("does not say what to read first")
    if not re.search(r"^The rules?\b|\bThe rule: |The rules\. ", text, re.MULTILINE):
        wrong.append("has no rule")
    inside = entries(folder)
    table = " ".join(line for line in text.splitlines() if line.startswith("    ") or "  " in line.strip())
    if every:
        wrong += [f"leaves out {name}" for name in inside if not re.search(rf"(?<![\w./]){name}(?![\w(])", table)]
    told = set(re.findall(r"(?<![\w./])[a-z_]+\.py(?=[ :;,]|$)", table, re.MULTILINE))
    return wrong + [f"tells of {name}" for name in sorted(told - set(inside.values()) - {"__main__.py"})]


@pytest.mark.parametrize("package", GUIDES)
def test_packages_say_what_is_inside(package):
    if package in ("autograd/cuda", "autograd/utils", "nn/modules"):  # PyTorch's paths, and nothing to learn there
        assert docstring(package)
        return
    assert shortcomings(docstring(package), ROOT / package, package not in OF_MANY) == []


def test_a_guide_that_has_rotted_is_found(tmp_path):
    for name in ("one.py", "two.py", "wing/__init__.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    good = "All.\n\n    one.py two.py    files    read this first\n    wing/    a folder\n\nThe rule: none.\n"
    assert shortcomings(good, tmp_path) == []
    assert shortcomings(good.replace("two.py", "to.py"), tmp_path) == ["leaves out two", "tells of to.py"]
    assert shortcomings(good.replace("wing/", "wings/"), tmp_path) == ["leaves out wing"]
    assert shortcomings("All.", tmp_path)[:2] == ["does not say what to read first", "has no rule"]


NAME = re.compile(r"\b(?:autograd|nn|kernels|benchmarks|tests)(?:\.[A-Za-z_]\w*)+")
PATH = re.compile(r"\b(?:autograd|nn|kernels|benchmarks|tests)(?:/\w+)*/\w+(?:\.py|/)")


def exists(name: str) -> bool:
    """Is there a module, or something in a module, of this name?"""
    parts = name.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:cut]))
        except ModuleNotFoundError:
            continue
        try:
            for part in parts[cut:]:
                found = getattr(found, part)
        except AttributeError:
            return False
        return True
    return False


def missing(text: str) -> set[str]:
    """Dotted names between backticks, and paths of files, that do not exist."""
    quoted = " ".join(re.findall(r"`([^`]+)`", text))
    names = {name for name in NAME.findall(quoted) if not name.endswith(".py") and not exists(name)}
    return names | {path for path in PATH.findall(text) if not (ROOT / path).exists()}


@pytest.mark.parametrize("package", [*GUIDES, "benchmarks/courses/hundred_lines"])
def test_what_guides_mention_exists(package):
    assert missing(docstring(package)) == set()


def test_the_readme_mentions_files_that_exist():
    text = (ROOT / "README.md").read_text()
    assert {path for path in PATH.findall(text) if not (ROOT / path).exists()} == set()


def test_names_that_have_gone_are_found():
    text = (
        "`autograd.ops.elementwise.mul` in autograd/ops/elementwise.py, `autograd.Tensor.__mul__`, `nn.Linear.forward`"
    )
    assert missing(text) == set()
    assert missing(text.replace(".mul", ".mull")) == {"autograd.ops.elementwise.mull"}
    assert missing(text.replace("__mul__", "__mull__")) == {"autograd.Tensor.__mull__"}
    assert missing(text.replace("elementwise.py", "elementary.py")) == {"autograd/ops/elementary.py"}


def test_the_walks_go_all_the_way():
    """A multiplication and a convolution are followed by name, from the call to the last step."""
    text = docstring("autograd")
    stations = "autograd.ops.elementwise.mul autograd.tensors.run.apply_keeping autograd.records.Record"
    stations += " autograd.engine.backward autograd.tapes.Tape.walk autograd.plan.Plan.step autograd.records.accumulate"
    places = [text.index(f"`{station}`") for station in stations.split()]
    assert places == sorted(places)
    text = docstring("nn")
    stations = "nn.Conv2d.forward nn.functional.conv2d autograd.ops.conv.conv kernels.conv.plain.conv"
    places = [text.index(f"`{station}`") for station in stations.split()]
    assert places == sorted(places)
