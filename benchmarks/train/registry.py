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


EXPERIMENTS = {
    "mnist-mlp": Experiment(
        "benchmarks.train.mnist_mlp",
        "handwritten digits with a multilayer perceptron, 784-256-128-10",
        epochs=10,
        batch_size=64,
        lr=1e-3,
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
    dataset: str  # mnist, fashion or digits
    train_size: int | None  # None: all
    data: Path | None  # None: $WENGERT_DATA, else the cache folder
    out: Path
    resume: Path | None

    @property
    def checkpoint(self) -> Path:
        """Where this run keeps its checkpoint."""
        return self.out / "checkpoint.npz"
