"""Reductions and scans."""

from __future__ import annotations

from .example import Example, distinct, real

EXAMPLES: list[Example] = [
    *[
        Example(name, (real(3, 4),), {"axis": 1, "keepdims": False})
        for name in ("sum", "nansum", "mean", "prod", "logsumexp")
    ],
    *[Example(name, (distinct(3, 4),), {"axis": 1, "keepdims": False}) for name in ("amax", "amin")],
    *[Example(name, (real(3, 4),), {"axis": 0, "correction": 1, "keepdims": True}) for name in ("var", "std")],
    Example("median", (distinct(3, 5),), {"ignore_nan": False}),
    Example("vector_norm", (real(3, 4),), {"p": 3.0, "axis": 1, "keepdims": False}),
    *[Example(name, (real(3, 4),), {"axis": 1}) for name in ("cumsum", "cumprod", "logcumsumexp", "diff")],
    Example("diff_back", (real(3, 4),), {"axis": -1}),
    Example("others", (real(3, 4),), {"axis": 1}),
    Example("shift", (real(4, 2),), {"axis": 0, "by": 1, "fill": 2.0}),
    Example("recurrence", (real(5), real(5)), {"axis": 0, "reverse": False}),
]
