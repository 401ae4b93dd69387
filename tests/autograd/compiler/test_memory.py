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


MORE = {mlp: 1.04, lenet: 1.06, transformer: 1.05}
"""How many times as much memory a frozen step may need."""


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
        peaks = []  # the least of several: in one of them a kernel may be loaded, or another thread do something
        for _ in range(3):
            now, _ = tracemalloc.get_traced_memory()
            tracemalloc.reset_peak()
            step(*batch)
            peaks.append(tracemalloc.get_traced_memory()[1] - now)
        return before + min(peaks), held() - before, step
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("make", [mlp, lenet, transformer])
def test_frozen_steps_need_hardly_more_than_others(make):
    eager, _, _ = needed(make, lambda f: f)
    frozen_, grown, step = needed(make, frozen)
    assert grown <= 0
    (ready,) = walks(step)[0].descent.ways.values()
    assert ready.frames.made == 1
    assert frozen_ < eager * MORE[make] + 100_000, f"{frozen_ / eager:.2f} times as much"


class Loop(nn.Module):
    """A cell in a loop over time steps."""

    def __init__(self, kind):
        super().__init__()
        self.cell = kind(64, 128)

    def forward(self, x):
        state, outputs = None, []
        for t in range(len(x)):
            state = self.cell(x[t], state)
            outputs.append(state[0] if type(state) is tuple else state)
        return autograd.stack(outputs)


def looping(kind):
    """Makes steps that run it and walk back: two functions with a record on the tape between them."""

    def make(way):
        autograd.manual_seed(0)
        model = Loop(kind)
        x = tensor(np.random.default_rng(0).standard_normal((50, 32, 64)).astype("f"), requires_grad=True)
        run = way(lambda x: model(x))

        def step():
            x.grad = None
            model.zero_grad()
            run(x).sum().backward()

        return step

    return make


@pytest.mark.parametrize(("kind", "more"), [(nn.LSTMCell, 1.1), pytest.param(nn.GRUCell, 1.03, marks=pytest.mark.slow)])
def test_what_forward_leaves_for_a_walk_back_is_overwritten(kind, more):
    eager, frozen_ = [peak(looping(kind), way) for way in (lambda f: f, frozen)]
    assert frozen_ < eager * more + 100_000, f"{frozen_ / eager:.2f} times as much"


def test_what_is_kept_to_the_end_is_found(monkeypatch):
    """A planted fault."""
    lifetimes = Plan._lifetimes

    def longer(self):
        lifetimes(self)
        for life in self.life.values():
            if len(self.phases) > 1 and life[0] < len(self.steps[0]) <= life[1]:
                life[1] = len(self.reads)

    eager = peak(looping(nn.LSTMCell), lambda f: f)
    monkeypatch.setattr(Plan, "_lifetimes", longer)
    assert peak(looping(nn.LSTMCell), frozen) > eager * 1.1 + 100_000


def peak(make, way):
    """Bytes of all arrays at the most in a step, after some."""
    make(way)()
    tracemalloc.start()
    try:
        step = make(way)
        for _ in range(4):
            step()
        before = held()
        now, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        step()
        return before + tracemalloc.get_traced_memory()[1] - now
    finally:
        tracemalloc.stop()


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
    assert frozen_ > eager * MORE[make] + 100_000


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


def test_a_constant_that_both_read_joins_no_large_loops():
    """The zero of two masks: the mask of one layer is not computed in the loop of another."""
    rng = np.random.default_rng(0)
    x, a, b = [tensor(rng.standard_normal((200, 200)).astype("f"), requires_grad=True) for _ in range(3)]
    step = frozen(lambda x: (((x @ a).relu() @ b).relu() @ a).sum())
    step(x).backward()
    ((entry,),) = step.compiled.values()
    (ready,) = entry.compiled.ways.values()
    back = [table.group for table in ready.plan.tables if hasattr(table, "group")]
    assert not [group for group in back if [node.name for node in group.nodes].count("ne") > 1]


def test_what_one_loop_leaves_to_another_is_kept():
    """A mask cuts softmax from what comes before: its result is there, and the walk back computes no exp."""
    rng = np.random.default_rng(0)
    x = tensor(rng.standard_normal((8, 64, 64)).astype("f"), requires_grad=True)
    w = tensor(rng.standard_normal((64, 64)).astype("f"), requires_grad=True)

    def attended(x):
        p = (x @ w).softmax(-1)
        return (F.dropout(p, 0.5) @ x).sum()

    step = frozen(attended)
    step(x).backward()
    ((entry,),) = step.compiled.values()
    (ready,) = entry.compiled.ways.values()
    assert "exp" in [node.name for node in ready.plan.phases[0].nodes]
    assert "exp" not in [node.name for node in ready.plan.phases[1].nodes]
    assert "rng.random" not in [x.node.name for x in ready.writer.kept if x.node is not None]


def test_products_of_time_steps_are_added_as_they_come(monkeypatch):
    plans = []
    lifetimes = Plan._lifetimes
    monkeypatch.setattr(Plan, "_lifetimes", lambda self: (plans.append(self), lifetimes(self)))
    looping(nn.GRUCell)(frozen)()
    (steps,) = [plan.steps[1] for plan in plans if len(plan.phases) == 2]
    calls = [at for at, step in enumerate(steps) if getattr(step, "name", "") == "more_products"]
    assert len(calls) > 4
    assert calls[-1] - calls[0] > len(steps) / 2
