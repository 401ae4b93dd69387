"""Writing to the array of a Tensor outside of any recording, as optimisers, initialisers and loaders do."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from autograd.lines import outer
from autograd.modes import state
from autograd.tensors.core import Core, wrap


def overwrite(tensor: Core, value: Any, operation: str) -> None:
    """Set the elements of `tensor` to `value` (an array or a number), and tell the tape that they changed."""
    tensor._array[...] = value
    noted(operation, tensor)


def noted(operation: str, *tensors: Core) -> None:
    """Tell the tape that `operation` has overwritten the arrays of `tensors`: a pending backward may need them."""
    home = state.home
    if home.records:
        frame = outer(sys._getframe(1))
        for tensor in tensors:
            home.mutated(tensor._array, operation, frame)


def clear_grad(tensor: Core, set_to_none: bool) -> None:
    """Forget the gradient of `tensor`, or fill it with zeros."""
    grad = tensor._grad
    if set_to_none or grad is None:
        tensor._grad = None
    elif grad._node is not None:  # made with create_graph: a computed value, which must not be overwritten
        tensor._grad = wrap(np.zeros_like(grad._array))
    else:
        overwrite(grad, 0, "zero_grad")
