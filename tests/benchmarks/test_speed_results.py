"""Figures that are kept: one file for several processors, and the tables that are made from it."""

import datetime
import json

import pytest

from benchmarks import cli
from benchmarks.speed import processor, results
from benchmarks.speed.cases import CASES
from benchmarks.speed.measure import spread
from tests.benchmarks.test_speed import ROOT


@pytest.fixture
def file(monkeypatch, tmp_path):
    """Results are kept elsewhere."""
    monkeypatch.setattr(results, "FILE", tmp_path / "results.json")
    return tmp_path / "results.json"


def entry(ours, peer, ratio, **more):
    found = {"date": "2026-01-02", "threads": 2, "processes": 7, "versions": {"torch": "torch 2"}}
    return found | {"seconds": {"wengert": ours, "torch": peer}, "ratios": {"wengert": ratio}} | more


def test_the_table_of_the_guide_is_what_the_file_gives(capsys):
    assert cli.main(["speed", "--table"]) == 0
    printed = capsys.readouterr().out.strip()
    assert printed.startswith("| program, forward + backward | ours")
    assert printed in (ROOT / "benchmarks" / "guide" / "speed.md").read_text()


def test_the_figures_of_the_readme_are_what_the_file_gives(capsys):
    readme = (ROOT / "README.md").read_text()
    assert cli.main(["speed", "--table", "--only", *results.FIVE]) == 0
    printed = capsys.readouterr().out.strip()
    assert len(printed.splitlines()) == 2 + len(results.FIVE) + 1 + len(results.read())
    assert printed in readme
    assert f"speed --table --only {' '.join(results.FIVE)}" in readme


def test_rows_name_cases_once():
    named = [name for _, cases in results.ROWS for name in cases]
    assert len(named) == len(set(named))
    assert set(named) <= set(CASES)
    for kept in results.read().values():
        assert set(kept) <= set(CASES)


def test_a_run_is_kept_under_its_processor(file):
    old = entry(1.0, 2.0, [1.9, 2.0, 2.1])
    file.write_text(json.dumps({"Other": {"chain": old}, "Chip": {"chain": old, "adam-step": old}}))
    row = {"case": "chain", "wengert": {"seconds": 2.0}, "ways": {"frozen": {"seconds": 1.0}}}
    row["peers"] = {"torch": {"seconds": 4.00004} | spread([1.0, 2.0, 3.0]) | {"ways": {"frozen": spread([4.0, 5.0])}}}
    versions = {"wengert": "wengert, numpy 2", "torch": "torch 3", "jax": "jax 4"}
    assert results.keep("Chip", {"threads": 1, "rounds": 3, "versions": versions, "rows": [row]}) == 1
    found = results.read()
    assert [*found] == ["Other", "Chip"]
    assert found["Other"] == {"chain": old}
    assert found["Chip"] == {
        "adam-step": old,
        "chain": {
            "date": datetime.date.today().isoformat(),
            "threads": 1,
            "processes": 3,
            "versions": {"wengert": "wengert, numpy 2", "torch": "torch 3"},
            "seconds": {"wengert": 2.0, "frozen": 1.0, "torch": 4.0},
            "ratios": {"wengert": [1.5, 2.0, 2.5], "frozen": [4.25, 4.5, 4.75]},
        },
    }
    assert not file.with_suffix(".new").exists()


def test_what_differs_or_has_no_peer_is_not_kept(file):
    def row(name, **more):
        return {"case": name, "failed": "", "differences": [], "peers": {}, "ways": {}} | more

    figures = {"seconds": 1.0}
    good = {"wengert": figures, "peers": {"torch": figures | spread([2.0]) | {"ways": {}}}}
    rows = [row("chain", **good), row("sgd-step", differences=["sum"]), row("adam-step", failed="why")]
    report = {"threads": 2, "rounds": 1, "versions": {"wengert": "w", "torch": "t"}, "rows": rows}
    assert results.keep("Chip", report) == 1
    assert [*results.read()["Chip"]] == ["chain"]


def test_keeping_needs_pytorch(file, capsys):
    assert cli.main(["speed", "--keep", "--only", "chain"]) == 2
    assert "--keep needs --peer PYTHON with PyTorch" in capsys.readouterr().err
    assert not file.exists()


def test_processors_stand_side_by_side(file):
    first = {
        "mlp-sgd": entry(0.85e-3, 0.974e-3, [1.1, 1.15, 1.24]),
        "mlp-adam": entry(0.83e-3, 1.3e-3, [None, 1.6, None]),
    }
    compiled = {"seconds": {"wengert": 2e-6, "compiled": 1e-6, "torch": 4e-6}}
    compiled |= {"ratios": {"wengert": [2, 2, 2], "compiled": [4, 4, 4]}, "date": "2026-02-03", "threads": 1}
    second = {"mlp-adam": entry(0, 0, 0) | compiled}
    file.write_text(json.dumps({"Chip": first, "Chop": second}))
    head, rule, row, empty, *notes = results.table().splitlines()
    assert head == (
        "| program, forward + backward | ours, A | PyTorch, A | ratio, A "
        "| ours, B | compiled, B | PyTorch, B | ratio, B | compiled ratio, B |"
    )
    assert rule.count("|---") == 9
    assert row == (
        "| training step, MLP 784-256-128-10, batch 64, SGD with momentum; Adam "
        "| 0.85; 0.83 ms | 0.97; 1.3 ms | 1.1 (1.1-1.2); 1.6 "
        "| -; 2.0 us | -; 1.0 us | -; 4.0 us | -; 2.0 (2.0-2.0) | -; 4.0 (4.0-4.0) |"
    )
    assert empty == ""
    assert notes == [
        "A: Chip: 2 threads, torch 2, at least 7 processes each, 2026-01-02  ",
        "B: Chop: 1 thread, torch 2, at least 7 processes each, 2026-02-03",
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0764, "0.076"), (0.8, "0.80"), (0.996, "1.0"), (1.26, "1.3"), (9.96, "10"), (10.4, "10"), (456.2, "456")],
)
def test_digits(value, text):
    assert results.digits(value) == text


def test_quartiles_of_ratios():
    assert spread([1.0, 2.0, 3.0, 4.0, 10.0]) == {
        "ratio": 3.0,
        "ratio_q1": 2.0,
        "ratio_q3": 4.0,
        "ratio_min": 1.0,
        "ratio_max": 10.0,
    }
    assert set(spread([1.5]).values()) == {1.5}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (
            "model name\t: Intel(R) Xeon(R) CPU @ 2.30GHz\nflags\t: sse avx avx2 avx512f",
            "Intel Xeon CPU @ 2.30GHz (AVX-512)",
        ),
        (
            "cpu family\t: 25\nmodel\t\t: 1\nmodel name\t: AMD EPYC\nflags\t: avx avx2",
            "AMD EPYC, family 25 model 1 (AVX2)",
        ),
        ("model name : Old 1\nflags : sse\n\nmodel name : Other 2\nflags : avx2", "Old 1"),
    ],
)
def test_the_name_of_the_processor(text, name, tmp_path, monkeypatch):
    path = tmp_path / "cpuinfo"
    path.write_text(text)
    assert processor._linux(path) == name
    assert processor._linux(tmp_path / "missing") == ""
    monkeypatch.setattr(processor, "_linux", lambda: name)
    monkeypatch.delenv("NUMBA_CPU_NAME", raising=False)
    assert processor.processor() == name
    monkeypatch.setenv("NUMBA_CPU_NAME", "haswell")
    assert processor.processor() == f"{name}, restricted to haswell"
