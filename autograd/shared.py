"""Memory that NumPy has, too: arrays from which Tensors were made, and arrays of Tensors that were given away.

An operation on a Tensor can be put off as long as its memory is not written to. Tensors say when they are written to;
arrays do not. So it is noted here which memory is, or may be, in the hands of NumPy.
"""

from __future__ import annotations

import weakref
from sys import getrefcount
from types import SimpleNamespace
from typing import Any

import numpy as np

from .writes import owner

SHARED: dict[int, weakref.ref[Any]] = {}
"""id of what owns the memory -> itself, as a weak reference."""


def share(array: Any) -> Any:
    """Note that somebody else has the memory of this array, which is returned."""
    memory = owner(array)
    if type(memory) is np.ndarray and id(memory) not in SHARED:
        key = id(memory)
        SHARED[key] = weakref.ref(memory, lambda _: SHARED.pop(key, None))
    return array


def is_shared(tensor: Any) -> bool:
    """May somebody write to the memory of a Tensor by an array? What nobody else holds any more is forgotten."""
    array = tensor._array
    if array.base is None:
        if id(array) not in SHARED:
            return False
        del array
        if _holders(tensor) <= _ALONE:
            del SHARED[id(tensor._array)]
            return False
        return True
    memory = owner(array)
    return type(memory) is not np.ndarray or id(memory) in SHARED


def look_again(tensor: Any) -> None:
    """Forget that the memory of a new Tensor is somebody else's, too, if nobody holds the array any more."""
    if id(tensor._array) in SHARED:
        is_shared(tensor)


def _holders(tensor: Any) -> int:
    return getrefcount(tensor._array)


_ALONE = _holders(SimpleNamespace(_array=np.zeros(1)))
"""What `_holders` says where only the Tensor has its array: it differs between Pythons."""
