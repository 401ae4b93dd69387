"""`fit`: the training loop, for those who have written it often enough."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TextIO

import autograd
from autograd import Tensor, manual_seed
from autograd.errors import AnomalyError, SettingError

from ..metrics import Metric
from ..mistakes import check_loss
from ..module import Module
from ..optim import Optimizer
from ..utils.clip_grad import clip_grad_norm_
from .batches import loader_of, split
from .callbacks import Callback, Function, LRScheduler, Training
from .diagnosis import why_not_finite
from .evaluation import Measure, Meter, named_metrics, run_over, threshold_of
from .history import History
from .progress import Progress, stream_of


def fit(
    model: Module,
    train: Any,
    *,
    loss: Measure,
    optimizer: Optimizer,
    epochs: int,
    validation: Any = None,
    scheduler: Any = None,
    callbacks: Iterable[Callback | Callable[[Training], Any]] = (),
    metrics: Sequence[str | Measure | Metric] | Metric = ("accuracy",),
    progress: bool | TextIO | None = None,
    seed: int | None = None,
    batch_size: int | None = None,
    history: Mapping[str, list[float]] | None = None,
    compile: bool = False,
    accumulate: int = 1,
    clip: float | None = None,
) -> History:
    """Train `model` for `epochs` passes over the data; returns what happened, a number per epoch.

    train        a DataLoader or another iterable of batches (inputs, targets); a Dataset or a pair (inputs, targets)
                 is shuffled
    loss         loss(output, targets) -> the mean over the batch, such as `nn.CrossEntropyLoss()`
    optimizer    with the model's parameters
    validation   data to evaluate on after every epoch, in the forms that `train` has
    scheduler    a learning rate schedule: stepped every epoch, OneCycleLR and CyclicLR every batch;
                 `nn.LRScheduler(schedule, every=...)` says otherwise
    callbacks    Callbacks, or functions of a Training that are called after every epoch
    metrics      "accuracy" and other names (see `nn.metrics.by_name`), metrics of `nn.metrics`, or functions (output,
                 targets) -> the mean over the batch, which go by their names. Accuracy is counted where the targets
                 are class indices, or the loss is that of two classes (see `evaluate`), else left out
    progress     a stream to report to, one line per epoch, on terminals a bar too; default: standard output, in
                 notebooks curves that grow while it runs; False: silence
    seed         for the order of the data, dropout and all else that draws from the default generator
    batch_size   for data sets and pairs; default 64
    history      of epochs that were before, to go on up to `epochs` in total (see ModelCheckpoint). A History is
                 added to, so it holds what there is also when the run breaks off

    compile      compute model and loss of a batch together (see `autograd.compile`): the same numbers up to rounding
    accumulate   the optimiser steps after so many batches, by the mean of their gradients: one large batch in parts
    clip         gradients are scaled down to this norm, all together, where theirs is larger

    With a `nn.parallel.DistributedDataParallel` in several processes, each takes its part of every batch of a data set
    or pair (a loader has its own sampler, which is told the epoch); numbers are those of all, the first process prints
    and saves.

    A loss that is not finite ends the run with an AnomalyError that names epoch, batch, and the layer where it began;
    the weights are those before this batch. The model is left in the mode, training or evaluation, that it was in.

    What it does per batch, anyone can write:

        optimizer.zero_grad()
        output = model(x)
        value = loss(output, y)
        value.backward()
        optimizer.step()

    >>> import autograd, nn
    >>> _ = autograd.manual_seed(0)
    >>> x = autograd.randn(256, 2)
    >>> y = (x[:, 0] > x[:, 1]).long()
    >>> model = nn.Linear(2, 2)
    >>> optimizer = nn.optim.Adam(model.parameters(), lr=0.1)
    >>> history = nn.fit(
    ...     model, (x, y), loss=nn.CrossEntropyLoss(), optimizer=optimizer, epochs=5, progress=False
    ... )
    >>> history["accuracy"][-1] > 0.95
    True
    """
    _check(model, optimizer, epochs)
    check_loss("fit", loss)
    past = history if isinstance(history, History) else History({name: list(v) for name, v in (history or {}).items()})
    batches = loader_of("fit", train, batch_size, 64, shuffle=True)
    held_out = None if validation is None else loader_of("fit", validation, None, 1000, shuffle=False)
    if hasattr(batches, "__next__") and epochs - past.epochs > 1:
        raise SettingError("fit: train is an iterator, which is used up after one epoch; give a DataLoader or a list")
    _check_steps(optimizer, accumulate, clip)
    named = named_metrics(metrics, threshold_of(loss))
    hung = _callbacks(scheduler, callbacks)
    training = Training(model, optimizer, past, epochs, epoch=past.epochs)
    training.scheduler = hung[0].scheduler if hung and isinstance(hung[0], LRScheduler) else None
    training.generator = getattr(batches, "generator", None)
    if seed is not None and past.epochs == 0:
        manual_seed(seed)
    together = _together(model)
    training.first = together is None or together.rank == 0
    report = Progress(stream_of(progress) if training.first else None, epochs, past)
    whole = batches is not train
    _Fit(training, batches, held_out, loss, named, hung, report, compile, accumulate, clip, together, whole).run()
    return past


@dataclass
class _Fit:
    """A run, its arguments checked: epochs, each a pass over the batches, each a step. Callbacks see `training`."""

    training: Training
    batches: Any
    held_out: Any  # batches to validate on, or None
    loss: Measure
    metrics: dict[str, Any]
    callbacks: list[Callback]
    report: Progress
    compile: bool = False
    accumulate: int = 1
    clip: float | None = None
    together: Any = None  # a `together.Together`: with other processes
    whole: bool = False  # batches are those of all processes, and each takes its part

    def __post_init__(self) -> None:
        self.forward = autograd.compile(self._forward) if self.compile else self._forward

    def _forward(self, inputs: tuple[Any, ...], targets: Any) -> tuple[Any, Tensor]:
        """What the model says of a batch, and the loss."""
        output = self.training.model(*inputs)
        return output, self.loss(output, targets)

    def run(self) -> None:
        """Epochs until there are enough of them, or somebody stops the run. Modules get back the modes they had."""
        training = self.training
        modes = [(module, module.training) for module in training.model.modules()]
        try:
            for callback in self.callbacks:
                callback.on_fit_begin(training)
            while training.epoch < training.epochs and training.stopped is None:
                training.epoch += 1
                self.epoch()
            for callback in self.callbacks:
                callback.on_fit_end(training)
        finally:
            for module, mode in modes:
                module.training = mode
            stopped = (
                f"stopped after epoch {training.epoch}: {training.stopped}" if training.stopped is not None else ""
            )
            self.report.finish(stopped)

    def epoch(self) -> None:
        """Learn, validate, and write down how it went."""
        training = self.training
        started = time.perf_counter()
        values = self.learn()
        seconds = time.perf_counter() - started
        if self.held_out is not None:
            for callback in self.callbacks:
                callback.on_validation_begin(training)
            meter = Meter(self.loss, self.metrics)
            run_over("fit", training.model, self.held_out, self.loss, meter.add)
            values |= {f"val_{name}": value for name, value in meter.means().items()}
        values |= {"lr": float(training.optimizer.param_groups[0]["lr"]), "seconds": seconds}
        training.history.add(values)
        self.report.end(training.epoch, values)
        for callback in self.callbacks:
            callback.on_epoch_end(training)

    def learn(self) -> dict[str, float]:
        """One pass over the data; the means of loss and metrics."""
        training = self.training
        meter = Meter(self.loss, self.metrics)
        training.model.train()
        for callback in self.callbacks:
            callback.on_epoch_begin(training)
        self.report.begin(training.epoch, self.count())
        training.batch = 0
        self.say_which_epoch()
        try:
            for batch in self.batches:
                training.batch += 1
                self.step(batch, meter)
                for callback in self.callbacks:
                    callback.on_batch_end(training)
                self.report.step(meter)
        finally:
            self.report.close()
        if training.batch == 0:
            raise SettingError("fit: train has no batches")
        if self.together is not None:
            self.together.add_up(meter)
        return meter.means()

    def say_which_epoch(self) -> None:
        """To a sampler that several processes share, and to the processes."""
        if self.together is not None:
            self.together.begin_epoch()
        sampler: Any = getattr(self.batches, "sampler", None)
        if hasattr(sampler, "set_epoch"):
            sampler.set_epoch(self.training.epoch - 1)

    def count(self) -> int | None:
        """Of batches, where that is known."""
        return len(self.batches) if hasattr(self.batches, "__len__") else None

    def step(self, batch: Any, meter: Meter) -> None:
        """One batch: forward, backward, step."""
        training = self.training
        optimizer = training.optimizer
        inputs, targets = split("fit", batch)
        first, size = self.place()
        last = first + size - 1  # of the batches that make one step
        weight = 1.0
        if self.together is not None and self.whole:
            inputs, targets, weight = self.together.part(inputs, targets, meter.sums_up)
        counted = False  # LBFGS computes the loss several times; the first is that of the weights as they were

        def closure() -> Tensor:
            nonlocal counted
            if training.batch == first:
                optimizer.zero_grad()
            output, value = self.forward(inputs, targets)
            if not counted:
                counted = True
                if weight:
                    meter.add(output, targets, value)
                training.loss = value.item()
                if not math.isfinite(training.loss):
                    raise _not_finite(training, self.count(), inputs, targets)
            part = value if size == 1 else value / size
            (part if weight == 1 else part * weight).backward()
            if training.batch == last:
                if self.clip is not None:
                    clip_grad_norm_(training.model.parameters(), self.clip)
                for callback in self.callbacks:
                    callback.on_gradients(training)
            return value

        if optimizer.repeats:
            optimizer.step(closure)
        else:
            closure()
            if training.batch == last:
                optimizer.step()

    def place(self) -> tuple[int, int]:
        """The first of the batches that make one step with this one, and how many these are."""
        batch, count = self.training.batch, self.count()
        first = batch - (batch - 1) % self.accumulate
        return first, self.accumulate if count is None else min(self.accumulate, count - first + 1)


def _together(model: Module) -> Any:
    """This process among those that train the model; None where there is one."""
    if "nn.parallel" not in sys.modules:  # so nobody has made a DistributedDataParallel
        return None
    from .together import together_of  # imports what talks to other processes

    return together_of(model)


def _check(model: Any, optimizer: Any, epochs: Any) -> None:
    if not isinstance(model, Module):
        raise TypeError(f"fit: model should be a Module, got {type(model).__name__}")
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"fit: optimizer should be an Optimizer such as nn.optim.Adam(...), got {optimizer!r:.60}")
    if isinstance(epochs, bool) or not isinstance(epochs, int) or epochs < 0:
        raise SettingError(f"fit: epochs should be an integer >= 0, got {epochs!r}")
    moved = {id(p) for group in optimizer.param_groups for p in group["params"]}
    parameters = list(model.parameters())
    if parameters and not any(id(p) in moved for p in parameters):
        raise SettingError("fit: the optimizer has none of the model's parameters, so the model would not learn")


def _check_steps(optimizer: Any, accumulate: Any, clip: Any) -> None:
    if isinstance(accumulate, bool) or not isinstance(accumulate, int) or accumulate < 1:
        raise SettingError(f"fit: accumulate should be an integer >= 1, got {accumulate!r}")
    if accumulate > 1 and optimizer.repeats:
        raise SettingError(f"fit: {type(optimizer).__name__} computes a loss several times, so it takes accumulate=1")
    if clip is not None and not clip > 0:
        raise SettingError(f"fit: clip should be a norm above 0, got {clip!r}")


def _callbacks(scheduler: Any, callbacks: Iterable[Callback | Callable[[Training], Any]]) -> list[Callback]:
    """All as Callbacks; the schedule first, so that a checkpoint of the epoch has its step."""
    hung = [callback if isinstance(callback, Callback) else Function(callback) for callback in callbacks]
    if scheduler is not None:
        hung.append(scheduler if isinstance(scheduler, LRScheduler) else LRScheduler(scheduler))
    hung.sort(key=lambda callback: not isinstance(callback, LRScheduler))
    if sum(isinstance(callback, LRScheduler) for callback in hung) > 1:
        raise SettingError("fit: more than one schedule; combine them with nn.optim.lr_scheduler.ChainedScheduler")
    return hung


def _not_finite(training: Training, total: int | None, inputs: tuple[Any, ...], targets: Any) -> AnomalyError:
    of = f" of {total}" if total is not None else ""
    return AnomalyError(
        f"fit: the loss is {training.loss} in epoch {training.epoch}, batch {training.batch}{of}; "
        f"{why_not_finite(training.model, inputs, targets)}"
    )
