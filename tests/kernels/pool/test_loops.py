"""What the compiler makes of the loops of pooling, for processors that are named: the test's own may be another."""

import os
import platform
import subprocess
import sys

import pytest

from kernels.machine import jit

COMPILE = """
import numpy as np
from numba import njit, typeof

from kernels.pool import largest, plain

x, place = np.ones((1, 1, 40, 40), np.float32), np.ones((1, 1, 40, 40), np.uint8)
loop, settings = plain._loop((40, 40), plain.Windows((3, 3), (1, 1), (1, 1), (1, 1), (40, 40)), 4)
assert loop is largest.winners
compiled = njit(nogil=True, error_model="numpy")(loop.python)
compiled.compile(tuple(map(typeof, (x, x, place, *settings, 0, 1))))  # not run: the code may be for another processor
text = next(iter(compiled.inspect_llvm().values()))
print(any(f"fcmp ogt <{lanes} x float>" in text for lanes in (4, 8, 16)))
"""


@pytest.mark.slow
@pytest.mark.skipif(not jit.ENABLED, reason="nothing is compiled")
@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="these are processors of x86-64")
@pytest.mark.parametrize("processor", ["haswell", "znver3", "skylake-avx512"])
def test_the_inner_loop_is_vector_code(processor):
    """With scalar code pooling takes ten times as long with AVX2. Slow, as it is about speed, not about results."""
    wide = "+" if processor == "skylake-avx512" else "-"
    target = {"NUMBA_CPU_NAME": processor, "NUMBA_CPU_FEATURES": f"+avx2,+fma,{wide}avx512f", "NUMBA_BOUNDSCHECK": "0"}
    done = subprocess.run(
        [sys.executable, "-c", COMPILE], env={**os.environ, **target}, capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "True", done.stderr
