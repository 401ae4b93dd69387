"""Learning rate schedules: each `step()` sets the learning rates of an optimiser's groups.

Call `scheduler.step()` after `optimizer.step()`, once per epoch (or per batch, for those that say so).

Most schedules compute a rate from the previous one, so that several can act on one optimiser at the same time.
"""

from __future__ import annotations

import importlib
import math
import warnings
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal

from autograd import Tensor, no_grad
from autograd.errors import SettingError

from .optimizer import Group, Optimizer

_EPOCH = (
    "The epoch parameter in `scheduler.step()` was not necessary and is being deprecated where possible. Please use "
    "`scheduler.step()` to step the scheduler."
)


def _copied(lr: Any) -> Any:
    """A rate that stays what it is: a copy, if it is a Tensor."""
    return lr.detach().clone() if isinstance(lr, Tensor) else lr


def _put(group: Group, lr: Any) -> None:
    """Set a rate. A Tensor stays the Tensor that it is, since the program may hold it, and is written to."""
    if isinstance(group["lr"], Tensor):
        with no_grad():
            group["lr"].fill_(float(lr))
    else:
        group["lr"] = float(lr) if isinstance(lr, Tensor) else lr


class LRScheduler:
    """Base class. A subclass defines `get_lr`: the rates at `self.last_epoch`, from those that the groups have now.

    last_epoch   number of steps done so far; -1 starts afresh, else the groups need an "initial_lr"
    base_lrs     the initial rates, one per group
    """

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"{type(optimizer).__name__} is not an Optimizer")
        self.optimizer = optimizer
        for index, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", _copied(group["lr"]))
            elif "initial_lr" not in group:
                raise KeyError(
                    f"param 'initial_lr' is not specified in param_groups[{index}] when resuming scheduler with "
                    f"last_epoch >= 0"
                )
        self.base_lrs: list[float] = [_copied(group["initial_lr"]) for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self._step_count = 0
        self._last_lr: list[float] = []
        self._is_initial = True
        self.step()
        self._is_initial = False

    @property
    def rates(self) -> list[float]:
        """The rates that the groups have now."""
        return [_copied(group["lr"]) for group in self.optimizer.param_groups]

    def get_lr(self) -> list[float]:
        """The rates at `last_epoch`, one per group."""
        raise NotImplementedError(f"{type(self).__name__} must define get_lr")

    def get_last_lr(self) -> list[float]:
        """The rates that the last step set, one per group."""
        return self._last_lr

    def step(self, epoch: int | None = None) -> None:
        """Go on by one and set the rates. With `epoch`, a deprecated argument, go there."""
        self._warn_of_order()
        self._step_count += 1
        if epoch is None:
            self.last_epoch += 1
            self._set(self.get_lr())
        else:
            warnings.warn(_EPOCH, UserWarning, stacklevel=2)
            self.last_epoch = epoch
            self._set(self._at(epoch) or self.get_lr())

    def _at(self, epoch: int) -> list[float] | None:
        """The rates at any time, from the initial rates alone; None if there is no formula for them."""
        factor = self._factor(epoch)
        return None if factor is None else [base * factor for base in self.base_lrs]

    def _factor(self, epoch: int) -> float | None:
        """What the initial rates are multiplied by at some time."""
        return None

    def _warn_of_order(self) -> None:
        if self._step_count == 1 and self.optimizer.steps == 0:
            warnings.warn(
                "Detected call of `lr_scheduler.step()` before `optimizer.step()`. Call them in the opposite order: "
                "`optimizer.step()` before `lr_scheduler.step()`, else the first value of the schedule is skipped.",
                stacklevel=3,
            )

    def _set(self, rates: Sequence[float]) -> None:
        for group, lr in zip(self.optimizer.param_groups, rates, strict=True):
            _put(group, lr)
        self._last_lr = self.rates

    def _begin(self) -> None:
        """Start as if the optimiser had its initial rates, whatever it has now (for SequentialLR)."""
        self.last_epoch = 0
        if self.from_base:
            for group, lr in zip(self.optimizer.param_groups, self.base_lrs, strict=True):
                _put(group, lr)
        self._set(self.get_lr())

    from_base = True  # False: the first rate of the schedule is not defined by `base_lrs`

    _kept_out: tuple[str, ...] = ("optimizer",)

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimiser and functions."""
        return {k: v for k, v in self.__dict__.items() if k not in self._kept_out and not callable(v)}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what `state_dict()` returned."""
        self.__dict__.update(state_dict)


# ------------------------------------------------------------------------------------------------- given functions


class _Lambdas(LRScheduler):
    def __init__(self, optimizer: Optimizer, lr_lambda: Any, last_epoch: int = -1) -> None:
        count = len(optimizer.param_groups)
        self.lr_lambdas: list[Callable[[int], float]] = (
            list(lr_lambda) if isinstance(lr_lambda, (list, tuple)) else [lr_lambda] * count
        )
        if not all(map(callable, self.lr_lambdas)):
            raise TypeError(f"{type(self).__name__}: lr_lambda should be a function of the epoch, got {lr_lambda!r}")
        if len(self.lr_lambdas) != count:
            raise SettingError(f"Expected {count} lr_lambdas, but got {len(self.lr_lambdas)}")
        super().__init__(optimizer, last_epoch)

    _kept_out = ("optimizer", "lr_lambdas")

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimiser and functions; of callable objects, their attributes."""
        state = super().state_dict()
        state["lr_lambdas"] = [
            dict(f.__dict__) if hasattr(f, "__dict__") and not hasattr(f, "__code__") else None for f in self.lr_lambdas
        ]
        return state

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what `state_dict()` returned."""
        self.__dict__.update({k: v for k, v in state_dict.items() if k != "lr_lambdas"})
        for f, state in zip(self.lr_lambdas, state_dict["lr_lambdas"], strict=True):
            if state is not None:
                f.__dict__.update(state)


class LambdaLR(_Lambdas):
    """lr(t) = initial lr * lr_lambda(t); one function, or a list with one per group."""

    def get_lr(self) -> list[float]:
        return [base * f(self.last_epoch) for base, f in zip(self.base_lrs, self.lr_lambdas, strict=True)]


class MultiplicativeLR(_Lambdas):
    """lr(t) = lr(t - 1) * lr_lambda(t); one function, or a list with one per group."""

    from_base = False

    def get_lr(self) -> list[float]:
        if self._is_initial:
            return self.rates
        return [lr * f(self.last_epoch) for lr, f in zip(self.rates, self.lr_lambdas, strict=True)]


# ----------------------------------------------------------------------------------------------------------- steps


class StepLR(LRScheduler):
    """Multiplied by `gamma` every `step_size` steps."""

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1) -> None:
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        if self.last_epoch == 0 or self.last_epoch % self.step_size != 0:
            return self.rates
        return [lr * self.gamma for lr in self.rates]

    def _factor(self, epoch: int) -> float:
        return float(self.gamma ** (epoch // self.step_size))


class MultiStepLR(LRScheduler):
    """Multiplied by `gamma` at each of the `milestones`; one that is listed twice counts twice."""

    def __init__(
        self, optimizer: Optimizer, milestones: Iterable[int], gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        if not isinstance(milestones, Iterable):
            raise TypeError(f"MultiStepLR: milestones should be a list of epochs such as [30, 80], got {milestones!r}")
        self.milestones = Counter(milestones)
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        times = self.milestones.get(self.last_epoch, 0)
        return [lr * self.gamma**times for lr in self.rates] if times else self.rates

    def _factor(self, epoch: int) -> float:
        return float(self.gamma ** bisect_right(sorted(self.milestones.elements()), epoch))


class ConstantLR(LRScheduler):
    """Multiplied by `factor` during the first `total_iters` steps."""

    def __init__(
        self, optimizer: Optimizer, factor: float = 1.0 / 3, total_iters: int = 5, last_epoch: int = -1
    ) -> None:
        if not 0 <= factor <= 1:
            raise SettingError("Constant multiplicative factor expected to be between 0 and 1.")
        self.factor = factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        if self.last_epoch == 0:
            return [lr * self.factor for lr in self.rates]
        return [lr / self.factor for lr in self.rates] if self.last_epoch == self.total_iters else self.rates

    def _factor(self, epoch: int) -> float:
        return self.factor if epoch < self.total_iters else 1.0


class LinearLR(LRScheduler):
    """Multiplied by a factor that goes from `start_factor` to `end_factor` in `total_iters` equal steps."""

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1.0 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        if not 0 < start_factor <= 1:
            raise SettingError("Starting multiplicative factor expected to be greater than 0 and less or equal to 1.")
        if not 0 <= end_factor <= 1:
            raise SettingError("Ending multiplicative factor expected to be between 0 and 1.")
        self.start_factor = start_factor
        self.end_factor = end_factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        if self.last_epoch == 0:
            return [lr * self.start_factor for lr in self.rates]
        if self._is_initial or self.last_epoch > self.total_iters:
            return self.rates
        rise = self.end_factor - self.start_factor
        factor = 1 + rise / (self.total_iters * self.start_factor + (self.last_epoch - 1) * rise)
        return [lr * factor for lr in self.rates]

    def _factor(self, epoch: int) -> float:
        return (
            self.start_factor + (self.end_factor - self.start_factor) * min(self.total_iters, epoch) / self.total_iters
        )


class ExponentialLR(LRScheduler):
    """Multiplied by `gamma` at each step."""

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        return self.rates if self._is_initial or self.last_epoch == 0 else [lr * self.gamma for lr in self.rates]

    def _factor(self, epoch: int) -> float:
        return float(self.gamma**epoch)


class PolynomialLR(LRScheduler):
    """lr(t) = initial lr * (1 - t / total_iters) ** power, then 0."""

    def __init__(self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0, last_epoch: int = -1) -> None:
        self.total_iters = total_iters
        self.power = power
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        t = self.last_epoch
        if self._is_initial or t == 0 or t > self.total_iters:
            return self.rates
        factor = ((1 - t / self.total_iters) / (1 - (t - 1) / self.total_iters)) ** self.power
        return [lr * factor for lr in self.rates]

    def _factor(self, epoch: int) -> float:
        return float((1 - min(self.total_iters, epoch) / self.total_iters) ** self.power)


# ---------------------------------------------------------------------------------------------------------- cosines


class CosineAnnealingLR(LRScheduler):
    """From the initial rate down to `eta_min` in T_max steps along half a cosine (and up again, if it goes on).

    Loshchilov & Hutter 2017.
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1) -> None:
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        t, T = self.last_epoch, self.T_max
        if self._is_initial or t == 0:
            return self.rates
        if (t - 1 - T) % (2 * T) == 0:  # from the bottom, where the ratio below would be 0 / 0
            rise = (1 - math.cos(math.pi / T)) / 2
            return [lr + (base - self.eta_min) * rise for base, lr in zip(self.base_lrs, self.rates, strict=True)]
        ratio = (1 + math.cos(math.pi * t / T)) / (1 + math.cos(math.pi * (t - 1) / T))
        return [ratio * (lr - self.eta_min) + self.eta_min for lr in self.rates]

    def _at(self, epoch: int) -> list[float]:
        height = (1 + math.cos(math.pi * epoch / self.T_max)) / 2
        return [self.eta_min + (base - self.eta_min) * height for base in self.base_lrs]


class CosineAnnealingWarmRestarts(LRScheduler):
    """Down to `eta_min` along half a cosine, then from the top again; the period is T_0, then T_mult times as long.

    Loshchilov & Hutter 2017. `step(epoch)` takes fractions: epoch + batch / batches.
    """

    def __init__(
        self, optimizer: Optimizer, T_0: int, T_mult: int = 1, eta_min: float = 0.0, last_epoch: int = -1
    ) -> None:
        if T_0 <= 0 or not isinstance(T_0, int):
            raise SettingError(f"Expected positive integer T_0, but got {T_0}")
        if T_mult < 1 or not isinstance(T_mult, int):
            raise SettingError(f"Expected integer T_mult >= 1, but got {T_mult}")
        self.T_0 = T_0
        self.T_i = T_0
        self.T_mult = T_mult
        self.eta_min = eta_min
        self.T_cur: float = last_epoch
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        height = (1 + math.cos(math.pi * self.T_cur / self.T_i)) / 2
        return [self.eta_min + (base - self.eta_min) * height for base in self.base_lrs]

    def step(self, epoch: float | None = None) -> None:
        """Go on by one, or to `epoch`, and set the rates."""
        self._warn_of_order()
        self._step_count += 1
        if epoch is None and self.last_epoch >= 0:
            self.last_epoch += 1
            self.T_cur += 1
            if self.T_cur >= self.T_i:
                self.T_cur %= self.T_i
                self.T_i *= self.T_mult
        else:
            epoch = 0 if epoch is None else epoch
            if epoch < 0:
                raise SettingError(f"Expected non-negative epoch, but got {epoch}")
            self._go_to(epoch)
        self._set(self.get_lr())

    def _go_to(self, epoch: float) -> None:
        self.T_i, self.T_cur = self.T_0, epoch
        if epoch >= self.T_0 and self.T_mult == 1:
            self.T_cur = epoch % self.T_0
        elif epoch >= self.T_0:
            periods = int(math.log(epoch / self.T_0 * (self.T_mult - 1) + 1, self.T_mult))
            self.T_cur = epoch - self.T_0 * (self.T_mult**periods - 1) / (self.T_mult - 1)
            self.T_i = self.T_0 * self.T_mult**periods
        self.last_epoch = math.floor(epoch)

    def _begin(self) -> None:
        self._go_to(0)
        self._set(self.get_lr())


# -------------------------------------------------------------------------------------------------- rise and fall


def _per_group(name: str, value: Any, optimizer: Optimizer) -> list[float]:
    groups = optimizer.param_groups
    if isinstance(value, (list, tuple)):
        if len(value) != len(groups):
            raise SettingError(f"expected {len(groups)} values for {name}, got {len(value)}")
        return list(value)
    return [value] * len(groups)


def _momentum_of(group: Group) -> float:
    return float(group["betas"][0] if "betas" in group else group["momentum"])


def _set_momentum(group: Group, momentum: float) -> None:
    if "betas" in group:
        group["betas"] = (momentum, *group["betas"][1:])
    else:
        group["momentum"] = momentum


class OneCycleLR(LRScheduler):
    """Up from max_lr / div_factor to max_lr, then down to that / final_div_factor. Step after every batch.

    total_steps       length of the cycle; or give `epochs` and `steps_per_epoch`
    pct_start         share of the cycle that rises
    anneal_strategy   "cos" or "linear"
    cycle_momentum    let the momentum (or the first beta) fall and rise in the opposite direction
    three_phase       fall back symmetrically first, then to the end
    Smith & Topin 2019.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | list[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: Literal["cos", "linear"] = "cos",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.85,
        max_momentum: float | list[float] = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        if total_steps is None:
            if epochs is None or steps_per_epoch is None:
                raise SettingError("You must define either total_steps OR (epochs AND steps_per_epoch)")
            total_steps = epochs * steps_per_epoch
        if total_steps <= 0 or not isinstance(total_steps, int):
            raise SettingError(f"Expected positive integer total_steps, but got {total_steps}")
        if not 0 <= pct_start <= 1:
            raise SettingError(f"Expected float between 0 and 1 pct_start, but got {pct_start}")
        if anneal_strategy not in ("cos", "linear"):
            raise SettingError(f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}")
        self.total_steps = total_steps
        self.anneal_strategy = anneal_strategy
        self.cycle_momentum = cycle_momentum
        # (last step, rate from, to, momentum from, to), the latter four by their names in the groups
        fall = ("max_lr", "initial_lr", "base_momentum", "max_momentum")
        rise = ("initial_lr", "max_lr", "max_momentum", "base_momentum")
        end = float(total_steps - 1)
        if three_phase:
            last = ("initial_lr", "min_lr", "max_momentum", "max_momentum")
            middle = 2 * pct_start * total_steps - 2
            self._phases = [(pct_start * total_steps - 1, rise), (middle, fall), (end, last)]
        else:
            down = ("max_lr", "min_lr", "base_momentum", "max_momentum")
            self._phases = [(pct_start * total_steps - 1, rise), (end, down)]
        peaks = _per_group("max_lr", max_lr, optimizer)
        lows = _per_group("base_momentum", base_momentum, optimizer)
        highs = _per_group("max_momentum", max_momentum, optimizer)
        for group, peak, low, high in zip(optimizer.param_groups, peaks, lows, highs, strict=True):
            first = peak / div_factor
            ends = {"max_lr": peak, "min_lr": first / final_div_factor}
            if cycle_momentum:
                ends |= {"base_momentum": low, "max_momentum": high}
            if cycle_momentum and "momentum" not in group and "betas" not in group:
                raise SettingError("optimizer must support momentum or beta1 with `cycle_momentum` option enabled")
            if last_epoch == -1:
                group |= {"initial_lr": first, **ends}
                if cycle_momentum:
                    _set_momentum(group, high)
            for name, value in ends.items():  # of a cycle that goes on they came with the optimiser's state
                group.setdefault(name, value)
        super().__init__(optimizer, last_epoch)

    def _anneal(self, start: float, end: float, share: float) -> float:
        if self.anneal_strategy == "linear":
            return (end - start) * share + start
        return end + (start - end) / 2.0 * (1 + math.cos(math.pi * share))

    def get_lr(self) -> list[float]:
        t = self.last_epoch
        if t > self.total_steps:
            raise SettingError(f"Tried to step {t} times. The specified number of total steps is {self.total_steps}")
        rates = []
        for group in self.optimizer.param_groups:
            start = 0.0
            for index, (end, (lr_from, lr_to, m_from, m_to)) in enumerate(self._phases):
                if t <= end or index == len(self._phases) - 1:
                    share = (t - start) / (end - start)
                    rates.append(self._anneal(group[lr_from], group[lr_to], share))
                    if self.cycle_momentum:
                        _set_momentum(group, self._anneal(group[m_from], group[m_to], share))
                    break
                start = end
        return rates


class CyclicLR(LRScheduler):
    """Back and forth between base_lr and max_lr, in straight lines. Step after every batch. Smith 2017.

    step_size_up, step_size_down   steps of the rising and the falling half
    mode              "triangular"; "triangular2" (each cycle half as high); "exp_range" (height times gamma ** steps)
    scale_fn          instead of a mode: height of cycle number n ("cycle" mode) or at step t ("iterations" mode)
    cycle_momentum    let the momentum (or the first beta) run in the opposite direction
    """

    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: float | list[float],
        max_lr: float | list[float],
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: Literal["triangular", "triangular2", "exp_range"] = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: Literal["cycle", "iterations"] = "cycle",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.8,
        max_momentum: float | list[float] = 0.9,
        last_epoch: int = -1,
    ) -> None:
        if mode not in ("triangular", "triangular2", "exp_range") and scale_fn is None:
            raise SettingError("mode is invalid and scale_fn is None")
        self.max_lrs = _per_group("max_lr", max_lr, optimizer)
        self.mode = mode
        self.gamma = gamma
        self.total_size = float(step_size_up + (step_size_up if step_size_down is None else step_size_down))
        self.step_ratio = step_size_up / self.total_size
        self.scale_fn = scale_fn
        self.scale_mode = scale_mode if scale_fn else ("iterations" if mode == "exp_range" else "cycle")
        self.cycle_momentum = cycle_momentum
        self.base_momentums = _per_group("base_momentum", base_momentum, optimizer)
        self.max_momentums = _per_group("max_momentum", max_momentum, optimizer)
        low = _per_group("base_lr", base_lr, optimizer)
        for group, lr, momentum in zip(optimizer.param_groups, low, self.max_momentums, strict=True):
            if cycle_momentum and "momentum" not in group and "betas" not in group:
                raise SettingError("optimizer must support momentum or beta1 with `cycle_momentum` option enabled")
            if last_epoch == -1:
                _put(group, lr)
                group["initial_lr"] = lr
                if cycle_momentum:
                    _set_momentum(group, momentum)
        super().__init__(optimizer, last_epoch)
        self.base_lrs = low

    _kept_out = ("optimizer", "scale_fn")

    def _scale(self, x: float) -> float:
        if self.scale_fn is not None:
            return self.scale_fn(x)
        if self.mode == "triangular":
            return 1.0
        return float(1 / 2.0 ** (x - 1) if self.mode == "triangular2" else self.gamma**x)

    def get_lr(self) -> list[float]:
        cycle = math.floor(1 + self.last_epoch / self.total_size)
        x = 1.0 + self.last_epoch / self.total_size - cycle
        height = x / self.step_ratio if x <= self.step_ratio else (x - 1) / (self.step_ratio - 1)
        height *= self._scale(cycle if self.scale_mode == "cycle" else self.last_epoch)
        if self.cycle_momentum:
            for group, low, high in zip(
                self.optimizer.param_groups, self.base_momentums, self.max_momentums, strict=True
            ):
                _set_momentum(group, high - (high - low) * height)
        return [low + (high - low) * height for low, high in zip(self.base_lrs, self.max_lrs, strict=True)]


# ------------------------------------------------------------------------------------------------ by the loss itself


class ReduceLROnPlateau(LRScheduler):
    """Multiplied by `factor` when `step(metric)` has seen no improvement for more than `patience` steps.

    mode             "min": smaller metrics are better; "max": larger
    threshold        improvements by less do not count; relative or absolute, as `threshold_mode` says ("rel", "abs")
    cooldown         steps after a reduction during which nothing is counted
    min_lr           lower bound, one or one per group
    eps              smaller changes of the rate are not made
    """

    def __init__(
        self,
        optimizer: Optimizer,
        mode: Literal["min", "max"] = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: Literal["rel", "abs"] = "rel",
        cooldown: int = 0,
        min_lr: float | list[float] = 0,
        eps: float = 1e-8,
    ) -> None:
        if factor >= 1.0:
            raise SettingError("Factor should be < 1.0.")
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"{type(optimizer).__name__} is not an Optimizer")
        if mode not in ("min", "max"):
            raise SettingError(f"mode {mode} is unknown!")
        if threshold_mode not in ("rel", "abs"):
            raise SettingError(f"threshold mode {threshold_mode} is unknown!")
        self.optimizer = optimizer
        self.factor = factor
        self.patience = patience
        self.cooldown = cooldown
        self.threshold = threshold
        self.threshold_mode = threshold_mode
        self.mode = mode
        self.eps = eps
        self.min_lrs = _per_group("min_lr", min_lr, optimizer)
        self.last_epoch = 0
        self.best = math.inf if mode == "min" else -math.inf
        self.num_bad_epochs = 0
        self.cooldown_counter = 0
        self._last_lr = self.rates

    def step(self, metrics: Any, epoch: int | None = None) -> None:  # type: ignore[override]
        """Look at the newest loss (or accuracy, with mode "max"). `epoch` is a deprecated argument."""
        current = float(metrics.detach() if isinstance(metrics, Tensor) else metrics)
        if epoch is None:
            epoch = self.last_epoch + 1
        else:
            warnings.warn(_EPOCH, UserWarning, stacklevel=2)
        self.last_epoch = epoch
        if self.is_better(current, self.best):
            self.best = current
            self.num_bad_epochs = 0
        else:
            self.num_bad_epochs += 1
        if self.in_cooldown:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            for group, least in zip(self.optimizer.param_groups, self.min_lrs, strict=True):
                before = float(group["lr"])
                lr = max(before * self.factor, float(least))
                if before - lr > self.eps:
                    _put(group, lr)
            self.cooldown_counter = self.cooldown
            self.num_bad_epochs = 0
        self._last_lr = self.rates

    @property
    def in_cooldown(self) -> bool:
        """Was the rate reduced so recently that nothing is counted yet?"""
        return self.cooldown_counter > 0

    def is_better(self, a: float, best: float) -> bool:
        """Is the metric `a` an improvement?"""
        sign = -1 if self.mode == "min" else 1
        margin = sign * self.threshold
        wanted = best * (1 + margin) if self.threshold_mode == "rel" else best + margin  # `best` may be infinite
        return a < wanted if self.mode == "min" else a > wanted


# ----------------------------------------------------------------------------------------------- several schedules


class SequentialLR(LRScheduler):
    """One schedule after the other: `schedulers[i]` runs from `milestones[i - 1]` on, each counting from 0."""

    def __init__(
        self, optimizer: Optimizer, schedulers: list[LRScheduler], milestones: list[int], last_epoch: int = -1
    ) -> None:
        if len(schedulers) < 1:
            raise SettingError("SequentialLR expects at least one scheduler to be chained, but got no scheduler.")
        if any(scheduler.optimizer is not optimizer for scheduler in schedulers):
            raise SettingError("SequentialLR expects all schedulers to belong to the optimizer that it is given")
        if any(isinstance(scheduler, ReduceLROnPlateau) for scheduler in schedulers):
            raise SettingError("SequentialLR does not support `ReduceLROnPlateau`, whose step needs a metric")
        if len(milestones) != len(schedulers) - 1:
            raise SettingError(
                "Sequential Schedulers expects number of schedulers provided to be one more than the number of "
                f"milestone points, but got number of schedulers {len(schedulers)} and the number of milestones to be "
                f"equal to {len(milestones)}"
            )
        self._schedulers = schedulers
        self._milestones = milestones
        self.optimizer = optimizer
        self.base_lrs = [group["initial_lr"] for group in optimizer.param_groups]
        self.last_epoch = last_epoch + 1
        self._step_count = 1
        for group, lr in zip(optimizer.param_groups, self.base_lrs, strict=True):
            _put(group, lr)  # making the others has changed it
        schedulers[0]._begin()
        self._last_lr = schedulers[0]._last_lr

    def step(self) -> None:  # type: ignore[override]
        """Go on by one and set the rates."""
        self._warn_of_order()
        self._step_count += 1
        self.last_epoch += 1
        index = bisect_right(self._milestones, self.last_epoch)
        scheduler = self._schedulers[index]
        if index > 0 and self._milestones[index - 1] == self.last_epoch:
            scheduler._step_count = 2  # no longer at its very beginning, and the order of calls was checked here
            scheduler._begin()
        else:
            scheduler._step_count = max(scheduler._step_count, 2)
            scheduler.step()
        self._last_lr = scheduler.get_last_lr()

    _kept_out = ("optimizer", "_schedulers")

    def state_dict(self) -> dict[str, Any]:
        """The state of all schedules."""
        return {**super().state_dict(), "_schedulers": [scheduler.state_dict() for scheduler in self._schedulers]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what `state_dict()` returned."""
        self.__dict__.update({k: v for k, v in state_dict.items() if k != "_schedulers"})
        for scheduler, state in zip(self._schedulers, state_dict["_schedulers"], strict=True):
            scheduler.load_state_dict(state)


class ChainedScheduler(LRScheduler):
    """Several schedules at the same time: `step()` steps all of them, in order."""

    def __init__(self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None) -> None:
        if len(schedulers) < 1:
            raise SettingError("ChainedScheduler expects at least one scheduler to be chained, but got no scheduler.")
        self.optimizer = optimizer or schedulers[0].optimizer
        if any(scheduler.optimizer is not self.optimizer for scheduler in schedulers):
            raise SettingError("ChainedScheduler expects all schedulers to belong to the same optimizer")
        if any(isinstance(scheduler, ReduceLROnPlateau) for scheduler in schedulers):
            raise SettingError("ChainedScheduler does not support `ReduceLROnPlateau`, whose step needs a metric")
        self._schedulers = list(schedulers)
        self._last_lr = self.rates

    def step(self) -> None:  # type: ignore[override]
        """Go on by one and set the rates."""
        for scheduler in self._schedulers:
            scheduler.step()
        self._last_lr = self.rates

    _kept_out = ("optimizer", "_schedulers")

    def state_dict(self) -> dict[str, Any]:
        """The state of all schedules."""
        return {**super().state_dict(), "_schedulers": [scheduler.state_dict() for scheduler in self._schedulers]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what `state_dict()` returned."""
        self.__dict__.update({k: v for k, v in state_dict.items() if k != "_schedulers"})
        for scheduler, state in zip(self._schedulers, state_dict["_schedulers"], strict=True):
            scheduler.load_state_dict(state)


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name == "_LRScheduler":  # until PyTorch 2.0
        return LRScheduler
    raise importlib.import_module("autograd.names.absent").missing(__name__, name)
