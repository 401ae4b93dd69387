"""What is chosen for a machine: from the file that decides, from its caches, and what hangs on that."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from kernels.machine import choices, threads

ROOT = Path(__file__).parents[3]


def answer(code: str, **environment: str) -> str:
    kept = {key: value for key, value in os.environ.items() if key not in ("WENGERT_CHOICES", "OMP_NUM_THREADS")}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, env=kept | environment, capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).strip()


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Choices are kept here."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(choices, "ASKED", "")
    return tmp_path


def test_what_is_written_is_read(home):
    file = choices.write({"level 2": 1 << 19, "size arithmetic": 4096, "thread": 200})
    assert file == home / choices.name()
    assert choices.read(choices.places()) == {"level 2": 1 << 19, "size arithmetic": 4096, "thread": 200}
    assert choices.write({"thread": 400}) == file
    assert choices.read(choices.places()) == {"thread": 400}
    assert choices.remove() == [file]
    assert choices.read(choices.places()) == {}
    assert list(home.iterdir()) == []


def test_lines_that_are_not_ours_are_left_out(home):
    (home / choices.name()).write_text("# thread 7\nthread x\n\nlevel 1 5\n12\nsize sum -3\n")
    assert choices.read(choices.places()) == {"level 1": 5}


def test_where_no_folder_can_be_written_to(home, monkeypatch):
    barred = home / "barred"
    barred.write_text("a file, in which no folder can be made")
    monkeypatch.setattr(
        choices.folders, "kernel_folders", lambda asked, package: iter([barred / "one", barred / "two"])
    )
    assert choices.write({"thread": 200}) is None
    assert choices.read(choices.places()) == {}


def test_the_file_decides_in_every_process(home):
    code = "from kernels.machine import choices, fast, threads as t; "
    code += "print(fast.SIZES['sum'].elements, fast.DEFAULTS['sum'], choices.cache(2), t._cost)"
    before = answer(code)
    choices.write({"size sum": 999, "level 2": 12345, "thread": 300})
    assert answer(code) == f"999 {before.split()[1]} 12345 300"
    assert answer(code, WENGERT_CHOICES="default") == before
    other = home / "other.txt"
    other.write_text("size sum 7\n")
    assert answer(code, WENGERT_CHOICES=str(other)).startswith("7 ")
    assert "FileNotFoundError" in answer(code, WENGERT_CHOICES=str(home / "none.txt"))


@pytest.mark.parametrize(
    ("files", "sizes"),
    [
        ([("1", "Data", "48K", "0"), ("1", "Instruction", "32K", "0"), ("2", "Unified", "2048K", "0-1")], (48, 1024)),
        ([("1", "Instruction", "64K", "0"), ("1", "Data", "32K", "0,4"), ("2", "Unified", "4M", "0-3")], (16, 1024)),
        ([], (0, 0)),
        ([("1", "Data", "large", "0")], (0, 0)),
    ],
)
def test_the_caches_as_linux_says(files, sizes, tmp_path):
    """In KiB, for one of the processors that share a cache."""
    for number, said in enumerate(files):
        folder = tmp_path / f"index{number}"
        folder.mkdir()
        for name, text in zip(("level", "type", "size", "shared_cpu_list"), said, strict=True):
            (folder / name).write_text(text + "\n")
    assert tuple(choices._linux(level, tmp_path) >> 10 for level in (1, 2)) == sizes


def test_parts_of_caches(monkeypatch):
    monkeypatch.setattr(choices, "cache", {1: 48 << 10, 2: 1 << 20}.__getitem__)
    assert choices.part(2, 3 / 8, 384 << 10) == 384 << 10
    assert choices.part(2, 13 / 16, 850_000) == 850_000
    assert choices.part(1, 2 / 3, 1 << 15) == 1 << 15
    monkeypatch.setattr(choices, "cache", {1: 32 << 10, 2: 1 << 18}.__getitem__)
    assert choices.part(2, 3 / 8, 384 << 10) == 96 << 10
    assert choices.part(1, 2 / 3, 1 << 15) < 32 << 10


def test_work_is_shared_later_where_threads_cost_more(monkeypatch):
    monkeypatch.setattr(threads, "_count", 2)
    monkeypatch.setattr(threads, "_cost", 100)
    assert threads.parts(200, 100) == 2
    assert threads.parts(199, 100) == 1
    monkeypatch.setattr(threads, "_cost", 200)
    assert threads.parts(398, 100) == 2
    assert threads.parts(397, 100) == 1
    assert threads.parts(2) == 2
    monkeypatch.setattr(threads, "_cost", 50)
    assert threads.parts(100, 100) == 2


def test_convolutions_with_smaller_caches_compute_the_same(monkeypatch, rng):
    from kernels.conv import direct, plain, winograd
    from kernels.matrix import gemm

    x, w = rng.standard_normal((4, 24, 30, 30)), rng.standard_normal((20, 24, 3, 3))
    w7, a, b = rng.standard_normal((20, 24, 7, 7)), rng.standard_normal((200, 300)), rng.standard_normal((300, 70))

    def results():
        ones = (1, 1), (1, 1), (1, 1), 1
        return (
            plain.conv(x, w, None, *ones, (30, 30)),
            plain.conv(x, w7, None, (2, 2), (3, 3), (1, 1), 1, (15, 15)),
            plain.conv_weight_grad(x[:, :20], x, *ones, (3, 3)),
            gemm.matmul(a, b),
        )

    expected = results()
    monkeypatch.setattr(direct, "CACHED", 40_000)
    monkeypatch.setattr(winograd, "NEAR", 60_000)
    monkeypatch.setattr(gemm, "PACKED", 10_000)
    direct._rows.cache_clear()
    for got, wanted in zip(results(), expected, strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-9, atol=1e-9)
    direct._rows.cache_clear()
