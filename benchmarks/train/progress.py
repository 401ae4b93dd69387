"""What goes on around a training loop: progress, history, checkpoints, Ctrl-C.

    with Run(settings, model, optimizer, state) as run:
        for epoch in run.epochs():
            for x, y in run.batches(loader):
                loss, output = run.learn(loss_function, x, y)
                run.record(loss, output, y)
            run.end_epoch(test_loss, test_accuracy)

A terminal shows a bar, everything else gets one line per epoch. Ctrl-C takes effect between two steps, so the
checkpoint it leaves is that of a whole number of steps, and going on from it gives what would have come anyway.
Under mpiexec each process learns from its part of every batch: see sharing.py.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self

import numpy as np

import autograd
import nn
from autograd.errors import DataError
from nn.training.progress import bar

from .registry import Settings
from .sharing import Sharing

HISTORY = ("loss", "accuracy", "test_loss", "test_accuracy", "seconds")


class Run:
    """The state of one training run.

    order      generator for the loader: the order in an epoch is decided by the seed and the epoch alone
    history    lists with one number per finished epoch: loss, accuracy, test_loss, test_accuracy, seconds
    """

    def __init__(self, settings: Settings, model: nn.Module, optimizer: Any, state: dict[str, Any] | None) -> None:
        self.settings = settings
        self.sharing = Sharing()  # with other processes, where mpiexec has started several
        self.model = model
        self.optimizer = optimizer
        self.order = autograd.Generator()
        self.history: dict[str, list[float]] = {name: [] for name in HISTORY}
        self.epoch = 0  # finished epochs
        self.step = 0  # finished steps of the current one
        self._running = np.zeros(3)  # of the current epoch: sum of losses, correct predictions, examples
        self._saved: tuple[int, int] | None = None  # epoch and step of the checkpoint this run has written
        self._training = False  # in the loop: interrupts wait for the end of the step
        self._interrupted = False
        self._at_once = False  # interrupted again, or where nothing is waited for
        self._bar: Any = None
        if state is not None:
            self._restore(state)
        self.trained = self.sharing.module(model)  # the model, or what brings gradients together

    # --------------------------------------------------------------------------------------------- the loop

    def epochs(self) -> Iterator[int]:
        """0, 1, 2, ... up to the number of epochs wanted, from where the checkpoint left off."""
        if self.epoch >= self.settings.epochs:
            print(f"all {self.epoch} epochs are done already", flush=True)
        while self.epoch < self.settings.epochs:
            self.order.manual_seed(self.settings.seed * 100_003 + self.epoch)
            yield self.epoch

    def batches(self, loader: Any) -> Iterator[Any]:
        """The batches of an epoch, without those that were done before the run was interrupted."""
        total, done = len(loader), self.step
        self._start = time.perf_counter()
        if self.sharing.first:
            self._bar = bar(sys.stderr, f"epoch {self.epoch + 1}/{self.settings.epochs}", total=total, initial=done)
        self._training = True
        try:
            for batch in itertools.islice(loader, done, None):
                yield self.sharing.part(batch)
                self.step += 1
                self._stop_if_asked()
            self._stop_if_asked()
        finally:
            self._training = False
            self._seconds = time.perf_counter() - self._start
            if self._bar is not None:
                self._bar.close()

    def learn(self, loss_function: Any, inputs: Any, targets: Any, clip: float | None = None) -> tuple[Any, Any]:
        """A step on one batch: the loss and the output. `clip`: the largest norm that the gradient may have."""
        self.optimizer.zero_grad()
        output = self.trained(inputs)
        loss = loss_function(output, targets)
        (loss if self.sharing.weight == 1 else loss * self.sharing.weight).backward()
        if clip is not None:
            nn.utils.clip_grad_norm_(self.model.parameters(), clip)
        self.optimizer.step()
        return loss, output

    def fall(self, share: float) -> None:
        """Set the learning rate to where half a cosine is when this share of the run is done."""
        for group in self.optimizer.param_groups:
            group["lr"] = self.settings.lr * 0.5 * (1 + math.cos(math.pi * share))

    def record(self, loss: autograd.Tensor, output: autograd.Tensor, labels: autograd.Tensor) -> None:
        """Note a step's mean loss and its predictions: the index of the largest along dimension 1 of `output`."""
        correct = np.count_nonzero(output.detach().numpy().argmax(1) == labels.numpy())
        self.tally(loss, correct, labels.numel())

    def tally(self, loss: autograd.Tensor, correct: int, count: int) -> None:
        """Note a step's mean loss, and how many of its `count` examples were right, whatever right means."""
        if self.sharing.size == 1 or self.sharing.count:
            self._running += (loss.item() * count, correct, count)
        if self._bar is not None:
            self._bar.set_postfix_str(f"loss {self._running[0] / self._running[2]:.4f}", refresh=False)
            self._bar.update()

    def end_epoch(self, test_loss: float, test_accuracy: float) -> None:
        """Add the epoch to the history, print it, and save a checkpoint."""
        self._stop_if_asked()
        loss, correct, count = self.sharing.sums(self._running).tolist()
        values = (loss / count, correct / count, test_loss, test_accuracy, self._seconds)
        for name, value in zip(HISTORY, values, strict=True):
            self.history[name].append(value)
        self.epoch += 1
        self.step = 0
        self._running[:] = 0
        print(
            f"epoch {self.epoch:>{len(str(self.settings.epochs))}}/{self.settings.epochs}   "
            f"loss {values[0]:.4f}   accuracy {values[1]:7.2%}   "
            f"test loss {test_loss:.4f}   test accuracy {test_accuracy:7.2%}   {self._seconds:5.1f} s",
            flush=True,
        )
        self.save()

    # ------------------------------------------------------------------------------------------- checkpoints

    def save(self) -> None:
        """Write the checkpoint: everything that is needed to go on."""
        settings = {
            key: str(value) if isinstance(value, Path) else value
            for key, value in dataclasses.asdict(self.settings).items()
            if key not in ("out", "resume", "data")
        }
        state = {
            "settings": settings,
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "random": autograd.get_rng_state(),
            "ranks": self.sharing.everybodys([autograd.get_rng_state(), self._running.tolist()]),
            "epoch": self.epoch,
            "step": self.step,
            "running": self._running.tolist(),
            "history": self.history,
        }
        try:
            if self.sharing.first:
                nn.save(state, self.settings.checkpoint)
        except OSError as error:
            raise DataError(f"{self.settings.checkpoint}: cannot be written: {error.strerror or error}") from error
        self._saved = (self.epoch, self.step)

    def _restore(self, state: dict[str, Any]) -> None:
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        autograd.set_rng_state(state["random"])
        self.epoch, self.step = state["epoch"], state["step"]
        ranks = state.get("ranks", ())
        if len(ranks) == self.sharing.size > 1:
            random, self._running[:] = ranks[self.sharing.rank]
            autograd.set_rng_state(random)
        elif self.sharing.first:  # another number of processes: the sums are added up anyway
            self._running[:] = state["running"] if len(ranks) < 2 else np.sum([running for _, running in ranks], 0)
        self.history = state["history"]
        where = f" and {self.step} steps" if self.step else ""
        print(f"resuming {self.settings.resume} after {self.epoch} epochs{where}", flush=True)

    # ------------------------------------------------------------------------------------------------ Ctrl-C

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._handler_before = signal.signal(signal.SIGINT, self._on_interrupt)
        return self

    def _on_interrupt(self, number: int, frame: FrameType | None) -> None:
        """Stop after the step. Several processes agree on one, wherever each of them is: they save together."""
        agree = self.sharing.size > 1 and self._saved != (self.settings.epochs, 0)
        if self._interrupted or not (self._training or agree):
            self._at_once = True
            raise KeyboardInterrupt
        self._interrupted = True

    def _stop_if_asked(self) -> None:
        if self.sharing.anybody(self._interrupted):
            raise KeyboardInterrupt

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        main = threading.current_thread() is threading.main_thread()
        if main:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # saving is not interrupted
        try:
            if kind is not None and issubclass(kind, KeyboardInterrupt):
                raise KeyboardInterrupt(self._leave()) from None
        finally:
            if main:
                signal.signal(signal.SIGINT, self._handler_before)

    def _leave(self) -> str:
        """Save what there is, unless that would replace something better; what to tell the user."""
        path = self.settings.checkpoint
        if (self.epoch, self.step) == (0, 0) and path.exists():
            return f"interrupted before the first step; {path} is left as it was"
        if self._at_once and self.sharing.size > 1:  # the others may be anywhere: nothing is done together with them
            return f"interrupted at once; what was saved before is in {path}"
        if self._training and self._saved is not None:  # broken off within a step: the weights may be half updated
            return f"interrupted at once; checkpoint of the last whole epoch: {path} (go on with --resume {path})"
        if self._saved != (self.epoch, self.step):
            self.save()
        where = f"{self.epoch} of {self.settings.epochs} epochs" + (f" and {self.step} steps" if self.step else "")
        return f"interrupted after {where}; checkpoint: {path} (go on with --resume {path})"
