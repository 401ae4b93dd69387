"""The experiments that `python -m benchmarks train` knows.

An experiment is a module with `run(settings) -> exit status`: an imperative script, from the model to the report.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Experiment:
    """What can be said about an experiment without importing it."""

    module: str
    summary: str
    epochs: int
    batch_size: int
    lr: float
    data: str = "images"  # what it trains on: images, text, or drawn: sequences that it makes itself


EXPERIMENTS = {
    "mnist-mlp": Experiment(
        "benchmarks.train.mnist_mlp",
        "handwritten digits with a multilayer perceptron, 784-256-128-10",
        epochs=10,
        batch_size=64,
        lr=1e-3,
    ),
    "mnist-cnn": Experiment(
        "benchmarks.train.mnist_cnn",
        "handwritten digits with two convolutions and two dense layers",
        epochs=5,
        batch_size=64,
        lr=1e-3,
    ),
    "temporal-order": Experiment(
        "benchmarks.train.temporal_order",
        "in which order two symbols came among 8, with an LSTM of 4 units",
        epochs=50,
        batch_size=32,
        lr=1e-3,
        data="drawn",
    ),
    "temporal-order-long": Experiment(
        "benchmarks.train.temporal_order",
        "the same among 100 to 110 symbols: experiment 6a of the LSTM paper",
        epochs=30,
        batch_size=32,
        lr=5e-3,
        data="drawn",
    ),
    "adding": Experiment(
        "benchmarks.train.adding",
        "the sum of two marked numbers of a hundred, with an LSTM of 32 units",
        epochs=70,
        batch_size=32,
        lr=5e-3,
        data="drawn",
    ),
    "reber": Experiment(
        "benchmarks.train.reber",
        "strings of the embedded Reber grammar, with an LSTM of 16 units",
        epochs=25,
        batch_size=16,
        lr=1e-2,
        data="drawn",
    ),
    "shakespeare": Experiment(
        "benchmarks.train.shakespeare",
        "tiny Shakespeare character by character, with an LSTM of 512 units; takes minutes",
        epochs=4,
        batch_size=32,
        lr=2e-3,
        data="text",
    ),
}

DEFAULT = "mnist-mlp"


@dataclass(frozen=True)
class Settings:
    """One run of an experiment."""

    experiment: str
    epochs: int
    batch_size: int
    lr: float
    seed: int
    dataset: str  # mnist, fashion or digits, for experiments on images
    train_size: int | None  # None: all
    data: Path | None  # None: $WENGERT_DATA, else the cache folder
    out: Path
    resume: Path | None

    @property
    def checkpoint(self) -> Path:
        """Where this run keeps its checkpoint."""
        return self.out / "checkpoint.npz"
