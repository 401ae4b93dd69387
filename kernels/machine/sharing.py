"""A kernel in several threads: a wrapper is compiled that hands parts of the work to the team, by the kernel's
address.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray as Array

from .jit import Kernel, dispatcher

UNKNOWN = -2
"""What the wrapper returns for arguments of new types: the address of the kernel for them is not yet known."""


def share(kernel: Kernel, arguments: tuple[Any, ...], bounds: Array, boxes: Array) -> int:
    """The kernel with `arguments`, and `bounds` in place of the last two: see `team.share`, whose result it returns."""
    sharing = kernel.sharing
    if sharing is None:  # two threads may come at once: both use the one that is stored first
        sharing = kernel.sharing = vars(kernel).setdefault("first_sharing", _Sharing(kernel))
    failed: int = sharing.run(*arguments, sharing.addresses, sharing.team, bounds, boxes)
    if failed == UNKNOWN:
        sharing.note_addresses(kernel)
        failed = sharing.run(*arguments, sharing.addresses, sharing.team, bounds, boxes)
    return failed


class _Sharing:
    """What is known of a kernel: the wrapper, and where the kernel is for arguments of the types seen so far."""

    def __init__(self, kernel: Kernel) -> None:
        from . import team  # loads Numba

        code = kernel.python.__code__
        names = ", ".join(f"a{number}" for number in range(code.co_argcount - 2))
        name = f"share_{kernel.python.__name__}"
        known = {**vars(team), "UNKNOWN": UNKNOWN, "__name__": kernel.python.__module__}
        exec(compile(_WRAPPER.format(name=name, names=names), code.co_filename, "exec"), known)
        self.run = dispatcher(known[name], kernel.options)
        self.team = team.address_of_share()
        self.addresses = np.zeros((0, 2), np.int64)

    def note_addresses(self, kernel: Kernel) -> None:
        """Compile the kernel for all types of arguments that came, and note where it is."""
        from numba.core import types

        from . import team

        rows = []
        for kinds in list(self.run.overloads):
            wanted = (*kinds[:-4], types.intp, types.intp)
            compiled = kernel.compiled_for(wanted)
            if compiled.signature.return_type != types.none:
                raise TypeError(f"{kernel.python.__name__}: what runs in several threads returns nothing")
            address = compiled.library.get_pointer_to_function(compiled.fndesc.llvm_func_name)
            rows.append((team.number_of(wanted), address))
        self.addresses = np.array(rows, np.int64)


_WRAPPER = """\
def {name}({names}, addresses, team, bounds, boxes):
    arguments = ({names},)
    address = address_of(number(arguments), addresses)
    if address == 0:
        return UNKNOWN
    return call_share(team, *task(address, arguments), bounds, boxes)
"""
