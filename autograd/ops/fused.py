"""Batch norm, ReLU and max pooling as one op each for what usually follows one another.

Less is written and kept than by the separate ops: ReLU needs nothing of its own for the way back, pooling a byte per
window. Values are the same bits. The formulas are the separate ops, one after the other.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy import ndarray as Array

from kernels.machine.fast import SIZES, fast
from kernels.norm import channels
from kernels.norm import pooled as fused

from ..op import Op, Run, op
from .activation import relu
from .norm import factors, normalise_formula, scale_shift_formula, weight_slopes
from .pool import Windows, max_pool, winners

Sizes = tuple[int, ...]
Window = tuple[int, int]


def worthwhile(x: Array) -> bool:
    """Are there compiled loops for x, and is it large enough to load them?"""
    return x.size >= SIZES["norm"].least and x.dtype.char in "fd"


def _runs(op: Op) -> dict[str, Run]:
    assert op.runs is not None
    return op.runs


def _flat(x: Array) -> Array:
    return np.ascontiguousarray(x).reshape(*x.shape[:2], math.prod(x.shape[2:]))


def _scaling(w: Any, b: Any, mean: Array, rstd: Array, known: bool) -> Any:
    """m, s and t of z = (x - m) * s + t, bit for bit those of the value."""
    if known:
        return channels.known(*factors(w, b, mean, rstd))
    s = rstd if w is None else rstd * w
    return channels.Scaling(mean, s, np.zeros_like(s) if b is None else b, rstd, rstd)


def _filled(w: Any, b: Any, like: Array) -> tuple[Array, Array]:
    channels = like.shape[1]
    return (
        np.ones(channels, like.dtype) if w is None else np.ascontiguousarray(w),
        np.zeros(channels, like.dtype) if b is None else np.ascontiguousarray(b),
    )


# ------------------------------------------------------------------------------------------------ batch norm, ReLU


def _of_batch_norm(known: dict[str, Any]) -> bool:
    """Is this norm one per channel that there are loops for? Its variance must fit into its dtype."""
    x = known["x"]
    if not worthwhile(x) or known.get("axes", (0, 2)) != (0, 2):
        return False
    if not all(p is None or (p.shape == x.shape[1:2] and p.dtype == x.dtype) for p in (known["w"], known["b"])):
        return False
    rstd = known.get("rstd")  # it has not run yet where this is asked before
    return rstd is None or bool(np.minimum.reduce(rstd, axis=None) > 2 / math.sqrt(np.finfo(x.dtype).max))


@fast("kernels.pointwise.arithmetic:rectify", at_least="arithmetic", contiguous=True)
def _rectify(z: Array) -> None:
    np.maximum(z, 0, out=z)


def _with_relu(known: dict[str, Any], z: Array) -> tuple[Array, tuple[Any, ...], dict[str, Any], tuple[Any, ...]]:
    """ReLU in the memory of z, after `normalise` or `scale_shift`."""
    mean, rstd = known["mean"], known["rstd"]
    if "axes" in known:
        used, settings = (mean.reshape(-1), rstd.reshape(-1)), {"eps": known["eps"], "mean": None, "rstd": None}
    else:
        used, settings = (mean, rstd), {"eps": 0.0, "mean": mean, "rstd": rstd}
    _rectify(z)
    return z, (known["x"], known["w"], known["b"]), settings, (used, None)


def batch_norm_formula(x: Any, w: Any, b: Any, *, eps: float, mean: Array | None, rstd: Array | None) -> Any:
    """Batch norm of x (N, C, *) in primitives: by its own statistics, or by a mean and rstd that are constants."""
    if mean is not None and rstd is not None:
        return scale_shift_formula(x, w, b, mean=mean, rstd=rstd)
    channels = x.shape[1]
    view, affine = (x.shape[0], channels, math.prod(x.shape[2:])), (1, channels, 1)
    return normalise_formula(x, w, b, view=view, axes=(0, 2), affine=affine, size=(channels,), eps=eps, centred=True)


def batch_norm_relu_formula(x: Any, w: Any, b: Any, *, eps: float, mean: Array | None, rstd: Array | None) -> Any:
    """ReLU of batch norm."""
    return relu(batch_norm_formula(x, w, b, eps=eps, mean=mean, rstd=rstd))


def _relu_rule(
    dz: Array, x: Array, w: Any, b: Any, used: tuple[Array, Array], mean: Array | None
) -> tuple[Any, Any, Any]:
    known = mean is not None
    by = _scaling(w, b, *used, known)
    dx = np.empty(x.shape, x.dtype)
    sums, products = channels.slopes(_flat(dz), _flat(x), by, known, True, _flat(dx))
    return dx, *weight_slopes(sums, products, used[0] - by.m, used[1])


@op("batch_norm_relu", kinks=True, joint=_relu_rule, keeps=("used", "var"), formula=batch_norm_relu_formula)
def batch_norm_relu(
    x: Array, w: Any, b: Any, *, eps: float, mean: Array | None = None, rstd: Array | None = None
) -> tuple[Array, tuple[Array, Array], Array | None]:
    """max((x - mean) * rstd * w + b, 0) per channel of x (N, C, *).

    mean, rstd   constants (C,); None: those of x, with biased variance
    Keeps (mean, rstd) as used, and the biased variance if it was computed.
    """
    if mean is not None and rstd is not None:
        return channels.scaled(_flat(x), *factors(w, b, mean, rstd), True).reshape(x.shape), (mean, rstd), None
    z, by = channels.values(_flat(x), *_filled(w, b, x), eps, True)
    return z.reshape(x.shape), (by.m, by.rstd), by.var


for _norm in ("normalise", "scale_shift"):
    _runs(relu)[_norm] = Run(batch_norm_relu, _of_batch_norm, _with_relu)

# ------------------------------------------------------------------------------------ batch norm, ReLU, max pooling


def _side_by_side(known: dict[str, Any]) -> bool:
    """Do windows lie side by side, each inside, with few elements?"""
    # shortcut: every setting of the windows is what the fused operation has
    x, windows = known["x"], known["windows"]
    size = windows.size
    if x.ndim != 4 or windows.stride != size or not windows.even or 0 in windows.out:
        return False
    if windows.padding != (0, 0) or windows.dilation != (1, 1) or math.prod(size) > 255:
        return False
    return bool(windows.out == (x.shape[2] // size[0], x.shape[3] // size[1]))


def _with_pooling(known: dict[str, Any], y: Array) -> tuple[Array, tuple[Any, ...], dict[str, Any], tuple[Any, ...]]:
    """The winners of y, after `batch_norm_relu`."""
    window = known["windows"].size
    z, place = winners(y, known["windows"])
    # where all of a window is 0, the first has the place, which is 0: so the number of places can be added
    winner = place.astype(np.uint8)
    winner += (z <= 0).view(np.uint8) * np.uint8(math.prod(window))
    settings = {"eps": known["eps"], "mean": known["mean"], "rstd": known["rstd"], "window": window}
    return z, (known["x"], known["w"], known["b"]), settings, (known["used"], None, winner)


def batch_norm_relu_max_pool_formula(
    x: Any, w: Any, b: Any, *, eps: float, mean: Array | None, rstd: Array | None, window: Window
) -> Any:
    """The largest element of each window of ReLU of batch norm."""
    y = batch_norm_relu_formula(x, w, b, eps=eps, mean=mean, rstd=rstd)
    out = (x.shape[2] // window[0], x.shape[3] // window[1])
    return max_pool(y, windows=Windows(window, window, (0, 0), (1, 1), out))


def _pool_rule(
    dz: Array, x: Array, w: Any, b: Any, used: tuple[Array, Array], winner: Array, mean: Array | None, window: Window
) -> tuple[Any, Any, Any]:
    known = mean is not None
    by = _scaling(w, b, *used, known)
    dz, x = np.ascontiguousarray(dz), np.ascontiguousarray(x)
    dx, sums, products = fused.slopes(dz, winner, x, by, known, window)
    return dx, *weight_slopes(sums, products, used[0] - by.m, used[1])


@op(
    "batch_norm_relu_max_pool",
    kinks=True,
    joint=_pool_rule,
    keeps=("used", "var", "winner"),
    formula=batch_norm_relu_max_pool_formula,
)
def batch_norm_relu_max_pool(
    x: Array, w: Any, b: Any, *, eps: float, mean: Array | None = None, rstd: Array | None = None, window: Window
) -> tuple[Array, tuple[Array, Array], Array | None, Array]:
    """The largest element of each window of `batch_norm_relu` of x (N, C, H, W); the windows lie side by side.

    Keeps also which element of its window won, in row-major order; beyond the last one where all are cut off.
    """
    x = np.ascontiguousarray(x)
    if mean is not None and rstd is not None:
        z, winner = fused.scaled(x, *factors(w, b, mean, rstd), window)
        return z, (mean, rstd), None, winner
    z, winner, by = fused.values(x, *_filled(w, b, x), eps, window)
    return z, (by.m, by.rstd), by.var, winner


_runs(max_pool)["batch_norm_relu"] = Run(batch_norm_relu_max_pool, _side_by_side, _with_pooling)
