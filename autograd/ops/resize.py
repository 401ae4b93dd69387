"""Resampling along axes: value and rules side by side. Interpolation and adaptive averages are of this kind.

`taps` has a pair (axis, what to sum: see kernels.resize) for each axis that changes. The two ops are transposes of each
other, so each is the other's derivative.
"""

# mypy: no-warn-return-any, allow-untyped-decorators

from __future__ import annotations

import numpy as np

from kernels.resize import Taps, gather, spread

from ..op import Array, op

AxisTaps = tuple[tuple[int, Taps], ...]


@op("resample", dx=lambda dz, x_shape, taps: resample_back(dz, taps=taps, shape=x_shape))
def resample(x: Array, *, taps: AxisTaps) -> Array:
    """Along each axis of `taps`: weighted sums of elements of x."""
    z = x
    for axis, sums in taps:
        z = gather(z, sums, axis)
    return np.array(x) if z is x else z


@op("resample_back", dx=lambda dz, taps: resample(dz, taps=taps))
def resample_back(x: Array, *, taps: AxisTaps, shape: tuple[int, ...]) -> Array:
    """The transpose of `resample` for an input of `shape`."""
    z = x
    for axis, sums in reversed(taps):
        z = spread(z, sums, axis, shape[axis])
    return np.array(x) if z is x else z
