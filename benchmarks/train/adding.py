"""The adding problem: of a hundred numbers two are marked; their sum is wanted at the end.

Experiment 4 of Hochreiter & Schmidhuber 1997, in the form of Le, Jaitly & Hinton 2015. Whoever always answers 1 has a
mean squared error of 1/6. An answer counts as right if it is off by less than 0.08: the 0.04 of the paper, whose
targets are half as large.
"""

from __future__ import annotations

import math
from typing import Any

import autograd
import nn
from nn.data.sequences import adding_problem

from .gradients import check_gradients
from .plots import plot_curves
from .progress import Run
from .registry import Settings
from .sequence_plots import plot_sums

LENGTH = 100
PER_EPOCH = 1_000
CLOSE = 0.08


class Adder(nn.Module):
    """An LSTM over the sequence (N, T, 2), read at its last step: sums (N,)."""

    def __init__(self, hidden_size: int = 32) -> None:
        super().__init__()
        self.lstm = nn.LSTM(2, hidden_size, batch_first=True)
        self.head = nn.Linear(hidden_size, 1)
        with autograd.no_grad():  # forget gates open, input gates nearly shut: cells keep what they have
            self.lstm.bias_ih_l0[:hidden_size] = -2.0
            self.lstm.bias_ih_l0[hidden_size : 2 * hidden_size] = 4.0

    def forward(self, x: autograd.Tensor) -> autograd.Tensor:
        output, _ = self.lstm(x)
        sums: autograd.Tensor = self.head(output[:, -1]).squeeze(1)
        return sums


def close(output: autograd.Tensor, sums: autograd.Tensor) -> int:
    """How many answers are right."""
    return int((abs(output.detach().numpy() - sums.numpy()) < CLOSE).sum())


def run(settings: Settings, state: dict[str, Any] | None) -> int:
    """Train, evaluate, report. `state` is the checkpoint to go on from, or None."""
    autograd.manual_seed(settings.seed)
    model = Adder()
    loss_function = nn.MSELoss()
    optimizer = nn.optim.Adam(model.parameters(), lr=settings.lr)

    with Run(settings, model, optimizer, state) as run:
        count = settings.train_size or PER_EPOCH
        inputs, sums = adding_problem(2_000, LENGTH, generator=autograd.Generator().manual_seed(2**40))
        print(f"data: {count:,} new sequences per epoch of {LENGTH} steps, {len(sums):,} for testing")

        for epoch in run.epochs():
            for group in optimizer.param_groups:  # the learning rate falls along half a cosine
                group["lr"] = settings.lr * 0.5 * (1 + math.cos(math.pi * epoch / settings.epochs))
            examples = nn.data.TensorDataset(*adding_problem(count, LENGTH, generator=run.order))
            model.train()
            for x, y in run.batches(nn.data.DataLoader(examples, settings.batch_size, generator=run.order)):
                loss, output = run.learn(loss_function, x, y, clip=1.0)
                run.tally(loss, close(output, y), len(y))
            answers = nn.predict(model, inputs)
            run.end_epoch(loss_function(answers, sums).item(), close(answers, sums) / len(sums))

        if not run.sharing.first:
            return 0
        answers = nn.predict(model, inputs)
        error = loss_function(answers, sums).item()
        print(
            f"\ntest mean squared error {error:.5f} after {run.epoch * count:,} sequences (always answering 1: "
            f"{loss_function(autograd.ones_like(sums), sums).item():.5f})"
        )
        agree = check_gradients(model, loss_function, inputs[:8], sums[:8] + 1)  # + 1: else there is no gradient left

        out, title = settings.out, f"adding problem, {LENGTH} steps, LSTM with {model.lstm.hidden_size} units"
        plot_curves(out / "curves.png", run.history, title, "mean squared error")
        with autograd.no_grad():
            hidden, _ = model.lstm(inputs[:1])
            meanwhile = model.head(hidden)[0, :, 0]  # what it would answer at every step
        plot_sums(out / "sums.png", sums.numpy(), answers.numpy(), inputs[0].numpy(), meanwhile.numpy(), title)
        print(f"\nwritten to {out}: checkpoint.npz, curves.png, sums.png")
    return 0 if agree else 1
