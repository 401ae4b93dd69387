"""Elementwise ops: value and rules side by side."""

from __future__ import annotations

import numpy as np

from ..op import op

to = op("to", lambda x, *, dtype: x.astype(dtype), dx=lambda dz, x_dtype: to(dz, dtype=x_dtype))

# ---------------------------------------------------------------------------------------------------- arithmetic

add = op("add", np.add, broadcasts=True, dx=lambda dz: dz, dy=lambda dz: dz)
sub = op("sub", np.subtract, broadcasts=True, dx=lambda dz: dz, dy=lambda dz: -dz)
mul = op("mul", np.multiply, broadcasts=True, dx=lambda dz, y: dz * y, dy=lambda dz, x: dz * x)
div = op(
    "div",
    np.true_divide,
    broadcasts=True,
    floating=True,
    dx=lambda dz, y: dz / y,
    dy=lambda dz, y, z: -(dz * z / y),
)
neg = op("neg", np.negative, dx=lambda dz: -dz)

# ------------------------------------------------------------------------------------------ exponentials and roots

exp = op("exp", np.exp, floating=True, dx=lambda dz, z: dz * z)
log = op("log", np.log, floating=True, dx=lambda dz, x: dz / x)
tanh = op("tanh", np.tanh, floating=True, dx=lambda dz, z: dz * (1 - z * z))
