"""`autograd.extend`: all that operations, layers and optimisers need, inside of nn and outside of the library."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import autograd
import nn
from autograd import extend
from autograd.errors import DTypeError, InplaceError, ShapeError
from autograd.op import registry
from tests.test_layers import PUBLIC, imports

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "benchmarks" / "guide" / "operations.md").read_text()


def program():
    """What the guide shows of an operation and a layer outside of the library, as one file."""
    lines = [line for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]
    return "import numpy as np\nimport autograd\nimport nn\n" + "".join(
        f"{line[4:]}\n" for line in lines if line.startswith((">>> ", "... "))
    )


def run(folder, source):
    (folder / "mine.py").write_text(source)
    done = subprocess.run(
        [sys.executable, "mine.py"],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_page_needs_public_names_only():
    used = [module.split(".")[1] for module, _ in imports(program(), "") if module.startswith("autograd.")]
    assert set(used) == {"errors", "extend"}
    assert set(used) <= PUBLIC
    private = {node.attr for node in ast.walk(ast.parse(program())) if isinstance(node, ast.Attribute)}
    assert not {name for name in private if name.startswith("_") and name != "__init__"}


def test_an_operation_and_a_layer_outside_of_the_library(tmp_path):
    more = """
layer = SwishLinear(3, 2)
x = autograd.randn(5, 3)
z = layer(x)
print([(record.op, record.line) for record in autograd.tape()])
print((z - nn.functional.silu(x @ layer.weight.T)).abs().max().item() < 1e-6)
try:
    layer([[1.0, 2.0]])
except ShapeError as error:
    print(error)
"""
    shown, recorded, equal, message = run(tmp_path, program() + more).splitlines()
    assert shown == "CORRECT: 1 operation"
    assert re.fullmatch(r"\[\('swish_linear', '[^']*/mine\.py:\d+'\)\]", recorded)
    assert (equal, message) == ("True", "SwishLinear: wanted (N, 3), got (1, 2)")


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("dx=lambda dz, w, a, s: dz * (s + a", "dx=lambda dz, w, a, s: dz * (s - a"),
        ("    return a / (1 + np.exp(-a))", "    return a / (1 + np.exp(a))"),
    ],
)
def test_a_wrong_rule_and_a_wrong_formula_are_found(tmp_path, right, wrong):
    assert right in program()
    found = run(tmp_path, program().replace(right, wrong))
    assert re.match(r"WRONG: swish_linear at [^ ]*mine\.py:\d+", found)


def test_what_is_there_is_described():
    table = inspect.getdoc(extend)
    assert {name for name in extend.__all__ if not re.search(rf"\b{name}\b", table)} == set()
    for name in extend.__all__:
        assert inspect.getdoc(getattr(extend, name)), name


def test_the_registry_holds_the_operations_of_the_library():
    mine = extend.op("mul", lambda x: x * 2, dx=lambda dz: dz * 2)
    assert registry["mul"] is not mine
    assert mine(autograd.ones(2, requires_grad=True)).requires_grad


def test_writing_is_noted_on_the_tape():
    for write in (
        lambda x: extend.overwrite(x, 0, "mine"),
        lambda x: (extend.array_of(x).fill(0), extend.noted("mine", x)),
        lambda x: nn.BatchNorm1d.reset_running_stats(_holding(x)),
        lambda x: nn.PReLU.reset_parameters(_holding(x)),
    ):
        x = nn.Parameter(np.ones(3, np.float32))
        z = (x * x).sum()
        write(x)
        with pytest.raises(InplaceError):
            z.backward()


class _Holding:
    running_var = num_batches_tracked = None
    init = 0.25


def _holding(x):
    """A layer whose weight, or running mean, is `x`."""
    layer = _Holding()
    layer.weight = layer.running_mean = x
    return layer


def test_data_of_another_dtype_changes_what_backward_fills():
    x = nn.Parameter(np.ones(2, np.float32))
    x.data = np.ones(3)
    (x * x).sum().backward()
    assert (x.grad.dtype, x.grad.tolist()) == (np.float64, [2.0, 2.0, 2.0])


def test_use_of_a_gradient_is_counted_until_it_is_cleared():
    x = autograd.ones(2, requires_grad=True)
    uses = []
    for _ in range(3):
        (x * x).sum().backward()
        uses.append(extend.note_use(x.grad))
    extend.clear_grad(x)
    (x * x).sum().backward()
    assert [*uses, extend.note_use(x.grad)] == [0, 2, 3, 0]


def test_arguments_that_do_not_fit_are_named():
    with pytest.raises(DTypeError, match="mine: wanted a Tensor, an array or numbers, got str"):
        extend.operand("x", "mine")
    with pytest.raises(DTypeError, match="only Tensors of floating point dtype"):
        extend.hold(object.__new__(nn.Parameter), np.ones(2, np.int64), requires_grad=True)
    with pytest.raises(ShapeError, match="uninitialized"):
        extend.shape_of(nn.UninitializedParameter())
