"""Kernels as other kernels call them: code that is handed on to the caller, and compiled with it alone.

Left to itself Numba makes machine code of every function that compiled code calls, and a wrapper that Python could call
it by. Neither is ever used: the caller is given the function's text in LLVM's words, and makes machine code of it once
more. So here the text is all that is made, and large kernels are compiled in less time. What runs computes the same;
its instructions may be others, because making machine code of a text rewrites it for the processor, and Numba hands on
what that has left.

Nor is the text kept on disk: a process that finds the caller there has no use for it.

Imported when the first kernel that others call is compiled: it loads Numba.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba.core import sigutils
from numba.core.registry import CPUDispatcher

_CPUDispatcher: Any = CPUDispatcher
_normalised: Any = sigutils.normalize_signature


class Inside(_CPUDispatcher):  # type: ignore[misc]
    """What Numba asks how to call a kernel. For each row of types there is a key, by which it finds the text.

    The key stands where Numba has the address of the machine code.
    """

    def __init__(self, function: Callable[..., Any], options: dict[str, Any]) -> None:
        super().__init__(function, targetoptions={**options, "nopython": True})
        self._keys: dict[Any, object] = {}
        self._compiler._customize_flags = _text_alone

    def add_overload(self, made: Any) -> None:
        """Called by Numba with what it has made for arguments of some types."""
        kinds = tuple(made.signature.args)
        _leave_to_callers(made.library)
        self._keys[kinds] = key = object()
        self.targetctx.insert_user_function(key, made.fndesc, [made.library])
        self.overloads[kinds] = made

    def get_overload(self, sig: Any) -> object:
        """The key of what was made for arguments of these types."""
        return self._keys[tuple(_normalised(sig)[0])]


def _text_alone(flags: Any) -> Any:
    flags.no_compile = flags.no_cpython_wrapper = flags.no_cfunc_wrapper = True
    return flags


def _leave_to_callers(library: Any) -> None:
    """Make no machine code of what is in a library."""

    def finalize() -> None:
        library._finalize_dynamic_globals()
        library._finalized = True

    library._finalize_final_module = finalize
