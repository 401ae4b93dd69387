"""Ops that rearrange: value and rules side by side. Axes are NumPy's."""

from __future__ import annotations

import numpy as np

from ..broadcast import unbroadcast
from ..op import op


@op("reshape", view=True, dx=lambda dz, x_shape: np.reshape(dz, x_shape))
def reshape(x, *, shape):
    """The same elements in row-major order under another shape."""
    return np.reshape(x, shape)


@op("expand", view=True, dx=lambda dz, x_shape: unbroadcast(dz, x_shape))
def expand(x, *, shape):
    """Repeated along axes of size 1 and new leading axes, without a copy."""
    return np.broadcast_to(x, shape)
