"""Who may import whom: benchmarks -> nn -> autograd -> kernels -> numpy, numba. Tests import all but PyTorch."""

from __future__ import annotations

import ast
import graphlib
import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import autograd
import nn

ROOT = Path(__file__).parents[1]
ORDER = ("kernels", "autograd", "nn", "benchmarks", "tests")  # each may import itself and what stands before it
WITH_TORCH = ("benchmarks/speed/", "tests/conformance/")  # run where PyTorch is, beside us or in a peer process
HEAVY = {"numba", "matplotlib", "llvmlite"}
PUBLIC = {
    "amp",
    "errors",
    "examples",
    "extend",
    "forward_ad",
    "func",
    "functional",
    "jit",
    "linalg",
    "numpy",
    "random",
    "special",
}
PUBLIC |= {"displays", "distributed", "drawing", "program", "testing", "tuning"}
PRIVATE = {path.stem for path in (ROOT / "autograd").iterdir()} - PUBLIC  # no other name is that of a file
SHARED = {  # what nn may import beside public names, and why
    "ops": "the operations, a module per family, which `extend` points to",
    "api": "functions as they are without `out=`",
    "update": "the loops of optimisers, on arrays",
    "extras": "packages that few programs need, and how to install them",
    "later": "how a package finds names when they are asked for",
    "names": "the sentences about names of PyTorch's that are not here",
    "folders": "where files lie that may be kept",
}
SHOWN = ("activation", "index", "out", "pad")  # families of functions on Tensors that are public as nn.functional.X
ROOMS = ("functional", "layers", "modules optim data metrics training saving utils distributions")
"""Of nn: what stands in one of these imports nothing from those after it."""
INNER = {"_array", "_node", "_base", "_views", "_fixed", "_silent", "_lent", "_grad", "_spent"}  # of a Tensor
INSIDE_AUTOGRAD = ("tensors", "func", "transforms", "custom", "functional", "engine")
"""What ops, op and tape must not import."""


def imports(source: str, package: str) -> list[tuple[str, bool]]:
    """(absolute module name, is it inside a function) for every import in a file of `package` ("autograd.ops")."""
    tree = ast.parse(source)
    inside = {id(node) for f in ast.walk(tree) if isinstance(f, (ast.FunctionDef, ast.Lambda)) for node in ast.walk(f)}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(alias.name, id(node) in inside) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            found += [(f"{module}.{alias.name}", id(node) in inside) for alias in node.names]
    return found


def beneath(source: str, file: str, package: str) -> list[str]:
    """Where a file of nn goes past `autograd.extend`: the internals of a Tensor and of the engine."""
    wrong = [
        f"{file}:{node.lineno} uses {node.attr}: see autograd.extend"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Attribute) and node.attr in INNER
    ]
    for module, _ in imports(source, package):
        top, folder, name, *_ = *module.split("."), "", ""
        shown = folder == "tensors" and name in SHOWN and file.startswith("nn/functional/")
        if top == "autograd" and folder in PRIVATE - {*SHARED, "extend"} and not shown:
            wrong.append(f"{file} imports {module}: nn asks autograd.extend")
    return wrong


def upward(source: str, file: str, package: str) -> list[str]:
    """What a file of nn imports from rooms above its own."""

    def floor(module: str) -> int:
        room = (*module.split("."), "")[1]
        return next((index for index, rooms in enumerate(ROOMS) if room in rooms.split()), -1)

    own = floor(f"{package}.x")
    found = [module for module, _ in imports(source, package) if module.startswith("nn.")]
    return [f"{file} imports {module}: that stands above" for module in found if -1 < own < floor(module)]


def violations(source: str, file: str) -> list[str]:
    """What a file imports that it may not."""
    parts = Path(file).with_suffix("").parts
    package = ".".join(parts[:-1])
    top = parts[0]
    wrong = []
    for module, deferred in imports(source, package):
        target = module.split(".")[0]
        if target in ORDER and ORDER.index(target) > ORDER.index(top):
            wrong.append(f"{file} imports {module}: {top} is below {target}")
        if target in HEAVY and not deferred and top in ("autograd", "nn"):
            wrong.append(f"{file} imports {module} when it is loaded")
        if target == "torch" and not file.startswith(WITH_TORCH):
            wrong.append(f"{file} imports torch")
        if top == "nn" and target == "kernels":
            wrong.append(f"{file} imports {module}: nn reaches kernels through autograd")
        private = any(part.startswith("_") for part in module.split(".")) or target == "kernels"
        private = private or (target == "autograd" and (*module.split("."), "")[1] in PRIVATE)
        shows = file.startswith("benchmarks/guide/")  # pages that show how the engine is made, and how to go on with it
        if top == "benchmarks" and not shows and target != "benchmarks" and target in ORDER and private:
            wrong.append(f"{file} imports {module}: benchmarks import public names only")
        low = top == "autograd" and (parts[1] == "ops" or parts[1] in ("op", "tapes", "modes", "broadcast", "errors"))
        if low and module.startswith("autograd.") and module.split(".")[1] in INSIDE_AUTOGRAD:
            wrong.append(f"{file} imports {module}: ops are declared on arrays, below Tensor")
    if top == "nn":
        wrong += upward(source, file, package) + beneath(source, file, package)
    if top != "tests" and "TYPE_CHECKING" in source:
        wrong.append(f"{file} uses TYPE_CHECKING")
    return wrong


FILES = sorted(str(path.relative_to(ROOT)) for top in ORDER for path in (ROOT / top).rglob("*.py"))


@pytest.mark.parametrize("file", FILES)
def test_imports_go_downwards(file):
    assert violations((ROOT / file).read_text(), file) == []


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("autograd/tapes.py", "import nn"),
        ("autograd/tapes.py", "from nn.module import Module"),
        ("autograd/ops/shape.py", "from ..tensors.core import Core"),
        ("autograd/ops/shape.py", "def f():\n    from ..tensors import Tensor"),
        ("kernels/conv/plain.py", "from autograd import op"),
        ("autograd/op.py", "from .engine import push"),
        ("nn/layers/linear.py", "import kernels"),
        ("nn/layers/linear.py", "from autograd.tensors.core import wrap"),
        ("nn/layers/linear.py", "from autograd.tensors import activation"),
        ("nn/layers/linear.py", "def f():\n    from autograd import engine"),
        ("nn/layers/linear.py", "import autograd.plan as plans"),
        ("nn/optim/sgd.py", "from autograd.tapes import Tape"),
        ("nn/optim/sgd.py", "def f(x):\n    x._array[...] = 0"),
        ("nn/functional/multihead.py", "def f():\n    from ..layers.attention import MultiheadAttention"),
        ("nn/layers/recurrent.py", "from ..utils.rnn import PackedSequence"),
        ("nn/layers/linear.py", "import benchmarks.speed"),
        ("nn/layers/linear.py", "import torch"),
        ("benchmarks/train/images.py", "import torch"),
        ("tests/nn/layers/test_linear.py", "def f():\n    import torch"),
        ("benchmarks/train/images.py", "from tests.cases import CASES"),
        ("benchmarks/train/images.py", "from autograd.op import registry"),
        ("benchmarks/train/images.py", "from autograd import engine"),
        ("benchmarks/train/images.py", "from nn.functional.pool import _settings"),
        ("benchmarks/train/images.py", "import kernels.machine"),
        ("autograd/tensors/core.py", "import numba"),
        ("autograd/tensors/core.py", "from typing import TYPE_CHECKING"),
    ],
)
def test_planted_violations_are_found(file, source):
    assert violations(source, file) != []


LATE = (
    *("numba", "llvmlite", "matplotlib", "numpy.random", "hashlib"),
    *("autograd.transforms", "autograd.linalg", "autograd.ops.conv", "kernels.norm", "nn.data", "nn.training"),
    *("nn.saving", "nn.utils", "nn.layers.conv", "nn.layers.fusion", "nn.functional.loss"),
)


def test_importing_loads_only_what_most_programs_use():
    code = f"import sys, autograd, nn; print([m for m in {LATE} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


FIRST = """
import autograd, nn, numpy as np
from autograd.op import registry
bn, x = nn.BatchNorm2d(4), autograd.ones(2, 4, 64, 64)
z = nn.functional.relu(bn(x))
print(*[record.op for record in autograd.tape()])
print("lstm" in registry, registry["conv"].name, "conv2d" in registry)
print(np.linalg.det(autograd.eye(2).requires_grad_()).item(), nn.layers.conv.Conv2d is nn.Conv2d)
"""


def test_what_is_imported_late_behaves_the_same_when_it_is_first_asked_for():
    done = subprocess.run([sys.executable, "-c", FIRST], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split("\n") == ["batch_norm_relu", "True conv False", "1.0 True", ""]


def submodules(package):
    for found in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        module = importlib.import_module(found.name)
        yield package, found.name.rpartition(".")[2], module
        if found.ispkg:
            yield from submodules(module)


def test_no_module_has_the_name_of_a_function_beside_it():
    """A name means one thing: a type checker takes `package.name` for the module, Python for what was bound last."""
    found = [each for top in (autograd, nn) for each in submodules(top)]
    assert len(found) > 250
    both = [module.__name__ for package, name, module in found if vars(package)[name] is not module]
    assert both == ["autograd.misc.flatten"]  # HIPS/autograd's names are what they are


def circle(sources: dict[str, str]) -> list[str]:
    """Modules that import each other, also from inside functions; empty if there is an order in which to read them."""
    names = {Path(file).with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__") for file in sources}
    graph = {}
    for file, source in sources.items():
        parts = Path(file).with_suffix("").parts
        own = ".".join(parts).removesuffix(".__init__")
        found = {name for name, _ in imports(source, ".".join(parts[:-1]))}
        graph[own] = {name if name in names else name.rpartition(".")[0] for name in found} - {own}
    try:
        tuple(graphlib.TopologicalSorter(graph).static_order())
    except graphlib.CycleError as error:
        return error.args[1]
    return []


def test_nothing_is_imported_in_a_circle():
    assert circle({file: (ROOT / file).read_text() for file in FILES if not file.startswith("tests/")}) == []


def test_a_planted_circle_is_found():
    planted = {"a/__init__.py": "", "a/b.py": "from .c import x", "a/c.py": "def f():\n    from . import b"}
    assert {"a.b", "a.c"} <= set(circle(planted))
