"""Write like Shakespeare, character by character: an LSTM that predicts the next one. A. Karpathy 2015 (char-rnn).

The text is read at many places at once, in pieces of 64 characters. The state goes on from piece to piece, the gradient
does not: truncated backpropagation through time.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd
import nn
from autograd.errors import DataError

from .gradients import check_gradients
from .plots import plot_curves
from .progress import Run
from .registry import Settings
from .sequence_plots import plot_surprise

LENGTH = 64  # characters over which gradients go back
HIDDEN = 512
State = tuple[autograd.Tensor, autograd.Tensor]


class Writer(nn.Module):
    """Characters (B, T) and the state before them to scores of the next ones (B, C, T) and the state after them."""

    def __init__(self, chars: int, batch_size: int, hidden_size: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(chars, 64)
        self.lstm = nn.LSTM(64, hidden_size, batch_first=True)
        self.dropout = nn.Dropout(0.3)
        self.head = nn.Linear(hidden_size, chars)
        for name in ("h", "c"):  # where training has got to in the text: buffers, so that checkpoints have them
            self.register_buffer(name, autograd.zeros(1, batch_size, hidden_size))

    def forward(self, x: autograd.Tensor, state: State | None = None) -> tuple[autograd.Tensor, State]:
        output, state = self.lstm(self.embedding(x), state)
        return self.head(self.dropout(output)).transpose(1, 2), state


def validate(model: Writer, text: nn.data.TextChars, batch_size: int) -> tuple[float, float]:
    """Loss in nats a character, and share of right guesses, over the validation text; the state goes on throughout."""
    total, right, count = 0.0, 0, 0
    model.eval()
    state = None
    with autograd.no_grad():
        for x, y in text.streams("val", batch_size, LENGTH):
            scores, state = model(x, state)
            total += nn.functional.cross_entropy(scores, y, reduction="sum").item()
            right += int((scores.numpy().argmax(1) == y.numpy()).sum())
            count += y.numel()
    return total / count, right / count


def sample(
    model: Writer,
    text: nn.data.TextChars,
    length: int = 600,
    temperature: float = 0.8,
    start: str = "\n",
    seed: int = 0,
) -> str:
    """Text of the network's own. Lower temperatures keep to what it thinks likely; 1 is as surprising as it expects."""
    generator = autograd.Generator().manual_seed(seed)
    written = text.encode(start).tolist()
    model.eval()
    with autograd.no_grad():
        scores, state = model(autograd.tensor([written]))
        for _ in range(length):
            chances = nn.functional.softmax(scores[0, :, -1] / temperature, dim=0)
            written.append(autograd.multinomial(chances, 1, generator=generator).item())
            scores, state = model(autograd.tensor([written[-1:]]), state)
    return text.decode(written).strip("\n")


def run(settings: Settings, state: dict[str, Any] | None) -> int:
    """Train, evaluate, report. `state` is the checkpoint to go on from, or None."""
    autograd.manual_seed(settings.seed)
    text = nn.data.TextChars(root=settings.data, download=settings.data is None)
    text.train = text.train[: settings.train_size]
    places = settings.batch_size
    if min(len(text.train), len(text.val)) <= places:
        raise DataError(f"--batch-size {places}: more than the characters, {len(text.train):,} + {len(text.val):,}")
    if state is not None and state["settings"]["batch_size"] != places:
        raise DataError(f"--batch-size {places}: the checkpoint reads at {state['settings']['batch_size']} places")
    model = Writer(len(text.chars), places, HIDDEN)
    loss_function = nn.CrossEntropyLoss()
    optimizer = nn.optim.Adam(model.parameters(), lr=settings.lr)

    with Run(settings, model, optimizer, state) as run:
        pieces = list(text.streams("train", places, LENGTH))
        print(
            f"data: {len(text.train):,} + {len(text.val):,} characters, {len(text.chars)} different: tiny Shakespeare "
            f"from {text.path.parent}",
            flush=True,
        )
        total = settings.epochs * len(pieces)

        for epoch in run.epochs():
            if run.step == 0:  # from the beginning of the text
                model.h, model.c = autograd.zeros_like(model.h), autograd.zeros_like(model.c)
            model.train()
            for x, y in run.batches(pieces):
                run.fall((epoch * len(pieces) + run.step) / total)
                optimizer.zero_grad()
                output, (h, c) = model(x, (model.h, model.c))
                loss = loss_function(output, y)
                loss.backward()
                nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                optimizer.step()
                model.h, model.c = h.detach(), c.detach()
                run.record(loss, output, y)
            run.end_epoch(*validate(model, text, places))

        loss, accuracy = validate(model, text, places)
        print(f"\nvalidation: {loss:.4f} nats a character, {accuracy:.2%} guessed right")
        written = sample(model, text, seed=settings.seed)
        print(f"\n{'-' * 30} sample, temperature 0.8 {'-' * 30}\n{written}\n{'-' * 85}")

        x, y = (autograd.from_numpy(text.val[None, start : start + 16]) for start in (0, 1))
        agree = check_gradients(model, lambda output, y: loss_function(output[0], y), x, y)

        out = settings.out
        title = f"tiny Shakespeare, LSTM with {model.lstm.hidden_size} units: {loss:.3f} nats a character"
        plot_curves(out / "curves.png", run.history, title)
        (out / "sample.txt").write_text(written + "\n", encoding="utf-8")
        codes = text.val[:513]
        with autograd.no_grad():
            scores, _ = model.eval()(autograd.from_numpy(codes[None, :-1]))
        nats = nn.functional.cross_entropy(scores[0].T, autograd.from_numpy(codes[1:]), reduction="none").numpy()
        plot_surprise(out / "surprise.png", text.decode(codes[1:]), np.asarray(nats), title)
        print(f"\nwritten to {out}: checkpoint.npz, curves.png, sample.txt, surprise.png")
    return 0 if agree else 1
