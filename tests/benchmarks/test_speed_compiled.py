"""The speed suite's compiled ways: they compute what eager programs compute, and are timed beside them."""

import json

import pytest

import autograd
import nn
from benchmarks import cli
from benchmarks.speed import measure, results, run, table
from benchmarks.speed.cases import CASES
from benchmarks.speed.cases.case import Data, Library, Way, checksums, differences
from benchmarks.speed.measure import Setting
from benchmarks.speed.peers import COMPILED, load, ours_compiled, ours_frozen
from benchmarks.speed.peers.compiling import Compiling, build
from tests.benchmarks.test_speed import LIBRARY, OURS_AS_TORCH, ROOT, python_with

QUICK = ("chain", "tiny-batch-32", "pinn", "actor-critic", "layer-norm", "cross-entropy-64x10", "dropout")
LONG = ("mnist-epoch", "mnist-cnn-99")
UPDATES = {"sgd-step", "momentum-step", "adam-step", "adamw-200", "clip-grad-norm", "data-loader"}
NAMES = [
    pytest.param(name, marks=() if name in QUICK else pytest.mark.slow)
    for name in CASES
    if name not in LONG and name not in UPDATES
]


@pytest.fixture
def quick(monkeypatch):
    """No second is spent on ceilings, little on steps."""
    monkeypatch.setattr(run, "ceilings", lambda threads: {"gflops": 300.0, "gbytes": 40.0})
    monkeypatch.setattr(run, "_write_images", lambda data, folder: "random numbers")
    monkeypatch.setattr(Setting, "seconds", 0.01)


def values(program):
    """What the worker compares, and a step more, so that what is compiled late has run."""
    return program.values() if program.values else {f"step {k}": program.step() for k in range(6)}


@pytest.mark.parametrize("name", NAMES)
def test_compiled_cases_compute_the_same(name):
    case = CASES[name]
    expected = checksums(values(case.build(LIBRARY, Data())))
    ran = []
    for way in (ours_compiled, ours_frozen):
        program = way.program(case, Data())
        if program is not None:
            ran.append(way)
            assert differences(expected, checksums(values(program)), case.tolerance) == []
    assert ours_compiled in ran


def test_what_has_no_function_is_not_timed_compiled():
    for name in UPDATES:
        assert ours_compiled.program(CASES[name], Data()) is None
        assert ours_frozen.program(CASES[name], Data()) is None


def test_what_draws_numbers_or_keeps_statistics_is_frozen_too():
    for name in ("dropout", "batch-norm", "batch-norm-relu", "lenet-bn", "attention-by-hand", "dcgan-generator"):
        assert ours_frozen.program(CASES[name], Data()) is not None


def test_functions_go_through_the_compiler_once_each():
    given = []

    def compiler(function):
        given.append(function)
        return function

    def library(**settings):
        return Library(autograd, nn, nn.optim, Compiling(compiler, **settings))

    assert build(CASES["pinn"], Data(), library(second=False)) is None
    assert given == []
    assert build(CASES["pinn"], Data(), library()) is not None
    assert len(given) == 1
    double = Compiling(lambda function: lambda *inputs: 2 * function(*inputs))
    doubled = build(CASES["chain"], Data(), Library(autograd, nn, nn.optim, double))
    assert doubled.step() == 2 * CASES["chain"].build(LIBRARY, Data()).step()
    assert Way()(len) is len


def test_a_case_beside_a_peer(tmp_path, capsys, quick, monkeypatch):
    figures, kept = tmp_path / "figures.json", tmp_path / "results.json"
    monkeypatch.setattr(results, "FILE", kept)
    monkeypatch.setattr(run, "processor", lambda vectors="": "Chip 9 (AVX2)")
    python = python_with(tmp_path, OURS_AS_TORCH)
    command = ["speed", "--compile", "--only", "layer-norm", "--rounds", "1", "--peer", str(python)]
    assert cli.main([*command, "--json", str(figures), "--keep"]) == 0
    first, *_, head, _, last = capsys.readouterr().out.splitlines()
    assert first == "processor: Chip 9 (AVX2)"
    shown = "layers,ours,compiled,frozen,peer,ratio,quartiles,compiled,quartiles,frozen,quartiles,peak,first,values"
    assert head.split() == shown.split(",")
    assert last == f"1 cases are kept in {kept}"
    (row,) = json.loads(figures.read_text())["rows"]
    peer = row["peers"]["torch"]
    assert [*row["ways"]] == [*peer["ways"]] == ["compiled", "frozen"]
    assert all(at["first_s"] > 0 for at in (row["wengert"], peer, *row["ways"].values()))
    for spread in (peer, *peer["ways"].values(), *row["ways"].values()):
        assert 0 < spread["ratio_min"] == spread["ratio"] == spread["ratio_max"]
    assert peer["ways"]["frozen"]["ratio"] == pytest.approx(peer["seconds"] / row["ways"]["frozen"]["seconds"])
    entry = results.read()["Chip 9 (AVX2)"]["layer-norm"]
    assert [*entry["seconds"]] == ["wengert", "compiled", "frozen", "torch"]
    assert entry["versions"]["torch"] == "torch 0"
    assert entry["versions"]["wengert"].startswith("wengert, numpy ")


def test_first_values_are_timed_where_nothing_was_compiled(tmp_path, capsys, quick):
    figures = tmp_path / "figures.json"
    command = ["speed", "--compile", "--first", "--only", "layer-norm", "--rounds", "1", "--json", str(figures)]
    assert cli.main(command) == 0
    out = capsys.readouterr().out
    assert "first values where nothing was compiled, and in a second process: wengert" in out
    (row,) = json.loads(figures.read_text())["rows"]
    assert [*row["first"]] == ["wengert", "compiled", "frozen"]
    for cold, warm in row["first"].values():
        assert 0 < warm < cold  # kernels of norms are compiled in the first alone


def test_a_compiler_that_computes_something_else_is_reported(tmp_path, capsys, quick):
    planted = "\ndef compile(function):\n    return lambda *inputs: function(*inputs) * 1.01\n"
    python = python_with(tmp_path, OURS_AS_TORCH + planted)
    command = ["speed", "--only", "chain", "--rounds", "1", "--peer", f"torch-compile={python}"]
    assert cli.main(command) == 1
    assert "VALUES DIFFER  torch-compile: step 1" in capsys.readouterr().out


def test_a_compiled_way_with_other_values_is_reported():
    right = [["loss", 1.0, 1.0]]
    wrong = [["loss", 1.01, 1.0]]
    said = measure.compare(CASES["chain"], {"wengert": right, "compiled": wrong, "frozen": None}, None)
    assert said == ["compiled: loss: 1 against 1.01"]


def test_torch_compile_is_left_out_without_a_compiler(tmp_path, capsys, quick, monkeypatch):
    monkeypatch.setattr(run, "_has_compiler", lambda: False)
    python = python_with(tmp_path, OURS_AS_TORCH)
    assert cli.main(["speed", "--only", "sgd-step", "--rounds", "1", "--peer", f"torch-compile={python}"]) == 0
    out = capsys.readouterr().out
    assert "torch-compile is left out: it needs a C++ compiler, and there is none" in out
    assert "no --peer: ours alone" in out


def test_a_compiler_is_looked_for_where_pytorch_looks(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)
    assert not run._has_compiler()
    own = tmp_path / "own"
    own.write_text("#!/bin/sh\n")
    own.chmod(0o755)
    monkeypatch.setenv("CXX", str(own))
    assert run._has_compiler()


def test_ratios_of_every_way_stand_in_the_table():
    def at(seconds, peak):
        return {"seconds": seconds, "peak_mib": peak, "growth_mib": 1.0, "first_s": 10 * seconds * 1e6}

    row = {"case": "chain", "what": "a chain", "failed": "", "differences": [], "flops": 0, "bytes": 0}
    row |= {"wengert": at(2e-6, 100.0), "ways": {"compiled": at(1e-6, 90.0) | measure.spread([2.0])}}
    peer = at(4e-6, 200.0) | measure.spread([1.0, 2.0, 3.0]) | {"ways": {"compiled": measure.spread([4.0, 4.0])}}
    row["peers"] = {"torch": peer}
    (line,) = table.lines(row, {}, compiled=True)
    times = "chain 2 us 1 us - 4 us 2.00 1.50 - 2.50 4.00 4.00 - 4.00 - 100 / 90 / - / 200 MiB"
    times += " 20.00 / 10.00 / - / 40.00 s torch a chain"
    assert line.split() == times.split()
    (line,) = table.lines(row | {"peers": {}}, {}, compiled=True)
    alone = "chain 2 us 1 us - - - 2.00 2.00 - 2.00 - 100 / 90 / - MiB 20.00 / 10.00 / - s over ours a chain"
    assert line.split() == alone.split()


def test_every_way_has_a_file():
    for way, module in COMPILED.items():
        assert (ROOT / "benchmarks" / "speed" / "peers" / f"{module}.py").is_file()
        assert load(way, str(ROOT)).prepare(1).startswith("wengert")
