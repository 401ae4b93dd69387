"""The profiler: times that add up, nothing that runs otherwise, nothing that stays behind.

The kind: time that is counted twice or by nobody, an operation that is computed in another way because somebody looks,
a layer that is charged for another one, something left exchanged when the block ends.
"""

import gzip
import json
import threading
import time
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

import autograd
import nn
from autograd.errors import GraphError
from autograd.modes import state
from autograd.profiler import (
    ProfilerAction,
    ProfilerActivity,
    profile,
    record_function,
    schedule,
    supported_activities,
    tensorboard_trace_handler,
)
from autograd.profiler.averages import BETWEEN, OURS
from nn import functional as F
from tests.conformance.programs import gpt, resnet


class Cells(nn.Module):
    """A loop over time steps: the gradients of its weights wait, and are computed together."""

    def __init__(self):
        super().__init__()
        self.cell = nn.LSTMCell(8, 16)
        self.out = nn.Linear(16, 4)

    def forward(self, x):
        state = None
        for step in x:
            state = self.cell(step, state)
        return self.out(state[0])


class Bag(nn.Module):
    """An LSTM over sequences of words."""

    def __init__(self):
        super().__init__()
        self.words, self.lstm, self.out = nn.Embedding(20, 16), nn.LSTM(16, 16, 2), nn.Linear(16, 4)

    def forward(self, x):
        return self.out(self.lstm(self.words(x))[0][-1])


def numbers(*shape):
    return autograd.tensor(np.random.default_rng(0).standard_normal(shape).astype(np.float32))


MODELS = {
    "mlp": lambda: (nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Dropout(), nn.Linear(64, 4)), numbers(128, 64)),
    "cnn": lambda: (
        nn.Sequential(
            nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(8 * 49, 4)
        ),
        numbers(16, 3, 16, 16),
    ),
    "resnet": lambda: (resnet.ResNet(resnet.BasicBlock, [1, 1, 1, 1]), numbers(2, 3, 32, 32)),
    "gpt": lambda: (gpt.GPT(gpt.Config()), autograd.randint(0, 10, (2, 8))),
    "cells": lambda: (Cells(), numbers(12, 8, 8)),
    "lstm": lambda: (Bag(), autograd.randint(0, 20, (10, 8))),
}


def made(name):
    autograd.manual_seed(1)
    model, x = MODELS[name]()
    optimizer = nn.optim.SGD(model.parameters(), lr=0.01)

    def step():
        optimizer.zero_grad()
        found = model(x)
        loss = (found[0] if isinstance(found, tuple) else found).square().mean()
        loss.backward()
        optimizer.step()
        return loss

    return model, step


def faults(spans):
    """What is wrong with spans: one that leaves its parent, overlaps another, or time that belongs to two."""
    found = []
    last = {}
    for span in spans:
        parent = span.parent
        if span.own_ns < 0:
            found.append(f"{span} has less time of its own than none")
        if parent is None:
            continue
        if span.start < parent.start or span.end > parent.end:
            found.append(f"{span} leaves {parent}")
        if span.start < last.get(id(parent), 0):
            found.append(f"{span} overlaps another")
        last[id(parent)] = span.end
    return found


@pytest.mark.parametrize("name", MODELS)
def test_times_add_up_and_no_bit_changes(name):
    model, step = made(name)
    plain = [step().item() for _ in range(2)]
    weights = {key: value.numpy().copy() for key, value in model.state_dict().items()}
    model, step = made(name)
    again = [step().item()]
    with profile() as prof:
        again.append(step().item())
    assert plain == again
    for key, value in model.state_dict().items():
        np.testing.assert_array_equal(value.numpy(), weights[key])
    spans = prof._seen().spans
    assert faults(spans) == []
    assert sum(span.own_ns for span in prof.spans) == prof.total_ns
    for rows in (prof.operations(), prof.key_averages()):
        whole = sum(
            row.forward_ms + row.backward_ms if hasattr(row, "forward_ms") else row.self_cpu_time_total / 1e3
            for row in rows
        )
        assert whole == pytest.approx(prof.total_ns / 1e6, rel=1e-9)


@pytest.mark.slow  # for a machine that is not busy: what another process takes counts as the step's
@pytest.mark.parametrize("name", ["cnn", "resnet", "gpt", "lstm"])
def test_the_sum_is_the_time_of_the_step(name):
    _, step = made(name)
    step()
    gaps = []
    for _ in range(20):  # another process may take the processor between two readings of the clock
        started = time.perf_counter()
        with profile() as prof:
            step()
        wall = time.perf_counter() - started
        rows = prof.operations()
        gaps.append(abs(sum(row.forward_ms + row.backward_ms for row in rows) / 1e3 / wall - 1))
        if gaps[-1] < 0.05:
            break
    assert min(gaps) < 0.05


def test_a_time_that_is_lost_is_found():
    _, step = made("cnn")
    with profile() as prof:
        step()
    spans = prof._seen().spans
    victim = max((span for span in spans if span.kind == "backward"), key=lambda span: span.ns)
    victim.parent.inside -= victim.ns
    assert sum(span.own_ns for span in prof.spans) != prof.total_ns
    victim.parent.inside += victim.ns
    victim.end = victim.parent.end + 1
    assert faults(spans)


def test_what_is_held_is_what_the_tape_keeps():
    model, x = MODELS["resnet"]()
    loss = model(x).square().mean()
    loss.backward()
    with profile() as prof:
        loss = model(x).square().mean()
        kept = sum(autograd.tape().memory().values())
        rows = autograd.tape().memory()
        loss.backward()
    assert prof.most_held == kept > 0
    assert {row.name: row.held for row in prof.operations() if row.held} == {k: v for k, v in rows.items() if v}
    assert prof.modules()[0].held <= kept
    assert prof._seen().held.total == 0
    with profile(profile_memory=False) as prof:
        model(x).square().mean().backward()
    assert prof.most_held == 0


def test_layers_by_name():
    _, step = made("cnn")
    step()
    with profile() as prof:
        step()
        step()
    rows = {row.name: row for row in prof.modules()}
    # batch norm, ReLU and pooling run as one operation, which belongs to the Sequential
    assert [*rows] == ["", "0", "4", "5"]
    assert [row.kind for row in rows.values()] == ["Sequential", "Conv2d", "Flatten", "Linear"]
    assert all(row.calls == 2 for row in rows.values())
    inner = [rows["0"], rows["4"], rows["5"]]
    assert rows[""].forward_ms >= sum(row.forward_ms for row in inner)
    assert rows[""].backward_ms >= sum(row.backward_ms for row in inner) > 0
    backward = [span for span in prof.spans if span.kind == "backward" and span.name == "conv"]
    assert len(backward) == 2
    assert all(span.forward.name == "conv" and span.layers[0].path == "0" for span in backward)


def test_a_layer_that_is_called_twice_and_one_inside_of_itself():
    shared = nn.Linear(4, 4)

    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = shared
            self.depth = 2

        def forward(self, x):
            if self.depth:
                self.depth -= 1
                return self(self.inner(x))
            return x

    with profile() as prof:
        Twice()(numbers(3, 4)).sum().backward()
    rows = {row.name: row for row in prof.modules()}
    assert rows["inner"].calls == 2
    assert rows[""].calls == 3
    assert rows[""].forward_ms <= prof.total_ns / 1e6


def test_names_of_ones_own():
    @record_function("decorated")
    def function(x):
        return x.exp()

    x = numbers(3)
    with record_function("nobody looks"):
        pass
    with profile() as prof, record_function("all of it"):
        with record_function("part"):
            function(x)
        function(x)
    names = [(span.name, span.parent.name) for span in prof.events()]
    assert names == [
        ("all of it", "all"),
        ("part", "all of it"),
        ("decorated", "part"),
        ("exp", "decorated"),
        ("decorated", "all of it"),
        ("exp", "decorated"),
    ]


def test_averages_and_their_table():
    x = numbers(8, 8).requires_grad_()
    with profile(record_shapes=True, with_flops=True, with_stack=True) as prof:
        (x @ x).sum().backward()
        (x[:2] @ x).sum().backward()
    rows = {row.key: row for row in prof.key_averages()}
    assert rows["matmul"].count == 2
    assert rows["matmul (backward)"].count == 2
    assert rows["matmul"].flops == 2 * 8 * 8 * 8 + 2 * 2 * 8 * 8
    assert {BETWEEN, OURS} < set(rows)
    shapes = [row.input_shapes for row in prof.key_averages(group_by_input_shape=True) if row.key == "matmul"]
    assert shapes == [((8, 8), (8, 8)), ((2, 8), (8, 8))]
    lines = {row.stack for row in prof.key_averages(group_by_stack_n=1) if row.key == "matmul"}
    assert len(lines) == 2
    assert all("test_profiler.py:" in line for line in lines)
    text = prof.key_averages().table(sort_by="count", row_limit=1, header="above")
    assert text.startswith("above")
    assert len([line for line in text.splitlines() if " us" in line or "us  " in line]) == 1
    assert "Total MFLOPs" in text
    assert prof.total_average().cpu_time_total == pytest.approx(prof.total_ns / 1e3)
    with pytest.raises(ValueError, match="sort_by"):
        prof.key_averages().table(sort_by="cuda_time_total")
    assert "forward ms" in str(prof)
    assert "backward" in prof._repr_html_()


def test_files(tmp_path):
    _, step = made("cnn")
    with profile(record_shapes=True) as prof:
        step()
    prof.export_chrome_trace(tmp_path / "trace.json")
    prof.export_chrome_trace(tmp_path / "trace.json.gz")
    whole = json.loads((tmp_path / "trace.json").read_text())
    with gzip.open(tmp_path / "trace.json.gz", "rt") as file:
        assert json.load(file) == whole
    complete = [event for event in whole["traceEvents"] if event["ph"] == "X"]
    assert len(complete) == len(prof.events()) + 1
    assert all(event["ts"] >= 0 and event["dur"] >= 0 for event in complete)
    starts = [event["id"] for event in whole["traceEvents"] if event["ph"] == "s"]
    assert starts == [event["id"] for event in whole["traceEvents"] if event["ph"] == "f"]
    assert len(starts) == len([span for span in prof.events() if span.kind == "backward" and span.forward])
    assert whole["traceEvents"][-1]["args"] == {"bytes": 0}
    prof.export_stacks(tmp_path / "stacks.txt")
    stacks = dict(line.rsplit(" ", 1) for line in (tmp_path / "stacks.txt").read_text().splitlines())
    assert "all;Sequential;Conv2d;conv" in stacks
    assert sum(map(int, stacks.values())) <= prof.total_ns / 1e3
    drawing = prof.flame(tmp_path / "step.svg")
    root = ElementTree.fromstring((tmp_path / "step.svg").read_text())
    assert drawing.count("<rect") == len(root.findall(".//{*}rect")) > 3
    assert "0 Conv2d" in drawing
    prof.flame(tmp_path / "step.html")
    assert (tmp_path / "step.html").read_text().count("<svg") == 1


def test_schedule(tmp_path):
    ready = []
    plan = schedule(skip_first=1, wait=1, warmup=1, active=2, repeat=2)
    assert [plan(step).value for step in range(12)] == [0, 0, 1, 2, 3, 0, 1, 2, 3, 0, 0, 0]
    x = numbers(4)

    def note(prof):
        ready.append((prof.step_num, [span.name for span in prof.events()]))

    with profile(schedule=plan, on_trace_ready=note) as prof:
        for _ in range(12):
            x.exp()
            prof.step()
    two = [(f"ProfilerStep#{n}", "exp", f"ProfilerStep#{n + 1}", "exp") for n in (3, 7)]
    assert ready == [(5, [*two[0]]), (9, [*two[1]])]
    with profile(on_trace_ready=tensorboard_trace_handler(str(tmp_path), "me")):
        x.exp()
    assert [file.name.startswith("me.") for file in tmp_path.glob("*.pt.trace.json")] == [True]
    with pytest.raises(ValueError, match="active"):
        schedule(wait=0, warmup=0, active=0)


@pytest.mark.parametrize("steps", range(1, 7))
def test_a_schedule_that_is_left_early(steps):
    ready = []
    with profile(schedule=schedule(wait=1, warmup=1, active=2), on_trace_ready=ready.append) as prof:
        for _ in range(steps):
            numbers(2).exp()
            prof.step()
    assert state.interpreter is None
    assert len(ready) == {1: 0, 2: 1, 3: 1, 4: 1, 5: 1, 6: 2}[steps]


def test_nothing_stays_behind():
    call = vars(nn.Module)["__call__"]
    iterate = vars(nn.data.DataLoader)["__iter__"]
    prof = profile()

    def failing():
        with prof:
            assert vars(nn.Module)["__call__"] is not call
            nn.Linear(2, 2)(numbers(1, 2))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        failing()
    assert vars(nn.Module)["__call__"] is call
    assert vars(nn.data.DataLoader)["__iter__"] is iterate
    assert state.interpreter is None
    assert [span.name for span in prof.events()] == ["Linear", "linear"]
    with profile(enabled=False) as prof:
        numbers(2).exp()
    assert prof.watcher is None
    with pytest.raises(GraphError, match="nothing was recorded"):
        prof.key_averages()


def test_an_error_within_an_operation():
    with profile() as prof:
        with pytest.raises(autograd.errors.ShapeError):
            numbers(2) @ numbers(3)
        numbers(2).exp()
    assert [(span.name, span.parent.name) for span in prof.events()] == [("matmul", "all"), ("exp", "all")]
    assert faults(prof._seen().spans) == []


def test_where_it_cannot_begin():
    with profile() as prof:
        with pytest.raises(GraphError, match="another profile"), profile():
            pass
        with pytest.raises(GraphError, match="still running"):
            prof.events()
    with pytest.raises(GraphError, match="mapped"):
        autograd.func.vmap(lambda x: profile().start())(numbers(2))


def test_devices():
    assert supported_activities() == {ProfilerActivity.CPU}
    with pytest.warns(UserWarning, match="no CUDA here"):
        profile(activities=[ProfilerActivity.CPU, ProfilerActivity.CUDA])
    with profile(activities=[ProfilerActivity.CPU]) as prof:
        numbers(2).exp()
    assert [row.key for row in prof.key_averages()][:1] == ["exp"]
    assert autograd.profiler.profile is profile
    assert ProfilerAction.RECORD_AND_SAVE.value == 3


def test_compiled_functions_run_compiled():
    def function(x, w):
        return ((x @ w).tanh() * 2).sum()

    x, w = numbers(4, 3), numbers(3, 2).requires_grad_()
    for make in (autograd.compile, lambda f: autograd.compile(f, frozen=True)):
        one = make(function)
        for _ in range(3):
            one(x, w).backward()
        expected, w.grad = w.grad / 3, None
        with profile() as prof:
            one(x, w).backward()
        np.testing.assert_allclose(w.grad.numpy(), expected.numpy(), rtol=1e-6)
        w.grad = None
        names = [span.key for span in prof.events()]
        assert names[0] == "compiled function"
        assert "matmul" not in names
        back = [span for span in prof.events() if span.kind == "backward"]
        assert len(back) == 1
        assert back[0].forward.name == "compiled function"


def square(x):
    class Square(autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx, dz):
            return 2 * dz * ctx.saved_tensors[0]

    return Square.apply(x).sum()


def twice(x):
    g = autograd.grad((x**3).sum(), x, create_graph=True)[0]
    return (g * g).sum()


def in_place(x):
    y = x * 2
    y.relu_()
    y[0] = 3
    return (y * y).sum()


@pytest.mark.parametrize(
    "function",
    [
        square,
        twice,
        in_place,
        lambda x: autograd.checkpoint(lambda y: (y.exp() * y).sum(), x),
        lambda x: autograd.func.vmap(lambda row: (row * row).sum())(x.reshape(2, 3)).sum(),
        lambda x: sum(part.sum() * n for n, part in enumerate(x.split(2))),
        lambda x: F.relu(F.batch_norm(x.reshape(3, 2), None, None, training=True)).square().sum(),
        lambda x: autograd.stack([x, x.flip(0)]).max(0).values.sum() + x.sort().values[1],
    ],
)
def test_what_programs_do(function):
    def gradient():
        x = numbers(6).requires_grad_()
        seen = []
        x.register_hook(lambda g: seen.append(g.sum().item()))
        loss = function(x)
        loss.backward()
        return loss.item(), x.grad.tolist(), seen

    plain = gradient()
    with profile() as prof:
        found = gradient()
    assert found == plain
    assert faults(prof._seen().spans) == []
    assert sum(span.own_ns for span in prof.spans) == prof.total_ns


def test_gradients_to_some_inputs_and_in_forward_mode():
    x, w = numbers(3, 3).requires_grad_(), numbers(3, 3).requires_grad_()
    plain = autograd.grad((x @ w).exp().sum(), w)[0].tolist()
    tangent = autograd.func.jvp(lambda y: (y * y).sum(), (numbers(3),), (numbers(3),))[1].item()
    with profile() as prof:
        assert autograd.grad((x @ w).exp().sum(), w)[0].tolist() == plain
        assert autograd.func.jvp(lambda y: (y * y).sum(), (numbers(3),), (numbers(3),))[1].item() == tangent
    back = [span.name for span in prof.events() if span.kind == "backward"]
    assert back[:3] == ["sum", "exp", "matmul"]


def test_loaders_and_optimisers_have_names():
    data = nn.data.TensorDataset(np.zeros((6, 2), np.float32), np.zeros(6, np.int64))
    model = nn.Linear(2, 2)
    optimizer = nn.optim.Adam(model.parameters())
    with profile() as prof:
        for x, y in nn.data.DataLoader(data, 3):
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimizer.step()
    rows = {row.key: row.count for row in prof.key_averages()}
    assert rows["Adam.step"] == rows["Adam.zero_grad"] == 2
    assert rows["next(DataLoader)"] == 3  # the last one finds the end


def test_fit_is_seen():
    data = nn.data.TensorDataset(numbers(32, 4), np.arange(32) % 2)
    model = nn.Linear(4, 2)
    with profile() as prof:
        optimizer = nn.optim.SGD(model.parameters(), lr=0.1)
        nn.fit(model, data, epochs=1, batch_size=8, loss=nn.CrossEntropyLoss(), optimizer=optimizer, progress=False)
    rows = {row.name: row for row in prof.operations()}
    assert rows["linear"].calls == 4
    assert rows["linear"].backward_ms > 0


def test_other_threads_are_left_alone():
    seen = []

    def other():
        seen.append(state.interpreter)
        nn.Linear(2, 2)(numbers(1, 2))

    with profile() as prof:
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert seen == [None]
    assert prof.events() == []
