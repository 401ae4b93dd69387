"""The compiled way back through an op equals its rules, applied one by one and added up as one reads it."""

from __future__ import annotations

import inspect
import os
import shutil
import subprocess
import sys
import traceback
from pathlib import Path

import numpy as np
import pytest

import autograd
from autograd import engine, generated
from autograd.modes import state
from autograd.op import op, registry
from autograd.plan import COMPONENT, Plan
from autograd.tensors.calls import binary, unary
from autograd.tensors.core import wrap
from benchmarks.gradcheck.models import MODELS
from tests.cases import CASES
from tests.cases.case import Case


def read(dz, record, cotangents, owned):
    """A step as the declaration of the op says it: each rule on what it asked for, and the results added."""
    plan = record.plan
    if plan is COMPONENT or plan.op is None:
        plan.step(dz, record, cotangents, owned)
    else:
        plan.pull(dz, record, record.saved, cotangents, owned)


def gradients(case, arrays, step):
    autograd.tape().clear()
    leaves = [autograd.tensor(a, requires_grad=True) for a in arrays]
    random = autograd.get_rng_state()
    z = case.function(*leaves, **case.params)
    autograd.set_rng_state(random)
    outs = [part for part in (z if isinstance(z, (tuple, list)) else [z]) if getattr(part, "_node", None) is not None]
    rng = np.random.default_rng(1)
    cotangents = {part._node: np.asarray(rng.standard_normal(part.shape), part.dtype) for part in outs}
    before, state.tape = state.tape, None
    try:
        state.home.replay(cotangents, step=step)
    finally:
        state.tape = before
    return [cotangents.get(leaf._node) for leaf in leaves]


def _of_one(case, times):
    """The case with one input in the place of all."""
    return Case(case.covers, lambda x, **params: case.function(*[x] * times, **params), case.shapes[:1], case.params)


@pytest.mark.parametrize("twice", [False, True], ids=["apart", "the same input twice"])
def test_the_compiled_step_is_what_one_reads(twice):
    rng = np.random.default_rng(0)
    count = 0
    for case in CASES:
        if not case.order:
            continue
        arrays = case.draw(rng)
        if twice:
            if len(arrays) < 2 or not case.repeat or len({a.shape for a in arrays}) > 1:
                continue
            case = _of_one(case, len(arrays))
            arrays = arrays[:1]
        for got, expected in zip(gradients(case, arrays, None), gradients(case, arrays, read), strict=True):
            assert (got is None) == (expected is None), case
            if got is not None:
                np.testing.assert_allclose(
                    np.asarray(got), np.asarray(expected), rtol=1e-13, atol=1e-13, err_msg=str(case)
                )
                count += 1
    assert count > (30 if twice else 1000)


def test_it_can_fail(monkeypatch):
    """A plan whose step forgets the second input is found."""
    plan = registry["mul"].plan((0, 1))
    step = plan.step

    def forgetful(dz, record, cotangents, owned):
        step(dz, record, cotangents, owned)
        cotangents.pop(record.parents[1], None)

    monkeypatch.setattr(plan, "step", forgetful)
    with pytest.raises(AssertionError):
        test_the_compiled_step_is_what_one_reads(False)


def read_on_tensors(dz, record, cotangents, owned, needed=None):
    """`engine.push` with what a plan saved as Tensors, and each rule applied as one reads it."""
    if isinstance(record.plan, Plan) and record.plan.op.formula is None and isinstance(dz, autograd.Tensor):
        Plan.push(record.plan, dz, record, cotangents, owned, needed, wrap)
    else:
        compiled_push(dz, record, cotangents, owned, needed)


compiled_push = engine.push


def recorded_gradients(case, arrays):
    """Gradients under `create_graph`, what was recorded for them, and where."""
    autograd.tape().clear()
    leaves = [autograd.tensor(a, requires_grad=True) for a in arrays]
    random = autograd.get_rng_state()
    z = case.function(*leaves, **case.params)
    autograd.set_rng_state(random)
    outs = [part for part in (z if isinstance(z, (tuple, list)) else [z]) if getattr(part, "_node", None) is not None]
    rng = np.random.default_rng(1)
    seeds = [autograd.tensor(np.asarray(rng.standard_normal(part.shape), part.dtype)) for part in outs]
    found = autograd.grad(outs, leaves[-1:], seeds, create_graph=True, allow_unused=True)
    found += autograd.grad(outs, leaves, seeds, create_graph=True, allow_unused=True)
    records = [(record.op, record.shape, record.line) for record in autograd.tape()]
    return [None if g is None else g.detach().numpy() for g in found], records


def test_the_compiled_push_is_what_one_reads(monkeypatch):
    rng = np.random.default_rng(0)
    count = 0
    for case in CASES:
        if case.order < 2:
            continue
        arrays = case.draw(rng)
        got, records = recorded_gradients(case, arrays)
        with monkeypatch.context() as patch:
            patch.setattr(engine, "push", read_on_tensors)
            expected, expected_records = recorded_gradients(case, arrays)
        assert [record[:2] for record in records] == [record[:2] for record in expected_records], case
        assert not any(line.startswith(("ops/", "fast/", "tensors/", "<op")) for _, _, line in records), case
        for a, b in zip(got, expected, strict=True):
            np.testing.assert_array_equal(a, b, err_msg=str(case))
            count += a is not None
    assert count > 1000


def test_that_can_fail(monkeypatch):
    """A function whose cotangent is added to the wrong input is found."""
    plan = registry["mul"].plan((0, 1))
    push = plan.push

    def crossed(dz, record, cotangents, owned, needed, tensor):
        push(dz, record, cotangents, owned, None, tensor)
        first, second = record.inputs
        cotangents[first], cotangents[second] = cotangents[second], cotangents[first]

    monkeypatch.setattr(plan, "push", crossed)
    with pytest.raises(AssertionError):
        test_the_compiled_push_is_what_one_reads(monkeypatch)


def test_generated_functions_can_be_read():
    """inspect and tracebacks show the lines of functions that were made from text."""
    assert inspect.getsource(autograd.Tensor.exp).startswith("def function(input):")
    plan = registry["mul"].plan((0, 1))
    x = autograd.tensor([1.0], requires_grad=True)
    (x * x).backward()
    assert inspect.getsource(plan.step).startswith("def step(dz, record, cotangents, owned):")
    with pytest.raises(ValueError, match="must match the size") as caught:
        autograd.ones(2) * autograd.ones(3)
    assert "misfit(error, a, b)" in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("asking", [False, True])
def test_a_function_can_be_read_before_it_is_called(asking, monkeypatch):
    monkeypatch.setattr(generated, "_asking", asking)
    for count, example in ((1, lambda x: -2.0 * x), (2, lambda x, y: x - 3.0 * y)):
        made = op("read", example, **{f"d{name}": lambda dz: dz for name in "xy"[:count]})
        function = (unary if count == 1 else binary)(made)
        before = inspect.getsource(function)
        assert before.startswith("def function(input")
        assert "record.saved" in before
        arguments = [autograd.ones(2, requires_grad=True)] * count
        first = function(*arguments).tolist()
        assert inspect.getsource(function) == before
        assert function(*arguments).tolist() == first == example(*[np.ones(2)] * count).tolist()


def test_the_engine_works_without_what_is_there_only_for_speed():
    """The table of ops and the standard models, in a process whose engine runs the rules as one reads them."""
    root = Path(__file__).parents[2]
    for command in (
        ["pytest", "-q", "-x", "-p", "no:cacheprovider", "-k", "gradient_is_the_slope", "tests/autograd/test_ops.py"],
        ["benchmarks", "gradcheck", "--model", *MODELS],
    ):
        done = subprocess.run(
            [sys.executable, "-m", *command],
            cwd=root,
            env={**os.environ, "WENGERT_PLAIN": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]


def test_what_is_promised_of_the_tape_holds_for_the_one_that_is_read():
    """Order, freeing, marks, hooks, writes in place: the tests of these are run once more, without `fast`."""
    files = [f"tests/autograd/test_{name}.py" for name in ("tape", "backward", "consumption", "function", "inplace")]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *files],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "WENGERT_PLAIN": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert " passed" in done.stdout


def test_the_wing_can_be_deleted(tmp_path):
    """Nothing else imports it: a copy of the package without the folder trains."""
    root = Path(__file__).parents[2]
    for package in ("autograd", "nn", "kernels"):
        shutil.copytree(root / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.rmtree(tmp_path / "autograd" / "fast")
    start = tmp_path / "autograd" / "__init__.py"
    lines = start.read_text().splitlines(keepends=True)
    start.write_text("".join(line for line in lines if not line.startswith("from . import fast")))
    program = (
        "import autograd, nn; from pathlib import Path; assert str(Path.cwd()) in autograd.__file__\n"
        "assert type(autograd.tape()) is autograd.Tape\n"
        "autograd.manual_seed(0); model = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))\n"
        "x = autograd.rand(64, 2); y = x[:, :1] - x[:, 1:]; optimizer = nn.optim.Adam(model.parameters(), 0.02)\n"
        "for _ in range(200):\n"
        "    loss = nn.functional.mse_loss(model(x), y); optimizer.zero_grad(); loss.backward(); optimizer.step()\n"
        "print(loss.item())"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 1e-3
