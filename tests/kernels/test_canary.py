"""The helper itself: what it gives, and that it notices what it is for."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from kernels.machine import jit
from kernels.machine.jit import kernel

from .canary import at_the_edge, bordered, canary


@kernel
def fill(z, too_far):
    """Write a whole vector at the end, as a tiled loop without a tail would."""
    for i in range(z.size + too_far):
        z[i] = 1


@pytest.mark.parametrize("offset", [0, 1, 3, 4, 8, 60])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64, np.uint8, np.bool_])
@pytest.mark.parametrize("shape", [(), 0, 1, 17, (0, 3), (2, 3, 5)])
def test_any_shape_dtype_and_alignment(shape, dtype, offset):
    with canary(shape, dtype, offset) as z:
        assert z.shape == (shape if isinstance(shape, tuple) else (shape,))
        assert z.dtype == dtype
        assert z.ctypes.data % 64 == offset
        assert z.flags.c_contiguous
        assert z.flags.writeable
        z[...] = 0


def test_what_the_kernel_leaves_out_stands_out():
    with canary(3) as z:
        assert np.isnan(z).all()


@pytest.mark.parametrize("place", [-1, -256, 3 * 8, 3 * 8 + 255])
def test_a_byte_written_outside_is_noticed(place):
    with pytest.raises(AssertionError, match="1 bytes outside"), canary(3) as z:
        ctypes.c_uint8.from_address(z.ctypes.data + place).value ^= 255


@pytest.mark.skipif(not jit.ENABLED or "NUMBA_BOUNDSCHECK" in os.environ, reason="then the kernel itself raises")
def test_a_kernel_that_writes_too_far_is_noticed():
    with canary(13, np.float32, 4) as z:
        fill(z, 0)
    with (
        pytest.raises(AssertionError, match="outside of the array were written, from 1 to"),
        canary(13, np.float32) as z,
    ):
        fill(z, 3)


def test_arrays_that_a_function_makes_have_borders():
    real = np.empty
    with bordered():
        z = np.empty((2, 3), np.float32)
        assert np.isnan(z).all()
        z[:] = 1
    assert np.empty is real

    def too_far():
        with bordered():
            z = np.empty(3, np.float32)
            ctypes.c_float.from_address(z.ctypes.data + z.nbytes).value = 1

    with pytest.raises(AssertionError, match="4 bytes outside"):
        too_far()
    assert np.empty is real


@pytest.mark.parametrize("shape", [0, 5, (2, 3), 1024, 1025])
@pytest.mark.parametrize("side", ["start", "end"])
def test_a_copy_at_the_edge_is_a_copy(rng, shape, side):
    array = rng.standard_normal(shape)
    copy = at_the_edge(array, side)
    np.testing.assert_array_equal(copy, array)
    copy[...] = 0


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such edge")
@pytest.mark.parametrize(("side", "place", "dies"), [("start", 0, 0), ("start", -1, 1), ("end", 23, 0), ("end", 24, 1)])
def test_who_reads_beyond_the_edge_dies(side, place, dies):
    program = (
        "import ctypes; import numpy as np; from tests.kernels.canary import at_the_edge\n"
        f"x = at_the_edge(np.ones(3), {side!r}); ctypes.c_uint8.from_address(x.ctypes.data + {place}).value"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, timeout=60, check=False)
    assert (done.returncode < 0) == dies
