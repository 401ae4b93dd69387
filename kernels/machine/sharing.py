"""A kernel in several threads: what Python calls then is compiled around it, and hands parts of the work to the team.

It is the only way in to such a kernel, with one thread as with many: so the kernel is compiled once, and what makes
arguments of Python's objects, too.
"""

from __future__ import annotations

from typing import Any

from .jit import OPTIONS, Kernel, dispatcher


def shared(kernel: Kernel) -> Any:
    """What Python calls: a function of the kernel's arguments but the last two, first and last item, and a crew.

    A crew is where a record for `team.share` lies, which has bounds: then first and last item have no meaning. Returns
    the number of the first part that failed, or -1.
    """
    if kernel.sharing is None:  # two threads may come at once: both use the one that is stored first
        kernel.sharing = vars(kernel).setdefault("first_sharing", _compiled_around(kernel))
    return kernel.sharing


def _compiled_around(kernel: Kernel) -> Any:
    from . import team  # loads Numba
    from .compiling import Inside

    code = kernel.python.__code__
    names = ", ".join(f"a{number}" for number in range(code.co_argcount - 2))
    name = f"share_{kernel.python.__name__}"
    known: Any = {"task": team.task, "run": team.run, "__name__": kernel.python.__module__}
    above = "\n" * (code.co_firstlineno - 1)  # who looks for its text finds that of the kernel, a whole function
    exec(compile(above + _WRAPPER.format(name=name, names=names), code.co_filename, "exec"), known)
    return dispatcher(known["around"](Inside(kernel.python, kernel.options, raw=True)), OPTIONS)


_WRAPPER = """\
def around(kernel):
    def {name}({names}, first, last, crew):
        return run(*task(kernel, ({names},)), first, last, crew)
    {name}.__qualname__ = "{name}"
    return {name}
"""
