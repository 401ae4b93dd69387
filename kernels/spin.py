"""Waiting for another thread without sleeping: to wake a sleeping thread takes about 50 us, the work of many a kernel.

Imported when it is first needed, because it loads Numba.
"""

# mypy: allow-untyped-decorators

from __future__ import annotations

from typing import Any

import llvmlite.binding
import numpy as np
from llvmlite import ir
from numba import extending
from numba.core import cgutils, types

from .jit import kernel

get_or_insert_function: Any = cgutils.get_or_insert_function
intrinsic: Any = extending.intrinsic

_X86 = llvmlite.binding.get_process_triple().startswith("x86_64")


@intrinsic
def _look(typing: Any, address: Any) -> Any:
    """The int64 at an address, read anew each time, after a hint to the processor that this is a waiting loop."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        word = ir.IntType(64)
        if _X86:
            kind = ir.FunctionType(ir.VoidType(), [])
            builder.call(get_or_insert_function(builder.module, kind, "llvm.x86.sse2.pause"), [])
        place = builder.inttoptr(arguments[0], word.as_pointer())
        return builder.load_atomic(place, "acquire", 8)

    return types.int64(types.intp), generate


@kernel
def wait(flag: np.ndarray[Any, Any], value: int, rounds: int) -> bool:
    """Until flag[0] is `value`, for at most `rounds` looks at it (about 15 ns each): whether it is."""
    for _ in range(rounds):  # noqa: SIM110
        if _look(flag.ctypes.data) == value:
            return True
    return False
