"""What several distributions share: parameters that are broadcast, probabilities and their logarithms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd import Tensor, broadcast_shapes, cat, finfo, get_default_dtype, is_grad_enabled
from autograd.errors import SettingError, ShapeError
from autograd.extend import operand, wrap

EULER_GAMMA = 0.57721566490153286060


def as_tensor(x: Any) -> Any:
    """`x` itself, or a Tensor around an array or a number."""
    return operand(x)


def broadcast_all(*values: Any) -> tuple[Any, ...]:
    """Tensors, arrays and numbers as floating point Tensors of one shape.

    Numbers take the dtype of the first Tensor, or the default dtype if there is none; integers become floating point.
    """
    for value in values:
        if not isinstance(value, (Tensor, np.ndarray, np.generic, int, float)):
            raise SettingError(
                f"Input arguments must all be instances of Number, Tensor or array, got {type(value).__name__}"
            )
    dtypes = [value.dtype for value in values if isinstance(value, (Tensor, np.ndarray))]
    dtype = dtypes[0] if dtypes and dtypes[0].kind == "f" else get_default_dtype()
    tensors = []
    for value in values:
        if isinstance(value, (Tensor, np.ndarray)):
            x = as_tensor(value)
            tensors.append(x if x.dtype.kind == "f" else x.to(dtype))
        else:
            tensors.append(wrap(np.asarray(value, dtype)))
    shape = broadcast_shapes(*(x.shape for x in tensors))
    return tuple(x if x.shape == shape else x.expand(shape) for x in tensors)


def one_of(probs: Any, logits: Any) -> tuple[str, Any]:
    """The name and the value of the one parameter that was given."""
    if (probs is None) == (logits is None):
        raise SettingError("Either `probs` or `logits` must be specified, but not both.")
    return ("logits", logits) if probs is None else ("probs", probs)


def clamp_probs(probs: Any) -> Any:
    """Probabilities moved away from 0 and 1 by the spacing of their dtype, so that logarithms stay finite."""
    eps = float(finfo(probs.dtype).eps)
    return probs.clamp(eps, 1 - eps)


def probs_to_logits(probs: Any, is_binary: bool = False) -> Any:
    """log p, or for a binary variable log(p / (1 - p)); finite at 0 and 1, see `clamp_probs`."""
    p = clamp_probs(probs)
    return p.log() - (-p).log1p() if is_binary else p.log()


def logits_to_probs(logits: Any, is_binary: bool = False) -> Any:
    """softmax over the last dimension, or for a binary variable sigmoid."""
    return logits.sigmoid() if is_binary else logits.softmax(-1)


def sum_rightmost(x: Any, ndims: int) -> Any:
    """The sum over the last `ndims` dimensions."""
    return x.sum(tuple(range(-ndims, 0))) if ndims else x


def tril_matrix_to_vec(mat: Any, diag: int = 0) -> Any:
    """The elements of (..., n, n) on and below the diagonal number `diag`, row by row, as (..., m)."""
    rows, columns = np.tril_indices(mat.shape[-1], diag)
    return mat[..., rows, columns]


def vec_to_tril_matrix(vec: Any, diag: int = 0) -> Any:
    """The inverse of `tril_matrix_to_vec`, with zeros elsewhere."""
    count = vec.shape[-1]
    n = next((n for n in range(1, count + 2 + abs(diag)) if len(np.tril_indices(n, diag)[0]) == count), 0)
    if not n:
        raise ShapeError(
            f"The size of last dimension is {count} which cannot be expressed as the lower triangular part of a "
            f"square D x D matrix"
        )
    index = np.full((n, n), count)  # where the appended zero stands
    index[np.tril_indices(n, diag)] = np.arange(count)
    padded = cat([vec, vec.new_zeros((*vec.shape[:-1], 1))], -1)
    return padded[..., wrap(index.reshape(-1))].reshape((*vec.shape[:-1], n, n))


class _Lazy:
    def __init__(self, compute: Callable[[Any], Any]) -> None:
        self.compute = compute
        self.__doc__ = compute.__doc__

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            return self
        value = self.compute(instance)
        if is_grad_enabled():
            instance.__dict__[self.compute.__name__] = value
        return value


def lazy_property(compute: Callable[[Any], Any]) -> Any:
    """A property that is computed once, when it is first asked for.

    Under `no_grad`, as in `sample`, it is a constant and not kept: a loss may need the recorded one later.
    """
    return _Lazy(compute)
