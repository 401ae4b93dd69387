"""`python -m benchmarks anatomy`: where the nanoseconds of one recorded multiplication go.

Times a chain of 1,000 products of 16 floats with more and more of the machinery switched on; figures are differences.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import autograd

COUNT = 1000


def _median_ns(run: Callable[[], Any], rounds: int = 41) -> float:
    """Median time of one of the COUNT operations that `run` does."""
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        run()
        times.append(time.perf_counter() - started)
    return statistics.median(times) / COUNT * 1e9


def measure() -> list[tuple[str, float]]:
    """(part, nanoseconds) rows."""
    a = np.linspace(0.5, 1.5, 16, dtype=np.float32)
    b = np.full(16, 1.0001, np.float32)
    x, w = autograd.tensor(a, requires_grad=True), autograd.tensor(b)
    both = autograd.tensor(b, requires_grad=True)
    seed = autograd.tensor(np.ones(16, np.float32))

    def numpy_chain() -> None:
        z = a
        for _ in range(COUNT):
            z = np.multiply(z, b)

    def chain(factor: Any) -> Any:
        z = x
        for _ in range(COUNT):
            z = z * factor
        return z

    def constant() -> None:
        with autograd.no_grad():
            chain(w)

    def forward(factor: Any) -> Callable[[], None]:
        def run() -> None:
            chain(factor)
            autograd.tape().clear()

        return run

    def complete(factor: Any) -> Callable[[], None]:
        def run() -> None:
            x.grad = factor.grad = None
            chain(factor).backward(seed)

        return run

    def numpy_backward() -> None:
        dz, total = b, b.copy()
        for _ in range(COUNT):
            g = dz * a
            dz = dz * b
            total += g

    product = _median_ns(numpy_chain)
    bare = _median_ns(constant)
    recorded = _median_ns(forward(w))
    whole = _median_ns(complete(w))
    whole_both = _median_ns(complete(both))
    sums = _median_ns(numpy_backward)
    return [
        ("forward: NumPy's multiplication", product),
        ("forward: operator, checks, the new Tensor", bare - product),
        ("forward: the record: rule, inputs, kept arrays, shape, line, tape", recorded - bare),
        ("backward: NumPy's multiplication", product),
        ("backward: the walk, the rule, letting the record go", whole - recorded - product),
        ("together", whole),
        ("with a gradient for the factor: NumPy's two products and the sum more", sums - product),
        ("with a gradient for the factor: its rule and adding up", whole_both - whole - (sums - product)),
        ("together, with a gradient for the factor", whole_both),
    ]


def configure(parser: argparse.ArgumentParser) -> None:
    """No flags."""


def run(arguments: argparse.Namespace) -> int:
    """Print the table."""
    print("x * w on 16 floats, nanoseconds per operation in a chain of 1,000")
    for part, nanoseconds in measure():
        print(f"{nanoseconds:8.0f}  {part}")
    return 0
