"""Weight normalisation: a weight as its length times its direction, by a hook before each forward."""

from __future__ import annotations

from typing import Any, TypeVar

from autograd import Tensor

from ..module import Module
from ..parameter import Parameter
from .reparametrize import WeightHook, attach, detach

M = TypeVar("M", bound=Module)


def norm_except(v: Any, dim: int | None) -> Any:
    """The norms of the slices of `v` along `dim`, with v's number of dimensions; of all of it, 0-d, for None or -1."""
    if dim is None or dim == -1:
        return v.norm()
    return v.norm(2, [axis for axis in range(v.ndim) if axis != dim % v.ndim], keepdim=True) if v.ndim > 1 else v.abs()


class WeightNorm(WeightHook):
    """The hook: `name` = `name`_g * `name`_v / |`name`_v|."""

    function = "weight_norm"

    def __init__(self, name: str, dim: int | None) -> None:
        super().__init__(name)
        self.dim = dim

    def compute_weight(self, module: Module) -> Tensor:
        """The weight, recorded."""
        g, v = getattr(module, self.name + "_g"), getattr(module, self.name + "_v")
        return v * (g / norm_except(v, self.dim))

    def __call__(self, module: Module, inputs: Any) -> None:
        setattr(module, self.name, self.compute_weight(module))


def weight_norm(module: M, name: str = "weight", dim: int = 0) -> M:
    """Learn the Parameter `name` as its length `name`_g and its direction `name`_v. Salimans & Kingma 2016.

    dim   the slices along it have a length each; None or -1: one length for everything
    `name` itself is computed anew before each forward. Returns `module`, which is changed.

    >>> from nn import Linear
    >>> [key for key in weight_norm(Linear(2, 3)).state_dict()]
    ['bias', 'weight_g', 'weight_v']
    """
    hook = WeightNorm(name, dim)
    weight = attach(module, hook)
    setattr(module, name + "_g", Parameter(norm_except(weight.detach(), dim)))
    setattr(module, name + "_v", Parameter(weight.detach()))
    hook(module, ())
    return module


def remove_weight_norm(module: M, name: str = "weight") -> M:
    """Make `name` a Parameter again, with its present value. Raises SettingError if it has no weight norm."""
    weight = detach(module, WeightNorm, name).compute_weight(module).detach()
    for key in (name, name + "_g", name + "_v"):
        delattr(module, key)
    setattr(module, name, Parameter(weight))
    return module
