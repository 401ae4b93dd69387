"""Pooling over windows: max, average, norms, adaptive sizes, and max unpooling.

    windows.py     how windows lie: what all check                                             read this first
    means.py       averages and norms
    maxima.py      the largest elements, and where they are
    unpooling.py   the way back

The rule: all take (N, C, *spatial) or, without a batch, (C, *spatial), with 1, 2 or 3 spatial dimensions as their name
says. Sizes, strides, paddings and dilations are one number for all spatial dimensions, or one for each.
"""

from autograd.later import files as _files
from autograd.later import later as _later

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_avg_pool3d",
    "adaptive_max_pool1d",
    "adaptive_max_pool1d_with_indices",
    "adaptive_max_pool2d",
    "adaptive_max_pool2d_with_indices",
    "adaptive_max_pool3d",
    "adaptive_max_pool3d_with_indices",
    "avg_pool1d",
    "avg_pool2d",
    "avg_pool3d",
    "lp_pool1d",
    "lp_pool2d",
    "lp_pool3d",
    "max_pool1d",
    "max_pool1d_with_indices",
    "max_pool2d",
    "max_pool2d_with_indices",
    "max_pool3d",
    "max_pool3d_with_indices",
    "max_unpool1d",
    "max_unpool2d",
    "max_unpool3d",
]

_later(
    __name__,
    _files(
        __name__,
        maxima=(
            "adaptive_max_pool1d adaptive_max_pool1d_with_indices adaptive_max_pool2d "
            "adaptive_max_pool2d_with_indices adaptive_max_pool3d adaptive_max_pool3d_with_indices max_pool1d "
            "max_pool1d_with_indices max_pool2d max_pool2d_with_indices max_pool3d max_pool3d_with_indices"
        ),
        means=(
            "adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d avg_pool1d avg_pool2d avg_pool3d "
            "lp_pool1d lp_pool2d lp_pool3d"
        ),
        unpooling="max_unpool1d max_unpool2d max_unpool3d",
    ),
)  # what not every program uses


def __dir__() -> list[str]:
    return sorted(__all__)
