"""Shapes that no memory could hold, and shapes that do not go together.

NumPy and PyTorch count bytes in 63 bits. A shape with more of them is a mistake in a size, and is refused as one. What
could be held by some machine, but not by this one, is left to NumPy, which raises MemoryError and says how much it was.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from .errors import ShapeError

MOST = 1 << 59
"""Elements: of 16 bytes each they fill the 2**63 bytes that there can be."""


def check_room(function: str, shape: Sequence[int]) -> None:
    """Raise ShapeError if there can be no array of this shape, in the name of `function`.

    Sizes of 0 are left out: NumPy wants the product of the others to be a number that it can count to.
    """
    if math.prod(shape) > MOST or (0 in shape and math.prod([n or 1 for n in shape]) > MOST):
        raise ShapeError(
            f"{function}: Storage size calculation overflowed with sizes={list(shape)}: wanted at most 2**59 elements"
        )


def common_shape(function: str, *shapes: tuple[int, ...]) -> tuple[int, ...]:
    """The shape that all of these are broadcast to; ShapeError, in the name of `function`, if there is none.

    >>> common_shape("solve", (3, 1), (4,))
    (3, 4)
    """
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        raise ShapeError(f"{function}: shapes {', '.join(map(str, shapes))} cannot be broadcast together") from None
