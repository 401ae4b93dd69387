"""The one place where compile options are chosen, each with its reason. Numba is loaded when the first kernel runs.

cache          compiled code is kept between processes (cache.py), so that only the first run ever waits
nogil          other Python threads (data loading) go on meanwhile
error_model    "numpy": x / 0 is inf, as in arrays; Python's ZeroDivisionError would also prevent vector code
no nrt         nobody counts references to arrays: see arrays.py
no cfunc       what C would need to call a kernel takes a tenth of the time to compile it
no fastmath    it would delete tests for NaN; and without it a loop rounds exactly as the same NumPy calls do
"""

from __future__ import annotations

import contextlib
import functools
import os
import time
import types
from collections.abc import Callable
from typing import Any

ENABLED = os.environ.get("NUMBA_DISABLE_JIT", "0") == "0"
"""Is anything compiled at all? With NUMBA_DISABLE_JIT=1 kernels run as Python; those of vector code are not used."""

WRITTEN_OUT = "kernels.conv.", "kernels.matrix.", "kernels.recurrent.", "kernels.blocks.products"
"""Families whose loops are mostly vector code as `machine.instructions` writes it. What kernels of these call has
nothing to gain from being optimised before it stands with its caller; loops of other families become slower without."""

_STARTED = time.time()
OPTIONS = {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True, "_nrt": False}


class Kernel:
    """A loop over plain arrays, compiled by Numba when it is first called. `.python` is the loop itself.

    Kernels may call each other; inside compiled code such a call costs no more than any other. Where the last two
    parameters are the first and the last item to work on, `threads.split` has several threads do so.
    """

    def __init__(self, function: Callable[..., Any], options: dict[str, Any]) -> None:
        self.python = function
        self.options = options
        self._compiled: Any = None
        self._inside: Any = None  # how other kernels call it: see `compiling`
        self.sharing: Any = None  # how several threads run it: see `sharing`
        functools.update_wrapper(self, function)

    def __call__(self, *arguments: Any) -> Any:
        return (self._compiled or self._dispatcher())(*arguments)

    @property
    def direct(self) -> Any:
        """What a call ends in: for code that calls it so often that every step in between counts."""
        return self._compiled or self._dispatcher()

    @property
    def _numba_type_(self) -> Any:
        """What Numba asks the values that a function refers to: here, how to call us."""
        if self._inside is None:
            from .compiling import Inside

            made = Inside(self.python, self.options, raw=self.python.__module__.startswith(WRITTEN_OUT))
            self._inside = vars(self).setdefault("_first_inside", made)
        return self._inside._numba_type_

    def _dispatcher(self) -> Any:
        if self._compiled is None:  # two threads may come at once: both use the one that is stored first
            self._compiled = vars(self).setdefault("_first", dispatcher(self.python, self.options))
        return self._compiled

    def address(self, kinds: tuple[Any, ...]) -> int:
        """Where the code for arguments of these types lies in this process, for compiled code that calls by address."""
        made = dispatcher(self.python, {**self.options, "no_cpython_wrapper": True})
        made.compile(kinds)
        compiled = made.overloads[kinds]
        return int(compiled.library.get_pointer_to_function(compiled.fndesc.llvm_func_name))


def kernel(function: Callable[..., Any]) -> Kernel:
    """Make a loop, or a function that loops call, a kernel."""
    return Kernel(function, OPTIONS)


def inlined(function: Callable[..., Any]) -> Kernel:
    """A part of another kernel, with a name of its own: the machine code has no call, however long the part is.

    The compiler does so by itself with what is short. What runs once for each window or row of a small image may take
    less time than a call with all its arguments. It is read once, however many kernels it is a part of.
    """
    return Kernel(function, {**OPTIONS, "forceinline": True})


def reassociating(function: Callable[..., Any]) -> Kernel:
    """A kernel whose own additions may be done in any order, so that sums become vector code; NaN stays NaN."""
    return Kernel(function, {**OPTIONS, "fastmath": {"reassoc", "nsz"}})


class Piece(Kernel):
    """A named piece of kernels. What Numba looks for in a function that it is to put where it is called."""

    targetoptions = types.MappingProxyType({"inline": "always"})

    @property
    def py_func(self) -> Callable[..., Any]:
        return self.python


def piece(function: Callable[..., Any]) -> Kernel:
    """Make a loop a piece of the kernels that call it: as if it were written there.

    A kernel that another calls is optimised for itself and then once more with the other; vector code of many variants
    takes seconds. A piece is not. And it may return an array that it has made with `arrays.empty`.
    """
    return Piece(function, OPTIONS)


def dispatcher(function: Callable[..., Any], options: dict[str, Any]) -> Any:
    """The function as Numba compiles it when it is first called with arguments of some types."""
    if not ENABLED:
        return function
    from . import cache  # with what it needs, it takes a moment to load
    from .compiling import Outside

    cache.started = _STARTED
    compiled: Any = Outside(function, options)
    with contextlib.suppress(OSError):  # nothing can be kept: said when something is compiled
        compiled._cache = cache.Cache(function, options)
    _listen()
    return compiled


@functools.cache
def _listen() -> None:
    """Say what is being compiled, and how long it takes; nothing when all is kept."""
    from numba.core import event

    from .telling import Telling

    telling = Telling()

    class Say(event.Listener):
        def on_start(self, event: Any) -> None:
            compiled = event.data["dispatcher"]
            if compiled.py_func.__module__.startswith("kernels."):
                telling.start(compiled.py_func.__module__, compiled._cache.cache_path)

        def on_end(self, event: Any) -> None:
            if event.data["dispatcher"].py_func.__module__.startswith("kernels."):
                telling.end()

    register: Any = event.register
    register("numba:compile", Say())
