"""`check_grads`: what it covers, what it leaves as it was, what its report says."""

from __future__ import annotations

import itertools
import time

import numpy as np
import pytest

import autograd
import nn
import nn.functional as F
from autograd import check_grads
from autograd.errors import GraphError


def leaf(*shape, dtype=np.float64, seed=0):
    return autograd.tensor(np.random.default_rng(seed).standard_normal(shape), dtype=dtype, requires_grad=True)


def lenet():
    autograd.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.BatchNorm2d(6), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
    )  # fmt: skip


def test_the_report_has_a_result_per_record_and_argument():
    report = check_grads(lambda x, y: (x.tanh() * y).sum(), (leaf(3, 2), leaf(2)))
    assert report.verdict == "correct"
    assert bool(report)
    assert [(r.index, r.op, r.argument) for r in report.records] == [
        (0, "tanh", "x"), (1, "mul", "x"), (1, "mul", "y"), (2, "sum", "x"),
    ]  # fmt: skip
    assert report.records[0].line.startswith("test_check_grads.py:")
    worst = report.records[0].worst
    assert len(worst.index) == 2
    assert worst.analytic == pytest.approx(worst.numeric, rel=1e-8)
    assert worst.error_bar < 1e-8
    assert worst.ratio == pytest.approx(1)
    assert [(r.argument, r.shape) for r in report.inputs] == [("x", (3, 2)), ("y", (2,))]


def test_parameters_are_inputs_too():
    model = nn.Linear(3, 2)
    report = check_grads(model, autograd.ones(4, 3))
    assert [(r.argument, r.closed_over) for r in report.inputs] == [("input", False), ("weight", True), ("bias", True)]
    assert report.verdict == "correct"
    assert model.weight.grad is None
    assert model.weight.dtype == np.float32


def test_only_inputs_that_require_grad_are_differentiated():
    assert [r.argument for r in check_grads(lambda x, y: x * y, (leaf(2), autograd.ones(2))).inputs] == ["x"]
    assert [r.argument for r in check_grads(lambda x, y: x * y, (np.ones(2), np.ones(2))).inputs] == ["x", "y"]
    assert [r.argument for r in check_grads(lambda x, i: x[i], (leaf(3), autograd.tensor([0, 2]))).inputs] == ["x"]
    names = [
        r.argument
        for r in check_grads(lambda p, k: p["a"] @ p["b"] + k, ({"a": leaf(2, 3), "b": leaf(3, 2)}, 3)).inputs
    ]
    assert names == ["p['a']", "p['b']"]
    with pytest.raises(GraphError, match="at least one"):
        check_grads(lambda i: i, autograd.tensor([1, 2]))


def test_second_order():
    report = check_grads(lambda x, w: F.conv2d(x, w).sigmoid(), (leaf(1, 2, 4, 4), leaf(3, 2, 2, 2)), second_order=True)
    assert report.verdict == "correct"
    assert [(r.op, r.argument) for r in report.records if r.order == 2] == [
        ("conv", "x"), ("conv", "w"), ("conv", "dz"), ("sigmoid", "x"), ("sigmoid", "dz"),
    ]  # fmt: skip
    assert [(r.argument, r.order) for r in report.inputs] == [("x", 1), ("w", 1), ("x", 2), ("w", 2)]


def test_kinks_are_said_and_valid_subgradients_accepted():
    def program(x):
        return x.relu() + x.abs()

    report = check_grads(program, autograd.zeros(3, requires_grad=True))
    assert report.verdict == "kink"
    kinds = {r.op: r.verdict for r in report.records}
    assert kinds == {"relu": "kink", "abs": "kink", "add": "correct"}
    worst = report.records[0].worst
    assert (worst.left, worst.analytic) == (0, 0)
    assert worst.right > 0
    assert "evaluated at a kink of relu" in str(report)
    assert "to the left" in str(report)
    both = check_grads(lambda x: F.hardtanh(x), autograd.tensor([-1.0, 1.0, 0.5, 1.0, -1.0], requires_grad=True))
    assert both.verdict == "kink"
    edge = check_grads(lambda x: x.sqrt(), autograd.tensor([0.0, 1.0], requires_grad=True))
    assert edge.verdict == "kink"


class Reluctant(autograd.Function):
    """relu with a gradient at 0 that no subgradient is."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.relu()

    @staticmethod
    def backward(ctx, dz):
        (x,) = ctx.saved_tensors
        return dz * ((x > 0) + 3 * (x == 0)).to(x.dtype)


def test_at_a_kink_an_invalid_subgradient_is_wrong():
    report = check_grads(Reluctant.apply, autograd.tensor([0.0, 1.0, -1.0], requires_grad=True))
    assert [r.op for r in report.wrong] == ["Reluctant"]
    assert report.wrong[0].worst.index == (0,)


def test_noise_is_not_called_wrong():
    def noisy(x):
        return ((x + 1e11) - 1e11).exp()

    assert check_grads(noisy, leaf(4)).verdict in ("correct", "inconclusive")
    assert check_grads(lambda x: x.float().exp().double(), leaf(4)).verdict in ("correct", "inconclusive")


# ------------------------------------------------------------------------------------------------------------ state


def test_random_numbers_are_noticed_and_put_back():
    drop = nn.Dropout(0.5)
    state = autograd.get_rng_state().tolist()
    report = check_grads(lambda x: drop(x).sum(), leaf(4, 5))
    assert report.verdict == "correct"
    assert "draws random numbers" in str(report)
    assert "differs from call to call" in str(report)
    assert autograd.get_rng_state().tolist() == state


def test_buffers_are_noticed_and_put_back():
    norm = nn.BatchNorm1d(3)
    mean = norm.running_mean
    report = check_grads(norm, leaf(5, 3, dtype=np.float32))
    assert report.verdict == "correct"
    assert "writes into running_mean" in str(report)
    assert norm.running_mean is mean
    assert norm.running_mean.tolist() == [0, 0, 0]
    assert norm.num_batches_tracked.item() == 0
    assert norm.running_mean.dtype == np.float32


def test_a_generator_of_ones_own_is_put_back():
    rng = np.random.default_rng(3)
    before = rng.bit_generator.state
    report = check_grads(lambda x: x * autograd.tensor(rng.standard_normal(4)), leaf(4))
    assert report.verdict == "correct"
    assert rng.bit_generator.state == before


def test_what_cannot_be_put_back_is_inconclusive():
    counter = itertools.count(1)
    report = check_grads(lambda x: x * float(next(counter)), leaf(4))
    assert report.verdict == "inconclusive"
    assert [r.verdict for r in report.records] == ["correct"]
    assert "changes between calls" in str(report)


def test_the_tape_and_grads_are_left_alone():
    x = leaf(3)
    y = x.exp()
    x.grad = autograd.ones(3, dtype=np.float64)
    records = len(autograd.tape())
    check_grads(lambda v: (v * x).sum(), leaf(3))
    assert len(autograd.tape()) == records
    assert x.grad.tolist() == [1, 1, 1]
    y.sum().backward()
    assert autograd.is_grad_enabled()


def test_the_same_seed_gives_the_same_report():
    x = leaf(30, 30)
    assert str(check_grads(lambda x: x.tanh(), x)) == str(check_grads(lambda x: x.tanh(), x))


# --------------------------------------------------------------------------------------------------- kinds of record


def test_in_place_views_and_several_outputs():
    def program(x):
        y = x * 2.0
        z = y[1:]
        z.mul_(3.0)
        y[0] = x[1].exp()
        a, b = y.split(2)
        return a * b, z

    report = check_grads(program, leaf(4))
    assert report.verdict == "correct"
    assert {"set_at", "split", "getitem", "mul"} <= {r.op for r in report.records}


def test_checkpoints_are_looked_into():
    report = check_grads(lambda x: autograd.checkpoint(lambda v: v.tanh().exp(), x), leaf(3))
    assert report.verdict == "correct"
    assert [r.op for r in report.records] == ["checkpoint", "checkpoint > tanh", "checkpoint > exp"]


def test_a_function_that_differentiates_within():
    def program(x):
        (g,) = autograd.grad(x.exp().sum(), x, create_graph=True)
        return g * x

    assert check_grads(program, leaf(3)).verdict == "correct"


def test_the_same_operand_twice():
    report = check_grads(lambda x: x * x, leaf(3))
    assert [r.argument for r in report.records] == ["x", "y"]
    assert report.verdict == "correct"


def test_rows_that_get_no_gradient_on_purpose():
    report = check_grads(nn.Embedding(5, 2, padding_idx=1), autograd.tensor([0, 1, 1, 4]))
    assert report.verdict == "inconclusive"
    assert "on purpose" in str(report)
    assert not report.wrong


# ----------------------------------------------------------------------------------------------------------- output


def test_html_and_plot():
    report = check_grads(Reluctant.apply, autograd.tensor([0.0, 1.0], requires_grad=True))
    text = report._repr_html_()
    assert "<table " in text
    assert "Reluctant" in text
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    axes = check_grads(lambda x: x.exp().sin(), leaf(3)).plot()
    assert axes.get_xlabel() == "relative step h"
    assert len(axes.lines) == 2
    hs, errors = axes.lines[0].get_data()
    order = np.log(errors[0] / errors[2]) / np.log(hs[0] / hs[2])
    assert order == pytest.approx(2, abs=0.1)


def test_lenet_with_batch_norm_takes_seconds():
    model = lenet()
    images, labels = autograd.randn(4, 1, 28, 28), autograd.tensor([1, 2, 3, 4])

    def loss(images):
        return F.cross_entropy(model(images), labels)

    start = time.process_time()
    report = check_grads(loss, images)
    assert report.verdict in ("correct", "kink")
    assert time.process_time() - start < 60  # ten on a free machine
    assert len(report.inputs) == 15
