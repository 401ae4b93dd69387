"""The tables of what is compiled: ops by name, and functions and methods of NumPy's, with which rules compute."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import products, reductions, scalar, shapes

Lower = Callable[..., Any]

OPS: dict[str, Lower] = {**reductions.OPS, **products.OPS, **shapes.OPS, **scalar.OPS}
"""Name of an op -> lower(graph, step, *operands, **settings): a Value, a list of them, or None if not for this."""

NUMPY: dict[str, Lower] = {**reductions.NUMPY, **products.NUMPY, **shapes.NUMPY}
"""The same for functions and methods of NumPy's: lower(graph, step, *args, **kwargs)."""

UFUNCS = {
    **{f"np.{name}": name for name in ("sqrt", "exp", "expm1", "log", "log1p", "tanh", "sin", "cos", "square")},
    **{f"np.{name}": name for name in ("reciprocal", "sign", "floor", "ceil", "trunc", "rint", "isnan", "where")},
    **{f"np.{name}": name for name in ("maximum", "minimum", "fmax", "fmin", "deg2rad", "rad2deg")},
    **{f"np.logical_{name}": f"logical_{name}" for name in ("and", "or", "xor", "not")},
    **{f"np.bitwise_{name}": f"bitwise_{name}" for name in ("and", "or", "xor")},
    **{"np.add": "add", "np.subtract": "sub", "np.multiply": "mul", "np.divide": "div", "np.negative": "neg"},
    **{"np.absolute": "abs", "np.equal": "eq", "np.not_equal": "ne", "np.less": "lt", "np.less_equal": "le"},
    **{"np.greater": "gt", "np.greater_equal": "ge", "np.power": "pow_number", "np.invert": "logical_not"},
}
"""Elementwise functions of NumPy's that are ops, by other names."""
