"""What a page computes by itself: every line as it was recorded, and what follows when a number is changed."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

import autograd
import nn
from autograd.examples import examples, has_rule
from autograd.explorer import explore
from autograd.explorer.description import as_json
from autograd.explorer.page import SCRIPTS, part

from .examples import ALL, array_of, small

pytestmark = pytest.mark.skipif(
    shutil.which("node") is None, reason="node is not installed: it runs the page's scripts"
)

COMPUTING = SCRIPTS[: SCRIPTS.index("folding.js")]


def run(found, changes=(), elements=()):
    """What the scripts of a page make of a description."""
    given = {
        "scripts": "\n".join(part(name) for name in COMPUTING),
        "data": json.loads(as_json(found.description)),
        "changes": list(changes),
        "elements": list(elements),
    }
    script = Path(__file__).with_name("machine.js")
    done = subprocess.run(
        ["node", str(script)], input=json.dumps(given), capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", ALL)
def test_the_page_agrees_with_what_was_recorded(name):
    found = ALL[name]()
    known = set(run(found)["known"])
    steps = [step for step in found.description.steps if step.outputs and not step.minor]
    unknown = {step.op for step in steps if step.number not in known}
    assert unknown <= {"rng.random", "getitem.into", "getitem.dx"}


def test_a_step_is_given_what_it_has_found():
    running = autograd.zeros(2)

    def loss(x):
        before = running * 2
        running.add_(x.detach())
        return (x * running * before).sum()

    found = explore(loss, autograd.tensor([1.0, 2.0], requires_grad=True))
    steps = found.description.steps
    assert sum(bool(slot.versions) for slot in found.description.slots) == 1
    assert set(run(found)["known"]) == {step.number for step in steps if step.outputs}


def test_a_wrong_line_is_not_taken_for_known():
    found = small()
    step = next(step for step in found.description.steps if step.op == "mul")
    step.tree = ["+", *step.tree[1:]]
    assert set(range(len(found.description.steps))) - set(run(found)["known"]) == {step.number}


@pytest.mark.parametrize("name", ["small", "attention", "images", "recurrent"])
def test_values_and_gradients_follow_a_changed_number(name):
    found = ALL[name]()
    (x,) = [slot for slot in found.description.slots if slot.kind == "input" and slot.of is None and slot.name == "x"]
    after = run(found, [(x.number, 1, 0.75), (x.number, 2, -0.5)])
    assert after["lost"] == []
    # the same in Python
    program = PROGRAMS[name]()
    given = array_of(x.value).copy()
    given.reshape(-1)[1:3] = [0.75, -0.5]
    again = {slot.number: slot for slot in program(given).description.slots}
    checked = 0
    for slot in found.description.slots:
        if slot.kind != "step" or slot.hidden or str(slot.number) not in after["values"]:
            continue
        expected = array_of(again[slot.number].value).astype(np.float64).reshape(-1)
        np.testing.assert_allclose(after["values"][str(slot.number)], expected, rtol=2e-4, atol=2e-5)
        checked += 1
    assert checked > len(found.description.steps) // 2


def again(name):
    """Explores an example with another input."""

    def other(array):
        kept = {}

        def catching(function, x):
            kept["program"] = autograd.capture(function, x)
            return explore(function, x)

        before, module = explore, __import__(f"{__package__}.examples", fromlist=["explore"])
        module.explore = catching
        try:
            ALL[name]()
        finally:
            module.explore = before
        return kept["program"].explore(autograd.tensor(array))

    return other


PROGRAMS = {name: (lambda name=name: again(name)) for name in ALL}


def test_what_the_page_cannot_compute_is_lost_with_all_that_follows():
    found = small()
    step = next(step for step in found.description.steps if step.op == "sigmoid")
    step.tree = None
    x = next(slot for slot in found.description.slots if slot.kind == "input")
    after = run(found, [(x.number, 0, 3.0)])
    assert step.outputs[0] in after["lost"]
    assert found.description.outputs[0] in after["lost"]
    assert step.outputs[0] not in after["values"]


def test_a_question_of_python_that_would_be_answered_otherwise_is_told():
    def loss(x):
        return (x * 2).sum() if x.sum() > 0 else (x * 3).sum()

    found = explore(loss, autograd.tensor([1.0, 2.0], requires_grad=True))
    x = next(slot for slot in found.description.slots if slot.kind == "input")
    assert run(found, [(x.number, 0, 5.0)])["asked"] == []
    ((_, how),) = run(found, [(x.number, 0, -5.0)])["asked"]
    assert how == "item"


def test_an_element_is_followed_through_every_line():
    found = small()
    steps = found.description.steps
    followed = run(found, elements=[(step.number, 0) for step in steps])["followed"]
    for step, each in zip(steps, followed, strict=True):
        assert each is not None, step.call
        assert each["value"] == pytest.approx(each["is"], rel=1e-5), step.call
    by_op = {step.op: each for step, each in zip(steps, followed, strict=True)}
    assert by_op["matmul"]["text"] == "x[0, 0] × h1[0, 0] + x[0, 1] × h1[1, 0] + x[0, 2] × h1[2, 0]"
    assert by_op["matmul"]["numbers"] == "1 × 0.5 + (−2) × (−1) + 0.5 × 0.25"
    assert by_op["unbroadcast"]["text"] == "h7[0, 0] + h7[1, 0]"
    assert by_op["sigmoid.dx"]["text"].startswith("d_h4_5[0, 0] × (h4[0, 0] × (1 − h4[0, 0]))")
    assert by_op["transpose"]["from"] == [[next(s.number for s in found.description.slots if s.name == "w"), 0]]


def test_convolutions_and_softmax_are_followed():
    x = autograd.tensor(np.arange(9.0, dtype=np.float32).reshape(1, 1, 3, 3), requires_grad=True)
    w = autograd.tensor([[[[1.0, 2.0], [3.0, 4.0]]]], requires_grad=True)
    b = autograd.tensor([0.5], requires_grad=True)
    found = explore(lambda x: nn.functional.conv2d(x, w, b, padding=1).sum(), x)
    corner, middle = run(found, elements=[(0, 0), (0, 5)])["followed"]
    assert corner["text"] == "w[0, 0, 1, 1] × x[0, 0, 0, 0] + b[0]"
    assert middle["numbers"] == "1 × 0 + 2 × 1 + 3 × 3 + 4 × 4 + 0.5"
    assert middle["value"] == middle["is"] == 27.5
    found = explore(lambda x: autograd.softmax(x, 1).sum(), autograd.tensor([[1.0, 2.0]], requires_grad=True))
    (first,) = run(found, elements=[(0, 0)])["followed"]
    assert first["text"] == "exp(x[0, 0]) / (exp(x[0, 0]) + exp(x[0, 1]))"
    assert first["value"] == pytest.approx(first["is"])


def test_long_sums_are_cut():
    found = explore(lambda x: x.sum(), autograd.ones(40, requires_grad=True))
    (first,) = run(found, elements=[(0, 0)])["followed"]
    assert first["text"] == "x[0] + x[1] + x[2] + x[3] + … (40 terms)"
    assert first["value"] == 40


# ------------------------------------------------------------------------------------------ the table of operations

RARE = """
    add_to add_windows atan2 cbrt ceil cholesky cofactor conv conv_input_grad conv_weight_grad copysign cross
    cumprod det diagonal diagonal_embed diff einsum erf erfc floor fmod fold fold_edges frac inv lgamma
    logaddexp2 logcumsumexp max_unpool nan_to_num others pad_edges put round segment_sum set_at
    shift sinc slogdet solve spherical_j0 take_along trunc unfold windows zero_at
"""
BEYOND = {"cofactor"}  # its derivative is not known to the page
WITHOUT = """
    add_along airy_ai airy_ai_slope as_strided bessel_j0 bessel_j1 bessel_y0 bessel_y1 cofactor conv_each
    conv_input_grad_each conv_weight_grad_each ctc eig eigh entr erfcx erfinv gammainc gru gru_cell i0 i0e i1 i1e k0 k0e
    k1 k1e linear_each log_ndtr lstm lstm_cell lu median ndtr ndtri nextafter pinv put_winners qr recurrence
    resample_back restride
    rnn rnn_cell scatter_extreme svd svdvals with_values zeta
"""
"""Examples with a step that the page cannot compute: it says so at the step, and shows what was recorded."""


def of_example(example):
    """The description of an example's sum, and of its gradients."""
    tensors = example.tensors()
    moved = [k for k, x in enumerate(tensors) if x.requires_grad]

    def total(*given):
        for k, x in zip(moved, given, strict=True):
            tensors[k] = x
        z = example.call(*tensors)
        return sum(part.sum() for part in (z if isinstance(z, (tuple, list)) else [z]) if part.is_floating_point())

    return explore(total, *[tensors[k] for k in moved]).description


def left_out(descriptions):
    """Name -> the operations of its steps that the page cannot compute, where there are any."""
    given = {name: json.loads(as_json(found)) for name, found in descriptions.items()}
    script = """
        const { scripts, given } = JSON.parse(require("fs").readFileSync(0, "utf8"));
        const api = new Function(`${scripts}; return { Program, Machine };`)();
        const known = (data) => [...new api.Machine(new api.Program(data)).known];
        const found = Object.entries(given).map(([name, data]) => [name, known(data)]);
        console.log(JSON.stringify(Object.fromEntries(found)));
    """
    text = json.dumps({"scripts": "\n".join(part(name) for name in COMPUTING), "given": given})
    done = subprocess.run(["node", "-e", script], input=text, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    known = json.loads(done.stdout)
    missing = {
        name: {step.op for step in found.steps if step.outputs and not step.minor and step.number not in known[name]}
        for name, found in descriptions.items()
    }
    return {name: ops for name, ops in missing.items() if ops}


def test_the_page_computes_rare_operations_and_their_rules():
    table = examples()
    found = left_out({name: of_example(table[name]) for name in RARE.split()})
    assert set(found) == BEYOND


@pytest.mark.slow
def test_the_page_computes_three_of_four_operations():
    table = {name: example for name, example in examples().items() if has_rule(name)}
    found = left_out({name: of_example(example) for name, example in table.items()})
    assert set(found) <= set(WITHOUT.split())
    assert len(found) < len(table) / 4
