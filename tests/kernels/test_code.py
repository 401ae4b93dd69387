"""Is what the compiler makes of kernels vector code, on this processor and on others? `code` says how that is told."""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kernels.machine import instructions, jit, moves, registers, simd
from kernels.machine.jit import kernel
from tests.__main__ import MODES
from tests.kernels import code
from tests.kernels.families import FAMILIES

pytestmark = pytest.mark.skipif(not jit.ENABLED, reason="nothing is compiled")
x86 = pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="these are vectors of x86-64")
ROOT = Path(__file__).parents[2]

SCALAR = {
    "along.scan._products": (1, "each is computed from the one before"),
    "along.scan._recurrence": (1, "each is computed from the one before"),
    "along.scan._sums": (1, "each is computed from the one before"),
    "ctc.loops._backward": (3, "from and to the places of labels, wherever these are"),
    "matrix.products._add_products": (1, "to the rows of a transpose"),
    "norm.channels_loops.lines": (2, "a few numbers for each channel"),
    "norm.channels_loops.move": (1, "one number for each channel"),
    "norm.channels_loops.scale": (1, "a few numbers for each channel"),
    "norm.pooled_loops.products": (1, "from the winner of each window, wherever that is"),
    "norm.pooled_loops.values": (3, "windows that are not 2 x 2"),
    "pool.loops.put": (1, "to the winner of each window, wherever that is"),
    "pool.loops.sums": (1, "windows that are neither side by side nor 2 x 2"),
    "pool.loops.spread": (1, "windows that are neither side by side nor 2 x 2"),
}
"""Kernel -> how many loops take one number at a time, and why."""


@kernel
def _doubled(x, z):
    for i in range(x.size):
        z[i] = x[i] * 2


@kernel
def _after_each_other(x, z):
    """Each number hangs on the one before: no vector code can be made of that."""
    for k in range(3):
        total = x.dtype.type(0)
        for i in range(x.size):
            total = total * x[i] + k
        z[k] = total


@kernel
def _both(x, z):
    for i in range(x.size):
        z[i] = x[i] * 2
    for i in range(1, x.size):
        z[i] = z[i - 1] * x[i]


@kernel
def _cleared(x, z):
    moves.clear(x, simd.address(z), z.size)
    z[0] = x[0]  # needed until here


def text_of(function: Any) -> str:
    from numba import typeof

    x = np.ones(100, np.float32)
    kinds = (typeof(x), typeof(x))
    function._dispatcher().compile(kinds)
    return str(function._compiled.overloads[kinds].library.get_llvm_str())


def found(function: Any) -> tuple[int, int]:
    """(bits of the widest vectors, scalar loops)."""
    every = code.loops(text_of(function))
    return max(loop.bits for loop in every), sum(loop.scalar for loop in every)


@pytest.fixture(autouse=True)
def compiled_anew(monkeypatch, tmp_path):
    """What was kept is machine code without LLVM's text."""
    from kernels.machine import cache

    monkeypatch.setattr(cache, "folder", lambda: None)
    for each in (_doubled, _after_each_other, _both, _cleared):
        each._compiled = None
        vars(each).pop("_first", None)


def test_scalar_loops_are_told_from_vector_code():
    bits, scalar = found(_doubled)
    assert bits >= 128
    assert scalar == 0
    assert found(_after_each_other)[1] > 0
    bits, scalar = found(_both)
    assert bits >= 128
    assert scalar == 1


def test_what_is_left_over_of_vector_code_counts_with_it():
    every = code.loops(text_of(_doubled))
    assert any(loop.bits and loop.left_over for loop in every)
    unmarked = text_of(_doubled).replace('"llvm.loop.isvectorized"', '"other"')
    assert not any(loop.left_over for loop in code.loops(unmarked))


def test_loops_of_written_out_vector_code_stand_there_once(monkeypatch):
    def stores() -> int:
        return len(re.findall(rf"store <{registers.lanes(4)} x float>", text_of(_cleared)))

    assert stores() == 1
    monkeypatch.setattr(instructions._AsItIs, "ASKED", "nothing that LLVM knows")
    _cleared._compiled = None
    vars(_cleared).pop("_first", None)
    assert stores() > 1  # what LLVM does unless it is told


def test_registers_and_the_stack_are_counted():
    text = """
.LBB0_1:
\tvmovups\t(%rax), %ymm0
\tvfmadd231ps\t%ymm0, %ymm2, %ymm3
\tvmovups\t%ymm3, 32(%rsp)
\tjne\t.LBB0_1
.LBB0_2:
\tvfmadd231ps\t%zmm0, %zmm2, %zmm3
\tjne\t.LBB0_1
.LBB0_3:
\tvaddps\t%ymm0, %ymm2, %ymm3
\tjne\t.LBB0_3
"""
    assert code.blocks(text) == [(3, 1)]


def report(families: list[str], target: dict[str, str], folder: Path) -> dict[str, Any]:
    """What `python -m tests.kernels.code` says, with two threads: some loops run only where there are several."""
    more = {"NUMBA_CACHE_DIR": str(folder), "OMP_NUM_THREADS": "2", "NUMBA_BOUNDSCHECK": "0"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.kernels.code", *families],
        cwd=ROOT,
        env={**os.environ, **more, **target},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    made: dict[str, Any] = json.loads(done.stdout)
    return made


def test_nothing_is_said_of_what_was_not_run(tmp_path):
    assert report([], {}, tmp_path) == {}


def check(made: dict[str, Any], bits: int) -> None:
    """Every kernel computes with vectors, and its loops take one number at a time only where SCALAR says so."""
    assert made
    for name, about in made.items():
        allowed = SCALAR.get(name.split("(")[0], (0, ""))[0]
        assert len(about["scalar"]) <= allowed, f"{name}\n\n{about['scalar'][0]}"
        assert about["bits"] >= bits or name.startswith("pool.loops.put("), name


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
def test_kernels_are_vector_code(family, tmp_path):
    check(report([family], {}, tmp_path), min(256, 8 * registers.WIDTH))


@x86
@pytest.mark.slow
def test_kernels_are_vector_code_with_avx2(tmp_path):
    made = report(list(FAMILIES), MODES["avx2"], tmp_path)
    check(made, 256)
    sums = [block for name in made if "direct" in name or "gemm" in name for block in made[name]["blocks"]]
    assert max(registers for registers, _ in sums) == 16, "sums do not fill the registers"
    assert all(stack == 0 for _, stack in sums), "sums do not stay in registers"


@x86
@pytest.mark.slow
def test_kernels_are_vector_code_with_sse_and_for_neon(tmp_path):
    """With vectors of four floats LLVM leaves some loops as they are; what computes most is vector code."""
    made = report(["direct", "winograd", "product", "softmax", "norm", "recurrent"], MODES["sse"], tmp_path)
    assert made
    assert all(about["bits"] >= 128 for about in made.values())
    for start in ("conv.direct_loops.sums(", "softmax.loops._softmax(", "norm.rows_loops.values("):
        counts = [about["neon"] for name, about in made.items() if name.startswith(start)]
        assert counts, start
        assert min(counts) > 4, start
