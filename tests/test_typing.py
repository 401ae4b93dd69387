"""What type checkers and editors say of a user's program."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

import autograd
from tests import stubs

ROOT = Path(__file__).parents[1]

PROGRAM = """\
import autograd
import autograd as torch
import nn
import nn.functional as F
from autograd import check_grads, func
from nn.data import DataLoader, TensorDataset

x = autograd.tensor([1.0, 2.0], requires_grad=True)  # Tensor
y = x + 1  # Tensor
y = 1 - x  # Tensor
y = x @ x  # Tensor
y = x > 0  # Tensor
y = x**2  # Tensor
y = x[0]  # Tensor
y = x.exp()  # Tensor
y = x.sum(dim=0)  # Tensor
y = x.max()  # Tensor
y = x.max(0)  # ValuesIndices[Tensor]
y = x.max(0).values  # Tensor
y = x.grad  # Tensor | Any
y = autograd.exp(x)  # Tensor
y = autograd.mul(x, 2)  # Tensor
y = autograd.cat([x, x])  # Tensor
y = F.relu(x)  # Tensor
y = F.cross_entropy(x, x)  # Tensor
y = F.avg_pool2d(x, 2)  # Tensor
y = torch.conv2d(x, x)  # Tensor
y = autograd.tape()  # Tape
y = check_grads(autograd.sum, x)  # GradReport
y = torch.nn.Linear(2, 3)  # Linear
y = torch.nn.Linear(2, 3).weight  # Parameter
y = torch.optim.SGD(nn.Linear(2, 3).parameters(), lr=0.1)  # SGD
for inputs, labels in DataLoader(TensorDataset(x, x), batch_size=2):
    y = inputs * 2  # Tensor
y = func.grad(lambda t: t.sum())(x)
x.backward()
torch.autograd.grad(x.sum(), x)
torch.save({}, "f")

nn.Linear(2, 3, bais=False)  # error
torch.nn.Linear(2, 3, bais=False)  # error
x.sum(axiss=0)  # error
x.exp(2)  # error
x.max(0, keepdims_=True)  # error
autograd.tensor([1.0], require_grad=True)  # error
autograd.sum(x, dimm=0)  # error
autograd.mul(x)  # error
autograd.linspacee(0, 1)  # error
F.cross_entropy(x, x, reductions="mean")  # error
F.dropout(x, q=0.5)  # error
nn.optim.Adam([x], lrr=0.1)  # error
DataLoader(TensorDataset(x), batchsize=2)  # error
func.grad(autograd.sum, argnum=0)  # error
func.grad(F.cross_entropy)(x, x, reductions="mean")  # error
check_grads(autograd.sum, x, epss=1)  # error
"""


def asked() -> tuple[str, dict[int, str]]:
    """The program that also asks for the types, and what is expected: line -> type or "error"."""
    lines: list[str] = []
    expected = {}
    for line in PROGRAM.splitlines():
        code, _, comment = line.partition("  # ")
        lines.append(code)
        if comment == "error":
            expected[len(lines)] = "error"
        elif comment:
            indent = code[: len(code) - len(code.lstrip())]
            lines.append(f"{indent}reveal_type({code.split(' = ')[0].strip()})")
            expected[len(lines)] = comment
    return "\n".join(lines) + "\n", expected


def test_pyright_knows_a_program(tmp_path):
    if importlib.util.find_spec("pyright") is None:
        pytest.skip("pyright is not installed: pip install -e '.[dev]'")
    program, expected = asked()
    (tmp_path / "program.py").write_text(program)
    (tmp_path / "pyrightconfig.json").write_text(json.dumps({"extraPaths": [str(ROOT)], "pythonVersion": "3.11"}))
    command = [sys.executable, "-m", "pyright", "--pythonpath", sys.executable, "--outputjson", "program.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300)
    if not done.stdout.lstrip().startswith("{"):
        pytest.skip(f"pyright does not start: {(done.stderr or done.stdout).strip().splitlines()[-1]}")
    found = {}
    for each in json.loads(done.stdout)["generalDiagnostics"]:
        line = each["range"]["start"]["line"] + 1
        found[line] = "error" if each["severity"] == "error" else each["message"].split(' is "')[1].rstrip('"')
    assert found == expected, [(program.splitlines()[n - 1], said) for n, said in found.items()]


def test_the_stubs_say_what_the_packages_hold():
    for file, text in stubs.texts().items():
        assert file.read_text() == text, f"{file} is old: python -m tests.stubs writes it again"


def test_names_of_the_standard_library_are_not_public():
    names = {*dir(autograd), *autograd.__all__}
    assert names.isdisjoint({"sys", "os", "math", "warnings", "importlib", "Any", "annotations", "tapes", "tensors"})
    assert {"tensor", "tape", "device", "func", "linalg", "check_grads", "nn", "Tensor"} <= set(dir(autograd))
    assert all(hasattr(autograd, name) for name in names)
