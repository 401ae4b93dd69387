"""List the experiments that can be trained, with their default settings."""

from __future__ import annotations

import argparse

from .registry import DEFAULT, EXPERIMENTS


def configure(parser: argparse.ArgumentParser) -> None:
    """No options."""


def run(arguments: argparse.Namespace) -> int:
    """Print one line for each experiment."""
    width = max(map(len, EXPERIMENTS))
    for name, experiment in EXPERIMENTS.items():
        mark = " (default)" if name == DEFAULT else ""
        print(f"{name:<{width}} {experiment.summary}{mark}")
        print(f"{'':<{width}} --epochs {experiment.epochs} --batch-size {experiment.batch_size} --lr {experiment.lr:g}")
    return 0
