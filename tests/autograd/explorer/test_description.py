"""What a page is told about a program: values, gradients, lifetimes, modules, marks, verdicts."""

from __future__ import annotations

import base64
import sys
import types

import numpy as np
import pytest

import autograd
import nn
from autograd.errors import GraphError
from autograd.explorer import explore
from autograd.explorer.arrays import Limits, limits, values_of
from autograd.op import op

from .examples import array_of, network, slot_of, small


def test_values_and_gradients_are_those_of_backward():
    autograd.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    x = autograd.randn(5, 3, requires_grad=True)

    def loss(x):
        return (model(x) ** 2).mean()

    found = explore(loss, x).description
    value = loss(x)
    value.backward()
    assert array_of(found.slots[found.outputs[0]].value) == value.item()
    paths = {slot.path: slot for slot in found.slots if slot.path}
    for path, parameter in model.named_parameters():
        home = paths[f"model.{path}"]
        (gradient,) = [slot for slot in found.slots if slot.of == home.number and slot.number in found.outputs]
        assert (array_of(home.value) == parameter.detach().numpy()).all()
        assert array_of(gradient.value).tobytes() == parameter.grad.numpy().tobytes()


def test_steps_say_what_they_undo_and_where_cotangents_add_up():
    steps = small().description.steps
    assert [step.op for step in steps[:7]] == ["transpose", "matmul", "add", "sigmoid", "mul", "sub", "sum"]
    by_op = {step.op: step for step in reversed(steps)}
    assert by_op["sigmoid.dx"].forward == by_op["sigmoid"].number
    assert by_op["sigmoid.dx"].rule == "dx = dz * (z * (1 - z))"
    assert by_op["matmul.dy"].forward == by_op["matmul"].number
    assert by_op["unbroadcast"].forward == by_op["add"].number
    sums = [step.numpy for step in steps if step.adds]
    assert sums == ["d_h4_3 = d_h4 + d_h4_2", "d_h4_5 = d_h4_3 + d_h4_4"]


def test_lines_are_quoted():
    found = small().description
    step = found.steps[3]
    assert step.file == "explorer/examples.py"
    assert "autograd.sigmoid(x @ w.T + b)" in found.sources[step.file][str(step.line)]


def test_lines_of_notebooks_have_the_number_of_their_cell(monkeypatch):
    shell = types.SimpleNamespace(compile=types.SimpleNamespace(_filename_map={"/tmp/ipykernel_7/123.py": 14}))
    monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(get_ipython=lambda: shell))
    scope = {"autograd": autograd}
    exec(compile("\n\ndef loss(x):\n    return x.exp()", "/tmp/ipykernel_7/123.py", "exec"), scope)
    x = autograd.tensor(1.0, requires_grad=True)
    step = explore(scope["loss"], x).description.steps[0]
    assert (step.file, step.line) == ("In [14]", 4)
    z = scope["loss"](x)
    assert z.grad_fn is not None
    assert "In [14]:4" in str(autograd.tape())


def test_listings_are_monospaced_in_notebooks():
    x = autograd.tensor([1.0, 2.0], requires_grad=True)
    loss = (x * x).sum()
    shown = autograd.tape()._repr_html_()
    assert shown.startswith("<pre")
    assert "monospace" in shown
    assert "&lt;Tape: 2 records" in shown
    program = autograd.capture(lambda x: (x < 2).sum(), x)
    assert "h1 = lt(x, 2" in program._repr_html_()
    assert "&lt;lambda&gt;" in program._repr_html_()
    assert loss.requires_grad


def test_what_is_freed_when_and_how_much_is_held():
    x = autograd.tensor(np.arange(4.0), requires_grad=True)
    steps = explore(lambda x: autograd.exp(x.reshape(2, 2) * 2).sum(), x).description.steps
    names = [step.op for step in steps]
    assert names == ["reshape", "mul", "exp", "sum", "sum.dx", "exp.dx", "mul.dx", "reshape.dx"]
    x, p, e, s = [step.outputs[0] for step in steps[:4]]
    ds, de, dp, dx = [step.outputs[0] for step in steps[4:]]
    assert [step.freed for step in steps[:4]] == [[], [x], [p], []]  # exp's rule asks for its result
    assert [sorted(step.freed) for step in steps[4:]] == [[], [e, ds], [de], [dp]]  # results stay
    # reshape is a view of the input, and the gradient of the sum one of what it is given; the result takes 8 bytes
    assert [step.held for step in steps] == [0, 32, 64, 32 + 8, 32 + 8, 64 + 8, 64 + 8, 32 + 8]
    assert not {s, dx} & {slot for step in steps for slot in step.freed}


def test_steps_know_their_module_and_hooks_are_gone():
    found = network().description
    kinds = {module.path: module.kind for module in found.modules}
    assert kinds["model"] == "Sequential"
    assert kinds["model.0.1"] == "BatchNorm1d"
    by_op = {step.op: step.module for step in found.steps}
    assert by_op["normalise"] == "model.0.1"
    assert by_op["normalise.d"] == "model.0.1"
    assert by_op["relu.dx"] == "model.0.2"
    assert by_op["cross_entropy"] == ""
    model = nn.Linear(2, 2)
    explore(lambda x: model(x).sum(), autograd.ones(1, 2))
    before = len(found.modules)
    model(autograd.ones(1, 2))
    assert len(found.modules) == before
    assert not any(getattr(model._hooks, name) for name in ("forward_pre", "forward"))


def test_exploring_is_one_call_and_no_more():
    model = nn.BatchNorm1d(3)
    x = autograd.randn(4, 3)
    twin = nn.BatchNorm1d(3)
    twin(x)
    explore(lambda x: model(x).sum(), x)
    assert (model.running_mean.numpy() == twin.running_mean.numpy()).all()
    assert model.num_batches_tracked.item() == 1
    autograd.manual_seed(3)
    nn.functional.dropout(x, 0.5)
    expected = autograd.rand(2).tolist()
    autograd.manual_seed(3)
    explore(lambda x: nn.functional.dropout(x, 0.5).sum(), x)
    assert autograd.rand(2).tolist() == expected
    assert all(p.grad is None for p in model.parameters())
    assert len(autograd.tape()) == 0


def test_writes_in_place_have_versions():
    running = autograd.zeros(2)

    def loss(x):
        running.add_(x.detach())
        return (x * running).sum()

    found = explore(loss, autograd.tensor([1.0, 2.0], requires_grad=True))
    (slot,) = [slot for slot in found.description.slots if slot.kind == "parameter"]
    assert array_of(slot.value).tolist() == [1.0, 2.0]  # as the call has left it: the page shows what comes next
    (version,) = slot.versions.values()
    assert array_of(version).tolist() == [2.0, 4.0]
    assert running.tolist() == [1.0, 2.0]


def test_the_first_nan_is_marked_as_the_source():
    x = autograd.tensor([[1.0, -2.0], [0.3, 0.8]], requires_grad=True)
    found = explore(lambda x: (autograd.log(x) * x).mean(), x).description
    marks = [(step.op, mark.kind, mark.source) for step in found.steps for mark in step.marks]
    assert marks[:3] == [("log", "nan", True), ("mul", "nan", False), ("mean", "nan", False)]
    assert found.open_at == 0


def test_zero_gradients_dead_units_and_saturation_are_marked():
    x = autograd.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    b = autograd.tensor([-100.0, 1.0], requires_grad=True)

    def kinds(function):
        steps = explore(function, x).description.steps
        return {(step.op, mark.kind, mark.source) for step in steps for mark in step.marks}

    assert kinds(lambda x: autograd.relu(x + b).sum()) == {("relu", "dead", True)}
    assert ("sub.dx", "zero", True) in kinds(lambda x: autograd.relu(x - 100.0).sum())
    assert ("sigmoid", "saturated", True) in kinds(lambda x: autograd.sigmoid(x * 10).sum())
    assert ("tanh", "saturated", True) in kinds(lambda x: autograd.tanh(x * 10).sum())
    assert kinds(lambda x: autograd.tanh(x * 0.1).sum() + autograd.relu(x).sum()) == set()


def test_large_arrays_become_thumbnails_with_their_statistics(rng):
    array = rng.standard_normal((3, 50, 70))
    found = values_of(array, Limits(4096))
    assert found.data == ""
    assert found.picture.rows * found.picture.columns <= 4096
    assert "planes of 50 x 70" in found.picture.note
    assert found.facts["max"] == array.max()
    assert found.facts["norm"] == pytest.approx(np.linalg.norm(array))
    whole = values_of(array, Limits(array.size))
    assert array_of(whole).tobytes() == array.tobytes()
    assert whole.picture is None


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "bool", "float16"])
def test_small_arrays_are_kept_exactly(dtype, rng):
    array = (rng.standard_normal((2, 3)) * 3).astype(dtype)
    assert (array_of(values_of(array, Limits(10))) == array).all()


def test_arrays_in_between_are_kept_in_255_steps(rng):
    array = rng.standard_normal((3, 50, 70))
    array[0, 0, :2] = np.nan, np.inf
    found = values_of(array, Limits(4096, array.size))
    low, high = found.bounds
    steps = np.frombuffer(base64.b64decode(found.data), np.uint8).reshape(array.shape)
    finite = np.isfinite(array)
    assert (steps[~finite] == 0).all()
    assert (low, high) == (array[finite].min(), array[finite].max())
    near = low + (steps.astype(float) - 1) / 254 * (high - low)
    assert np.abs(near - array)[finite].max() <= (high - low) / 254 / 2 * (1 + 1e-9)
    assert found.picture is None
    assert (found.facts["nan"], found.facts["inf"]) == (1, 1)


def test_what_a_page_can_hold():
    assert limits([10, 4000]) == Limits(4096, 0, 4096)
    lenet = [18816] * 6 + [6400] * 5 + [48000] * 2 + [10080] * 2
    assert limits(lenet).rough == 48000
    assert limits([*lenet, 10**6]).rough == 48000
    assert limits([10**6]).rough == 0
    assert limits([10] * 5).note([10] * 5) == ""
    assert (
        limits(lenet).note(lenet).startswith("Arrays of more than 4,096 elements are shown to 1/254 of their range: ")
    )
    assert "of more than 48,000 as thumbnails" in limits([*lenet, 10**6]).note([*lenet, 10**6])
    assert "are shown as thumbnails with their statistics" in limits([10**6]).note([10**6])


def test_a_thumbnail_shows_means_of_blocks():
    picture = values_of(np.arange(16.0).reshape(4, 4), Limits(1, 1, 4)).picture
    assert (picture.rows, picture.columns) == (1, 1) or (picture.rows, picture.columns) == (2, 2) or picture.note
    assert picture.low >= 0
    assert picture.high <= 15


def test_verdicts_stand_at_the_operations():
    bad = op("bad_mul_demo", np.multiply, broadcasts=True, dx=lambda dz, y: dz * y, dy=lambda dz, x: -dz * x)
    x = autograd.tensor([[1.0, 2.0]], requires_grad=True, dtype=autograd.float64)
    w = autograd.tensor([[3.0, 5.0]], requires_grad=True, dtype=autograd.float64)
    report = autograd.check_grads(lambda x, w: (bad(x, w) * x).sum(), (x, w))
    found = report.explore().description
    assert found.headline == report.headline()
    verdicts = {step.op: [each.verdict for each in step.verdicts] for step in found.steps if step.verdicts}
    assert verdicts["bad_mul_demo"] == ["correct", "wrong"]
    assert verdicts["bad_mul_demo.dx"] == ["correct"]
    assert verdicts["bad_mul_demo.dy"] == ["wrong"]
    assert verdicts["mul.dx"] == ["correct"]
    assert found.steps[found.open_at].op == "bad_mul_demo"
    (wrong,) = [each for each in found.steps[found.open_at].verdicts if each.verdict == "wrong"]
    assert "sign" in wrong.hint
    assert found.notes == []


def test_verdicts_on_functions_of_the_users():
    class Square(autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx, dz):
            (x,) = ctx.saved_tensors
            return dz * x

    x = autograd.tensor([1.0, 2.0], requires_grad=True, dtype=autograd.float64)
    found = autograd.check_grads(lambda x: Square.apply(x * 3).sum(), (x,)).explore().description
    wrong = [step.op for step in found.steps if any(each.verdict == "wrong" for each in step.verdicts)]
    assert wrong == ["Square", "mul"]
    right = autograd.check_grads(lambda x: (x * x).sum(), (x,)).explore().description
    assert right.headline.startswith("CORRECT")
    assert {each.verdict for step in right.steps for each in step.verdicts} == {"correct"}


def test_reports_of_derivations():
    x, w = np.array([[1.0, 2.0]]), np.array([[3.0], [4.0]])
    report = autograd.check_derivation(lambda x, w: x @ w, (x, w), lambda x, w, dZ: (dZ @ w.T, 2 * x.T @ dZ))
    found = report.explore().description
    assert [(each.argument, each.verdict) for each in found.verdicts] == [("x", "correct"), ("w", "wrong")]
    assert [step.op for step in found.steps] == ["matmul", "matmul.dx", "matmul.dy"]


def test_a_report_without_its_function_says_so():
    from autograd.check.report import GradReport

    with pytest.raises(GraphError, match="does not know its function"):
        GradReport().explore()


def test_programs_that_have_no_gradient():
    found = explore(lambda x: x + 1, autograd.tensor([1, 2])).description
    assert found.turn == len(found.steps) == 1
    assert "only the way forward" in found.notes[0]


def test_what_python_asked_for_is_told_apart():
    def loss(x):
        return (x * 2).sum() if x.sum() > 0 else x

    found = explore(loss, autograd.tensor([1.0, 2.0], requires_grad=True)).description
    assert [step.op for step in found.steps if step.minor] == ["sum", "gt"]
    assert {found.slots[int(slot)].name: how for slot, how in found.steps[2].asked.items()} == {"h2": "item"}


def test_results_that_are_no_number():
    found = explore(lambda x: x * 2, autograd.tensor([1.0, 2.0], requires_grad=True)).description
    assert "sum of its elements" in found.notes[0]
    assert found.turn == 1


def test_a_program_can_be_explored_with_other_inputs():
    program = autograd.capture(lambda x: (x * x).sum(), autograd.tensor([1.0, 2.0]))
    assert array_of(slot_of(program.explore(), "loss").value) == 5
    assert array_of(slot_of(program.explore(autograd.tensor([3.0, 4.0])), "loss").value) == 25


def test_pages_about_many_steps_stay_small():
    def loss(x):
        for _ in range(100):
            x = autograd.tanh(x * 1.1 + 0.1)
        return x.sum()

    assert len(explore(loss, autograd.ones(4, 8, requires_grad=True)).html()) < 180_000


def test_show_says_where_the_page_is_if_there_is_no_browser(monkeypatch, capsys):
    opened = []
    monkeypatch.setattr("webbrowser.open", lambda url: opened.append(url))
    path = small().show()
    assert opened == [path.as_uri()]
    assert capsys.readouterr().out == f"no browser could be started; the page is {path}\n"
    monkeypatch.setattr("webbrowser.open", lambda url: True)
    small().show().unlink()
    assert capsys.readouterr().out == ""
    path.unlink()


def test_the_page_of_a_whole_network_has_all_arrays_in_less_than_a_megabyte(rng):
    """LeNet's layers, 28 pixels wide: 300,000 numbers."""
    model = nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
    )  # fmt: skip
    found = explore(lambda x: model(x).logsumexp(1).sum(), rng.standard_normal((4, 1, 28, 28)).astype(np.float32))
    values = [slot.value for slot in found.description.slots if slot.value is not None]
    assert all(value.picture is None for value in values)
    assert sum(value.bounds is not None for value in values) > 8
    assert len(found._repr_html_()) < 2**20
