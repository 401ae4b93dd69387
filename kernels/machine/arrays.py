"""Arrays that compiled code makes for itself: `empty` is `np.empty`, `shaped` is `np.reshape` for arrays without gaps.

    from ..machine.arrays import empty, shaped      # in a kernel: room = empty(rows * C, x.dtype)

What Numba does for arrays in general is a quarter of a kernel's text: whenever one is named, passed on, or seen in
part, the references to its memory are counted, with instructions that other threads wait for. Kernels need none of
that. Their arguments live as long as the call, and what they make themselves is gone when it ends. So kernels count
nothing (see `jit.OPTIONS`), and the memory of `empty` belongs to the function that asks for it:

- it is freed when that function returns, or fails, and when the same line asks again, as in a loop;
- so a kernel may not return such an array, and is refused; a `piece` may: it is part of the function that calls it.

Nor is NumPy's own function compiled anew, with checks that cannot fail here, for each kind of arguments. How the two
are written is in `memory`, which is imported when a kernel that calls them is compiled.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


class Intrinsic:
    """What Numba asks how to write a call of `name`; where kernels run as Python, NumPy's function."""

    def __init__(self, name: str, python: Callable[..., Any]) -> None:
        self._name, self._python = name, python

    def __call__(self, *arguments: Any) -> Any:
        return self._python(*arguments)

    @property
    def _numba_type_(self) -> Any:
        from . import memory

        return memory.type_of(self._name)


empty: Any = Intrinsic("empty", np.empty)
"""empty(shape, dtype): an array of that shape, a number or a tuple of them. MemoryError where there is no room."""

shaped: Any = Intrinsic("shaped", np.reshape)
"""shaped(x, shape): x without gaps in another shape of as many elements, which is not looked at."""
