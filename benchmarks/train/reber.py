"""The embedded Reber grammar: predict at every step what may come next, the last but one symbol from memory.

Experiment 1 of Hochreiter & Schmidhuber 1997. The network only ever sees strings. A string counts as right if at each
of its steps all legal symbols get higher scores than all illegal ones.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import autograd
import nn
from nn.data.sequences import REBER, embedded_reber

from .gradients import check_gradients
from .plots import plot_curves
from .progress import Run
from .registry import Settings
from .sequence_plots import plot_predictions

PER_EPOCH = 1_000


class Predictor(nn.Module):
    """An LSTM over strings (N, T, 7): scores of the next symbols (N, 7, T)."""

    def __init__(self, hidden_size: int = 16) -> None:
        super().__init__()
        self.lstm = nn.LSTM(len(REBER), hidden_size, batch_first=True)
        self.head = nn.Linear(hidden_size, len(REBER))
        with autograd.no_grad():  # forget gates start open, see nn.LSTM
            self.lstm.bias_ih_l0[hidden_size : 2 * hidden_size] = 1.0

    def forward(self, x: autograd.Tensor) -> autograd.Tensor:
        output, _ = self.lstm(x)
        scores: autograd.Tensor = self.head(output).transpose(1, 2)
        return scores


def right_strings(scores: autograd.Tensor, legal: autograd.Tensor) -> int:
    """How many strings are predicted right at every step; scores (N, 7, T), legal (N, T, 7)."""
    values, may = scores.detach().numpy().swapaxes(1, 2), legal.numpy()
    lowest = np.where(may, values, np.inf).min(2)  # inf behind the end of a string
    highest = np.where(may, -np.inf, values).max(2)
    return int((lowest > highest).all(1).sum())


def run(settings: Settings, state: dict[str, Any] | None) -> int:
    """Train, evaluate, report. `state` is the checkpoint to go on from, or None."""
    autograd.manual_seed(settings.seed)
    model = Predictor()
    loss_function = nn.CrossEntropyLoss()  # targets behind the end are -100, which it leaves out
    optimizer = nn.optim.Adam(model.parameters(), lr=settings.lr)

    with Run(settings, model, optimizer, state) as run:
        count = settings.train_size or PER_EPOCH
        test = embedded_reber(1_000, generator=autograd.Generator().manual_seed(2**40))
        print(f"data: {count:,} new strings per epoch, {len(test.strings):,} for testing, such as {test.strings[0]}")

        for epoch in run.epochs():
            for group in optimizer.param_groups:  # the learning rate falls along half a cosine
                group["lr"] = settings.lr * 0.5 * (1 + math.cos(math.pi * epoch / settings.epochs))
            drawn = embedded_reber(count, generator=run.order)
            examples = nn.data.TensorDataset(*drawn[1:])
            model.train()
            for x, y, legal in run.batches(nn.data.DataLoader(examples, settings.batch_size, generator=run.order)):
                loss, output = run.learn(loss_function, x, y, clip=1.0)
                run.tally(loss, right_strings(output, legal), len(y))
            scores = nn.predict(model, test.inputs)
            right = right_strings(scores, test.legal) / len(test.strings)
            run.end_epoch(loss_function(scores, test.targets).item(), right)

        if not run.sharing.first:
            return 0
        scores = nn.predict(model, test.inputs)
        right = right_strings(scores, test.legal)
        verdict = "solved" if right == len(test.strings) else "not solved"
        print(f"\n{verdict}: all legal continuations of {right:,} of {len(test.strings):,} strings predicted")

        longest = max(range(len(test.strings)), key=lambda i: len(test.strings[i]))
        x, y = test.inputs[longest : longest + 1], test.targets[longest : longest + 1]
        agree = check_gradients(model, loss_function, x, y)

        out, title = settings.out, f"embedded Reber grammar, LSTM with {model.lstm.hidden_size} units"
        plot_curves(out / "curves.png", run.history, title)
        chances = nn.functional.softmax(scores[longest], dim=0).numpy()
        plot_predictions(out / "predictions.png", test.strings[longest], chances, test.legal[longest].numpy(), REBER)
        print(f"\nwritten to {out}: checkpoint.npz, curves.png, predictions.png")
    return 0 if agree else 1
