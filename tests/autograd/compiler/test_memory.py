"""Memory of frozen steps: hardly more than without, and the same at every step."""

from __future__ import annotations

import gc
import tracemalloc

import numpy as np
import pytest

import autograd
import nn
import nn.functional as F
from autograd import tensor
from autograd.compiler import frozen
from autograd.compiler.emit import Writer
from autograd.compiler.plan import Plan
from tests.autograd.compiler.test_training import walks

NUMPY = 389047
"""The domain in which NumPy reports its arrays to tracemalloc."""


def mlp():
    layers = [nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10)]
    return nn.Sequential(*layers), (64, 784)


def lenet():
    """With batch norm."""
    layers = [nn.Conv2d(1, 6, 5, padding=2), nn.BatchNorm2d(6), nn.ReLU(), nn.MaxPool2d(2)]
    layers += [nn.Conv2d(6, 16, 5), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()]
    return nn.Sequential(*layers, nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 10)), (32, 1, 28, 28)


def transformer():
    layers = [nn.Linear(16, 64)]
    layers += [nn.TransformerEncoderLayer(64, 4, 256, dropout=0.0, batch_first=True) for _ in range(3)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(64 * 32, 10)), (16, 32, 16)


def step_of(make, way):
    """A step of a training of a model, and its inputs."""
    autograd.manual_seed(0)
    model, shape = make()
    optimiser = nn.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    rng = np.random.default_rng(0)
    x, y = tensor(rng.standard_normal(shape).astype(np.float32)), tensor(rng.integers(0, 10, shape[0]))

    def step(x, y):
        loss = F.cross_entropy(model(x), y)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        return loss

    return way(step), (x, y)


def held():
    """Bytes of arrays that are there."""
    gc.collect()
    traces = tracemalloc.take_snapshot().filter_traces([tracemalloc.DomainFilter(True, NUMPY)]).traces
    return sum(trace.size for trace in traces)


def needed(make, way):
    """Bytes of all arrays at the most in a step; by how much more are there after some steps; and the step."""
    step, batch = step_of(make, way)
    for _ in range(2):  # kernels are there then, which takes long while memory is traced
        step(*batch)
    tracemalloc.start()
    try:
        step, batch = step_of(make, way)
        for _ in range(6):
            step(*batch)
        before = held()
        now, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        for _ in range(3):
            step(*batch)
        _, peak = tracemalloc.get_traced_memory()
        return before + peak - now, held() - before, step
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("make", [mlp, lenet, transformer])
def test_frozen_steps_need_hardly_more_than_others(make):
    eager, _, _ = needed(make, lambda f: f)
    frozen_, grown, step = needed(make, frozen)
    assert grown <= 0
    (ready,) = walks(step)[0].descent.ways.values()
    assert ready.frames.made == 1
    assert frozen_ < eager * 1.25 + 100_000, f"{frozen_ / eager:.2f} times as much"


def never(self, waiting):
    """A plan in which nothing has the place of anything else."""
    for x in waiting:
        self.homes[x] = "arena", self.arena
        self.arena += -(-max(x.nbytes, 1) // 64) * 64


@pytest.mark.parametrize("fault", ["places are not used again", "old gradients are there until the end"])
def test_more_is_found(monkeypatch, fault):
    """Planted faults."""
    make = transformer if fault.startswith("places") else mlp
    eager, _, _ = needed(make, lambda f: f)
    if make is transformer:
        monkeypatch.setattr(Plan, "_fit", never)
    else:
        monkeypatch.setattr(Writer, "_there", lambda writer, x, place: False)
    frozen_, _, _ = needed(make, frozen)
    assert frozen_ > eager * 1.25 + 100_000


def test_the_last_gradients_go_where_labels_are_right_alone():
    step, (x, y) = step_of(mlp, frozen)
    for _ in range(3):
        step(x, y)
    (ready,) = walks(step)[0].descent.ways.values()
    assert ready.writer.lets_go
    parameters = list(walks(step)[0].descent.compiled.parameters)
    before = [p.grad for p in parameters if p.requires_grad]
    with pytest.raises(Exception, match=r"(?i)target|label|class"):
        step(x, tensor(np.full(len(y), 99)))
    assert all(p.grad is g for p, g in zip([p for p in parameters if p.requires_grad], before, strict=True))
