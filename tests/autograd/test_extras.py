"""Packages that few programs need: what says which to install where one is missing, and that the core needs none.

The kind: a traceback instead of a line, a line that names a package nobody can install, an extra that creeps into the
core.
"""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CORE = {"numpy", "numba", "matplotlib", "threadpoolctl", "tqdm"}
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
TOP = {"PIL": "pillow", "sklearn": "scikit-learn"}  # modules whose packages have other names

USES = {
    "pandas": ("tables", "nn.data.Table('no.csv', target='y')"),
    "tensorboard": ("tensorboard", "nn.tensorboard.SummaryWriter('no')"),
    "tensorboard ": (
        "tensorboard",
        "nn.fit(m := nn.Linear(1, 1), (autograd.ones(1, 1),) * 2, loss=nn.MSELoss(), epochs=1, progress=False, "
        "optimizer=nn.optim.SGD(m.parameters()), callbacks=[nn.TensorBoardLogger('no')])",
    ),
    "onnx": ("onnx", "autograd.onnx.export(nn.Linear(1, 1), (autograd.ones(1, 1),), 'no.onnx')"),
    "onnx ": ("onnx", "autograd.onnx.load('no.onnx')"),
    "PIL": ("images", "nn.data.transforms.ToPILImage()(autograd.ones(1, 2, 2))"),
    "sklearn": ("sklearn", "nn.estimators.Classifier()"),
    "sklearn ": ("sklearn", "nn.estimators.Regressor()"),
    "scipy": ("scipy", "autograd.scipy.special.ellipe(0.5)"),
}

PROGRAM = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {blocked}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Missing())
import autograd, nn
{imports}
for use in {uses}:
    try:
        eval(use)
        print("nothing was said")
    except Exception as error:
        print(" ".join(f"{{type(error).__name__}}: {{error}}".split()))
"""


def said(blocked, uses, imports="import autograd.scipy.special"):
    text = PROGRAM.format(blocked=blocked, uses=uses, imports=imports)
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, cwd=ROOT, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_a_missing_package_is_one_line():
    lines = said({use.strip() for use in USES}, [call for _, call in USES.values()])
    assert len(lines) == len(USES)
    for (package, (extra, call)), line in zip(USES.items(), lines, strict=True):
        assert f"pip install 'wengert[{extra}]'" in line, (call, line)
        assert package.strip() in line or package.strip() == "scipy", (call, line)
        assert len(line) < 250


def asked(text):
    """(module, extra) of each call of `extra` in a file's text."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "extra":
            yield tuple(ast.unparse(arg).strip("f'") for arg in node.args[:2])


def test_every_extra_exists_and_has_what_it_is_asked_for():
    found = {}
    for package in ("autograd", "nn", "kernels"):
        for file in (ROOT / package).rglob("*.py"):
            for module, extra in asked(file.read_text()):
                found.setdefault((module.partition(".")[0], extra), file)
    assert len(found) >= 6
    assert {"no_such_package"}.isdisjoint(module for module, _ in found)
    for (module, extra), file in found.items():
        wanted = " ".join(EXTRAS.get(extra, ()))
        assert TOP.get(module, module) in wanted, f"{file}: {module} is not in wengert[{extra}]"
        assert module in {use.strip() for use in USES} | {"pyarrow", "onnxruntime"}, (
            f"{file}: {module} has no line here"
        )
    assert [*asked("extra('torch.nn', 'images', 'me')")] == [("torch.nn", "images")]


def test_the_core_stays_as_small_as_it_is():
    whole = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    assert {each.partition(">")[0] for each in whole} == CORE


@pytest.mark.parametrize("others", [sorted({use.strip() for use in USES} | {"pyarrow", "onnxruntime", "safetensors"})])
def test_the_core_runs_without_any(others):
    uses = [
        "nn.fit(model, (x, x), loss=nn.MSELoss(), optimizer=optimizer, epochs=1, progress=False)",
        "print(sorted(set(blocked) & set(sys.modules)))",
    ]
    imports = f"blocked, model, x = {others}, nn.Linear(2, 2), autograd.ones(4, 2)\n"
    imports += "optimizer = nn.optim.Adam(model.parameters())"
    assert said(others, uses, imports) == ["nothing was said", "[]", "nothing was said"]
