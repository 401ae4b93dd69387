"""Products and decompositions of matrices."""

from __future__ import annotations

import numpy as np

from .. import linalg
from ..tensors.einsum import einsum
from .example import Example, definite, real

EXAMPLES: list[Example] = [
    Example("matmul", (real(2, 3), real(3, 4))),
    Example("einsum", (real(2, 3), real(4, 3)), {"spec": "ab,cb->ac"}, lambda a, b, spec: einsum(spec, a, b)),
    Example("linear", (real(2, 3), real(4, 3), real(4))),
    Example("linear_each", (real(2, 3, 4), real(2, 5, 4), real(2, 5))),
    Example("cross", (real(2, 3), real(2, 3)), {"axis": -1}),
    Example("solve", (definite(3, 3), real(3, 2))),
    *[Example(name, (definite(3, 3),)) for name in ("inv", "inv_or_nan", "det", "cofactor", "slogdet", "qr")],
    Example("cholesky", (definite(3, 3),), {}, lambda a: linalg.cholesky((a + a.mT) / 2)),
    Example("eig", (definite(3, 3),), {}, lambda a: np.linalg.eig((a + a.mT) / 2)[0]),
    Example("eigh", (definite(3, 3),), {}, lambda a: linalg.eigh((a + a.mT) / 2)[0]),
    Example("svd", (definite(3, 3),), {}, lambda a: linalg.svd(a)[1]),
    Example("lu", (definite(3, 3),), {}, lambda a: linalg.lu(a)[2]),
    Example("svdvals", (real(3, 2),)),
    Example("with_values", (real(3, 2), real(2))),
    Example("pinv", (real(3, 2),), {}, linalg.pinv),
]
