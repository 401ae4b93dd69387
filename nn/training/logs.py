"""Histories in files while a run goes on: lines of JSON, and TensorBoard's. (CSV: `nn.training.callbacks`.)"""

from __future__ import annotations

import json
import math
import os
from typing import Any

from .callbacks import Callback, Path, Training


class JSONLogger(Callback):
    """Writes a line of JSON for every epoch, readable while the run goes on; what is not finite is null."""

    def __init__(self, path: Path) -> None:
        self.path = os.fspath(path)

    def on_fit_begin(self, training: Training) -> None:
        with open(self.path, "w") as file:
            for epoch in range(training.history.epochs):  # of a resumed run
                file.write(self._line(training, epoch))

    def on_epoch_end(self, training: Training) -> None:
        with open(self.path, "a") as file:
            file.write(self._line(training, training.history.epochs - 1))

    @staticmethod
    def _line(training: Training, epoch: int) -> str:
        values = {name: each[epoch] for name, each in training.history.items() if epoch < len(each)}
        plain = {name: value if math.isfinite(value) else None for name, value in values.items()}
        return json.dumps({"epoch": epoch + 1, **plain}) + "\n"


class TensorBoardLogger(Callback):
    """Writes the history, and the loss of every `every`-th batch, for TensorBoard. Takes the package tensorboard.

    folder   for the files; `tensorboard --logdir FOLDER` shows them
    """

    def __init__(self, folder: Path, every: int = 10) -> None:
        self.folder, self.every = os.fspath(folder), every
        self.writer: Any = None
        self.batches = 0

    def on_fit_begin(self, training: Training) -> None:
        from ..tensorboard import SummaryWriter  # here: most programs have no TensorBoard

        self.writer = SummaryWriter(self.folder)

    def on_batch_end(self, training: Training) -> None:
        self.batches += 1
        if self.every and self.batches % self.every == 0:
            self.writer.add_scalar("batch/loss", training.loss, self.batches)

    def on_epoch_end(self, training: Training) -> None:
        for name, values in training.history.items():
            part, _, measure = name.rpartition("val_")
            tag = f"{measure}/{'validation' if name.startswith('val_') else 'training'}" if not part else name
            self.writer.add_scalar(tag, values[-1], training.epoch)
        self.writer.flush()

    def on_fit_end(self, training: Training) -> None:
        self.writer.close()
