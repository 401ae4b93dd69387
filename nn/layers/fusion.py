"""What a Sequential runs in one go: batch norm with the ReLU and the max pooling behind it.

Which operations go together, and in which cases, is declared beside the fused one (`autograd.ops.fused`). A Sequential
looks ahead, so that the values between are never written; `F.relu(self.bn(x))` in a `forward` looks back, if nobody
else has the value between (`autograd.fast.runs`), by the ways that are listed at the end of this file.

User code does not change and sees no difference but speed and the tape, which shows one operation for the run. Only
layers of exactly these classes are taken together, with settings that the fused operation has, without hooks, and
only while inputs are such that it pays; in every other case each layer is called as usual, at the moment that matters.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd import Tensor, is_anomaly_enabled
from autograd.errors import AutogradError
from autograd.extend import Way, apply, registry, spec_of, ways
from autograd.ops.activation import relu as relus
from autograd.ops.pool import max_pool

from .. import functional as F
from ..functional.norm import batch_norm_relu
from ..functional.pool import maxima
from ..hooks import FIRST_CALL, Hooks, call_hooked, first_call
from ..module import Module
from .activation import ReLU
from .norm import BatchNorm1d, BatchNorm2d
from .pool import MaxPool2d

Window = tuple[int, ...]


def joined(modules: tuple[Any, ...]) -> list[Any]:
    """The modules, with runs of them in place of those that can be fused."""
    steps: list[Any] = []
    index = 0
    while index < len(modules):
        length = _length(modules[index : index + 3])
        steps.append(modules[index] if length == 1 else Run(*modules[index : index + length]))
        index += length
    return steps


OPERATIONS = {BatchNorm1d: "normalise", BatchNorm2d: "normalise", ReLU: "relu", MaxPool2d: "max_pool"}
"""What layers compute by. Which of these go together is said by the operations (`autograd.op.Run`)."""


def _length(modules: tuple[Any, ...]) -> int:
    """How many of these layers, from the first on, are one operation."""
    names = [OPERATIONS.get(type(module)) for module in modules]
    length, name = 1, names[0]
    while length < len(names) and name is not None and (following := names[length]) is not None:
        run = (registry[following].runs or {}).get(name)
        if run is None:
            break
        length, name = length + 1, run.op.name
    return length


class Run:
    """Batch norm, ReLU and perhaps max pooling that follow one another."""

    def __init__(self, norm: Any, relu: ReLU, pool: MaxPool2d | None = None) -> None:
        self.norm = norm
        self.modules: tuple[Module, ...] = (norm, relu) if pool is None else (norm, relu, pool)
        self.pool = pool
        self.when = (relus.runs or {})[OPERATIONS[type(norm)]].when

    def __call__(self, x: Any) -> Any:
        if self._fits(x) and not is_anomaly_enabled():
            pool = self.pool
            window = _window(pool, x) if pool is not None and _free(pool) else None
            z = self.norm._by(batch_norm_relu, x, window=window)
            return z if pool is None or window is not None else pool(z)
        for module in self.modules:
            x = module(x)
        return x

    def _fits(self, x: Any) -> bool:
        """Are input and settings such that fusing is right, and pays? Whatever is wrong, the layers themselves say."""
        norm = self.norm
        if x.__class__ is not Tensor or not _free(norm) or not _free(self.modules[1]) or x.ndim not in norm._ndims:
            return False
        w, b, mean, var = (
            None if p is None else spec_of(p) for p in (norm.weight, norm.bias, norm.running_mean, norm.running_var)
        )
        array = spec_of(x)
        if not self.when({"x": array, "w": w, "b": b}):
            return False
        if any(p is not None and (p.shape != array.shape[1:2] or p.dtype != array.dtype) for p in (mean, var)):
            return False
        if norm.training or mean is None:
            return bool(array.size > array.shape[1])
        return var is not None


def _free(module: Any) -> bool:
    """Would calling the module do nothing but run its class's `forward`?"""
    hooks = module._hooks
    if hooks is not None and hooks is not FIRST_CALL and _any(hooks):
        return False
    return "forward" not in module.__dict__


def _any(hooks: Hooks) -> bool:
    return bool(hooks.forward_pre or hooks.forward or hooks.backward_pre or hooks.backward)


def _window(pool: MaxPool2d, x: Any) -> Window | None:
    """The window of a pooling layer, if it is one that the fused operation has; else None."""
    try:
        windows = maxima.max_windows("max_pool2d", 2, x, *pool._settings()[:-1])
    except (AutogradError, TypeError, ValueError):
        return None
    run = (max_pool.runs or {})["batch_norm_relu"]
    fits = not pool.return_indices and run.when({"x": spec_of(x), "windows": windows})
    return windows.size if fits else None


# ------------------------------------------------------------------------------------ ways to the operations themselves


def _by(new: Callable[[], Any], *functions: Any, pooling: bool = False) -> None:
    """Note a way: new() is what a user calls. Each call is written out as there, where no variable has its argument."""

    def passed(make: Callable[[], Any]) -> None:
        call = new()
        if call is F.max_pool2d:
            call(make(), 2)
        else:
            call(make())

    def held(make: Callable[[], Any]) -> None:
        call, value = new(), make()
        if call is F.max_pool2d:
            call(value, 2)
        else:
            call(value)

    ways.append(Way("max_pool" if pooling else "relu", passed, held, functions))


def _called(layer: Module) -> Module:
    """A layer that has been called before."""
    layer._hooks = None
    return layer


_MODULE = (Module.__call__, call_hooked, first_call)
_POOL = (F.max_pool2d, maxima._max_pool, maxima._picked, apply)
_by(lambda: F.relu, F.relu)
_by(ReLU, ReLU.forward, *_MODULE)
_by(lambda: _called(ReLU()), ReLU.forward, *_MODULE)
_by(lambda: F.max_pool2d, *_POOL, pooling=True)
_by(lambda: MaxPool2d(2), MaxPool2d.forward, *_POOL, *_MODULE, pooling=True)
_by(lambda: _called(MaxPool2d(2)), MaxPool2d.forward, *_POOL, *_MODULE, pooling=True)
