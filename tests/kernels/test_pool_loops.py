"""What the compiler makes of the loops of pooling."""

import os

import numpy as np
import pytest

from kernels import jit, pool


@pytest.mark.skipif(not jit.ENABLED, reason="nothing is compiled")
@pytest.mark.skipif(os.environ.get("NUMBA_BOUNDSCHECK") == "1", reason="loops that check their indices stay scalar")
def test_the_inner_loop_is_vector_code():
    from numba import njit

    from kernels import pool_loops

    x = np.ones((1, 1, 40, 40), np.float32)
    windows = pool.Windows((3, 3), (1, 1), (1, 1), (1, 1), (40, 40))
    loop, settings = pool._loop((40, 40), windows, 4)
    compiled = njit(nogil=True, error_model="numpy")(pool_loops.winners.python)
    compiled(x, np.empty_like(x), np.empty(x.shape, np.uint8), *settings, 0, 1)
    text = next(iter(compiled.inspect_llvm().values()))
    assert loop is pool_loops.winners
    assert any(f"fcmp ogt <{lanes} x float>" in text for lanes in (4, 8, 16))
