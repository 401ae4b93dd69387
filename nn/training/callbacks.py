"""What can be hung into `fit`: stopping early, saving, logging, schedules, or a few lines of one's own."""

from __future__ import annotations

import copy
import csv
import math
import os
import re
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from autograd.errors import SettingError

from ..module import Module
from ..saving.checkpoint import save_checkpoint
from .history import History

Path = str | os.PathLike[str]


@dataclass
class Training:
    """A run of `fit`, as callbacks see it.

    epoch       1 for the first; the number of finished epochs in `on_epoch_end`
    batch       1 for the first of the epoch
    loss        of the batch, a number
    generator   of the loader
    stopped     why the run is to end after this epoch; None: it goes on
    first       does this process print and save? One of several does
    """

    model: Module
    optimizer: Any
    history: History
    epochs: int
    epoch: int = 0
    batch: int = 0
    loss: float = math.nan
    scheduler: Any = None
    generator: Any = None
    stopped: str | None = None
    first: bool = True

    def stop(self, reason: str) -> None:
        """End the run after this epoch."""
        self.stopped = reason

    def latest(self, name: str, asker: str) -> float:
        """The number that `history` got for this epoch."""
        if name not in self.history:
            hint = "; give fit validation data, or another monitor" if name.startswith("val_") else ""
            raise SettingError(f"{asker}: there is no {name!r} in the history, only {', '.join(self.history)}{hint}")
        return self.history[name][-1]


class Callback:
    """Base class. `fit` calls the methods with the Training; override those that are wanted.

    >>> class Clip(Callback):
    ...     def on_gradients(self, training):
    ...         nn.utils.clip_grad_norm_(training.model.parameters(), 1.0)
    """

    def on_fit_begin(self, training: Training) -> None:
        """Before the first epoch."""

    def on_epoch_begin(self, training: Training) -> None:
        """Before the first batch."""

    def on_gradients(self, training: Training) -> None:
        """After backward, before the optimiser's step."""

    def on_batch_end(self, training: Training) -> None:
        """After the optimiser's step."""

    def on_validation_begin(self, training: Training) -> None:
        """After the last batch, before validation, where there is validation data."""

    def on_epoch_end(self, training: Training) -> None:
        """After validation; the history has the epoch already."""

    def on_fit_end(self, training: Training) -> None:
        """After the last epoch."""


class Function(Callback):
    """A function as a callback: called at the end of each epoch."""

    def __init__(self, function: Callable[[Training], Any]) -> None:
        self.function = function

    def on_epoch_end(self, training: Training) -> None:
        self.function(training)


class LRScheduler(Callback):
    """Steps a learning rate schedule.

    every     "epoch" or "batch"; default: by batch for OneCycleLR and CyclicLR, which are made for it, else by epoch
    monitor   what ReduceLROnPlateau looks at; default: val_loss, without validation loss
    """

    def __init__(
        self, scheduler: Any, every: Literal["epoch", "batch"] | None = None, monitor: str | None = None
    ) -> None:
        if every not in (None, "epoch", "batch"):
            raise SettingError(f"LRScheduler: every should be 'epoch' or 'batch', got {every!r}")
        by_batch = getattr(scheduler, "by_batch", False)
        self.scheduler = scheduler
        self.every = every or ("batch" if by_batch else "epoch")
        self.monitor = monitor

    def on_batch_end(self, training: Training) -> None:
        if self.every == "batch":
            self.scheduler.step()

    def on_epoch_end(self, training: Training) -> None:
        if self.every == "batch":
            return
        if getattr(self.scheduler, "needs_metric", False):
            monitor = self.monitor or ("val_loss" if "val_loss" in training.history else "loss")
            self.scheduler.step(training.latest(monitor, "LRScheduler"))
        else:
            self.scheduler.step()


_LARGER_IS_BETTER = r"acc|auc|f1|fbeta|precision|recall|r2|specificity|kappa|matthews|correlation|explained"


class _Best:
    """Keeps an eye on one number of the history. Larger is better for accuracies and their like, else smaller."""

    def __init__(self, monitor: str, min_delta: float = 0.0) -> None:
        self.monitor = monitor
        self.sign = -1.0 if re.search(_LARGER_IS_BETTER, monitor) else 1.0
        self.min_delta = min_delta
        self.start(())

    def start(self, values: Iterable[float]) -> None:
        """Begin, with the epochs that there were before."""
        self.best, self.epoch, self.waited, self.seen = math.inf, 0, 0, 0
        for value in values:
            self.improves(value)

    def improves(self, value: float) -> bool:
        """Take in the number of the next epoch: is it the best so far? NaN is not."""
        self.seen += 1
        better = self.sign * value < self.best - self.min_delta
        if better:
            self.best, self.epoch, self.waited = self.sign * value, self.seen, 0
        else:
            self.waited += 1
        return better


class EarlyStopping(Callback):
    """Ends the run when `monitor` has not improved for `patience` epochs.

    monitor        a name of the history. Smaller is better, but for accuracies, F1, AUC and their like larger
    min_delta      improvements by less do not count
    restore_best   at the end, however it comes, give the model the weights of its best epoch
    """

    def __init__(
        self, patience: int = 5, monitor: str = "val_loss", min_delta: float = 0.0, restore_best: bool = True
    ) -> None:
        if patience < 1 or min_delta < 0:
            raise SettingError(f"EarlyStopping: wanted patience >= 1 and min_delta >= 0, got {patience}, {min_delta}")
        self.patience = patience
        self.restore_best = restore_best
        self.watch = _Best(monitor, min_delta)
        self.weights: dict[str, Any] | None = None

    def on_fit_begin(self, training: Training) -> None:
        self.watch.start(training.history.get(self.watch.monitor, ()))
        self.weights = None

    def on_epoch_end(self, training: Training) -> None:
        watch = self.watch
        if watch.improves(training.latest(watch.monitor, "EarlyStopping")):
            if self.restore_best:
                self.weights = copy.deepcopy(training.model.state_dict())
        elif watch.waited >= self.patience:
            training.stop(
                f"{watch.monitor} has not improved for {watch.waited} epochs; best was epoch {watch.epoch} with "
                f"{watch.sign * watch.best:.4f}"
            )

    def on_fit_end(self, training: Training) -> None:
        if not self.restore_best or self.watch.waited == 0:
            return
        if self.weights is not None:
            training.model.load_state_dict(self.weights)
        elif self.watch.epoch:
            warnings.warn(
                f"EarlyStopping: the best epoch, {self.watch.epoch}, was before this run was resumed, so its weights "
                "cannot be restored; ModelCheckpoint(best_only=True) keeps them in a file",
                stacklevel=3,
            )


class ModelCheckpoint(Callback):
    """Saves the run after every epoch, or after those that are the best so far, with `save_checkpoint`.

    path        of the file, replaced each time; with "{epoch}" in it, a file per epoch
    monitor     what "best" looks at. Smaller is better, but for accuracies and their like larger
    best_only   save only when `monitor` has improved

    The file holds model, optimizer, scheduler, random generators, epoch and history. To go on from it:

        saved = nn.load_checkpoint(path, model=model, optimizer=optimizer, scheduler=scheduler)
        nn.fit(model, train, ..., epochs=20, history=saved["history"])

    (and `generator=loader.generator` for a loader with a generator of its own).
    """

    def __init__(self, path: Path, monitor: str = "val_loss", best_only: bool = False) -> None:
        self.path = os.fspath(path)
        self.best_only = best_only
        self.watch = _Best(monitor)

    def on_fit_begin(self, training: Training) -> None:
        self.watch.start(training.history.get(self.watch.monitor, ()))

    def on_epoch_end(self, training: Training) -> None:
        monitor = self.watch.monitor
        if self.best_only and not self.watch.improves(training.latest(monitor, "ModelCheckpoint")):
            return
        if not training.first:
            return
        save_checkpoint(
            self.path.replace("{epoch}", str(training.epoch)),
            model=training.model,
            optimizer=training.optimizer,
            scheduler=training.scheduler,
            epoch=training.epoch,
            generator=training.generator,
            history=dict(training.history),
        )


class CSVLogger(Callback):
    """Writes the history to a CSV file, a line per epoch, readable while the run goes on."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def on_fit_begin(self, training: Training) -> None:
        if training.first:
            self._write(training.history)  # empty, or what was before a resumption

    def on_epoch_end(self, training: Training) -> None:
        if training.first:
            self._write(training.history)

    def _write(self, history: History) -> None:
        names = ["epoch", *history]
        with open(self.path, "w", newline="") as file:
            writer = csv.writer(file)
            if history:
                writer.writerow(names)
            for epoch in range(history.epochs):
                writer.writerow([epoch + 1, *[values[epoch] for values in history.values() if epoch < len(values)]])
