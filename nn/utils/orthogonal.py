"""Orthogonal matrices as functions of any matrix: a parametrization."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np

from autograd import Tensor, cat, linalg, randn
from autograd.errors import SettingError, ShapeError
from autograd.extend import array_of, wrap

from ..module import Module
from .parametrize import register_parametrization

M = TypeVar("M", bound=Module)

_MAPS = ("matrix_exp", "cayley", "householder")


class _Orthogonal(Module):
    """base @ map(X), a matrix (n, k) with orthonormal columns; of a wide matrix the transpose has them.

    matrix_exp    exp(A), A = tril(X) - tril(X)'
    cayley        (I + A / 2) (I - A / 2)^-1
    householder   the product of the reflections along the columns of X, which has 1 or -1 on its diagonal
    """

    base: Tensor | None  # (n, n): the value from which the map starts, if there is one

    def __init__(self, shape: tuple[int, ...], orthogonal_map: str, trivial: bool) -> None:
        super().__init__()
        self.shape = shape
        self.orthogonal_map = orthogonal_map
        self.trivial = trivial
        if trivial:
            self.register_buffer("base", None)

    def forward(self, X: Any) -> Any:
        """The orthogonal matrix of a matrix of the same shape, or batch of matrices."""
        wide = X.shape[-2] < X.shape[-1]
        x = X.mT if wide else X
        n, k = x.shape[-2:]
        if self.orthogonal_map == "householder":
            a = x.tril(-1)
            q = linalg.householder_product(a, 2.0 / (1.0 + (a * a).sum(-2)))
            q = q * wrap(np.trunc(array_of(x.diagonal(0, -2, -1)))[..., None, :])
        else:
            x = x.tril()
            if n != k:
                x = cat([x, wrap(np.zeros((*x.shape[:-1], n - k), x.dtype))], -1)
            a = x - x.mT
            if self.orthogonal_map == "matrix_exp":
                q = linalg.matrix_exp(a)
            else:
                eye = wrap(np.eye(n, dtype=x.dtype))
                q = linalg.solve(eye - a * 0.5, eye + a * 0.5)
            q = q[..., :k]
        if self.trivial and self.base is not None:
            q = self.base @ q
        return q.mT if wide else q

    def right_inverse(self, Q: Any) -> Any:
        """A matrix that is mapped to Q, or to an orthogonal matrix near it."""
        value = array_of(Q)
        if value.shape != tuple(self.shape):
            raise ShapeError(
                f"orthogonal: Expected a matrix or batch of matrices of shape {tuple(self.shape)}. "
                f"Got a tensor of shape {value.shape}."
            )
        wide = value.shape[-2] < value.shape[-1]
        q = np.swapaxes(value, -1, -2) if wide else value
        n, k = q.shape[-2:]
        if not self.trivial:
            if self.orthogonal_map != "householder":
                raise NotImplementedError(
                    "orthogonal: It is not possible to assign to the matrix exponential or the Cayley parametrizations "
                    "when use_trivialization=False."
                )
            h, tau = np.linalg.qr(q, "raw")
            a = np.swapaxes(h, -1, -2).copy()
            signs = np.sign(np.diagonal(a, axis1=-2, axis2=-1))
            signs = np.where(tau == 0, -signs, signs)
            a[..., np.arange(k), np.arange(k)] = signs
            return wrap(np.swapaxes(a, -1, -2).copy() if wide else a)
        if n != k:
            q = np.concatenate([q, array_of(randn(*q.shape[:-1], n - k, dtype=q.dtype))], -1)
        self.base = wrap(q.copy() if _is_orthogonal(q) else _made_orthogonal(q))
        minus = np.zeros(value.shape, value.dtype)
        minus[..., np.arange(k), np.arange(k)] = -1
        return wrap(minus)


def _is_orthogonal(q: Any) -> bool:
    gap = np.abs(np.swapaxes(q, -1, -2) @ q - np.eye(q.shape[-1]))
    return bool(gap.max(initial=0) < q.shape[-1] * 10 * np.finfo(q.dtype).eps)


def _made_orthogonal(q: Any) -> Any:
    """The orthogonal factor of q, with a positive diagonal of the other."""
    found, r = np.linalg.qr(q)
    return found * np.where(np.diagonal(r, axis1=-2, axis2=-1) < 0, -1, 1).astype(q.dtype)[..., None, :]


def orthogonal(
    module: M, name: str = "weight", orthogonal_map: str | None = None, *, use_trivialization: bool = True
) -> M:
    """Keep the Parameter `name`, a matrix (n, k) or a batch of them, orthogonal: its columns, or its rows if n < k.

    orthogonal_map       "matrix_exp" (default if n = k), "cayley", or "householder" (default otherwise)
    use_trivialization   start the map from the present value: Lezcano-Casado 2019, "Trivializations". Without it, the
                         first two maps cannot be assigned to
    Returns `module`, which is changed; `parametrize.remove_parametrizations` undoes it.
    """
    weight = getattr(module, name, None)
    if not isinstance(weight, Tensor):
        raise SettingError(f"orthogonal: Module '{module}' has no parameter or buffer with name '{name}'")
    if weight.ndim < 2:
        raise ShapeError(
            f"orthogonal: Expected a matrix or batch of matrices. Got a tensor of {weight.ndim} dimensions."
        )
    if orthogonal_map is None:
        orthogonal_map = "matrix_exp" if weight.shape[-2] == weight.shape[-1] else "householder"
    if orthogonal_map not in _MAPS:
        raise SettingError(
            f'orthogonal: orthogonal_map has to be one of "matrix_exp", "cayley", "householder". Got: {orthogonal_map}'
        )
    made = _Orthogonal(tuple(weight.shape), orthogonal_map, use_trivialization)
    return register_parametrization(module, name, made, unsafe=True)
