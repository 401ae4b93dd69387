"""Decompositions as PyTorch had them before `torch.linalg`."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..core import wrap
from ..decompose import QRResult, svdvals
from ..decompose import qr as new_qr
from ..decompose import svd as new_svd


class SVDResult(NamedTuple):
    """A = U @ diag(S) @ V.mT."""

    U: Any
    S: Any
    V: Any


def svd(input: Any, some: bool = True, compute_uv: bool = True) -> SVDResult:
    """U, S and V (not its transpose) with input = U @ diag(S) @ V.mT; see `linalg.svd`.

    some         only the first min(m, n) columns of U and V
    compute_uv   False: U and V are zeros, of full size
    """
    if not compute_uv:
        values = svdvals(input)
        shape, dtype = input.shape, values._array.dtype
        u, v = (wrap(np.zeros((*shape[:-2], n, n), dtype)) for n in shape[-2:])
        return SVDResult(u, values, v)
    u, s, vh = new_svd(input, full_matrices=not some)
    return SVDResult(u, s, vh.mT)


def qr(input: Any, some: bool = True) -> QRResult:
    """Q and R: `linalg.qr` in the mode "reduced", or without `some` "complete"."""
    return new_qr(input, "reduced" if some else "complete")
