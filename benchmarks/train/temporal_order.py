"""In which order did two symbols come? An LSTM that has to remember, over a few steps or over a hundred.

`temporal-order` is the easy version of courses: 7 or 8 symbols, 4 hidden units, RMSprop. `temporal-order-long` is
experiment 6a of Hochreiter & Schmidhuber 1997: 100 to 110 symbols, where the two that matter are 40 to 100 steps back.
"""

from __future__ import annotations

from typing import Any

import autograd
import nn
from nn.data.sequences import ORDERS, TEMPORAL_ORDER, temporal_order

from .gradients import check_gradients
from .plots import plot_confusion, plot_curves
from .progress import Run
from .registry import Settings
from .sequence_plots import cells_over_time, plot_memory

LONG = {"lengths": (100, 110), "first": (10, 20), "second": (50, 60)}
PAPER = 31_390  # sequences the LSTM of the paper saw until it had solved experiment 6a (table 9, mean of ten runs)
PER_EPOCH = 1_000


class Reader(nn.Module):
    """An LSTM over the sequence (N, T, 8), read at its last step: scores (N, 4)."""

    def __init__(self, hidden_size: int) -> None:
        super().__init__()
        self.lstm = nn.LSTM(len(TEMPORAL_ORDER), hidden_size, batch_first=True)
        self.head = nn.Linear(hidden_size, len(ORDERS))

    def remember(self) -> None:
        """Start with forget gates open and input gates nearly shut: a cell keeps what it has over a hundred steps.

        With gates half open, distractions fill the cells and what was there is gone after a few steps; then no gradient
        tells the network that there was something to remember.
        """
        size = self.lstm.hidden_size
        with autograd.no_grad():
            self.lstm.bias_ih_l0[:size] = -2.0
            self.lstm.bias_ih_l0[size : 2 * size] = 4.0

    def forward(self, x: autograd.Tensor) -> autograd.Tensor:
        output, _ = self.lstm(x)
        scores: autograd.Tensor = self.head(output[:, -1])  # padded in front: the last symbol is at the last step
        return scores


def run(settings: Settings, state: dict[str, Any] | None) -> int:
    """Train, evaluate, report. `state` is the checkpoint to go on from, or None."""
    autograd.manual_seed(settings.seed)
    long = settings.experiment == "temporal-order-long"
    task: dict[str, Any] = LONG if long else {}
    model = Reader(16 if long else 4)
    optimizer: Any
    if long:
        model.remember()
        optimizer = nn.optim.Adam(model.parameters(), lr=settings.lr)
    else:
        optimizer = nn.optim.RMSprop(model.parameters(), lr=settings.lr)
    loss_function = nn.CrossEntropyLoss()

    with Run(settings, model, optimizer, state) as run:
        count = settings.train_size or PER_EPOCH
        inputs, classes = test = temporal_order(2_000, **task, generator=autograd.Generator().manual_seed(2**40))
        print(f"data: {count:,} new sequences per epoch of {inputs.shape[1]} steps, {len(classes):,} for testing")

        for epoch in run.epochs():
            if long:
                run.fall(epoch / settings.epochs)
            examples = nn.data.TensorDataset(*temporal_order(count, **task, generator=run.order))
            model.train()
            for x, y in run.batches(nn.data.DataLoader(examples, settings.batch_size, generator=run.order)):
                loss, output = run.learn(loss_function, x, y, clip=1.0 if long else None)
                run.record(loss, output, y)
            found = nn.evaluate(model, test, loss_function)
            run.end_epoch(found.loss, found.accuracy)

        if not run.sharing.first:
            return 0
        found = nn.evaluate(model, test, classes=ORDERS)
        print(f"\ntest {found}")
        above = [epoch for epoch, accuracy in enumerate(run.history["test_accuracy"], 1) if accuracy > 0.99]
        reached = f"above 99 % first after {above[0] * count:,}" if above else "never above 99 %"
        paper = f"; in the paper it took {PAPER:,}" if long else ""
        print(f"{run.epoch * count:,} sequences seen, {reached}{paper}")

        # Wrong targets: where the network is right and sure of it, next to no gradient is left to compare.
        agree = check_gradients(model, loss_function, inputs[:8], (classes[:8] + 1) % len(ORDERS))

        out = settings.out
        title = f"temporal order, {inputs.shape[1]} steps, LSTM with {model.lstm.hidden_size} units"
        plot_curves(out / "curves.png", run.history, title)
        plot_confusion(out / "confusion.png", found.confusion, ORDERS, f"{title}: {found.accuracy:.2%}")
        chosen = [int((classes == number).nonzero()[0, 0]) for number in range(len(ORDERS))]  # one of each class
        symbols = [
            "".join([TEMPORAL_ORDER[row.argmax()] if row.any() else " " for row in inputs[i].numpy()]) for i in chosen
        ]
        plot_memory(out / "memory.png", cells_over_time(model.lstm, inputs[chosen]), symbols, title, marked="XY")
        print(f"\nwritten to {out}: checkpoint.npz, curves.png, confusion.png, memory.png")
    return 0 if agree else 1
