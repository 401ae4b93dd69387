"""Convolutions, and windows as columns."""

from __future__ import annotations

from .example import Example, real

LINE = {"stride": (2,), "padding": (1,), "dilation": (1,), "groups": 1}
PATCHES = {"kernel": (2, 2), "counts": (2, 3), "stride": (1, 1), "padding": (0, 0), "dilation": (1, 1)}

EXAMPLES: list[Example] = [
    Example("conv", (real(2, 2, 6), real(3, 2, 3), real(3)), {**LINE, "size": (3,)}),
    Example("conv_input_grad", (real(2, 3, 3), real(3, 2, 3), real(2)), {**LINE, "size": (6,)}),
    Example("conv_weight_grad", (real(2, 3, 3), real(2, 2, 6)), {**LINE, "size": (3,)}),
    Example("conv_each", (real(2, 2, 2, 6), real(2, 3, 2, 3), real(2, 3)), {**LINE, "size": (3,)}),
    Example("conv_input_grad_each", (real(2, 2, 3, 3), real(2, 3, 2, 3)), {**LINE, "size": (6,)}),
    Example("conv_weight_grad_each", (real(2, 2, 3, 3), real(2, 2, 2, 6)), {**LINE, "size": (3,)}),
    Example("unfold", (real(2, 2, 3, 4),), PATCHES),
    Example("fold", (real(2, 8, 6),), {**PATCHES, "size": (3, 4)}),
]
