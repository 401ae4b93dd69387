"""Both sides as on a processor with narrower vectors: the environment in which their processes run.

Every library chooses its code when it starts, and can be told what the processor has: Numba, with what it compiles for;
NumPy, and the OpenBLAS in it; PyTorch, and the oneDNN and MKL in it. What a library does not know, it ignores.
"""

from __future__ import annotations

import contextlib
import os
import platform
from collections.abc import Iterator

VECTORS = {
    "avx2": {
        "NUMBA_CPU_NAME": "haswell",
        "NUMBA_CPU_FEATURES": "+avx2,+fma,-avx512f",
        "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR",
        "OPENBLAS_CORETYPE": "Haswell",
        "ATEN_CPU_CAPABILITY": "avx2",
        "ONEDNN_MAX_CPU_ISA": "AVX2",
        "MKL_ENABLE_INSTRUCTIONS": "AVX2",
    },
    "sse": {
        "NUMBA_CPU_NAME": "x86-64",
        "NUMBA_CPU_FEATURES": "+sse2",
        "NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX512_ICL AVX512_SPR",
        "OPENBLAS_CORETYPE": "Nehalem",
        "ATEN_CPU_CAPABILITY": "default",
        "ONEDNN_MAX_CPU_ISA": "SSE41",
        "MKL_ENABLE_INSTRUCTIONS": "SSE4_2",
    },
}
CALLED = {"avx2": "AVX2", "sse": "SSE"}


def known() -> bool:
    """Has this processor the vectors that are named here?"""
    return platform.machine() in ("x86_64", "AMD64")


@contextlib.contextmanager
def restricted(name: str | None) -> Iterator[None]:
    """Processes that are started meanwhile use these vectors and no wider ones; None: all that there are."""
    before = dict(os.environ)
    os.environ.update(VECTORS[name] if name else {})
    try:
        yield
    finally:
        for variable in VECTORS[name] if name else ():
            if variable in before:
                os.environ[variable] = before[variable]
            else:
                del os.environ[variable]
