"""Examples of all operations: those of autograd/examples, and of those whose settings a function of nn computes."""

from __future__ import annotations

from typing import Any

import autograd
from autograd.examples import Example, distinct, real
from autograd.examples import examples as of_autograd

from . import functional as F
from .functional.norm import batch_norm_relu


def _batch_norm(x: autograd.Tensor, w: autograd.Tensor, b: autograd.Tensor) -> autograd.Tensor:
    return F.batch_norm(x, None, None, w, b, training=True)


def _known_batch_norm(x: autograd.Tensor, w: autograd.Tensor, b: autograd.Tensor) -> autograd.Tensor:
    mean, variance = (autograd.tensor(values, dtype=x.dtype) for values in ([-0.4, 0.1, 0.5], [0.6, 1.1, 2.1]))
    return F.batch_norm(x, mean, variance, w, b)


def _fused(x: autograd.Tensor, w: autograd.Tensor, b: autograd.Tensor, window: Any) -> autograd.Tensor:
    return batch_norm_relu(x, None, None, w, b, True, 0.1, 1e-5, window)


EXAMPLES: list[Example] = [
    Example("max_pool", (distinct(2, 2, 5, 5),), {"kernel_size": 3, "stride": 2}, F.max_pool2d),
    Example("avg_pool", (real(2, 2, 5, 5),), {"kernel_size": 3, "stride": 2, "padding": 1}, F.avg_pool2d),
    Example(
        "resample",
        (real(2, 5, 4),),
        {"size": (3, 7)},
        lambda x, size: F.interpolate(x[None], size, mode="bilinear"),
    ),
    Example("normalise", (real(4, 3), real(3), real(3)), {}, _batch_norm),
    Example("scale_shift", (real(4, 3), real(3), real(3)), {}, _known_batch_norm),
    Example("running_average", (real(3), real(1, 3, 1)), {"momentum": 0.1, "scale": 1.25}),
    Example("batch_norm_relu", (real(4, 3), real(3), real(3)), {"window": None}, _fused),
    Example("batch_norm_relu_max_pool", (real(2, 3, 4, 4), real(3), real(3)), {"window": (2, 2)}, _fused),
]


def examples() -> dict[str, Example]:
    """Operation -> example."""
    return {**of_autograd(), **{example.op: example for example in EXAMPLES}}
