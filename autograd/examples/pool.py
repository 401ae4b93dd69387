"""Windows that are averaged, added up or searched; those of `nn.functional` stand in nn/examples.py."""

from __future__ import annotations

import numpy as np

from ..ops.pool import Windows
from .example import Example, real

PAIRS = Windows((2,), (1,), (0,), (1,), (2,))  # which overlap
WON = np.array([[0, 1], [1, 0]])  # in windows of PAIRS
TAPS = ((1, ((np.array([0, 1, 3]), np.array([0.5, 0.25, 1.0])), (np.array([1, 2, 4]), np.array([0.5, 0.75, 2.0])))),)

EXAMPLES: list[Example] = [
    Example(
        "avg_spread",
        (real(2, 4),),
        {"size": (3,), "stride": (2,), "padding": (1,), "divisor": 3, "shape": (2, 7)},
    ),
    Example("windows", (real(2, 5),), {"axis": 1, "size": 2, "step": 2}),
    Example("add_windows", (real(2, 2),), {"shape": (3,), "axis": 0, "size": 2, "step": 1}),
    Example("put_winners", (real(2, 2),), {"place": WON, "shape": (2, 3), "windows": PAIRS}),
    Example("max_unpool", (real(2, 2),), {"index": np.array([[0, 4], [2, 3]]), "shape": (2, 3)}),
    Example("resample_back", (real(3, 3),), {"taps": TAPS, "shape": (3, 5)}),
]
