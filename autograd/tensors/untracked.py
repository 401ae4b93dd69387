"""The warning where a Tensor that requires grad becomes a number or a copy that no gradient flows through."""

from __future__ import annotations

import sys
import warnings

import numpy as np

from ..lines import outer


def warn_of_scalar(function: str) -> None:
    """Say that no gradient flows through the number that a Tensor is being turned into."""
    warn_at_line(
        "Converting a tensor with requires_grad=True to a scalar may lead to unexpected behavior. Consider using "
        f"tensor.detach() first: no gradient flows through {function}(), nor through functions of `math`. "
        "tensor.item() makes a number without this warning; autograd.exp and the like keep the gradient."
    )


def warn_at_line(message: str) -> None:
    """A UserWarning at the line of the user's program that is running, which Python shows once a line."""
    frame = outer(sys._getframe(2))
    while frame.f_code.co_filename.startswith(_NUMPY) and frame.f_back is not None:
        frame = outer(frame.f_back)
    registry = frame.f_globals.setdefault("__warningregistry__", {})
    module = frame.f_globals.get("__name__")
    warnings.warn_explicit(message, UserWarning, frame.f_code.co_filename, frame.f_lineno, module, registry)


_NUMPY = np.__file__.removesuffix("__init__.py")
