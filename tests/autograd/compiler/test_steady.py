"""Frozen functions after their first calls: what they allocate is what they hand over, and the first call is short.

What must be new at every call: results and gradients, which the caller may keep; what operations return that run as
they are (convolutions, pools); and a few small objects of Python around them.
"""

from __future__ import annotations

import gc
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest

import nn
from autograd.compiler import frozen
from autograd.compiler.frames import Frames
from kernels.machine import jit

from .test_memory import lenet, looping, mlp, step_of, transformer

pytestmark = pytest.mark.skipif(not jit.ENABLED, reason="nothing is compiled")

ROOT = Path(__file__).parents[3]
AROUND = 100_000
"""Bytes of objects of Python, and of arrays of a few numbers."""


def allocated(step):
    """Bytes that a step allocates at the most at a time, and bytes that are left, for each of three."""
    gc.collect()
    found = []
    for _ in range(3):
        now, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        step()
        after, peak = tracemalloc.get_traced_memory()
        found.append((peak - now, after - now))
    return found


def training(make, way):
    """A step of a training, and bytes of its gradients."""
    step, batch = step_of(make, way)
    model, _ = make()
    return lambda: step(*batch), sum(p.numel() * p.dtype.itemsize for p in model.parameters())


def loop(kind, way):
    step = looping(kind)(way)
    cell = kind(64, 128)
    results = 50 * 32 * (128 + 64)  # outputs, and the gradient of the input
    return step, 4 * (results + sum(p.numel() for p in cell.parameters()))


STEPS = {
    "mlp": lambda way: training(mlp, way),
    "lstm": lambda way: loop(nn.LSTMCell, way),
    "gru": lambda way: loop(nn.GRUCell, way),
    "lenet": lambda way: training(lenet, way),
    "transformer": lambda way: training(transformer, way),
}


def measured(name, way):
    STEPS[name](way)[0]()  # kernels are there then
    tracemalloc.start()
    try:
        step, handed = STEPS[name](way)
        for _ in range(5):
            step()
        return allocated(step), handed
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", ["mlp", "lstm", pytest.param("gru", marks=pytest.mark.slow)])
def test_only_what_is_handed_over_is_new(name):
    steps, handed = measured(name, frozen)
    most = min(most for most, _ in steps)
    assert most <= handed + AROUND, f"{most:,} bytes, of which {handed:,} are results"
    assert max(left for _, left in steps) <= AROUND / 4


@pytest.mark.parametrize("name", ["lenet", "transformer"])
def test_with_operations_as_they_are_no_more_is_new_than_without(name):
    steps, _ = measured(name, frozen)
    without, _ = measured(name, lambda f: f)
    # the least: what is made anew is so at every step, but other threads may do something during one
    assert min(most for most, _ in steps) <= min(most for most, _ in without) + AROUND
    assert max(left for _, left in steps) <= AROUND / 4


def test_memory_that_is_made_anew_is_found(monkeypatch):
    """A planted fault: every call has a frame of its own."""
    take, used = Frames.take, []

    def anew(self):
        used.extend(self.free)
        self.free.clear()
        return take(self)

    monkeypatch.setattr(Frames, "take", anew)
    steps, handed = measured("lstm", frozen)
    assert min(most for most, _ in steps) > handed + AROUND


# ---------------------------------------------------------------------------------------------------- the first call

FIRST = """
import time
import numpy as np, autograd, nn
from tests.autograd.compiler.test_memory import mlp, step_of, transformer
from autograd.compiler import frozen
step, batch = step_of({make}, lambda f: f)
step(*batch), step(*batch)
step, batch = step_of({make}, frozen)
begun = time.process_time()
step(*batch)
print(time.process_time() - begun)
"""


def first_call(make):
    """Seconds of processors in the first call, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", FIRST.format(make=make)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return float(done.stdout.split()[-1])


@pytest.mark.slow
@pytest.mark.parametrize(("make", "seconds"), [("mlp", 2.0), ("transformer", 10.0)])
def test_the_first_call(make, seconds):
    """Kernels may have to be compiled then, once for a machine; a second process has them."""
    first_call(make)
    assert first_call(make) < seconds
    if make == "mlp":
        assert min(first_call(make) for _ in range(3)) < 0.3
