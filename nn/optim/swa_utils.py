"""Averages of a model's parameters over training, which often generalise better than its last ones.

Stochastic weight averaging: Izmailov et al. 2018, "Averaging weights leads to wider optima and better generalization".
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterable
from typing import Any

import autograd
from autograd import Tensor
from autograd.errors import SettingError
from autograd.later import later

from ..layers.norm import _BatchNorm
from ..module import Module
from .lr_scheduler import LRScheduler

Average = Callable[[Tensor, Tensor, Any], Tensor]


def get_swa_avg_fn() -> Average:
    """The rule of the equal average: a + (x - a) / (n + 1)."""

    @autograd.no_grad()
    def swa_update(averaged_param: Tensor, current_param: Tensor, num_averaged: Any) -> Tensor:
        return averaged_param + (current_param - averaged_param) / (num_averaged + 1)

    return swa_update


def get_ema_avg_fn(decay: float = 0.999) -> Average:
    """The rule of the exponential moving average: decay * a + (1 - decay) * x."""
    if not 0.0 <= decay <= 1.0:
        raise SettingError(f"Invalid decay value {decay} provided. Please provide a value in [0,1] range.")

    @autograd.no_grad()
    def ema_update(ema_param: Tensor, current_param: Tensor, num_averaged: Any) -> Tensor:
        return decay * ema_param + (1 - decay) * current_param

    return ema_update


def get_swa_multi_avg_fn() -> Callable[[list[Tensor], list[Tensor], Any], None]:
    """`get_swa_avg_fn` for lists of Tensors, the first of which are written to."""
    return _for_lists(get_swa_avg_fn())


def get_ema_multi_avg_fn(decay: float = 0.999) -> Callable[[list[Tensor], list[Tensor], Any], None]:
    """`get_ema_avg_fn` for lists of Tensors, the first of which are written to."""
    return _for_lists(get_ema_avg_fn(decay))


def _for_lists(rule: Average) -> Callable[[list[Tensor], list[Tensor], Any], None]:
    @autograd.no_grad()
    def update(averaged_param_list: list[Tensor], current_param_list: list[Tensor], num_averaged: Any) -> None:
        for average, current in zip(averaged_param_list, current_param_list, strict=True):
            average.copy_(rule(average, current, num_averaged))

    return update


class AveragedModel(Module):
    """A copy of `model` whose parameters are averages: call `update_parameters(model)` after steps.

    avg_fn        (average, current, how many so far) -> the new average; default: the equal average
    multi_avg_fn  the same for lists of averages and current ones, which it writes into the averages; comes first
    use_buffers   average buffers, too; else they are copied from the model at each update

    module        the copy; calling the AveragedModel calls it
    n_averaged    how many models are in the average: a buffer
    """

    def __init__(
        self,
        model: Module,
        device: Any = None,
        avg_fn: Average | None = None,
        multi_avg_fn: Callable[[list[Tensor], list[Tensor], Any], None] | None = None,
        use_buffers: bool = False,
    ) -> None:
        super().__init__()
        self.module = copy.deepcopy(model)
        if device is not None:
            self.module.to(device)
        self.register_buffer("n_averaged", autograd.tensor(0))
        self.avg_fn = avg_fn or get_swa_avg_fn()
        self.multi_avg_fn = multi_avg_fn
        self.use_buffers = use_buffers

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Call the averaged copy."""
        return self.module(*args, **kwargs)

    @autograd.no_grad()
    def update_parameters(self, model: Module) -> None:
        """Take the present parameters of `model` into the average."""
        own, other = self._averaged(self.module), self._averaged(model)
        count: Any = self.n_averaged
        if self.multi_avg_fn is not None and int(count):
            self.multi_avg_fn([x.detach() for x in own], [x.detach() for x in other], count)
            own = other = []
        for average, current in zip(own, other, strict=True):
            new = current if int(count) == 0 else self.avg_fn(average.detach(), current.detach(), count)
            average.copy_(new)
        if not self.use_buffers:
            for copied, buffer in zip(self.module.buffers(), model.buffers(), strict=True):
                copied.copy_(buffer)
        count += 1

    def _averaged(self, model: Module) -> list[Any]:
        buffers: Iterable[Any] = model.buffers() if self.use_buffers else ()
        return [*model.parameters(), *buffers]


@autograd.no_grad()
def update_bn(loader: Iterable[Any], model: Module, device: Any = None) -> None:
    """Compute the running statistics of all batch norms anew, as plain averages over the batches of `loader`.

    A batch is an input, or a tuple or list that begins with one. Averaged weights need statistics of their own.
    """
    norms = [module for module in model.modules() if isinstance(module, _BatchNorm)]
    if not norms:
        return
    momenta = [norm.momentum for norm in norms]
    training = model.training
    model.train()
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None
    try:
        for batch in loader:
            x = batch[0] if isinstance(batch, (tuple, list)) else batch
            model(x if device is None else x.to(device))
    finally:
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
        model.train(training)


class SWALR(LRScheduler):
    """Anneals the learning rate of each group to `swa_lr` in `anneal_epochs` steps, and keeps it there.

    anneal_strategy   "cos": along half a cosine; "linear"
    """

    def __init__(
        self,
        optimizer: Any,
        swa_lr: Any,
        anneal_epochs: int = 10,
        anneal_strategy: str = "cos",
        last_epoch: int = -1,
    ) -> None:
        if anneal_strategy not in ("cos", "linear"):
            raise SettingError(f"anneal_strategy must by one of 'cos' or 'linear', got {anneal_strategy}")
        if not isinstance(anneal_epochs, int) or anneal_epochs < 0:
            raise SettingError(f"anneal_epochs must be equal or greater than 0, got {anneal_epochs}")
        groups = optimizer.param_groups
        rates = list(swa_lr) if isinstance(swa_lr, (list, tuple)) else [swa_lr] * len(groups)
        if len(rates) != len(groups):
            raise SettingError(f"SWALR: wanted a swa_lr for each of {len(groups)} groups, got {len(rates)}")
        self.swa_lrs = [float(rate) for rate in rates]
        self.anneal_epochs = anneal_epochs
        self.anneal_strategy = anneal_strategy
        super().__init__(optimizer, last_epoch)

    def _share(self, step: int) -> float:
        """How far the way from the first rate to swa_lr has been gone."""
        t = min(1.0, max(0.0, step / max(1, self.anneal_epochs)))
        if self.anneal_epochs == 0:
            return 1.0
        return (1 - math.cos(math.pi * t)) / 2 if self.anneal_strategy == "cos" else t

    def get_lr(self) -> list[float]:
        """The rates of this step, from those of the last one."""
        before, now = self._share(self.last_epoch - 1), self._share(self.last_epoch)
        rates = [group["lr"] for group in self.optimizer.param_groups]
        if before == 1:
            return self.swa_lrs
        first = [(rate - before * goal) / (1 - before) for rate, goal in zip(rates, self.swa_lrs, strict=True)]
        return [now * goal + (1 - now) * rate for goal, rate in zip(self.swa_lrs, first, strict=True)]


later(__name__)
