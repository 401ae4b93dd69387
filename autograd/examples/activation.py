"""Activations."""

from __future__ import annotations

import numpy as np

from .example import Example, elementwise, real

x = real(2, 3)
MASK = np.array([[True, False, True]] * 2)

EXAMPLES: list[Example] = [
    *elementwise("relu hardswish hardsigmoid softsign silu mish gelu gelu_tanh tanhshrink logsigmoid", x),
    Example("leaky_relu", (x,), {"slope": 0.01}),
    Example("prelu", (x, real(3))),
    Example("hardtanh", (x,), {"low": -0.5, "high": 0.5}),
    Example(
        "huber",
        (x,),
        {"bend": 0.5},
        reference=lambda x, bend: np.where(np.abs(x) < bend, x * x / 2, bend * (np.abs(x) - bend / 2)),
        shapes=(((),), ((1,),), ((0, 3),)),
    ),
    Example("threshold", (x,), {"threshold": 0.05, "value": -1.0}),
    Example("hardshrink", (x,), {"lambd": 0.05}),
    Example("softshrink", (x,), {"lambd": 0.05}),
    Example("elu", (x,), {"alpha": 1.3}),
    Example("softplus", (x,), {"beta": 1.5, "threshold": 20.0}),
    Example("softmax", (real(3, 4),), {"axis": 1}),
    Example("log_softmax", (real(3, 4),), {"axis": 1}),
    Example("attention", (real(3, 2), real(4, 2), real(4, 5)), {"bias": None, "scale": 0.7}),
    Example("dropout", (real(2, 3),), {"mask": MASK, "scale": 1.5}),
]
