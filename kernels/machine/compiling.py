"""How Numba is asked to compile kernels: those that Python calls, and those that other kernels call.

Left to itself Numba spends a fifth of its time on what is of no use here. What runs computes the same.

Optimising twice. Before anything else, Numba has LLVM optimise each function for itself by all it knows, only to do it
all over again when the functions are together. Here the first round does what the second asks for: variables become
values, blocks that need not be apart are joined, and references that cancel out are removed (`Library`). And what is
put into its caller anyway is not optimised as a whole before (`raw`).

Garbage. While a kernel is compiled, hundreds of thousands of objects come to be, most of which stay until it is done.
Python's collector goes through them again and again; here it waits for the end (`_unhurried`).

Code that nobody calls. Numba makes machine code of every function that compiled code calls, and a wrapper that Python
could call it by. Neither is ever used: the caller is given the function's text in LLVM's words, and makes machine code
of it once more. So of a kernel that others call, the text is all that is made (`Inside`); the instructions may be
others, because making machine code of a text rewrites it for the processor, and Numba hands on what that has left. Nor
is the text kept on disk: a process that finds the caller there has no use for it.

Imported when the first kernel is compiled or loaded: it loads Numba.
"""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Callable, Iterator
from typing import Any

import llvmlite.binding as llvm
from numba.core import codegen, compiler, sigutils, types
from numba.core.compiler_lock import global_compiler_lock
from numba.core.errors import NumbaError
from numba.core.registry import CPUDispatcher

from . import forks
from .memory import free_at_returns, refuse_to_return

_CPUDispatcher: Any = CPUDispatcher
_Compiler: Any = compiler.Compiler
_JITCodeLibrary: Any = codegen.JITCodeLibrary
_normalised: Any = sigutils.normalize_signature
_unliteral: Any = types.unliteral
_pass_manager: Any = llvm.create_new_function_pass_manager
_KNOWN = hasattr(codegen.CPUCodegen, "_pass_builder") and hasattr(llvm.FunctionPassManager, "add_refprune_pass")
"""Are LLVM's passes asked for as we do? Numba 0.61 did it otherwise: there it goes its own way."""


class Library(_JITCodeLibrary):  # type: ignore[misc]
    """The LLVM text of a kernel and of what it calls."""

    raw = False
    """Is it left to the caller to optimise this, too?"""

    owns = False
    """Has the kernel memory of its own, which is freed when it returns?"""

    def add_ir_module(self, module: Any) -> None:
        """Called by Numba with a function as text."""
        self.owns = free_at_returns(module) or self.owns
        super().add_ir_module(module)

    def _optimize_functions(self, module: Any) -> None:
        """What functions need before they are put together. Called by Numba with a module just written."""
        if not _KNOWN:
            super()._optimize_functions(module)
            return
        module.data_layout = self._codegen._data_layout
        passes, builder = _pass_manager(), self._codegen._pass_builder()
        passes.add_sroa_pass()
        passes.add_simplify_cfg_pass()
        passes.add_instruction_combine_pass()
        passes.add_refprune_pass()
        for function in module.functions:
            if not function.is_declaration:
                passes.run(function, builder)

    def _optimize_final_module(self) -> None:
        if not self.raw:
            super()._optimize_final_module()


class _Raw(Library):
    raw = True


class _Inlined(_Raw):
    """Of a function that is put where it is called: its loops become vector code more often if they are simplified
    before they stand within others."""

    def _optimize_functions(self, module: Any) -> None:
        _JITCodeLibrary._optimize_functions(self, module)


class _Pipeline(_Compiler):  # type: ignore[misc]
    """Numba's own steps, whose result goes into a `Library`."""

    library: type[Library] = Library

    def define_pipelines(self) -> Any:
        state = self.state
        state.library = self.library(state.targetctx.codegen(), state.func_id.func_qualname)
        state.library.enable_object_caching()
        return super().define_pipelines()


class _RawPipeline(_Pipeline):
    library = _Raw


class _InlinedPipeline(_Pipeline):
    library = _Inlined


@contextlib.contextmanager
def _unhurried() -> Iterator[None]:
    """Leave garbage where it is for now."""
    with global_compiler_lock:  # one thread at a time, so that the last one to come does not find what another has set
        collecting = gc.isenabled()
        try:
            gc.disable()
            yield
        finally:
            if collecting:
                gc.enable()


_ALLOCATES = "NRT required", "Only accept returning of array"
_HOW = (
    "a kernel makes no arrays by NumPy's functions or by formulas of whole arrays, and returns none; "
    "room of its own is kernels.machine.arrays.empty(shape, dtype), results go into arrays that it is given"
)


class Outside(_CPUDispatcher):  # type: ignore[misc]
    """How Python calls a kernel."""

    def __init__(self, function: Callable[..., Any], options: dict[str, Any], steps: Any = _Pipeline) -> None:
        super().__init__(function, targetoptions={**options, "nopython": True}, pipeline_class=steps)
        self.python = function

    def compile(self, sig: Any) -> Any:
        try:
            with _unhurried():
                return super().compile(sig)
        except NumbaError as error:
            if not any(words in str(error) for words in _ALLOCATES):
                raise
            raise TypeError(f"{self.python.__qualname__}: {_HOW}") from error


class Inside(Outside):
    """What Numba asks how to call a kernel. For each row of types there is a key, by which it finds the text.

    The key stands where Numba has the address of the machine code. With `raw` the text is not optimised for itself: of
    a kernel that is put where it is called in any case, is nearly all that its only caller has, or has no loops that a
    compiler could make vector code of.
    """

    def __init__(self, function: Callable[..., Any], options: dict[str, Any], raw: bool) -> None:
        steps = _InlinedPipeline if "forceinline" in options else _RawPipeline if raw else _Pipeline
        super().__init__(function, options, steps)
        self._keys: dict[Any, object] = {}
        self._compiler._customize_flags = _text_alone

    def add_overload(self, made: Any) -> None:
        """Called by Numba with what it has made for arguments of some types."""
        kinds = tuple(made.signature.args)
        if made.library.owns:
            refuse_to_return(made.signature.return_type, self.python.__qualname__)
        _leave_to_callers(made.library)
        self._keys[kinds] = key = object()
        self.targetctx.insert_user_function(key, made.fndesc, [made.library])
        self.overloads[kinds] = made

    def get_call_template(self, args: Any, kws: Any) -> Any:
        """Called by Numba for a call: what is known of a number, such as 0, would only make one more text of it."""
        return super().get_call_template([_unliteral(kind) for kind in args], kws)

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


forks.hold_from_now_on()
