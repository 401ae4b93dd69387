"""Pictures of what recurrent networks do along their sequences, as PNG files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

import autograd
import nn

from .plots import TEST, TRAIN, new_figure


def cells_over_time(lstm: nn.LSTM, inputs: autograd.Tensor) -> np.ndarray:
    """What is in the cells after each step, (N, T, H), of an LSTM with one layer over inputs (N, T, I)."""
    state, cells = None, []
    with autograd.no_grad():
        for step in range(inputs.shape[1]):
            _, state = lstm(inputs[:, step : step + 1], state)
            cells.append(state[1][0].numpy())
    return np.stack(cells, 1)


def plot_memory(path: Path, cells: np.ndarray, symbols: Sequence[str], title: str, marked: str) -> None:
    """The cells over time, one panel per sequence; vertical lines where a symbol is among `marked`."""
    figure = new_figure(11, 2.2 * len(symbols))
    figure.suptitle(f"{title}: the memory cells")
    for axes, lines, text in zip(figure.subplots(len(symbols), 1, squeeze=False)[:, 0], cells, symbols, strict=True):
        steps = np.arange(len(text))
        axes.plot(steps, lines, linewidth=1)
        for step in steps:
            if text[step] in marked:
                axes.axvline(step, color="black", linewidth=0.8, linestyle=":")
        axes.set_xticks(steps, text, fontsize=9 if len(text) < 30 else 5)
        axes.set_xlim(-0.5, len(text) - 0.5)
        axes.set_ylabel("c")
        axes.grid(axis="y", alpha=0.3)
    figure.savefig(path)


def plot_sums(
    path: Path, sums: np.ndarray, answers: np.ndarray, sequence: np.ndarray, meanwhile: np.ndarray, title: str
) -> None:
    """Answers over true sums (N,), and for one sequence (T, 2) the answer that would be given at every step (T,)."""
    figure = new_figure(11, 4.5)
    figure.suptitle(title)
    left, right = figure.subplots(1, 2, width_ratios=(2, 3))
    left.plot([0, 2], [0, 2], color="black", linewidth=0.8)
    left.plot(sums, answers, ".", color=TRAIN, markersize=2)
    left.set_xlabel("true sum")
    left.set_ylabel("answer at the last step")
    left.set_aspect("equal")
    for step in np.flatnonzero(sequence[:, 1]):
        right.axvline(step, color=TEST, linewidth=1)
        right.text(step + 0.5, 0.02, f"{sequence[step, 0]:.2f}", color=TEST, transform=right.get_xaxis_transform())
    right.plot(sequence[:, 0], ".", color="gray", markersize=3, label="numbers")
    right.plot(meanwhile, color=TRAIN, label="answer if it were asked now")
    right.axhline(sums[0], color="black", linewidth=0.8, linestyle=":", label="true sum")
    right.set_xlabel("step (lines: marked)")
    right.legend(fontsize=8)
    figure.savefig(path)


def plot_predictions(path: Path, string: str, chances: np.ndarray, legal: np.ndarray, symbols: str) -> None:
    """Probabilities of the next symbol (C, T) after each symbol of a string; circles mark what is legal (T, C)."""
    steps = len(string) - 1
    figure = new_figure(max(5, 0.3 * steps + 2), 3)
    axes = figure.subplots()
    image = axes.imshow(100 * chances[:, :steps], cmap="Blues", vmin=0, vmax=100, aspect="auto")
    when, which = np.nonzero(legal[:steps])
    axes.plot(when, which, "o", markerfacecolor="none", markeredgecolor=TEST, markersize=9)
    axes.set_xticks(range(steps), string[:-1])
    axes.set_yticks(range(len(symbols)), symbols)
    axes.set_xlabel("after this symbol")
    axes.set_ylabel("comes next")
    axes.set_title(f"{string}: predicted (blue) and legal (circles)", fontsize=10)
    figure.colorbar(image, ax=axes, label="%")
    figure.savefig(path)


def plot_surprise(path: Path, text: str, nats: np.ndarray, title: str, width: int = 64) -> None:
    """A text in rows of `width` characters, each coloured by how much it surprised the network (loss in nats)."""
    rows = -(-len(text) // width)
    cells = np.full(rows * width, np.nan)
    cells[: len(text)] = nats
    figure = new_figure(12, 0.45 * rows + 1)
    axes = figure.subplots()
    image = axes.imshow(cells.reshape(rows, width), cmap="Oranges", vmin=0, vmax=6, aspect="auto")
    for place, char in enumerate(text):
        shown = "¶" if char == "\n" else char
        axes.text(place % width, place // width, shown, ha="center", va="center", family="monospace", fontsize=8)
    axes.axis("off")
    axes.set_title(title, fontsize=10)
    figure.colorbar(image, ax=axes, label="surprise (nats)")
    figure.savefig(path)
