"""Keeping gradients from exploding. `foreach` is how PyTorch computes the same: taken, and without effect."""

from __future__ import annotations

import math
from collections.abc import Iterable
from types import GeneratorType
from typing import Any

import numpy as np

from autograd import Tensor, update
from autograd.errors import AutogradError
from autograd.extend import acts, array_of, check_writable, noted, settle, warn_at_line, wrap

from ..mistakes import no_parameters


def _gradients(function: str, parameters: Tensor | Iterable[Tensor]) -> list[Any]:
    if isinstance(parameters, Tensor):
        parameters = [parameters]
    if (error := no_parameters(function, parameters, "parameters")) is not None:
        raise error
    given = list(parameters)
    if not given and isinstance(parameters, GeneratorType):
        warn_at_line(
            f"{function}: `parameters` is an empty generator, no gradient clipping will occur. Such a generator can be "
            "gone through once: call model.parameters() again, or keep list(model.parameters())"
        )
    for p in given:
        if not isinstance(p, Tensor):
            raise TypeError(f"{function}: wanted Tensors, but one of the parameters is {type(p).__name__}")
    return [grad for p in given if (grad := p.grad) is not None]


def _norms(arrays: list[np.ndarray], norm_type: float) -> list[float]:
    """The norm of each."""
    if norm_type != 2:
        return [_norm(array, norm_type) for array in arrays]
    with np.errstate(over="ignore", under="ignore"):
        squares = [float(np.dot(flat, flat)) for flat in [array.reshape(-1) for array in arrays]]
    # shortcut: squares within float32's range; some may have left it in the other sums
    return [
        math.sqrt(square) if 1e-30 < square < math.inf else float(np.linalg.norm(array.reshape(-1).astype(np.float64)))
        for square, array in zip(squares, arrays, strict=True)
    ]


def _norm(array: np.ndarray, norm_type: float) -> float:
    if array.size == 0:
        return 0.0
    if norm_type == math.inf:
        return float(np.abs(array).max())
    if norm_type == -math.inf:
        return float(np.abs(array).min())
    if norm_type == 0:
        return float(np.count_nonzero(array))
    return float((np.abs(array).astype(np.float64) ** norm_type).sum() ** (1.0 / norm_type))


def get_total_norm(
    tensors: Iterable[Tensor], norm_type: float = 2.0, error_if_nonfinite: bool = False, foreach: bool | None = None
) -> Tensor:
    """The norm of all elements of all Tensors together, as a 0-d Tensor.

    Raises AutogradError if it is NaN or infinite and `error_if_nonfinite`.
    """
    arrays = [array_of(t) for t in ([tensors] if isinstance(tensors, Tensor) else tensors)]
    return _total(arrays, norm_type, error_if_nonfinite)


def _total(arrays: list[np.ndarray], norm_type: float, error_if_nonfinite: bool) -> Tensor:
    dtype = np.result_type(*{array.dtype for array in arrays}) if arrays else np.dtype(np.float32)
    norms = np.array(_norms(arrays, float(norm_type)))
    with np.errstate(over="ignore"):
        total = np.asarray(_norms([norms], float(norm_type))[0], dtype)
    if error_if_nonfinite and not np.isfinite(total):
        raise AutogradError(
            f"The total norm of order {float(norm_type)} for gradients from `parameters` is non-finite, so it cannot "
            "be clipped. To disable this error and scale the gradients by the non-finite norm anyway, set "
            "`error_if_nonfinite=False`"
        )
    return wrap(total)


@acts
def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Scale all gradients together, in place, so that their norm is at most `max_norm`.

    norm_type: 2, inf, or another order.  Parameters without a gradient are skipped.
    Returns the norm before clipping, a 0-d Tensor. Raises as `get_total_norm`.
    """
    grads = _gradients("clip_grad_norm_", parameters)
    arrays = [array_of(grad) for grad in grads]
    total = _total(arrays, norm_type, error_if_nonfinite)
    _scale("clip_grad_norm_", grads, arrays, max_norm, total)
    return total


@acts
def clip_grads_with_norm_(
    parameters: Tensor | Iterable[Tensor], max_norm: float, total_norm: Any, foreach: bool | None = None
) -> None:
    """`clip_grad_norm_` for gradients whose norm `total_norm` is known, as from `get_total_norm`."""
    grads = _gradients("clip_grads_with_norm_", parameters)
    _scale("clip_grads_with_norm_", grads, [array_of(grad) for grad in grads], max_norm, total_norm)


def _scale(operation: str, grads: list[Any], arrays: list[np.ndarray], max_norm: float, total_norm: Any) -> None:
    settle(operation)
    scale = float(max_norm) / (float(total_norm) + 1e-6)
    if not scale >= 1 and grads:  # NaN scales too: it must not go unnoticed
        rows = [(array,) for array in arrays]
        check_writable(operation, *grads)
        if not (update.pays(rows) and update.all_at_once("scale", rows, (scale,))):
            for array in arrays:
                array *= scale
        noted(operation, *grads)


@acts
def clip_grad_value_(parameters: Tensor | Iterable[Tensor], clip_value: float, foreach: bool | None = None) -> None:
    """Limit every element of every gradient to [-clip_value, clip_value], in place."""
    grads = _gradients("clip_grad_value_", parameters)
    settle("clip_grad_value_")
    limit = float(clip_value)
    for array in map(array_of, grads):
        np.clip(array, -limit, limit, out=array)
    noted("clip_grad_value_", *grads)
