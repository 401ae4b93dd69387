"""The programs of the guide: people's pictures, tables and texts, on data that is drawn here."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import autograd

ROOT = Path(__file__).parents[2]
PROGRAMS = ROOT / "benchmarks" / "guide" / "programs"
pytestmark = pytest.mark.filterwarnings("ignore")


def pictures(folder, rng):
    """Circles and crosses of any colour, 120 of each."""
    image = pytest.importorskip("PIL.Image")
    for name in ("circle", "cross"):
        (folder / name).mkdir(parents=True)
        for number in range(120):
            rows, columns = np.mgrid[:20, :20] - 9.5 + rng.uniform(-2, 2, size=(2, 1, 1))
            size = rng.uniform(4, 7)
            drawn = abs(np.hypot(rows, columns) - size) < 1.2
            if name == "cross":
                drawn = (abs(abs(rows) - abs(columns)) < 1.2) & (abs(rows) < size)
            pixels = 60 * rng.random((20, 20, 3)) + drawn[..., None] * rng.uniform(100, 190, 3)
            image.fromarray(pixels.astype(np.uint8)).save(folder / name / f"{number}.png")
    return folder


def table(folder, rng):
    """Rents that follow from area and town, with gaps."""
    pytest.importorskip("pandas")
    rows = ["area,rooms,town,rent"]
    for _ in range(500):
        area, town = rng.uniform(20, 120), str(rng.choice(["Jena", "Kiel", "Ulm"]))
        rent = 9 * area + {"Jena": 100, "Kiel": 0, "Ulm": 250}[town] + rng.normal(0, 20)
        gap = rng.random()
        cells = [
            "" if gap < 0.03 else f"{area:.1f}",
            str(int(area // 25) + 1),
            "" if gap > 0.98 else town,
            f"{rent:.0f}",
        ]
        rows.append(",".join(cells))
    path = folder / "flats.csv"
    path.write_text("\n".join(rows))
    return path


def text(folder, rng):
    """A sentence that says the same again and again, in another order of its parts."""
    parts = ["the tape is read from its end", "each line asks for what the lines after it have said", "and so on"]
    path = folder / "words.txt"
    path.write_text(", ".join(str(rng.choice(parts)) for _ in range(400)))
    return path


DATA = {"pictures": pictures, "table": table, "text": text}
SAYS = {"pictures": "accuracy", "table": "R2 0.9", "text": "nats a character"}


@pytest.mark.parametrize("name", DATA)
def test_programs_train_log_save_and_export(name, tmp_path, rng):
    for module in ("tensorboard", "onnx", "onnxruntime"):
        pytest.importorskip(module)
    source = DATA[name](tmp_path / "data" if name == "pictures" else tmp_path, rng)
    command = [sys.executable, str(PROGRAMS / f"{name}.py"), str(source)]
    environment = {**os.environ, "MPLBACKEND": "agg", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert SAYS[name] in done.stdout
    assert {"best.npz", "curves.png", "log", "model.onnx"} <= {path.name for path in tmp_path.iterdir()}
    assert any((tmp_path / "log").iterdir())
    import onnxruntime

    loaded = autograd.onnx.load(tmp_path / "model.onnx")
    session = onnxruntime.InferenceSession(str(tmp_path / "model.onnx"))
    (given,) = session.get_inputs()
    drawn = rng.random(given.shape) if "float" in given.type else rng.integers(0, 9, given.shape)
    x = drawn.astype(np.float32 if "float" in given.type else np.int64)
    ours = loaded(x).detach().numpy()
    np.testing.assert_allclose(session.run(None, {given.name: x})[0], ours, rtol=1e-5, atol=1e-5 * abs(ours).max())


@pytest.mark.parametrize("name", DATA)
def test_programs_are_short(name):
    lines = [line for line in (PROGRAMS / f"{name}.py").read_text().splitlines() if line.strip()]
    assert len(lines) <= 25


@pytest.mark.parametrize(
    ("name", "extras"),
    [("pictures", "images,tensorboard,onnx"), ("table", "tables,tensorboard,onnx"), ("text", "tensorboard,onnx")],
)
def test_programs_name_what_they_lack_before_they_begin(name, extras):
    lacks = dict.fromkeys(("PIL", "pandas", "pyarrow", "tensorboard", "onnx", "onnxruntime"))
    hidden = f"import runpy, sys; sys.modules.update({lacks}); sys.argv = ['program', 'no such file']"
    command = [sys.executable, "-c", f"{hidden}; runpy.run_path({str(PROGRAMS / f'{name}.py')!r}, run_name='__main__')"]
    done = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith(f"{name}.py needs ")
    assert done.stderr.strip().endswith(f"pip install 'wengert[{extras}]'")


def test_what_judges_the_pictures_is_not_varied(tmp_path, rng):
    """Only pictures that are learnt from are cropped at random, and no picture is in both parts."""
    source = pictures(tmp_path / "data", rng)
    lines = (PROGRAMS / "pictures.py").read_text().splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("model"))
    scope = {}
    command = ["pictures.py", str(source)]
    before, sys.argv = sys.argv, command
    try:
        exec("\n".join(line for line in lines[:start] if not line.startswith("needed(")), scope)
    finally:
        sys.argv = before
    train, test = scope["train"], scope["test"]
    assert any((train[k][0] != train[k][0]).any() for k in range(5))
    assert all((test[k][0] == test[k][0]).all() for k in range(5))
    assert set(train.indices.tolist()).isdisjoint(test.indices.tolist())
