"""Pruning: a parameter times a mask of zeros and ones, computed anew before each forward.

A pruned parameter "weight" is kept as the Parameter "weight_orig" and the buffer "weight_mask"; "weight" itself is
their product. Pruning again prunes what is left. `remove` makes the product the Parameter.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy import ndarray as Array

from autograd import randperm
from autograd.errors import SettingError, ShapeError
from autograd.extend import array_of, spec_of, wrap
from autograd.later import later

from ..module import Module
from ..parameter import Parameter
from .reparametrize import WeightHook, _found, attach, detach


def _amount(amount: Any, size: int) -> int:
    """How many of `size` to prune: an int, or a share between 0 and 1."""
    if isinstance(amount, bool) or not isinstance(amount, (int, float)) or amount < 0:
        raise SettingError(f"prune: amount should be a non-negative int, or a float from 0 to 1, got {amount!r}")
    if isinstance(amount, float):
        if amount > 1:
            raise SettingError(f"prune: amount={amount} should be from 0 to 1, or an int")
        return round(amount * size)
    if amount > size:
        raise SettingError(f"prune: amount={amount} should be at most the number of parameters to prune, {size}")
    return amount


class _Mask(WeightHook):
    """The hook: `name` = `name`_orig * `name`_mask."""

    function = "prune"

    def __call__(self, module: Module, inputs: Any) -> None:
        setattr(module, self.name, getattr(module, f"{self.name}_orig") * getattr(module, f"{self.name}_mask"))


class BasePruningMethod:
    """A way to choose what to prune. A subclass defines `compute_mask(t, default_mask)`, which returns a new mask.

    PRUNING_TYPE   "unstructured": t holds what is left, as one vector; "structured": the Tensor without the slices that
                   are pruned already; "global": the whole Tensor
    """

    PRUNING_TYPE = "unstructured"

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """The mask for scores `t`, given the mask so far."""
        raise NotImplementedError(f"{type(self).__name__} must define compute_mask")

    def prune(self, t: Any, default_mask: Any = None, importance_scores: Any = None) -> Any:
        """`t` times the mask that is computed for it."""
        return t * self._mask(t if importance_scores is None else importance_scores, default_mask)

    def _mask(self, scores: Any, before: Any) -> Any:
        mask = np.ones(scores.shape, scores.dtype) if before is None else array_of(before).copy()
        values = wrap(np.array(array_of(scores)))
        if self.PRUNING_TYPE == "unstructured":
            left = mask == 1
            mask[left] = array_of(self.compute_mask(values[left], wrap(mask[left])))
            return wrap(mask)
        if self.PRUNING_TYPE == "structured":
            dim = getattr(self, "dim", 0) % mask.ndim
            left = mask.any(axis=tuple(d for d in range(mask.ndim) if d != dim))
            part = (slice(None),) * dim + (left,)
            mask[part] = array_of(self.compute_mask(values[part], wrap(mask[part])))
            return wrap(mask)
        return self.compute_mask(values, wrap(mask))

    @classmethod
    def apply(cls, module: Module, name: str, *args: Any, importance_scores: Any = None, **kwargs: Any) -> Any:
        """Prune the Parameter `name` of a module; the arguments are those of the class."""
        return apply_method(cls(*args, **kwargs), module, name, importance_scores)


def apply_method(method: BasePruningMethod, module: Module, name: str, importance_scores: Any = None) -> Any:
    """Prune the Parameter `name` of a module by a method that is made already."""
    found = _found(module, _Mask, name)
    scores = getattr(module, name) if importance_scores is None else importance_scores
    if tuple(scores.shape) != tuple(getattr(module, name).shape):
        raise ShapeError(
            f"prune: importance_scores should have the same shape as parameter {name}, {tuple(scores.shape)} and "
            f"{tuple(getattr(module, name).shape)}"
        )
    if found is None:
        mask = method._mask(scores, None)
        hook = _Mask(name)
        weight = attach(module, hook)
        module.register_parameter(f"{name}_orig", weight)
        module.register_buffer(f"{name}_mask", wrap(array_of(mask).astype(weight.dtype)))
    else:
        hook = found[1]
        before = getattr(module, f"{name}_mask")
        mask = method._mask(scores, before)
        module.register_buffer(f"{name}_mask", wrap(array_of(mask).astype(before.dtype)))
    hook(module, ())
    return method


class Identity(BasePruningMethod):
    """Prunes nothing."""

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        return default_mask


class RandomUnstructured(BasePruningMethod):
    """Prunes `amount` elements (a number, or a share) at random."""

    def __init__(self, amount: Any) -> None:
        self.amount = amount
        _amount(amount, 2**62)

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        mask = array_of(default_mask).copy()
        chosen = array_of(randperm(t.numel()))[: _amount(self.amount, t.numel())]
        mask.reshape(-1)[chosen] = 0
        return wrap(mask)


class L1Unstructured(RandomUnstructured):
    """Prunes the `amount` elements whose absolute values are smallest."""

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        mask = array_of(default_mask).copy()
        order = np.argsort(np.abs(array_of(t)).reshape(-1), kind="stable")
        mask.reshape(-1)[order[: _amount(self.amount, t.numel())]] = 0
        return wrap(mask)


class RandomStructured(BasePruningMethod):
    """Prunes `amount` slices along `dim` at random."""

    PRUNING_TYPE = "structured"

    def __init__(self, amount: Any, dim: int = -1) -> None:
        self.amount = amount
        self.dim = dim
        _amount(amount, 2**62)

    def _order(self, t: Array) -> Any:
        return array_of(randperm(t.shape[self.dim]))

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        values, mask = array_of(t), array_of(default_mask).copy()
        dim = self.dim % values.ndim
        chosen = self._order(values)[: _amount(self.amount, values.shape[dim])]
        mask[(slice(None),) * dim + (chosen,)] = 0
        return wrap(mask)


class LnStructured(RandomStructured):
    """Prunes the `amount` slices along `dim` whose n-norms are smallest."""

    def __init__(self, amount: Any, n: Any, dim: int = -1) -> None:
        super().__init__(amount, dim)
        self.n = n

    def _order(self, t: Array) -> Any:
        slices = np.moveaxis(t, self.dim, 0).reshape(t.shape[self.dim], -1)
        return np.argsort(np.linalg.norm(slices, None if self.n == "fro" else self.n, axis=1), kind="stable")


class CustomFromMask(BasePruningMethod):
    """Prunes where a given mask is 0."""

    PRUNING_TYPE = "global"

    def __init__(self, mask: Any) -> None:
        self.mask = mask

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        return wrap(array_of(default_mask) * array_of(self.mask).astype(spec_of(default_mask).dtype))


def identity(module: Module, name: str) -> Module:
    """Give the Parameter a mask of ones."""
    Identity.apply(module, name)
    return module


def random_unstructured(module: Module, name: str, amount: Any) -> Module:
    """Prune `amount` elements at random: a number, or a share of what is left."""
    RandomUnstructured.apply(module, name, amount)
    return module


def l1_unstructured(module: Module, name: str, amount: Any, importance_scores: Any = None) -> Module:
    """Prune the elements whose absolute values (or scores) are smallest."""
    L1Unstructured.apply(module, name, amount, importance_scores=importance_scores)
    return module


def random_structured(module: Module, name: str, amount: Any, dim: int) -> Module:
    """Prune slices along `dim` at random."""
    RandomStructured.apply(module, name, amount, dim)
    return module


def ln_structured(module: Module, name: str, amount: Any, n: Any, dim: int, importance_scores: Any = None) -> Module:
    """Prune the slices along `dim` whose n-norms are smallest."""
    LnStructured.apply(module, name, amount, n, dim, importance_scores=importance_scores)
    return module


def custom_from_mask(module: Module, name: str, mask: Any) -> Module:
    """Prune where `mask` is 0."""
    CustomFromMask.apply(module, name, mask)
    return module


def global_unstructured(
    parameters: Iterable[tuple[Module, str]], pruning_method: Any, importance_scores: Any = None, **kwargs: Any
) -> None:
    """Prune several parameters, as (module, name), together: as if they were one vector.

    pruning_method      an unstructured one, as a class, with its arguments in `kwargs`
    importance_scores   {(module, name): scores}; default: the values
    """
    pairs = list(parameters)
    given = importance_scores or {}
    scores = [array_of(given.get(pair, getattr(*pair))) for pair in pairs]
    masks = [
        array_of(getattr(module, f"{name}_mask", np.ones_like(part)))
        for (module, name), part in zip(pairs, scores, strict=True)
    ]
    flat, before = (np.concatenate([part.reshape(-1) for part in parts]) for parts in (scores, masks))
    method = pruning_method(**kwargs)
    if method.PRUNING_TYPE != "unstructured":
        raise SettingError(f"global_unstructured: wanted an unstructured method, got {method.PRUNING_TYPE}")
    mask = array_of(method._mask(wrap(flat), wrap(before)))
    start = 0
    for (module, name), part in zip(pairs, scores, strict=True):
        custom_from_mask(module, name, wrap(mask[start : start + part.size].reshape(part.shape)))
        start += part.size


def remove(module: Module, name: str) -> Module:
    """Make the pruned value the Parameter again; what was pruned stays 0."""
    hook = detach(module, _Mask, name)
    hook(module, ())
    value = getattr(module, name)
    weight = getattr(module, f"{name}_orig")
    weight.data = np.array(array_of(value))
    delattr(module, name)
    delattr(module, f"{name}_orig")
    delattr(module, f"{name}_mask")
    module.register_parameter(name, weight if isinstance(weight, Parameter) else Parameter(weight))
    return module


def is_pruned(module: Module) -> bool:
    """Has some parameter of `module`, or of a module in it, a mask?"""
    return any(
        name.endswith("_mask") and hasattr(part, f"{name[:-5]}_orig")
        for part in module.modules()
        for name, _ in part.named_buffers(recurse=False)
    )


later(__name__)
