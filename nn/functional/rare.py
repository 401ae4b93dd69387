"""Functions that old programs use."""

# mypy: no-warn-return-any

from __future__ import annotations

from typing import Any

from .conv import conv1d
from .resize import channel_shuffle


def conv_tbc(input: Any, weight: Any, bias: Any, pad: int = 0) -> Any:
    """Convolution over time of (T, N, C) with a weight (K, C, D): (T + 2 pad - K + 1, N, D)."""
    z = conv1d(input.permute(1, 2, 0), weight.permute(2, 1, 0), bias, padding=pad)
    return z.permute(2, 0, 1)


def native_channel_shuffle(input: Any, groups: int) -> Any:
    """`channel_shuffle`."""
    return channel_shuffle(input, groups)
