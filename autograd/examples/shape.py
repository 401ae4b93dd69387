"""Shapes and indices."""

from __future__ import annotations

import numpy as np

from ..creation import tensor
from .example import Example, distinct, real

x = real(2, 3)
INDEX = np.array([[0, 2, 2, 1], [1, 1, 0, 2]])
MASK = np.array([[True, False, True]] * 2)

EXAMPLES: list[Example] = [
    Example("reshape", (x,), {"shape": (3, 2)}),
    Example("expand", (real(3, 1),), {"shape": (2, 3, 4)}),
    Example("transpose", (real(2, 3, 4),), {"axes": (2, 0, 1)}),
    Example("flip", (x,), {"axis": (1,)}),
    Example("roll", (real(3, 4),), {"shift": (1, -2), "axis": (0, 1)}),
    Example("tile", (x,), {"reps": (2, 1, 3)}),
    Example("repeat", (real(6),), {"repeats": 2, "axis": 0}),
    Example("segment_sum", (real(2, 6),), {"counts": np.array([2, 0, 3, 1]), "axis": 1}),
    Example("cat", (x, real(2, 4)), {"axis": 1}),
    Example("stack", (x, real(2, 3)), {"axis": 1}),
    Example("split", (real(5, 2),), {"sizes": (2, 2, 1), "axis": 0}),
    Example("unbind", (real(3, 2),), {"axis": 0}),
    Example("getitem", (real(4, 3),), {"index": np.array([0, 2, 2])}),
    Example("diagonal", (real(3, 3),), {"offset": 0, "axes": (0, 1)}),
    Example("diagonal_embed", (real(3),), {"shape": (3, 3), "offset": 0, "axes": (0, 1)}),
    Example("tril", (real(3, 3),), {"k": 0}),
    Example("triu", (real(3, 3),), {"k": 1}),
    Example("as_strided", (real(6),), {"source": ((6,), (1,), 0), "target": ((4, 3), (1, 1), 0), "count": 6}),
    Example("restride", (real(4, 3),), {"source": ((4, 3), (1, 1), 0), "target": ((3, 2), (2, 1), 0), "count": 6}),
    Example("take_along", (x,), {"dim": 1}, lambda x, dim: x.gather(dim, tensor(INDEX))),
    Example("add_along", (real(2, 4), INDEX), {"axis": 1, "shape": (2, 3)}),
    Example("put", (real(2, 4),), {"index": slice(1, 3), "shape": (3, 4)}),
    Example("add_to", (real(3, 4), real(4)), {"index": 1}),
    Example("set_at", (real(3, 4), real(4)), {"index": 1}),
    Example("zero_at", (real(3, 4),), {"index": 1}),
    Example(
        "scatter_extreme",
        (distinct(2, 3), distinct(2, 4)),
        {},
        lambda x, v: (x + 0.013).scatter_reduce(1, tensor(INDEX), v, "amax"),
    ),
    Example("masked_fill", (x, real()), {"mask": MASK}),
    Example("embedding", (real(4, 3),), {"index": INDEX, "padding_idx": None, "scale": None}),
    Example("pad", (real(3, 2),), {"widths": ((2, 1), (0, 1)), "value": 0.5}),
    Example("pad_edges", (real(4, 3),), {"widths": ((1, 2), (0, 1)), "mode": "reflect"}),
    Example("fold_edges", (real(6, 4),), {"widths": ((1, 2), (0, 1)), "mode": "reflect"}),
]
