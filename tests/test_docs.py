"""Packages say what is inside, what to read first, and their rule; and the names they mention exist.

The kind: a guide that has rotted, because files were moved and functions renamed after it was written.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = sorted(
    file.parent.relative_to(ROOT).as_posix()
    for top in ("kernels", "autograd", "nn", "benchmarks", "tests")
    for file in (ROOT / top).rglob("__init__.py")
)
MARKDOWN = ["README.md", *sorted(p.relative_to(ROOT).as_posix() for p in (ROOT / "benchmarks/guide").glob("*.md"))]
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
    if package in (
        "autograd/cuda",
        "autograd/utils",
        "autograd/utils/data",
        "nn/modules",
    ):  # PyTorch's paths, and nothing to learn there
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


@pytest.mark.parametrize("file", MARKDOWN)
def test_texts_mention_files_that_exist(file):
    text = (ROOT / file).read_text()
    assert {path for path in PATH.findall(text) if not (ROOT / path).exists()} == set()


def test_names_that_have_gone_are_found():
    text = (
        "`autograd.ops.elementwise.mul` in autograd/ops/elementwise.py, `autograd.Tensor.__mul__`, `nn.Linear.forward`"
    )
    assert missing(text) == set()
    assert missing(text.replace(".mul", ".mull")) == {"autograd.ops.elementwise.mull"}
    assert missing(text.replace("__mul__", "__mull__")) == {"autograd.Tensor.__mull__"}
    assert missing(text.replace("elementwise.py", "elementary.py")) == {"autograd/ops/elementary.py"}


TRACED = """
import inspect, json, sys
import autograd, nn
from autograd.op import Op

def code_of(name):
    found = sys.modules[name.split(".")[0]]
    for at, part in enumerate(name.split(".")[1:], 2):
        found = sys.modules.get(".".join(name.split(".")[:at])) or getattr(found, part)
    found = inspect.unwrap(found.forward if isinstance(found, Op) else found)
    return getattr(getattr(found, "plain", found), "__code__", None)

program, names = json.load(sys.stdin)
codes = {code_of(name): name for name in names}
ran = []
exec(program.partition("---")[0])
sys.setprofile(lambda frame, event, _: event == "call" and ran.append(codes.get(frame.f_code)))
exec(program.partition("---")[2])
sys.setprofile(None)
print(json.dumps([name for name in dict.fromkeys(ran) if name]))
"""
"""Prints which of some functions a program calls, after its line ---, in the order of their first calls."""


def traced(program: str, names: list[str]) -> list[str]:
    """Run in a process of its own, without what is compiled."""
    environment = {**os.environ, "WENGERT_PLAIN": "1"}
    asked = json.dumps([program, names])
    command = [sys.executable, "-c", TRACED]
    done = subprocess.run(command, input=asked, capture_output=True, text=True, check=True, cwd=ROOT, env=environment)
    found: list[str] = json.loads(done.stdout)
    return found


def stations(package: str, first: str, last: str) -> list[str]:
    """The names in a part of a guide, in order."""
    text = docstring(package)
    part = text[text.index(first) : text.index(last)]
    return list(dict.fromkeys(NAME.findall(" ".join(re.findall(r"`([^`]+)`", part)))))


def test_a_multiplication_goes_the_way_that_is_told():
    """All functions that the guide names run, in its order; the others are classes, and what declares the operator."""
    told = stations("autograd", "2. Called.", "6. Delivered.")
    program = "x, y = autograd.ones(3, requires_grad=True), autograd.ones(2, 3, requires_grad=True)\n---\n"
    told.remove("autograd.tensors.calls.operators")
    told = [name for name in told if not name.rpartition(".")[2][0].isupper()]
    assert len(told) == 15
    assert traced(program + "(x * y).backward(autograd.ones(2, 3))", told) == told


def test_a_convolution_goes_the_way_that_is_told():
    told = stations("nn", "1. `nn.Conv2d", "of their own")
    small = ("kernels.conv.plain.conv",)  # the others need large inputs, and the compiled twins
    told = [name for name in told if not name.startswith("kernels.") or name in small]
    program = "f = nn.Conv2d(2, 3, 3)\nx = autograd.ones(1, 2, 5, 5, requires_grad=True)\n---\nf(x).sum().backward()"
    assert len(told) == 6
    assert traced(program, told) == told


def test_a_detour_is_found():
    told = ["autograd.tensors.run.plainly", "autograd.engine.backward", "autograd.broadcast.unbroadcast"]
    program = "x = autograd.ones(2, requires_grad=True)\n---\n(x * x).sum().backward()"
    assert traced(program, told) == told[:2]
