"""How single steps are spread, and how both sides are restricted: to narrower vectors, to one core, beside another."""

import os
import platform
import subprocess
import sys

import numpy as np
import pytest

from benchmarks import cli
from benchmarks.speed import run, tail, vectors
from kernels.machine import jit
from tests.benchmarks.test_speed import OURS_AS_TORCH, ROOT, python_with

x86 = pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="these are vectors of x86-64")
pins = pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system does not say which core is whose")


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(tail, "STEPS", 20)
    monkeypatch.setattr(run, "ceilings", lambda threads: {"gflops": 300.0, "gbytes": 40.0})
    monkeypatch.setattr(run, "_write_images", lambda data, folder: "random numbers")


def test_the_figures_and_bars_of_known_times():
    ours, theirs = np.full(1000, 1e-3), np.full(1000, 2e-3)
    ours[:5] = 4e-3
    head, first, second, over, _, names, *bars = tail.lines({"wengert": ours, "torch": theirs})
    assert head.split() == ["p50", "p90", "p99", "longest"]
    assert first.split() == ["wengert", *["1", "ms"] * 3, "4", "ms"]
    assert second.split() == ["torch", *["2", "ms"] * 4]
    assert over.split() == ["over", "ours", "2.00", "2.00", "2.00", "0.50"]
    assert names.split() == ["from", "wengert", "torch"]
    assert bars[0].split() == ["1", "ms", "#" * 30, "995"]
    assert [line.split()[2:] for line in bars[1:] if "#" in line] == [["#" * 30, "1000"], ["#", "5"]]


@pytest.mark.parametrize("longest", [1.0, 1.5, 3.0, 1e4])
def test_every_step_is_in_a_bar(longest, rng):
    times = rng.uniform(1.0, longest, 300)
    edges = tail._edges([times.min(), times.max()])
    assert tail._counted(times, edges).sum() == 300
    assert edges[0] == times.min()
    assert (np.diff(edges) > 0).all()


def test_a_case_beside_a_peer(tmp_path, capsys):
    python = python_with(tmp_path, OURS_AS_TORCH)
    command = ["speed", "--tail", "--only", "sgd-step", "--rounds", "2", "--threads", "1", "--peer", str(python)]
    assert cli.main(command) == 0
    out = capsys.readouterr().out
    assert "20 steps in 1 thread, 2 processes each" in out
    counts = [int(word) for line in out.splitlines() if "#" in line for word in line.split("#")[1:] if word.strip()]
    assert sum(counts) == 2 * 2 * 20


def test_wrong_values_are_reported(tmp_path, capsys):
    python = python_with(tmp_path, OURS_AS_TORCH + "SGD = optim.SGD\noptim.SGD = lambda p, lr: SGD(p, lr * 1.01)\n")
    assert cli.main(["speed", "--tail", "--only", "sgd-step", "--rounds", "1", "--peer", str(python)]) == 1
    out = capsys.readouterr().out
    assert "FAILED  values differ: torch: " in out
    assert "p50" not in out


def answer(code):
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pins
def test_one_core_and_a_neighbour_on_it():
    before = os.sched_getaffinity(0)
    with tail.one_core(True):
        assert answer("import os; print(len(os.sched_getaffinity(0)))") == "1"
        assert answer("from kernels.machine import threads; print(threads.get_num_threads())") == "1"
        with tail.neighbour(True):
            pass
    assert os.sched_getaffinity(0) == before
    with tail.one_core(False), tail.neighbour(False):
        assert os.sched_getaffinity(0) == before


@x86
@pytest.mark.skipif(not jit.ENABLED, reason="nothing is compiled")
@pytest.mark.parametrize(("name", "width"), [("avx2", "32"), ("sse", "16")])
def test_vectors_are_those_of_numba_and_numpy(name, width, monkeypatch):
    monkeypatch.setenv("OPENBLAS_CORETYPE", "mine")
    before = dict(os.environ)
    with vectors.restricted(name):
        assert answer("from kernels.machine import registers; print(registers.WIDTH)") == width
        has = answer("from numpy._core._multiarray_umath import __cpu_features__ as has; print(has.get('X86_V4'))")
        assert has in ("False", "None")
    assert dict(os.environ) == before


@x86
def test_restricted_figures_have_a_name_of_their_own(capsys):
    assert cli.main(["speed", "--vectors", "avx2", "--only", "sgd-step", "--rounds", "1", "--threads", "1"]) == 0
    assert "restricted to AVX2\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--pinned"], "--busy and --pinned go with --tail"),
        (["--tail", "--compile"], "--tail is printed, and of eager steps"),
        (["--tail", "--first"], "--tail is printed, and of eager steps"),
        (["--vectors", "avx1024"], "argument --vectors: invalid choice: 'avx1024'"),
    ],
)
def test_options_that_do_not_go_together(arguments, message, capsys):
    assert cli.main(["speed", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_vectors_of_another_processor_are_refused(monkeypatch, capsys):
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    assert cli.main(["speed", "--vectors", "avx2"]) == 2
    assert "this is another processor" in capsys.readouterr().err
