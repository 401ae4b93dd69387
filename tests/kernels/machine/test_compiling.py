"""What a first step compiles where nothing ever was, by name: a program that begins to compile more says so here.

A name stands for each row of types that it was compiled for. `+ text` are the kernels that others call, of which no
machine code is made for themselves; what Numba has of its own, such as `np.empty`, is counted alone.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from kernels.machine import jit

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.skipif(not jit.ENABLED, reason="NUMBA_DISABLE_JIT is set")

LISTEN = """
import atexit, json
from numba.core import event
from kernels.machine import compiling

class Listener(event.Listener):
    names = []

    def on_start(self, event):
        made = event.data["dispatcher"]
        name = f"{made.py_func.__module__.removeprefix('kernels.')}.{made.py_func.__name__}"
        ours = made.py_func.__module__.startswith("kernels.")
        self.names.append((name + " + text" * isinstance(made, compiling.Inside)) if ours else "numba")

    def on_end(self, event):
        pass

event.register("numba:compile", Listener())
atexit.register(lambda: print(json.dumps(Listener.names)))
import autograd, nn
"""
STEP = """
autograd.manual_seed(0)
update = nn.optim.Adam(model.parameters())
nn.functional.cross_entropy(model(autograd.rand(*shape)), autograd.randint(0, 10, (64,))).backward()
update.step()
"""
MLP = "model, shape = nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 10)), (64, 784)"
CNN = """
def block(inputs, outputs):
    return nn.Conv2d(inputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs), nn.ReLU(), nn.MaxPool2d(2)

head = nn.Linear(3136, 128), nn.ReLU(), nn.Dropout(0.5), nn.Linear(128, 10)
model, shape = nn.Sequential(*block(1, 32), *block(32, 64), nn.Flatten(), *head), (64, 1, 28, 28)
"""
LSTM = """
class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer, self.head = nn.LSTM(28, 128, batch_first=True), nn.Linear(128, 10)

    def forward(self, x):
        return self.head(self.layer(x)[0][:, -1])

model, shape = Model(), (64, 28, 28)
"""


def compiled(program: str, folder: Path) -> Counter[str]:
    """What the program compiles that does not lie in the folder yet."""
    settings = {"NUMBA_CACHE_DIR": str(folder), "OMP_NUM_THREADS": "2", "WENGERT_CHOICES": "default", "PYTHONPATH": ""}
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("NUMBA_", "WENGERT_"))}
    ran = subprocess.run(
        [sys.executable, "-c", LISTEN + program],
        cwd=ROOT,
        env={**inherited, **settings},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return Counter(json.loads(ran.stdout.splitlines()[-1]))


ALWAYS = {"machine.team.serve", "machine.team.share", "softmax.loops._loss_and_slope"}
FLOATS = {"machine.floats.choose", "machine.vector.exp", "machine.vector.log"}
ADAM = {"machine.objects._measure", "pointwise.update_loops.share_adam_all"}
PRODUCTS = {"matrix.gemm.share__panels"}
WINOGRAD = {"outputs", "products", "transform_back", "transform_weights"}
CONVOLUTIONS = {f"conv.winograd_loops.share_{part}" for part in WINOGRAD} | {
    f"conv.direct_loops.share_{part}" for part in ("sums", "products")
}
NORMS = {f"norm.channels_loops.{part}" for part in ("lines", "move", "scale", "share_deviations")}
POOLED = {f"norm.pooled_loops.share_{part}" for part in ("products", "slopes", "values")}
REST = {"along.reduce.share__channel_sums", "pointwise.dropout.share__scaled"}
PANELS = {f"recurrent.panels.share_{part}" for part in ("_pack", "_pack_turned", "finish")}
RECURRENT = {f"recurrent.skeleton.share_lstm_{part}" for part in ("forward", "back")} | PANELS
EVERY = ALWAYS | FLOATS | ADAM

# the program; what it makes machine code of; the most texts, and functions of Numba's own, that it may need
PROGRAMS = {
    "mlp": (MLP, EVERY | PRODUCTS, 12, 8),
    "cnn": (CNN, EVERY | PRODUCTS | CONVOLUTIONS | NORMS | POOLED | REST, 42, 12),
    "lstm": (LSTM, EVERY | RECURRENT | {"machine.vector.sigmoid", "machine.vector.tanh"}, 52, 14),
}


def check(found: Counter[str], code: set[str], texts: int, of_numba: int) -> None:
    made = {name for name in found if name != "numba" and not name.endswith(" + text")}
    assert made == code
    assert all(found[name] == 1 for name in made - {"machine.floats.choose"}), (
        "a kernel was compiled for two rows of types"
    )
    assert sum(found[name] for name in found if name.endswith(" + text")) <= texts, sorted(found)
    assert found["numba"] <= of_numba


@pytest.mark.parametrize("name", ["mlp", *(pytest.param(name, marks=pytest.mark.slow) for name in ("cnn", "lstm"))])
def test_a_first_step_compiles_these_kernels_and_no_others(name, tmp_path):
    program, code, texts, of_numba = PROGRAMS[name]
    found = compiled(program + STEP, tmp_path)
    check(found, code, texts, of_numba)
    assert compiled(program + STEP, tmp_path) == Counter()  # all of it was kept

    more = compiled(program + STEP + "nn.functional.gelu(autograd.rand(100, 100))", tmp_path)
    assert any(name.startswith("pointwise.activation") for name in more)
    with pytest.raises(AssertionError):
        check(found + more, code, texts, of_numba)
