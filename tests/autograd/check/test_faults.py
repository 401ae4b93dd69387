"""Faults of every kind, planted into rules and into the engine: each must be found, and the right operation named."""

from __future__ import annotations

import re

import numpy as np
import pytest

import autograd
import nn
import nn.functional as F
from autograd.fast.plan import _STEP_SCOPE
from autograd.tensors.core import wrap
from tests.autograd.check.plant import array, planted, planted_step


def draw(*shapes, seed=0, dtype=np.float64):
    rng = np.random.default_rng(seed)
    return [
        autograd.tensor(rng.uniform(0.4, 2.0, s) * rng.choice([-1, 1], s), dtype=dtype, requires_grad=True)
        for s in shapes
    ]


def positive(*shapes, seed=0):
    rng = np.random.default_rng(seed)
    return [autograd.tensor(rng.uniform(0.4, 2.0, s), dtype=np.float64, requires_grad=True) for s in shapes]


def spd(n):
    a = np.random.default_rng(0).standard_normal((n, n))
    return [autograd.tensor(a @ a.T + n * np.eye(n), requires_grad=True)]


def at_index(g, index, factor):
    """g with one element multiplied."""
    return g * np.asarray(_one(g.shape, index, factor), g.dtype)


def _one(shape, index, factor):
    mask = np.ones(shape)
    mask[index] = factor
    return mask


def assigned(g, dz, needs):
    """What getitem's rule would give if repeated indices were assigned."""
    out = np.zeros(g.shape, g.dtype)
    out[needs["index"]] = dz
    return out


def detached(x):
    return wrap(array(x)) if hasattr(x, "_array") else x


def small_net():
    autograd.manual_seed(0)
    return nn.Sequential(nn.Linear(5, 4), nn.Tanh(), nn.Linear(4, 3)).double()


def mlp(x):
    return F.cross_entropy(NET(x), autograd.tensor([0, 2, 1, 1]))


def conv_net(x):
    return F.avg_pool2d(F.max_pool2d(CONV(x).relu(), 2), 2).sum()


NET = small_net()
autograd.manual_seed(1)
CONV = nn.Conv2d(2, 3, 3, stride=2, padding=1).double()
NORM = nn.BatchNorm2d(2).double()
LABELS = autograd.tensor([0, 2, 1, 1])

# name: (program, inputs, op, argument with the faulty rule, fault(right gradient, dz, needs), pattern of the hint)
FAULTS = {
    "a factor too many": (
        lambda x: x.tanh().sum(),
        draw((3, 4)),
        "tanh",
        "x",
        lambda g, dz, n: 2 * g,
        "factor 2 too many",
    ),
    "a missing factor": (
        lambda x: x.square().exp().sum(),
        draw((3,)),
        "square",
        "x",
        lambda g, dz, n: 0.5 * g,
        "factor 2 is missing",
    ),
    "an odd factor": (lambda x: (x.sin() * x).sum(), draw((3,)), "sin", "x", lambda g, dz, n: 1.1 * g, "1.1 times"),
    "sign of sub": (lambda x, y: (x - y).exp(), draw((3,), (3,)), "sub", "y", lambda g, dz, n: -g, "sign"),
    "sign of cos": (lambda x: x.cos(), draw((4,)), "cos", "x", lambda g, dz, n: -g, "sign"),
    "an added constant": (lambda x: x.exp(), draw((4,)), "exp", "x", lambda g, dz, n: g + 0.01 * dz, None),
    "matmul transposed": (
        lambda x, y: (x @ y).tanh(),
        draw((3, 3), (3, 3)),
        "matmul",
        "x",
        lambda g, dz, n: np.swapaxes(g, 0, 1),
        "transposed",
    ),
    "matmul reversed": (
        lambda x, y: x @ y,
        draw((3, 4), (4, 2)),
        "matmul",
        "y",
        lambda g, dz, n: np.flip(g, 0),
        "reverse order along axis 0",
    ),
    "linear bias averaged": (mlp, draw((4, 5)), "linear", "bias", lambda g, dz, n: g / 4, "4 times too small"),
    "linear bias not summed": (mlp, draw((4, 5)), "linear", "bias", lambda g, dz, n: dz, "shape"),
    "linear weight transposed by reshape": (
        lambda x, w: F.linear(x, w),
        draw((3, 4), (2, 4)),
        "linear",
        "weight",
        lambda g, dz, n: np.reshape(np.transpose(g), g.shape),
        None,
    ),
    "sum along the wrong axis": (
        lambda x: (x.sum(1) * autograd.arange(3)).exp().sum(),
        positive((3, 3)),
        "sum",
        "x",
        lambda g, dz, n: np.swapaxes(g, 0, 1),
        "transposed",
    ),
    "mean without the division": (
        lambda x: x.mean(0).exp(),
        draw((6, 2)),
        "mean",
        "x",
        lambda g, dz, n: g * 6,
        "6 times too large",
    ),
    "relu with a stale mask": (
        lambda x: x.relu(),
        draw((3, 5)),
        "relu",
        "x",
        lambda g, dz, n: dz * (np.roll(np.sign(g / dz), 1)),
        None,
    ),
    "leaky_relu forgets the slope": (
        lambda x: F.leaky_relu(x, 0.1),
        draw((3, 5)),
        "leaky_relu",
        "x",
        lambda g, dz, n: dz,
        None,
    ),
    "abs forgets the sign": (lambda x: x.abs(), draw((3, 5)), "abs", "x", lambda g, dz, n: dz, "sign"),
    "clamp lets all through": (lambda x: x.clamp_min(0.5), draw((3, 5)), "clamp_min", "x", lambda g, dz, n: dz, None),
    "where exchanges its branches": (
        lambda x, y: autograd.where(autograd.tensor([True, False, True, False]), x, y),
        draw((4,), (4,)),
        "where",
        "x",
        lambda g, dz, n: dz - g,
        None,
    ),
    "max shares nothing out at ties": (
        lambda x: x.amax(1),
        [autograd.tensor([[1.0, 1.0, 0.0], [2.0, 5.0, 5.0]], dtype=np.float64, requires_grad=True)],
        "amax",
        "x",
        lambda g, dz, n: 2 * g,
        "equal",
    ),
    "maximum gives nothing at ties": (
        lambda x, y: autograd.maximum(x, y),
        [autograd.tensor([1.0, 2.0], dtype=np.float64, requires_grad=True) for _ in range(2)],
        "maximum",
        "x",
        lambda g, dz, n: 0 * g,
        None,
    ),
    "conv input shifted": (conv_net, draw((1, 2, 8, 8)), "conv", "x", lambda g, dz, n: np.roll(g, 1, 3), None),
    "conv weight flipped": (conv_net, draw((1, 2, 8, 8)), "conv", "w", lambda g, dz, n: np.flip(g, (2, 3)), None),
    "conv bias without the last sample": (
        conv_net,
        draw((2, 2, 8, 8)),
        "conv",
        "bias",
        lambda g, dz, n: np.sum(dz[:-1], axis=(0, 2, 3)),
        None,
    ),
    "max pooling one off": (conv_net, draw((1, 2, 8, 8)), "max_pool", "x", lambda g, dz, n: np.roll(g, 1, -1), None),
    "average pooling undivided": (
        conv_net,
        draw((1, 2, 8, 8)),
        "avg_pool",
        "x",
        lambda g, dz, n: g * 4,
        "4 times too large",
    ),
    "repeated index assigned": (
        lambda x: x[autograd.tensor([0, 1, 1, 3])].exp(),
        draw((5,)),
        "getitem",
        "x",
        assigned,
        "more than once",
    ),
    "window one off": (lambda x: x[1:4].exp(), draw((6,)), "getitem", "x", lambda g, dz, n: np.roll(g, -1), None),
    "one element of ten thousand": (
        lambda x: x.exp(),
        draw((100, 100)),
        "exp",
        "x",
        lambda g, dz, n: at_index(g, (37, 42), 1.5) if g.size == 10_000 else g,
        "one element|1 of",
    ),
    "one element slightly off": (
        lambda x: x.tanh(),
        draw((50, 60)),
        "tanh",
        "x",
        lambda g, dz, n: at_index(g, (7, 3), 1.05) if g.size == 3000 else g,
        None,
    ),
    "softmax without its sum": (
        lambda x: x.softmax(1),
        draw((3, 4)),
        "softmax",
        "x",
        lambda g, dz, n: n["z"] * dz,
        None,
    ),
    "log_softmax along the wrong axis": (
        lambda x: x.log_softmax(1),
        draw((3, 3)),
        "log_softmax",
        "x",
        lambda g, dz, n: dz - np.exp(n["z"]) * np.sum(dz, axis=0, keepdims=True),
        None,
    ),
    "cross-entropy summed": (mlp, draw((4, 5)), "cross_entropy", "x", lambda g, dz, n: g * 4, "4 times too large"),
    "batch norm loses its shift": (
        lambda x: NORM(x).exp(),
        draw((3, 2, 2, 2)),
        "normalise",
        None,
        lambda g, dz, n: (g[0], g[1], g[2] * 0),
        "cut",
    ),
    "batch norm treats the mean as constant": (
        lambda x: NORM(x).exp(),
        draw((3, 2, 2, 2)),
        "normalise",
        None,
        lambda g, dz, n: (dz * n["rstd"].reshape(1, 2, 1, 1), *g[1:]),
        None,
    ),
    "cumsum the same way": (
        lambda x: x.cumsum(0).exp(),
        draw((5,)),
        "cumsum",
        "x",
        lambda g, dz, n: np.cumsum(dz),
        None,
    ),
    "transpose by the wrong axes": (
        lambda x: x.permute(1, 2, 0).exp(),
        draw((3, 3, 3)),
        "transpose",
        "x",
        lambda g, dz, n: np.transpose(dz, (1, 2, 0)),
        "permuted",
    ),
    "reshape in another order": (
        lambda x: x.reshape(6).exp(),
        draw((2, 3)),
        "reshape",
        "x",
        lambda g, dz, n: np.reshape(np.transpose(np.reshape(dz, (3, 2))), (2, 3)),
        None,
    ),
    "cat exchanges its parts": (
        lambda x, y: autograd.cat([x, y]).exp(),
        draw((3,), (3,)),
        "cat",
        None,
        lambda g, dz, n: g[::-1],
        "exchanged",
    ),
    "stack loses the last part": (
        lambda x, y: autograd.stack([x, y]).exp(),
        draw((3,), (3,)),
        "stack",
        None,
        lambda g, dz, n: (g[0], g[1] * 0),
        "cut",
    ),
    "exponent not multiplied": (
        lambda x: x**3,
        draw((4,)),
        "pow_number",
        "x",
        lambda g, dz, n: g / 3,
        "3 times too small|0.3333",
    ),
    "variance over n": (lambda x: x.var(0), draw((5, 2)), "var", "x", lambda g, dz, n: g * 0.8, "0.8 times"),
    "einsum exchanged": (
        lambda x, y: autograd.einsum("ij,jk->ik", x, y),
        draw((3, 3), (3, 3)),
        "einsum",
        None,
        lambda g, dz, n: g[::-1],
        "exchanged",
    ),
    "inverse without its sign": (lambda x: autograd.linalg.inv(x), spd(3), "inv", "x", lambda g, dz, n: -g, "sign"),
    "solve transposed": (
        lambda x, b: autograd.linalg.solve(x, b),
        [*spd(3), *draw((3, 3))],
        "solve",
        None,
        lambda g, dz, n: (np.swapaxes(g[0], 0, 1), g[1]),
        "transposed",
    ),
    "determinant without the inverse": (
        lambda x: autograd.linalg.det(x),
        spd(3),
        "det",
        "x",
        lambda g, dz, n: g * 0 + dz,
        None,
    ),
    "padding not cut off in place": (
        lambda x: F.pad(x, (1, 2)).exp(),
        draw((2, 4)),
        "pad",
        "x",
        lambda g, dz, n: dz[..., :4],
        None,
    ),
    "flip not undone": (lambda x: x.flip(0).exp(), draw((4,)), "flip", "x", lambda g, dz, n: dz, "reverse"),
    "roll the wrong way": (
        lambda x: x.roll(1, 0).exp(),
        draw((5,)),
        "roll",
        "x",
        lambda g, dz, n: np.roll(dz, 1),
        None,
    ),
    "product divided by x": (
        lambda x: x.prod(),
        [autograd.tensor([0.0, 2.0, 3.0], dtype=np.float64, requires_grad=True)],
        "prod",
        "x",
        lambda g, dz, n: dz * np.prod(n["x"]) / n["x"],
        "NaN|no gradient|path",
    ),
    "norm not divided": (
        lambda x: autograd.linalg.vector_norm(x),
        draw((5,)),
        "vector_norm",
        "x",
        lambda g, dz, n: dz * n["x"],
        "times",
    ),
    "a row gets nothing": (
        lambda x: x.logsumexp(1),
        draw((4, 3)),
        "logsumexp",
        "x",
        lambda g, dz, n: g * np.array([1.0, 1, 0, 1])[:, None],
        "index 2 of axis 0",
    ),
    "triangle of the other side": (
        lambda x: x.tril().exp(),
        draw((3, 3)),
        "tril",
        "x",
        lambda g, dz, n: np.triu(dz),
        None,
    ),
    "only positive gradients pass": (
        lambda x: x.sigmoid(),
        draw((6,)),
        "sigmoid",
        "x",
        lambda g, dz, n: np.maximum(g, 0),
        None,
    ),
    "another dtype": (
        lambda x: x.exp(),
        draw((6,), dtype=np.float32),
        "exp",
        "x",
        lambda g, dz, n: g.astype(np.float64),
        "dtype",
    ),
    "wrong in float32 only": (
        lambda x: x.exp(),
        draw((6,), dtype=np.float32),
        "exp",
        "x",
        lambda g, dz, n: g * np.float32(1.2) if g.dtype == np.float32 else g,
        "saved",
    ),
}


@pytest.mark.parametrize("kind", FAULTS)
def test_a_faulty_rule_is_named(kind):
    program, inputs, op, argument, fault, pattern = FAULTS[kind]
    assert autograd.check_grads(program, inputs).verdict in ("correct", "kink")
    with planted(op, argument, fault), np.errstate(all="ignore"):
        report = autograd.check_grads(program, inputs)
    assert report.verdict == "wrong"
    assert {record.op for record in report.wrong} == {op}
    assert all(re.fullmatch(r"\w+\.py:\d+", record.line) for record in report.wrong)
    if argument is not None:
        named = {record.argument for record in report.wrong}
        assert any(argument in name for name in named)
    if pattern is not None:
        assert any(re.search(pattern, record.hint) for record in report.wrong), str(report)
    assert op in str(report)
    assert autograd.check_grads(program, inputs).verdict in ("correct", "kink")


SECOND = {
    "tanh": (
        lambda x: x.tanh().sum(),
        draw((4,)),
        "tanh",
        "x",
        lambda dz, n: dz * (1 - detached(n["z"]) * detached(n["z"])),
    ),
    "square": (lambda x: x.square().sum(), draw((4,)), "square", "x", lambda dz, n: dz * 2 * detached(n["x"])),
    "sigmoid": (
        lambda x: x.sigmoid().sum(),
        draw((4,)),
        "sigmoid",
        "x",
        lambda dz, n: dz * detached(n["z"]) * (1 - n["z"]),
    ),
    "mul": (lambda x, y: (x * y).sum(), draw((4,), (4,)), "mul", "x", lambda dz, n: dz * detached(n["y"])),
    "softmax": (
        lambda x: x.softmax(1),
        draw((2, 3)),
        "softmax",
        "x",
        lambda dz, n: detached(n["z"]) * (dz - np.sum(dz * n["z"], axis=1, keepdims=True)),
    ),
    "exp, dz detached": (lambda x: x.exp(), draw((4,)), "exp", "x", lambda dz, n: detached(dz) * n["z"]),
}


@pytest.mark.parametrize("kind", SECOND)
def test_a_fault_of_second_order_only_is_named(kind):
    program, inputs, op, argument, rule = SECOND[kind]

    def fault(g, dz, needs):
        return rule(dz, needs) if hasattr(g, "_apply") else g

    assert autograd.check_grads(program, inputs, second_order=True).verdict == "correct"
    with planted(op, argument, fault):
        assert autograd.check_grads(program, inputs).verdict == "correct"
        report = autograd.check_grads(program, inputs, second_order=True)
    assert report.verdict == "wrong"
    assert {(record.op, record.order) for record in report.wrong} == {(op, 2)}


def test_a_fault_in_an_op_that_only_the_rule_uses_is_named():
    inputs = draw((2, 2, 5, 5), (3, 2, 3, 3))
    with planted("conv_weight_grad", "y", lambda g, dz, n: 2 * g):
        assert autograd.check_grads(F.conv2d, inputs).verdict == "correct"
        report = autograd.check_grads(F.conv2d, inputs, second_order=True)
    assert {(record.op, record.order) for record in report.wrong} == {("conv", 2)}
    assert "conv_weight_grad, whose own rule is wrong" in str(report)


# ------------------------------------------------------------------------------------------------------- the engine


def shared(x):
    y = x.exp()
    return (y * y.sin() + y).sum()


def overwriting(right, dz, record, cotangents, owned):
    """The gradient of the last use replaces those of the uses before."""
    parts = {}
    right(dz, record, parts, set())
    cotangents.update(parts)


def doubling(right, dz, record, cotangents, owned):
    parts = {}
    right(dz, record, parts, set())
    for node, g in parts.items():
        cotangents[node] = cotangents[node] + 2 * g if node in cotangents else g


@pytest.mark.parametrize(("step", "words"), [(overwriting, "is lost"), (doubling, "counted twice")])
def test_accumulation_that_fails_is_named(step, words):
    inputs = draw((4,))
    assert autograd.check_grads(shared, inputs).verdict == "correct"
    with planted_step("sin", (0,), step), planted_step("mul", (0, 1), step):
        report = autograd.check_grads(shared, inputs)
    assert {(record.op, record.argument) for record in report.wrong} == {("exp", "result")}
    assert words in str(report)


def test_accumulation_that_fails_at_a_leaf_is_said():
    def program(x):
        return x.exp() + x.sin()

    with planted_step("exp", (0,), overwriting):
        report = autograd.check_grads(program, draw((4,)))
    assert report.inputs[0].verdict == "wrong"
    assert "sin" in report.inputs[0].hint
    assert "is lost" in report.inputs[0].hint
    assert not report.wrong


@pytest.mark.parametrize(
    "unbroadcast",
    [
        lambda g, shape: np.broadcast_to(g.reshape(-1)[: int(np.prod(shape))].reshape(shape), shape).copy(),
        lambda g, shape: np.asarray(g.sum(0) / len(g)).reshape(shape),
    ],
    ids=["first", "mean"],
)
def test_unbroadcast_that_fails_is_named(unbroadcast, monkeypatch):
    inputs = draw((5, 3), (3,))

    def program(x, b):
        return (x.exp() + b).exp()

    assert autograd.check_grads(program, inputs).verdict == "correct"
    monkeypatch.setitem(_STEP_SCOPE, "unbroadcast", unbroadcast)
    with planted("add", "y", lambda g, dz, n: g):  # compiles its step anew
        report = autograd.check_grads(program, inputs)
    assert {(record.op, record.argument) for record in report.wrong} == {("add", "y")}


def test_gradients_that_share_memory_are_said(monkeypatch):
    inputs = draw((3,), (3,))
    monkeypatch.setattr(type(autograd.tape()), "take", lambda self, found, node: found.pop(node))
    report = autograd.check_grads(lambda x, y: x + y, inputs)
    assert report.verdict == "wrong"
    assert "shares memory" in str(report)


def test_a_rule_that_writes_into_its_cotangent_is_named():
    def fault(g, dz, needs):
        if isinstance(dz, np.ndarray):
            g = g.copy()
            dz *= 3
        return g

    with planted("exp", "x", fault):
        report = autograd.check_grads(lambda x: x.exp().sin(), draw((3,)))
    assert {record.op for record in report.wrong} == {"exp"}
    assert "writes into the gradient" in str(report)


def test_a_path_past_the_tape_is_said():
    report = autograd.check_grads(lambda x: (x * x.detach()).sum(), draw((3,)))
    assert report.inputs[0].verdict == "wrong"
    assert "tape does not see" in report.inputs[0].hint
    assert "0.5" in str(report)
    cut = autograd.check_grads(lambda x: x.detach().exp(), draw((3,)))
    assert cut.verdict == "wrong"
    assert "cut" in cut.inputs[0].hint


# ------------------------------------------------------------------------------------------------ Functions, layers


class Product(autograd.Function):
    """x @ w with its gradients as somebody wrote them: see `wrong`."""

    wrong = ""
    kept = None

    @staticmethod
    def forward(ctx, x, w):
        ctx.save_for_backward(x, w)
        return x @ w

    @staticmethod
    def backward(ctx, dz):
        x, w = ctx.saved_tensors
        dx, dw = dz @ w.T, x.T @ dz
        if Product.wrong == "exchanged":
            return dw, dx
        if Product.wrong == "transposed":
            return dx, dw.T
        if Product.wrong == "sign":
            return dx, -dw
        if Product.wrong == "nothing":
            return dx, None
        if Product.wrong == "elementwise":
            return dz * w, dw
        return dx, dw


FUNCTION_FAULTS = {
    "exchanged": "exchanged",
    "transposed": "transposed",
    "sign": "sign",
    "nothing": "cut",
    "elementwise": "",
}


@pytest.mark.parametrize("wrong", FUNCTION_FAULTS)
def test_a_faulty_function_is_named(wrong, monkeypatch):
    inputs = draw((3, 3), (3, 3))

    def program(x, w):
        return Product.apply(x.tanh(), w).exp()

    assert autograd.check_grads(program, inputs, second_order=True).verdict == "correct"
    monkeypatch.setattr(Product, "wrong", wrong)
    report = autograd.check_grads(program, inputs)
    assert {record.op for record in report.wrong} == {"Product"}
    assert re.search(FUNCTION_FAULTS[wrong], " ".join(record.hint for record in report.wrong))


def test_a_fault_in_a_checkpoint_is_named_inside_it():
    def block(x):
        return x.tanh().exp()

    with planted("tanh", "x", lambda g, dz, n: 2 * g):
        report = autograd.check_grads(lambda x: autograd.checkpoint(block, x.sin()).sum(), draw((3,)))
    assert {record.op for record in report.wrong} == {"checkpoint", "checkpoint > tanh"}


def test_a_fault_in_an_operation_with_several_outputs_is_named():
    inputs = draw((4, 3))
    with planted("split", "x", lambda g, dz, n: -g):
        report = autograd.check_grads(lambda x: [part.exp() for part in x.split(2)], inputs)
    assert {record.op for record in report.wrong} == {"split"}
    with planted("eigh", "x", lambda g, dz, n: 0.5 * g):
        report = autograd.check_grads(lambda x: autograd.linalg.eigh(x)[0].exp(), spd(3))
    assert {record.op for record in report.wrong} == {"eigh"}


def test_a_fault_in_an_in_place_write_is_named():
    def program(x):
        y = x * 1.0
        y[1:] = x[:-1].exp()
        y.mul_(2.0)
        return y

    inputs = draw((4,))
    assert autograd.check_grads(program, inputs).verdict == "correct"
    with planted("set_at", "v", lambda g, dz, n: 2 * g):
        report = autograd.check_grads(program, inputs)
    assert {record.op for record in report.wrong} == {"set_at"}
