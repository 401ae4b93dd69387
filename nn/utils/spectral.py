"""Spectral normalisation: a weight divided by its largest singular value, by a hook before each forward."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from numpy import ndarray as Array

from autograd import Tensor
from autograd.errors import SettingError
from autograd.extend import array_of, overwrite, wrap

from .. import draw
from ..layers.conv import ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from ..module import Module
from ..parameter import Parameter
from .reparametrize import WeightHook, attach, detach

M = TypeVar("M", bound=Module)


def usual_dim(module: Module) -> int:
    """The dimension of a module's weight along which its outputs lie."""
    return 1 if isinstance(module, (ConvTranspose1d, ConvTranspose2d, ConvTranspose3d)) else 0


def as_matrix(weight: Any, dim: int) -> Any:
    """A weight as a matrix whose rows lie along `dim`."""
    return weight.movedim(dim, 0).reshape(weight.shape[dim], -1)


def unit(x: Array, eps: float) -> Array:
    """`x` divided by its length, or by `eps` if that is larger."""
    return np.asarray(x / max(float(np.linalg.norm(x)), eps), x.dtype)


def iterate(matrix: Array, u: Tensor, v: Tensor, times: int, eps: float) -> None:
    """Turn u and v, in place, towards the first singular vectors of `matrix`: power iteration."""
    left, right = array_of(u), array_of(v)
    for _ in range(times):
        right = unit(matrix.T @ left, eps)
        left = unit(matrix @ right, eps)
    overwrite(u, left, "power iteration")
    overwrite(v, right, "power iteration")


def divided(weight: Any, matrix: Any, u: Tensor, v: Tensor) -> Any:
    """`weight` / (u . matrix v), where u and v count as constants, and may change before backward."""
    left, right = wrap(array_of(u).copy()), wrap(array_of(v).copy())
    return weight / left.dot(matrix.mv(right))


class SpectralNorm(WeightHook):
    """The hook: `name` = `name`_orig / sigma, with sigma by power iteration, one round per forward in training."""

    function = "spectral_norm"

    def __init__(self, name: str, n_power_iterations: int, dim: int, eps: float) -> None:
        super().__init__(name)
        self.n_power_iterations = n_power_iterations
        self.dim = dim
        self.eps = eps

    def compute_weight(self, module: Module, do_power_iteration: bool) -> Tensor:
        """The weight, recorded."""
        weight, u, v = (getattr(module, self.name + ending) for ending in ("_orig", "_u", "_v"))
        matrix = as_matrix(weight, self.dim)
        if do_power_iteration:
            iterate(array_of(matrix), u, v, self.n_power_iterations, self.eps)
        return divided(weight, matrix, u, v)

    def __call__(self, module: Module, inputs: Any) -> None:
        setattr(module, self.name, self.compute_weight(module, module.training))


def spectral_norm(
    module: M, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None
) -> M:
    """Divide the Parameter `name` by its largest singular value before each forward. Miyato et al. 2018.

    n_power_iterations   rounds of power iteration per forward in training mode; none in evaluation mode
    eps                  the least length that a vector is divided by
    dim                  along which the outputs lie; default: 1 for transposed convolutions, else 0
    The learned Parameter is `name`_orig, the singular vectors are the buffers `name`_u and `name`_v. Returns `module`,
    which is changed.

    >>> from nn import Linear
    >>> [key for key in spectral_norm(Linear(2, 3)).state_dict()]
    ['bias', 'weight_orig', 'weight_u', 'weight_v']
    """
    if n_power_iterations <= 0:
        raise SettingError(
            "spectral_norm: Expected n_power_iterations to be positive, but got "
            f"n_power_iterations={n_power_iterations}"
        )
    hook = SpectralNorm(name, n_power_iterations, usual_dim(module) if dim is None else dim, eps)
    weight = attach(module, hook)
    matrix = as_matrix(weight.detach(), hook.dim)
    module.register_parameter(name + "_orig", weight)
    setattr(module, name, weight.detach())
    for ending, size in zip(("_u", "_v"), matrix.shape, strict=True):
        module.register_buffer(name + ending, wrap(unit(draw.normal((size,), 0, 1, weight.dtype), eps)))
    return module


def remove_spectral_norm(module: M, name: str = "weight") -> M:
    """Make `name` a Parameter again, with its present value. Raises SettingError if it has no spectral norm."""
    weight = detach(module, SpectralNorm, name).compute_weight(module, False).detach()
    for key in (name, name + "_orig", name + "_u", name + "_v"):
        delattr(module, key)
    setattr(module, name, Parameter(weight))
    return module
