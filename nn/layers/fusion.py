"""What a Sequential runs in one go: batch norm with the ReLU and the max pooling behind it.

User code does not change and sees no difference but speed and the tape, which shows one operation for the run. Only
layers of exactly these classes are taken together, with settings that the fused operation has, without hooks, and
only while inputs are such that it pays; in every other case each layer is called as usual, at the moment that matters.
"""

from __future__ import annotations

import math
from typing import Any

from autograd import Tensor, is_anomaly_enabled
from autograd.extend import array_of, shape_of
from autograd.ops.fused import worthwhile

from ..functional.norm import batch_norm_relu
from ..hooks import FIRST_CALL, Hooks
from ..module import Module
from .activation import ReLU
from .norm import BatchNorm1d, BatchNorm2d
from .pool import MaxPool2d

Window = tuple[int, int]


class Steps:
    """What is called one after the other for a row of modules: modules, and runs of them.

    modules   the row that this was made for: if it is another one by now, so must be the steps. Empty if one of them
              is lazy, and after its first call a layer of another class: then the next call makes new steps
    """

    def __init__(self, modules: tuple[Any, ...] = ()) -> None:
        self.modules = () if any(getattr(module, "cls_to_become", None) for module in modules) else modules
        self.steps = tuple(_joined(modules))


def _joined(modules: tuple[Any, ...]) -> list[Any]:
    """The modules, with runs of them in place of those that can be fused."""
    steps: list[Any] = []
    index = 0
    while index < len(modules):
        kinds = [type(module) for module in modules[index : index + 3]]
        length = 1
        if kinds[:2] in ([BatchNorm1d, ReLU], [BatchNorm2d, ReLU]):
            length = 3 if kinds == [BatchNorm2d, ReLU, MaxPool2d] else 2
        steps.append(modules[index] if length == 1 else Run(*modules[index : index + length]))
        index += length
    return steps


class Run:
    """Batch norm, ReLU and perhaps max pooling that follow one another."""

    def __init__(self, norm: Any, relu: ReLU, pool: MaxPool2d | None = None) -> None:
        self.norm = norm
        self.modules: tuple[Module, ...] = (norm, relu) if pool is None else (norm, relu, pool)
        self.pool = pool

    def __call__(self, x: Any) -> Any:
        if self._fits(x) and not is_anomaly_enabled():
            pool = self.pool
            window = _window(pool, shape_of(x)) if pool is not None and _free(pool) else None
            z = self.norm._by(batch_norm_relu, x, window=window)
            return z if pool is None or window is not None else pool(z)
        for module in self.modules:
            x = module(x)
        return x

    def _fits(self, x: Any) -> bool:
        """Are input and settings such that fusing is right, and pays? Whatever is wrong, the layers themselves say."""
        norm = self.norm
        if type(x) is not Tensor or not _free(norm) or not _free(self.modules[1]):
            return False
        array = array_of(x)
        shape, dtype = array.shape, array.dtype
        if not worthwhile(array) or len(shape) not in norm._ndims:
            return False
        vectors = (norm.weight, norm.bias, norm.running_mean, norm.running_var)
        size = shape[1:2]
        for vector in vectors:
            if vector is not None and (shape_of(vector) != size or vector.dtype != dtype):
                return False
        if norm.training or norm.running_mean is None:
            return bool(array.size > size[0])
        return norm.running_var is not None


def _free(module: Any) -> bool:
    """Would calling the module do nothing but run its class's `forward`?"""
    hooks = module._hooks
    if hooks is not None and hooks is not FIRST_CALL and _any(hooks):
        return False
    return "forward" not in module.__dict__


def _any(hooks: Hooks) -> bool:
    return bool(hooks.forward_pre or hooks.forward or hooks.backward_pre or hooks.backward)


def _window(pool: MaxPool2d, shape: tuple[int, ...]) -> Window | None:
    """The window of a pooling layer, if it is one that the fused operation has; else None."""
    size = _pair(pool.kernel_size)
    # shortcut: every setting of the layer is what the fused operation has: windows side by side, each inside, few
    # elements
    if size is None or _pair(pool.stride) != size or _pair(pool.padding) != (0, 0) or _pair(pool.dilation) != (1, 1):
        return None
    if pool.ceil_mode or pool.return_indices or min(size) < 1 or math.prod(size) > 255:
        return None
    return size if size[0] <= shape[2] and size[1] <= shape[3] else None


def _pair(value: Any) -> Window | None:
    """A setting as two numbers, if it is an int or a tuple of two."""
    if type(value) is int:
        return value, value
    if type(value) is tuple and len(value) == 2 and type(value[0]) is type(value[1]) is int:
        return value
    return None
