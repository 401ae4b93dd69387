"""The speed suite: what it checks before it times, what it prints and writes, and how it refuses."""

import json
import os
import subprocess
import sys
from pathlib import Path

import matplotlib
import numpy as np
import pytest

import autograd
import nn
from benchmarks import cli
from benchmarks.speed import ceilings, measure, plot, run, table
from benchmarks.speed.cases import CASES
from benchmarks.speed.cases.case import Data, Library, checksums, differences
from benchmarks.speed.cases.small import deep
from benchmarks.speed.cases.training import lenet, lenet_module, mlp
from benchmarks.speed.measure import Setting, Worker, WorkerError
from benchmarks.speed.peers import PEERS
from benchmarks.speed.peers.plain import mlp_weights

ROOT = Path(__file__).parents[2]
LIBRARY = Library(autograd, nn, nn.optim)
QUICK = ("layer-norm", "cross-entropy-64x10", "cross-entropy-64x1000", "dropout", "attention-causal", "avg-pool-2x2")
LONE = [
    pytest.param(name, marks=() if name in QUICK else pytest.mark.slow)
    for name, case in CASES.items()
    if case.reference is not None
]

STEPS = [
    pytest.param(name, marks=pytest.mark.slow if name in ("small-gpt", "dcgan-generator") else ())
    for name, case in CASES.items()
    if case.group in ("small steps", "training loops", "stacks")
]


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Figures do not matter here: no second is spent on the machine's ceilings, little on steps, none on images."""
    monkeypatch.setattr(run, "ceilings", lambda threads: {"gflops": 300.0, "gbytes": 40.0})
    monkeypatch.setattr(run, "_write_images", lambda data, folder: "random numbers")
    monkeypatch.setattr(Setting, "seconds", 0.01)


def python_with(folder, torch):
    """A Python that has a package `torch` with this source."""
    (folder / "torch.py").write_text(torch)
    python = folder / "python"
    python.write_text(f'#!/bin/sh\nPYTHONPATH="{folder}:$PYTHONPATH" exec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    return python


OURS_AS_TORCH = f"""
import sys
sys.path.append({str(ROOT)!r})
from autograd import *
import nn
from nn import optim
__version__ = "0"
set_num_interop_threads = lambda n: None
"""


def test_one_case_alone(tmp_path, capsys):
    figures, picture = tmp_path / "figures.json", tmp_path / "picture.png"
    command = ["speed", "--only", "layer-norm", "--rounds", "2", "--threads", "1"]
    assert cli.main([*command, "--json", str(figures), "--plot", str(picture)]) == 0
    out = capsys.readouterr().out
    assert "no --peer: ours alone" in out
    assert "300 GFLOP/s in sgemm, 40.0 GB/s in copying memory" in out
    report = json.loads(figures.read_text())
    assert report["threads"] == 1
    assert report["rounds"] == 2
    assert report["versions"] == {}
    (row,) = report["rows"]
    assert row["case"] == "layer-norm"
    assert row["peers"] == {}
    assert row["differences"] == []
    assert row["bytes"] == 4 * (5 * 512 * 256 + 3 * 2 * 256)
    assert row["wengert"]["seconds"] > 0
    assert row["wengert"]["steps"] >= 5
    assert row["wengert"]["peak_mib"] > row["wengert"]["growth_mib"] >= 0
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_a_loud_machine_is_said_in_the_picture_too(tmp_path, monkeypatch):
    monkeypatch.setattr("os.getloadavg", lambda: (2.5, 0.0, 0.0))
    picture = tmp_path / "picture.svg"
    monkeypatch.setitem(matplotlib.rcParams, "svg.fonttype", "none")
    assert cli.main(["speed", "--only", "chain", "--rounds", "1", "--plot", str(picture)]) == 0
    assert "NOT QUIET: 2.5 other processes" in picture.read_text()


def test_beside_a_peer(tmp_path, capsys):
    figures, picture = tmp_path / "figures.json", tmp_path / "picture.svg"
    python = python_with(tmp_path, OURS_AS_TORCH)
    command = ["speed", "--only", "sgd-step", "chain", "--rounds", "2", "--peer", str(python)]
    assert cli.main([*command, "--json", str(figures), "--plot", str(picture)]) == 0
    out = capsys.readouterr().out
    assert "peers: torch 0" in out
    assert "MiB  torch" in out
    first, second = json.loads(figures.read_text())["rows"]
    assert [first["case"], second["case"]] == ["chain", "sgd-step"]
    assert first["per"] == 1000
    peer = second["peers"]["torch"]
    assert 0 < peer["ratio_min"] <= peer["ratio"] <= peer["ratio_max"]
    assert b"<svg" in picture.read_bytes()


def test_a_wrong_value_is_reported_and_not_timed(tmp_path, capsys):
    python = python_with(tmp_path, OURS_AS_TORCH + "SGD = optim.SGD\noptim.SGD = lambda p, lr: SGD(p, lr * 1.01)\n")
    figures = tmp_path / "figures.json"
    command = ["speed", "--only", "sgd-step", "chain", "--rounds", "1", "--peer", f"torch={python}"]
    assert cli.main([*command, "--json", str(figures)]) == 1
    out = capsys.readouterr().out
    assert "VALUES DIFFER  torch: " in out
    chain, sgd = json.loads(figures.read_text())["rows"]
    assert "wengert" in chain
    assert "wengert" not in sgd
    assert any("sum of change of 0.weight" in text for text in sgd["differences"])


def test_a_wrong_value_without_a_peer_is_reported(monkeypatch, capsys):
    case = CASES["layer-norm"]

    def planted(data):
        return {name: value + (name == "gradient 2") * 0.01 for name, value in case.reference(data).items()}

    wrong = type(case)(**{**vars(case), "reference": planted})
    row = measure.measure(wrong, Setting({}, 1, 1, None))
    assert row["differences"]
    assert all(text.startswith("NumPy: ") and "gradient 2" in text for text in row["differences"])
    assert "VALUES DIFFER" in table.lines(row, {"gflops": 1.0, "gbytes": 1.0})[0]


def test_a_peer_that_fails_in_a_case_is_reported(tmp_path, capsys):
    python = python_with(tmp_path, OURS_AS_TORCH + "def tensor(*args, **settings):\n    raise OSError('planted')\n")
    assert cli.main(["speed", "--only", "chain", "--rounds", "1", "--peer", str(python)]) == 1
    assert "FAILED  torch: OSError: planted" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--peer", "/no/such/python"], "--peer /no/such/python: there is no program /no/such/python"),
        (["--peer", "touch=/no/such/python"], "no library 'touch': did you mean torch?"),
        (
            ["--peer", f"jax={sys.executable}"],
            "ModuleNotFoundError: No module named 'jax'",
        ),
        (["--peer", "/bin/true"], "--peer torch=/bin/true: ended with status 0"),
        (["--only", "chian"], "no case 'chian': did you mean chain"),
        (["--rounds", "0"], "argument --rounds: wanted a whole number from 1, got '0'"),
        (["--threads", "two"], "argument --threads: wanted a whole number from 1, got 'two'"),
        (["--json", "/no/such/folder/file"], "--json /no/such/folder/file: cannot be written: No such file"),
        (["--plot", "/no/such/folder/file.png"], "--plot /no/such/folder/file.png: cannot be written"),
        (["--plot", "picture.pdf"], "--plot picture.pdf: wanted a name that ends in .png or .svg"),
    ],
)
def test_wrong_use_is_refused_in_one_line(arguments, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["speed", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    (line,) = captured.err.splitlines()
    assert message in line
    assert list(tmp_path.iterdir()) == []


def test_a_worker_ends_with_its_block():
    with Worker(sys.executable, "wengert", "chain") as worker:
        assert worker.answer()["values"]
    assert worker.process.returncode is not None


def test_the_last_words_of_a_worker_are_the_error():
    with Worker(sys.executable, "wengert", "no-such-case") as worker, pytest.raises(WorkerError, match="no-such-case"):
        worker.answer()


@pytest.mark.parametrize("name", LONE)
def test_lone_operations_agree_with_numpy(name):
    case = CASES[name]
    found = case.build(LIBRARY, Data()).values()
    expected = case.reference(Data())
    assert differences(checksums(found), checksums(expected), case.tolerance) == []
    for value in expected.values():
        assert np.isfinite(value).all()


def test_checksums_tell_a_transposed_a_shifted_and_a_missing_part():
    a = np.random.default_rng(0).standard_normal((64, 64))
    missing = a.copy()
    missing[:, -1] = 0
    for wrong in (a.T, np.roll(a, 1, 0), missing, -a, a * 1.001):
        assert differences(checksums({"a": a}), checksums({"a": wrong}), 1e-4)
    assert not differences(checksums({"a": a}), checksums({"a": a.astype(np.float32)}), 1e-4)


def test_nan_differs_from_everything():
    nan = checksums({"loss": float("nan")})
    assert differences(nan, nan, 1e-3)
    assert differences(nan, checksums({"loss": 1.0}), 1e-3)


def test_two_ways_to_write_lenet_compute_the_same():
    x = autograd.tensor(Data().images(count=2)[0])
    np.testing.assert_array_equal(lenet(LIBRARY)(x).detach().numpy(), lenet_module(LIBRARY)(x).detach().numpy())


def test_other_libraries_get_the_same_weights():
    expected = [part for layer in mlp_weights() for part in layer]
    for parameter, array in zip(mlp(LIBRARY).parameters(), expected, strict=True):
        np.testing.assert_array_equal(parameter.detach().numpy(), array)


@pytest.mark.parametrize("name", STEPS)
def test_steps_are_the_same_again_and_do_something(name):
    def first() -> np.ndarray:
        program = CASES[name].build(LIBRARY, Data())
        if program.values is not None:
            return np.concatenate([np.ravel(value) for value in program.values().values()])
        return np.array([program.step() for _ in range(3)])

    values = first()
    assert np.isfinite(values).all()
    assert len(set(values.tolist())) > 2
    np.testing.assert_array_equal(values, first())


@pytest.mark.parametrize("name", ["tiny-loop", "tiny-by-hand"])
def test_the_loops_of_textbooks_learn(name):
    step = CASES[name].build(LIBRARY, Data()).step
    before = step()
    for _ in range(1500):
        last = step()
    assert last < before / 10


def test_clipping_goes_on_and_nothing_becomes_small():
    """However long it is timed, there is something to clip, and no gradient is denormal."""
    step = CASES["clip-grad-norm"].build(LIBRARY, Data()).step
    norms = [step() for _ in range(50)]
    assert norms[0] > 51
    np.testing.assert_allclose(norms[1:], 50 * 0.99999 ** np.arange(1, 50), rtol=1e-6)


def test_gradients_of_the_deep_network_are_no_denormals():
    model = deep(LIBRARY)
    images, labels = Data().images(count=64)
    nn.CrossEntropyLoss()(model(autograd.tensor(images.reshape(64, 784))), autograd.tensor(labels)).backward()
    weights = [p for p in model.parameters() if p.ndim == 2]
    assert len(weights) == 51
    for weight in weights:
        assert 1e-8 < np.abs(weight.grad.numpy()).max() < 10  # its square is in Adam's state


def test_operations_and_bytes_are_counted_by_hand():
    conv = CASES["conv-5x5-32"]
    assert conv.flops == 3 * 2 * 64 * 14 * 14 * 32 * 32 * 25
    x, w = 64 * 32 * 14 * 14, 32 * 32 * 25 + 32
    # forward reads x and w and writes z; backward reads dz, x and w and writes dx and dw
    assert conv.bytes == 4 * ((x + w + x) + (x + x + w) + (x + w))
    assert CASES["mlp-sgd"].flops == 64 * 2 * (2 * 784 * 256 + 3 * 256 * 128 + 3 * 128 * 10)
    assert CASES["max-pool-2x2"].bytes == 4 * 64 * 32 * 28 * 28 * (1 + 1 / 4 + 1 / 4 + 1)


def test_the_nearer_ceiling_is_shown():
    most = {"gflops": 100.0, "gbytes": 10.0}
    assert table.rate_of({"flops": 5e9, "bytes": 1e8}, 0.1, most) == pytest.approx((50, "GFLOP/s", 0.5))
    assert table.rate_of({"flops": 1e9, "bytes": 9e8}, 0.1, most) == pytest.approx((9, "GB/s", 0.9))
    assert table.rate_of({"flops": 0.0, "bytes": 0.0}, 0.1, most) is None


def test_ceilings_are_positive():
    assert ceilings.sgemm(size=64, seconds=0.0) > 0
    assert ceilings.copy(threads=2, mib=1, seconds=0.0) > 0


def test_pictures_are_the_images_scaled():
    data = Data()
    images = data.images(count=6)[0]
    np.testing.assert_array_equal(data.pictures(2, 3, 28, 28).reshape(6, 1, 28, 28), images)
    np.testing.assert_array_equal(data.pictures(2, 3, 56, 56)[1, 2, ::2, 1::2], images[5, 0])
    np.testing.assert_array_equal(data.pictures(2, 3, 14, 14)[0, 1], images[1, 0, ::2, ::2])


def test_every_peer_has_a_file_and_help_names_cases_and_peers():
    for module in PEERS.values():
        assert (ROOT / "benchmarks" / "speed" / "peers" / f"{module}.py").is_file()
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "speed", "--help"],
        cwd=ROOT,
        env=os.environ,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in (*CASES, *PEERS):
        assert name in done.stdout


def test_the_picture_shows_every_group():
    assert {case.group for case in CASES.values()} == {*plot.ORDER}


@pytest.mark.parametrize("kind", ["memory", "mapped", "folder"])
def test_loaders_read_the_same_with_any_number_of_workers(kind):
    programs = [CASES[f"loader-{kind}-{workers}"].build(LIBRARY, Data()) for workers in (0, 1, 2)]
    first, *others = [program.values() for program in programs]
    for values in others:
        for name, expected in first.items():
            np.testing.assert_array_equal(values[name], expected)
    assert len({program.step() for program in programs}) == 1
