"""Writing into a Tensor's memory."""

from __future__ import annotations

import sys
from typing import Any

from ..errors import InplaceError
from ..tape import Leaf, outer, state
from .core import Core


def check_writable(tensor: Core, name: str) -> None:
    """Raise, before anything is written, if an in-place operation on `tensor` is not allowed here."""
    if state.tape is not None:
        root = root_of(tensor)
        if isinstance(tensor._node, Leaf):
            raise InplaceError(
                f"{name}: a leaf Variable that requires grad is being used in an in-place operation. Write inside "
                "`with no_grad():` if the change is no part of the computation"
            )
        if isinstance(root._node, Leaf):
            raise InplaceError(
                f"{name}: a view of a leaf Variable that requires grad is being used in an in-place operation. Write "
                "inside `with no_grad():` if the change is no part of the computation"
            )
    if not tensor._array.flags.writeable:
        raise InplaceError(
            f"{name}: unsupported operation: the memory is read-only, or more than one element of the written-to tensor "
            "refers to a single memory location. Please clone() the tensor before performing the operation."
        )


def root_of(tensor: Any) -> Any:
    """The Tensor whose memory `tensor` looks into: itself, if it is no view."""
    while tensor._base is not None:
        tensor = tensor._base
    return tensor


def note_write(tensor: Core, name: str) -> None:
    """Tell the tape that the memory of `tensor` is being overwritten."""
    tape = state.home
    if tape.records:
        tape.mutated(tensor._array, name, outer(sys._getframe(1)))


class InPlace(Core):
    """add_, mul_, zero_, copy_, x[i] = v and their kin."""

    __slots__ = ()
