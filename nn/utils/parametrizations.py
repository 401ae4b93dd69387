"""Weight and spectral normalisation as parametrizations; see `nn.utils.parametrize`."""

from __future__ import annotations

from typing import Any, TypeVar

from autograd import Tensor
from autograd.errors import SettingError
from autograd.extend import array_of, wrap
from autograd.later import later

from .. import draw
from ..functional import normalize
from ..module import Module
from .parametrize import register_parametrization
from .spectral import as_matrix, divided, iterate, unit, usual_dim
from .weights import norm_except

M = TypeVar("M", bound=Module)


class _WeightNorm(Module):
    """g v / |v|, with the norms of the slices of v along `dim`."""

    def __init__(self, dim: int | None) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, weight_g: Tensor, weight_v: Tensor) -> Tensor:
        return weight_v * (weight_g / norm_except(weight_v, self.dim))

    def right_inverse(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        """The length and the direction of `weight`."""
        return norm_except(weight, self.dim), weight


def weight_norm(module: M, name: str = "weight", dim: int = 0) -> M:
    """Learn the Parameter `name` as its length (`original0`) and its direction (`original1`). Salimans & Kingma 2016.

    dim   the slices along it have a length each; None or -1: one length for everything
    Returns `module`, which is changed; `parametrize.remove_parametrizations` undoes it.

    >>> from nn import Linear
    >>> [key for key in weight_norm(Linear(2, 3)).state_dict()]
    ['bias', 'parametrizations.weight.original0', 'parametrizations.weight.original1']
    """
    _check("weight_norm", module, name)
    return register_parametrization(module, name, _WeightNorm(dim), unsafe=True)


class _SpectralNorm(Module):
    """weight / sigma, its largest singular value, by power iteration; a vector is divided by its length."""

    _u: Tensor
    _v: Tensor

    def __init__(self, weight: Any, n_power_iterations: int, dim: int, eps: float) -> None:
        super().__init__()
        if n_power_iterations <= 0:
            raise SettingError(
                "spectral_norm: Expected n_power_iterations to be positive, but got "
                f"n_power_iterations={n_power_iterations}"
            )
        if not -weight.ndim <= dim < weight.ndim:
            raise SettingError(
                f"spectral_norm: Dimension out of range (expected to be in range of [-{weight.ndim}, "
                f"{weight.ndim - 1}] but got {dim})"
            )
        self.n_power_iterations = n_power_iterations
        self.dim = dim % weight.ndim
        self.eps = eps
        if weight.ndim > 1:
            matrix = as_matrix(weight.detach(), self.dim)
            for name, size in zip(("_u", "_v"), matrix.shape, strict=True):
                self.register_buffer(name, wrap(unit(draw.normal((size,), 0, 1, weight.dtype), eps)))
            iterate(array_of(matrix).T, self._v, self._u, 15, eps)  # unlike the hook, u first, then v

    def forward(self, weight: Any) -> Tensor:
        if weight.ndim == 1:
            return normalize(weight, dim=0, eps=self.eps)
        matrix = as_matrix(weight, self.dim)
        if self.training:
            iterate(array_of(matrix).T, self._v, self._u, self.n_power_iterations, self.eps)
        return divided(weight, matrix, self._u, self._v)

    def right_inverse(self, value: Tensor) -> Tensor:
        """The value itself: which weight it came from is not known."""
        return value


def spectral_norm(
    module: M, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None
) -> M:
    """Divide the Parameter `name` by its largest singular value, whenever it is read. Miyato et al. 2018.

    n_power_iterations   rounds of power iteration per reading in training mode; none in evaluation mode
    eps                  the least length that a vector is divided by
    dim                  along which the outputs lie; default: 1 for transposed convolutions, else 0
    Returns `module`, which is changed; `parametrize.remove_parametrizations` undoes it.
    """
    _check("spectral_norm", module, name)
    along = usual_dim(module) if dim is None else dim
    made = _SpectralNorm(getattr(module, name), n_power_iterations, along, eps)
    return register_parametrization(module, name, made)


def _check(function: str, module: Module, name: str) -> None:
    if not isinstance(getattr(module, name, None), Tensor):
        raise SettingError(f"{function}: Module '{module}' has no parameter or buffer with name '{name}'")


later(__name__, {"orthogonal": "nn.utils.orthogonal:orthogonal"})
