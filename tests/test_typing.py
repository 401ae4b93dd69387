"""What type checkers and editors say of users' programs.

The programs are in `tests/typing`: three as a user would write them, in which nothing may be called an error;
expressions with the type that each should have, in comments; and mistakes, each of which must be found.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd
from tests import stubs

ROOT = Path(__file__).parents[1]
PROGRAMS = ROOT / "tests" / "typing"
RUN = ("training.py", "science.py", "custom.py")
RIGHT = (*RUN, "details.py")
INFERRED = "inferred.py"  # whose types come from code without annotations, in which mypy does not look
ASKED = ("expected.py", "mistakes.py", INFERRED)

pytestmark = pytest.mark.skipif(
    np.lib.NumpyVersion(np.__version__) < "2.1.0", reason="NumPy 2.0 says less about the shapes of its arrays"
)

Found = dict[tuple[str, int], str]  # (file, line) -> the type that a checker shows, or "error"


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Found]:
    """A folder with the programs; and the answers that are expected, which stand in comments."""
    folder, expected = tmp_path_factory.mktemp("typing"), {}
    for name in (*RIGHT, *ASKED):
        text = (PROGRAMS / name).read_text()
        (folder / name).write_text(text)
        for number, line in enumerate(text.splitlines(), 1):
            code, _, comment = line.partition("  # ")
            if comment == "error" or code.lstrip().startswith("reveal_type"):
                expected[name, number] = comment
    return folder, expected


def run(folder: Path, *command: str, **environment: str) -> str:
    """What a checker prints."""
    if importlib.util.find_spec(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed: pip install -e '.[dev]'")
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    if not done.stdout.strip():
        pytest.skip(f"{command[0]} does not start: {done.stderr.strip().splitlines()[-1]}")
    return done.stdout


def compare(folder: Path, found: Found, expected: Found) -> None:
    lines = {name: (folder / name).read_text().splitlines() for name in (*RIGHT, *ASKED)}
    wrong = {
        f"{name}:{line}: {lines[name][line - 1].strip()}": (found.get((name, line)), expected.get((name, line)))
        for name, line in sorted({*found, *expected})
        if found.get((name, line)) != expected.get((name, line))
    }
    assert not wrong, f"line: (found, expected) of {wrong}"


def test_pyright_knows_the_programs(programs):
    folder, expected = programs
    (folder / "pyrightconfig.json").write_text(json.dumps({"extraPaths": [str(ROOT)], "pythonVersion": "3.11"}))
    said = run(folder, "pyright", "--pythonpath", sys.executable, "--outputjson", *RIGHT, *ASKED)
    found = {}
    answer: dict[str, Any] = json.loads(said)
    for each in answer["generalDiagnostics"]:
        place = Path(each["file"]).name, each["range"]["start"]["line"] + 1
        if each["severity"] == "error":
            found[place] = "error"
        elif each["severity"] == "information":  # a warning is what a linter would say
            found[place] = each["message"].split(' is "')[1].rstrip('"')
    compare(folder, found, expected)


def test_mypy_knows_the_programs(programs):
    folder, expected = programs
    (folder / "mypy.ini").write_text("[mypy]\nfollow_imports = silent\npython_version = 3.11\n")
    files = [name for name in (*RIGHT, *ASKED) if name != INFERRED]
    said = run(folder, "mypy", "--config-file", "mypy.ini", "--no-color-output", *files, MYPYPATH=str(ROOT))
    found = {}
    for name, line, kind, message in re.findall(r"^([\w.]+):(\d+): (error|note): (.*)$", said, re.M):
        if kind == "error":
            found[name, int(line)] = "error"
        elif message.startswith("Revealed type is"):
            found[name, int(line)] = plain(message.split('"')[1])
    compare(folder, found, {place: type for place, type in expected.items() if place[0] != INFERRED})


def plain(type: str) -> str:
    """A type in mypy's words as pyright shows it."""
    type = re.sub(r"tuple\[[^=]*fallback=([^=]*)\]$", r"\1", type)
    return re.sub(r"(?<!\w)(?:\w+\.)+(?=\w)", "", type)


@pytest.mark.slow
@pytest.mark.parametrize("name", RUN)
def test_the_programs_run(name, tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, str(PROGRAMS / name)], cwd=tmp_path, env=environment, check=True, timeout=300)


def test_the_stubs_say_what_the_packages_hold():
    for file, text in stubs.texts().items():
        assert file.read_text() == text, f"{file} is old: python -m tests.stubs writes it again"


def test_names_of_the_standard_library_are_not_public():
    names = {*dir(autograd), *autograd.__all__}
    assert names.isdisjoint({"sys", "os", "math", "warnings", "importlib", "Any", "annotations", "tapes", "tensors"})
    assert {"tensor", "tape", "device", "func", "linalg", "check_grads", "nn", "Tensor"} <= set(dir(autograd))
    assert all(hasattr(autograd, name) for name in names)
