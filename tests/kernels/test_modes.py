"""The kernels as plain Python, and with every index checked: NUMBA_DISABLE_JIT=1 and NUMBA_BOUNDSCHECK=1.

Numba reads both when it is loaded, so each needs a process of its own. Here is a part; `python -m tests python` and
`python -m tests bounds` run all tests of kernels that way, `avx2` and `sse` as on processors that can do less.
"""

from __future__ import annotations

import os
import platform

import numpy as np
import pytest

from kernels.machine import jit
from kernels.machine.jit import kernel
from tests.__main__ import in_mode

PART = ("tests/kernels/pointwise/test_update.py", "tests/kernels/test_canary.py", "tests/kernels/test_modes.py")
checked = os.environ.get("NUMBA_BOUNDSCHECK", "0") != "0"
outermost = pytest.mark.skipif(checked or not jit.ENABLED, reason="this process was started by that test")


@kernel
def _at(x, i):
    return x[i]


@pytest.mark.skipif(not checked, reason="NUMBA_BOUNDSCHECK is not set")
@pytest.mark.parametrize("i", [3, 1000, -4])
def test_indices_are_checked_when_asked(i):
    x = np.arange(3.0)
    assert _at(x, 2) == 2
    with pytest.raises(IndexError):
        _at(x, i)


@pytest.mark.skipif(jit.ENABLED, reason="NUMBA_DISABLE_JIT is not set")
def test_nothing_is_compiled_when_asked():
    _at(np.arange(3.0), 1)
    assert _at._compiled is _at.python


@outermost
@pytest.mark.parametrize("mode", ["python", "bounds"])
def test_a_part_of_the_tests(mode):
    done = in_mode(mode, [*PART, "-p", "no:cacheprovider"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout


@outermost
@pytest.mark.slow
@pytest.mark.parametrize("mode", ["python", "bounds", "avx2", "sse"])
def test_all_tests_of_kernels(mode):
    if mode in ("avx2", "sse") and platform.machine() not in ("x86_64", "AMD64"):
        pytest.skip("these are processors of x86-64")
    done = in_mode(mode, ["tests/kernels", "-p", "no:cacheprovider"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
