"""Functions of NumPy's whose results have no gradient: tests, orders, counts, files. They are given the arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..tensors.core import Core
from ..tensors.method import array_functions

NAMES = [
    "array2string", "array_equiv", "array_repr", "array_str", "argpartition", "can_cast", "common_type",
    "diag_indices_from", "digitize", "einsum_path", "flatnonzero", "isfortran", "iscomplex", "iscomplexobj", "isin",
    "isneginf", "isposinf", "isreal", "isrealobj", "lexsort", "may_share_memory", "min_scalar_type",
    "nanargmax", "nanargmin", "result_type", "save", "savetxt", "savez", "savez_compressed", "searchsorted",
    "shares_memory", "tril_indices_from", "triu_indices_from",
]  # fmt: skip


def _of_arrays(function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        return function(*_plain(args), **_plain(kwargs))

    return call


def _plain(x: Any) -> Any:
    if isinstance(x, Core):
        return x._array
    if isinstance(x, dict):
        return {key: _plain(part) for key, part in x.items()}
    return type(x)(_plain(part) for part in x) if type(x) in (tuple, list) else x


for _name in NAMES:
    _function = getattr(np, _name, None)
    if _function is not None:
        array_functions.setdefault(_function, _of_arrays(_function))
