"""`print(program)`, and `program.source()`: NumPy that gives the same numbers where the library is not."""

from __future__ import annotations

import pickle
import subprocess
import sys
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest

import autograd
import nn
import nn.functional as F
from autograd import capture, tensor
from autograd.errors import CaptureError
from benchmarks.gradcheck.models import MODELS
from tests.autograd.program.programs import PROGRAMS
from tests.autograd.program.same import drawn
from tests.cases import CASES

ALONE = Path(__file__).with_name("alone.py")
ORDERED = sorted(CASES, key=lambda case: case.covers)
ROWS = {str(case): case for _, family in groupby(ORDERED, lambda c: c.covers) for case in list(family)[:1]}
USUAL = [*MODELS, "cnn", "grad of grad", "a backward of its own", "written in place", "gpt"]
OTHERS = {str(case): case for case in CASES if str(case) not in ROWS}


def arrays_of(nest):
    if isinstance(nest, autograd.Tensor):
        return [nest.detach().numpy()]
    if isinstance(nest, dict):
        return [x for part in nest.values() for x in arrays_of(part)]
    if isinstance(nest, (tuple, list)):
        return [x for part in nest for x in arrays_of(part)]
    return [np.asarray(nest)] if isinstance(nest, (np.ndarray, np.generic, float, int)) else []


def run_alone(jobs, folder):
    """Each text in a process without the library."""
    given, taken = folder / "jobs.pickle", folder / "results.pickle"
    given.write_bytes(pickle.dumps(jobs))
    subprocess.run([sys.executable, "-I", str(ALONE), str(given), str(taken)], check=True, cwd=folder)
    return pickle.loads(taken.read_bytes())


def of_rows(rows, folder):
    rng = np.random.default_rng(3)
    jobs, wanted = {}, {}
    for name, case in rows.items():

        def function(*tensors, case=case):
            return case.function(*tensors, **case.params)

        program = capture(function, *drawn(case, 0, np.float64))
        inputs = drawn(case, 0, np.float64)
        text = program.source()
        values = {name: array.copy() for name, array in program.values(*inputs).items()}
        state = autograd.default_generator.rng.bit_generator.state
        z = function(*inputs)
        parts = z if isinstance(z, (tuple, list)) else (z,)
        outs = [part for part in parts if isinstance(part, autograd.Tensor) and part.requires_grad]
        seeds = [rng.standard_normal(part.shape) for part in outs]
        if outs:
            autograd.backward(outs, [tensor(seed) for seed in seeds])
        gradients = [np.zeros(x.shape) if x.grad is None else x.grad.numpy() for x in inputs]
        jobs[name] = text, values, seeds, state
        wanted[name] = arrays_of(z), gradients if "def backward" in text else []
    return jobs, wanted, run_alone(jobs, folder)


def compare(got, want, **tolerance):
    assert not isinstance(got, str), got
    for x, y in zip(arrays_of(got[0]), want[0], strict=True):
        np.testing.assert_allclose(x, y, **tolerance)
    for x, y in zip(got[1], want[1], strict=True):
        assert np.shape(x) == np.shape(y)
        np.testing.assert_allclose(x, y, **tolerance)


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    with np.errstate(all="ignore"):
        return of_rows(ROWS, tmp_path_factory.mktemp("rows"))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", ROWS)
def test_operations_give_the_same_numbers_alone(name, rows):
    _, wanted, found = rows
    compare(found[name], wanted[name], rtol=1e-6, atol=1e-8)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_all_other_rows_give_the_same_numbers_alone(tmp_path):
    _, wanted, found = of_rows(OTHERS, tmp_path)
    for name, want in wanted.items():
        compare(found[name], want, rtol=1e-6, atol=1e-8)


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    return of_models(USUAL, tmp_path_factory.mktemp("models"))


def of_models(programs, folder):
    jobs, wanted = {}, {}
    for name in programs:
        make = PROGRAMS[name]
        autograd.manual_seed(0)
        function, inputs = make()
        program = capture(function, *inputs)
        text = program.source()
        parameters = list(program.parameters.values())
        before = [(x, x.detach().numpy().copy()) for x in parameters]
        values = {key: array.copy() for key, array in program.values(*inputs).items()}
        state = autograd.default_generator.rng.bit_generator.state
        sources = [x for x in (*inputs, *parameters) if x.requires_grad and x.is_leaf]
        for x in sources:
            x.grad = None
        loss = function(*inputs)
        loss.backward()
        for x, array in before:
            x.detach().numpy()[...] = array
        jobs[name] = text, values, [np.ones((), loss.dtype)], state
        gradients = [np.zeros(x.shape, x.dtype) if x.grad is None else x.grad.detach().numpy() for x in sources]
        wanted[name] = arrays_of(loss), gradients
    return wanted, run_alone(jobs, folder)


@pytest.mark.parametrize("name", USUAL)
def test_models_give_the_same_numbers_alone(name, models):
    compare_models(name, *models)


@pytest.mark.slow
def test_larger_models_give_the_same_numbers_alone(tmp_path):
    wanted, found = of_models([name for name in PROGRAMS if name not in USUAL], tmp_path)
    for name in wanted:
        compare_models(name, wanted, found)


def compare_models(name, wanted, found):
    assert not isinstance(found[name], str), found[name]
    (got, gradients), (want, expected) = found[name], wanted[name]
    np.testing.assert_allclose(got, want[0], rtol=1e-5)
    largest = max([float(np.abs(g).max()) for g in expected if g.size], default=1.0)
    for x, y in zip(gradients, expected, strict=True):
        np.testing.assert_allclose(x, y, rtol=2e-3, atol=2e-5 * max(largest, 1e-3))


def test_a_text_with_a_wrong_name_is_found(tmp_path):
    """A planted fault: the comparison above sees a line that takes another value."""
    program = capture(lambda x, y: (x * y).sum(), tensor([1.0, 2.0]), tensor([3.0, 4.0]))
    text = program.source()
    assert "d_x = h2 * y" in text or "d_x = d_h1 * y" in text
    wrong = text.replace("d_h1 * y", "d_h1 * x")
    job = (wrong, program.values(tensor([1.0, 2.0]), tensor([3.0, 4.0])), [np.ones(())], None)
    (_, gradients), want = run_alone({"wrong": job}, tmp_path)["wrong"], [3.0, 4.0]
    assert np.abs(gradients[0] - want).max() > 1


def test_what_a_student_hands_in():
    layers = nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 1))
    target = tensor([[1.0], [2.0]])

    def loss(x):
        return ((layers(x) - target) ** 2).mean()

    text = capture(loss, tensor(np.ones((2, 4), np.float32))).source()
    forward, backward = text.split("def forward")[1].split("def backward")
    assert forward.startswith("(x, w1, b1, w2, b2, target):")
    assert "    h1 = x @ w1.T + b1 " in forward
    assert "    d_w1 = d_h1.T @ x " in backward
    assert "    d_b1 = np.sum(d_h1, axis=0) " in backward
    assert "    h2 = np.tanh(h1) " in forward
    assert "    h4 = h3 - target " in forward
    assert "    d_h1 = d_h2 * (1 - h2 * h2) " in backward
    assert backward.rstrip().endswith("return d_w1, d_b1, d_w2, d_b2")
    assert "autograd" not in text.replace("autograd.capture", "")


def test_listing_has_numbers_shapes_bytes_lines_and_guards():
    w = tensor(np.ones((3, 2), np.float32), requires_grad=True)

    def loss(x):
        h = x @ w
        return h.sum() if h.max() > 0 else h.mean()

    text = str(capture(loss, tensor(np.ones((4, 3), np.float32))))
    lines = text.splitlines()
    assert lines[0] == "loss: 4 steps, which compute 41 bytes"
    assert lines[1].split() == ["x", "=", "input", "float32", "(4,", "3)", "48", "B"]
    assert lines[3].split()[:6] == ["0", "h1", "=", "matmul(x,", "w)", "float32"]
    assert "program/test_source.py:" in lines[3]
    guard = next(line for line in lines if "guard" in line)
    assert "item(h3) == True" in guard
    assert lines[-1].strip() == "return loss"


def test_gradients_are_listed_under_their_names():
    text = str(capture(lambda x: F.softplus(x).sum(), tensor([1.0, 2.0])).vjp())
    assert "d_h1 = sum.dx(d_loss" in text
    assert "d_x = softplus.dx(d_h1, x" in text
    assert text.splitlines()[-1].strip() == "return loss, d_x"


def test_what_has_no_source_is_refused_with_its_line(tmp_path):
    scope = {}
    exec("from autograd.op import op\nhidden = op('hidden_demo', lambda x: x * 2, dx=lambda dz: dz * 2)", scope)
    with pytest.raises(CaptureError, match=r"source: hidden_demo at .*test_source.py:\d+"):
        capture(lambda x: scope["hidden"](x), tensor([1.0])).source()
