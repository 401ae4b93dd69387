"""Linear algebra under the names of `torch.linalg`; those of `numpy.linalg` run on Tensors too."""

from __future__ import annotations

import importlib
from typing import Any

from .errors import LinAlgError
from .later import later
from .tensors.decompose import (
    EighResult,
    LstsqResult,
    QRResult,
    SVDResult,
    eigh,
    eigvalsh,
    lstsq,
    matrix_rank,
    pinv,
    qr,
    svd,
    svdvals,
)
from .tensors.norms import cond, cross, diagonal, matmul, matrix_norm, norm, vander, vecdot, vector_norm
from .tensors.out import takes_out
from .tensors.products import multi_dot
from .tensors.solve import (
    SlogdetResult,
    cholesky,
    det,
    inv,
    matrix_exp,
    matrix_power,
    slogdet,
    solve,
    solve_triangular,
)

__all__ = [
    "EighResult",
    "LinAlgError",
    "LstsqResult",
    "QRResult",
    "SVDResult",
    "SlogdetResult",
    "cholesky",
    "cond",
    "cross",
    "det",
    "diagonal",
    "eigh",
    "eigvalsh",
    "inv",
    "lstsq",
    "matmul",
    "matrix_exp",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "multi_dot",
    "norm",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "solve_triangular",
    "svd",
    "svdvals",
    "vander",
    "vecdot",
    "vector_norm",
]

_LATER = {
    "LUFactorExResult": "rare.factors",
    "LUFactorResult": "rare.factors",
    "LUResult": "rare.factors",
    "cholesky_ex": "rare.systems",
    "householder_product": "rare.factors",
    "inv_ex": "rare.systems",
    "lu": "rare.factors",
    "lu_factor": "rare.factors",
    "lu_factor_ex": "rare.factors",
    "lu_solve": "rare.factors",
    "solve_ex": "rare.systems",
    "tensorinv": "rare.systems",
    "tensorsolve": "rare.systems",
}
"""Name -> file in `tensors/`, imported when it is first asked for."""

_RENAMED = {"lu": "lu_parts", "lu_solve": "lu_solve_factored"}
"""What has another meaning in the main module."""


def _later(name: str) -> Any:
    found = getattr(importlib.import_module(f"autograd.tensors.{_LATER[name]}"), _RENAMED.get(name, name))
    return found if isinstance(found, type) else takes_out(found)


later(__name__, dict.fromkeys(_LATER, _later))


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATER})


for _name in __all__:
    if not isinstance(globals()[_name], type) and _name not in (
        "diagonal",
        "vander",
    ):  # a view, and no `out` in PyTorch
        globals()[_name] = takes_out(globals()[_name])
