"""Adding an operation takes three places, beside the line that exports it; a layer two. Shown in a copy of the tree."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RULE = "dx=lambda dz, x, z: -2 * dz * x * np.square(z)"
PLACES = {
    "autograd/ops/activation.py": f'witch = op("witch", lambda x: 1 / (1 + np.square(x)), {RULE})\n',
    "autograd/tensors/activation.py": 'witch = unary(ops.witch, doc="1 / (1 + x * x).")\n',
    "autograd/examples/activation.py": 'EXAMPLES += elementwise("witch", x, reference=lambda x: 1 / (1 + x * x))\n',
}
EXPORT = ("autograd/api.py", "from .tensors.activation import witch\n")
LAYER = {
    "nn/layers/activation.py": (
        'class Witch(Module):\n    """1 / (1 + x * x)."""\n\n'
        "    def forward(self, input: Tensor) -> Any:\n        return input.witch()\n"
    ),
    "nn/layers/__init__.py": 'from .activation import Witch\n__all__ += ["Witch"]\n',
}
COMPLETE = ("tests/autograd/test_ops.py", "tests/benchmarks/test_gradcheck.py", "-k", "witch or every_op")


def _append(tree, file, line):
    with (tree / file).open("a") as opened:
        opened.write(line)


@pytest.fixture
def tree(tmp_path):
    """A copy of the source tree, with `witch` in all places."""
    for folder in ("autograd", "nn", "kernels", "benchmarks", "tests"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for file, line in (*PLACES.items(), EXPORT):
        _append(tmp_path, file, line)
    return tmp_path


def _run(tree, *arguments):
    environment = {**os.environ, "PYTHONPATH": str(tree), "NUMBA_CACHE_DIR": str(tree / "compiled")}
    return subprocess.run(
        [sys.executable, *arguments], cwd=tree, env=environment, capture_output=True, text=True, check=False
    )


def test_an_operation_in_three_places_is_complete_and_tested(tree):
    done = _run(tree, "-m", "pytest", "-q", "-rA", *COMPLETE)
    assert done.returncode == 0, done.stdout
    passed = {line.split("::")[1] for line in done.stdout.splitlines() if line.startswith("PASSED") and "witch" in line}
    kinds = {name.partition("[")[0] for name in passed}
    assert kinds == {
        "test_value_is_numpys",
        "test_gradient_is_the_slope",
        "test_second_derivative_is_the_slope_of_the_gradient",
        "test_float32_stays_float32",
        "test_memory_layout_does_not_matter",
        "test_an_example_records_its_operation_and_has_a_derivative_there",
    }
    asked = "import autograd; print(autograd.witch(autograd.tensor(1.0)).item())"
    assert _run(tree, "-c", asked).stdout.strip() == "0.5"


def test_an_operation_without_its_row_is_found(tree):
    file = "autograd/examples/activation.py"
    shutil.copy(ROOT / file, tree / file)
    done = _run(tree, "-c", "from tests.autograd import test_ops; test_ops.test_every_op_has_a_case()")
    assert done.stderr.endswith("AssertionError: ops without an example or a row in tests/cases: ['witch']\n")


def test_a_wrong_rule_is_found_by_the_row_alone(tree):
    file = tree / "autograd/ops/activation.py"
    file.write_text(file.read_text().replace(RULE, RULE.replace("-2", "-3")))
    done = _run(tree, "-m", "pytest", "-q", "tests/autograd/test_ops.py", "-k", "witch")
    assert done.returncode == 1
    assert "FAILED tests/autograd/test_ops.py::test_gradient" in done.stdout


def test_a_layer_in_two_places_is_found_under_all_names(tree):
    for file, text in LAYER.items():
        _append(tree, file, text)
    _append(tree, "autograd/tensors/activation.py", "Activation.witch = witch\n")
    asked = """
import autograd, nn
layer = nn.Sequential(nn.Witch())
print(layer(autograd.tensor([1.0])).tolist(), layer[0], nn.modules.activation.Witch is nn.Witch, "Witch" in dir(nn))
"""
    assert _run(tree, "-c", asked).stdout.strip() == "[0.5] Witch() True True"
    tests = ("tests/nn/test_package.py", "tests/test_typing.py", "-k", "packages_say or stubs")
    assert "is old: python -m tests.stubs writes it again" in _run(tree, "-m", "pytest", "-q", *tests).stdout
    assert _run(tree, "-m", "tests.stubs").returncode == 0
    assert _run(tree, "-m", "pytest", "-q", *tests).returncode == 0
