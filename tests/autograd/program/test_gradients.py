"""Programs of whole models, and their gradients: `vjp()` gives what `backward()` gives, bit for bit."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import groupby

import numpy as np
import pytest

import autograd
from autograd import capture, tensor
from autograd.errors import AutogradError, CaptureError, GuardError
from autograd.program.backward import Walk
from autograd.program.rules import Rule
from tests.autograd.program.programs import LARGE, PROGRAMS
from tests.autograd.program.same import bits, drawn
from tests.autograd.program.test_capturing import LOOKS
from tests.cases import CASES

FAMILIES = {name: list(cases) for name, cases in groupby(sorted(CASES, key=lambda c: c.covers), lambda c: c.covers)}


def tensors_of(result):
    parts = result if isinstance(result, (tuple, list)) else (result,)
    return [z for z in parts if isinstance(z, autograd.Tensor)]


@pytest.mark.parametrize("name", FAMILIES)
def test_gradients_of_every_operation_have_the_same_bits(name):
    rng = np.random.default_rng(3)
    for case in FAMILIES[name]:

        def function(*tensors, case=case):
            return case.function(*tensors, **case.params)

        autograd.manual_seed(1)
        gradients = capture(function, *drawn(case, 0)).vjp()
        for seed in (0, 1):
            inputs = drawn(case, seed)
            autograd.manual_seed(2)
            z = function(*inputs)
            outs = [part for part in tensors_of(z) if part.requires_grad]
            seeds = [tensor(rng.standard_normal(part.shape).astype(part.dtype)) for part in outs]
            if outs:
                autograd.backward(outs, seeds)
            autograd.manual_seed(2)
            try:
                value, to_inputs, _ = gradients(*drawn(case, seed, requires_grad=False), *seeds)
            except GuardError:
                assert (seed, name in LOOKS) == (1, True)
                continue
            want = [autograd.zeros_like(x) if x.grad is None else x.grad for x in inputs]
            assert bits([part.detach() for part in tensors_of(z)]) == bits(tensors_of(value)), str(case)
            assert bits(want) == bits(list(to_inputs)), str(case)


def recorded(case):
    """A function that returns recorded gradients of a row of the table, as they are differentiated once more."""

    def function(*tensors):
        outs = [z for z in tensors_of(case.function(*tensors, **case.params)) if z.requires_grad]
        total = sum([(z * z).sum() for z in outs])
        sources = [x for x in tensors if x.requires_grad]
        return autograd.grad(total, sources, create_graph=True, allow_unused=True) if outs else ()

    return function


def with_other_bits(case):
    """Does the Program of recorded gradients give other numbers than the function, on what it was captured with or on
    other numbers? None where there are no such gradients, or Python decides by numbers."""
    function = recorded(case)
    try:
        autograd.manual_seed(1)
        function(*drawn(case, 0))
        autograd.manual_seed(1)
        program = capture(function, *drawn(case, 0))
        found = []
        for seed in (0, 1):
            autograd.manual_seed(2)
            want = bits(function(*drawn(case, seed)))
            autograd.manual_seed(2)
            found.append(want != bits(program(*drawn(case, seed))))
    except (AutogradError, TypeError, RuntimeError):
        return None
    return any(found)


SELECTING = [case for case in CASES if case.covers in ("where", "maximum", "clamp", "getitem", "gather", "layer_norm")]


def test_recorded_gradients_look_at_masks_and_indices_again():
    assert SELECTING
    assert not [str(case) for case in SELECTING if with_other_bits(case)]


def test_a_mask_that_is_not_seen_is_found(monkeypatch):
    """A planted fault."""
    monkeypatch.setattr(Walk, "_shown", lambda walk, x: x)
    assert [case for case in SELECTING if case.covers == "where" and with_other_bits(case)]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_recorded_gradients_of_every_operation_have_the_same_bits():
    found = [with_other_bits(case) for case in CASES]
    assert not [str(case) for case, other in zip(CASES, found, strict=True) if other]
    assert found.count(False) > len(CASES) * 0.8


@contextmanager
def put_back(tensors):
    """What a run writes to (running statistics) is put back, and the random numbers start anew."""
    before = [(x, x.detach().numpy().copy()) for x in tensors]
    autograd.manual_seed(1)
    yield
    for x, values in before:
        x.detach().numpy()[...] = values


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.slow if n in LARGE else ()) for n in PROGRAMS])
def test_models_and_their_gradients_have_the_same_bits(name):
    autograd.manual_seed(0)
    function, inputs = PROGRAMS[name]()
    program = capture(function, *inputs)
    parameters = list(program.parameters.values())
    with put_back(parameters):
        want = bits(function(*inputs)), bits(parameters)
    with put_back(parameters):
        assert (bits(program(*inputs)), bits(parameters)) == want

    with put_back(parameters):
        gradients = program.vjp()
        assert bits(parameters) == bits(list(program.parameters.values()))
    sources = [x for x in (*inputs, *parameters) if x.requires_grad and x.is_leaf]
    for x in sources:
        x.grad = None
    with put_back(parameters):
        loss = function(*inputs)
        loss.backward()
        state = bits(parameters)
    with put_back(parameters):
        value, to_inputs, to_parameters = gradients(*[x.detach() for x in inputs], tensor(1.0, dtype=loss.dtype))
        assert bits(parameters) == state
    assert bits(value.detach()) == bits(loss.detach())
    found = [*to_inputs, *to_parameters]
    assert len(found) == len(sources)
    for x, g in zip(sources, found, strict=True):
        wanted = autograd.zeros_like(x) if x.grad is None else x.grad
        assert bits(g.detach()) == bits(wanted)


def test_making_gradients_leaves_no_traces():
    norm = autograd.nn.BatchNorm1d(3)
    program = capture(lambda x: autograd.nn.functional.dropout(norm(x)), tensor(np.ones((4, 3), np.float32)))
    norm.reset_running_stats()
    autograd.manual_seed(0)
    want, state = autograd.randn(1).item(), norm.running_mean.tolist()
    autograd.manual_seed(0)
    program.vjp()
    assert (autograd.randn(1).item(), norm.running_mean.tolist()) == (want, state)
    assert norm.weight.grad is None


def test_gradients_can_be_differentiated_again():
    program = capture(lambda x: (x**3).sum() + autograd.nn.functional.gelu(x).sum(), tensor([1.0, 2.0]))
    gradients = program.vjp()
    x = tensor([0.5, -1.0], requires_grad=True)
    _, (g,), _ = gradients(x, tensor(1.0))
    (h,) = autograd.grad(g.sum(), x)
    y = tensor([0.5, -1.0], requires_grad=True)
    (first,) = autograd.grad(y.pow(3).sum() + autograd.nn.functional.gelu(y).sum(), y, create_graph=True)
    (second,) = autograd.grad(first.sum(), y)
    np.testing.assert_allclose(h.numpy(), second.numpy(), rtol=1e-6)
    assert bits(g.detach()) == bits(gradients(x.detach(), tensor(1.0))[1][0])


def test_the_gradients_of_gradients_are_a_program_too():
    program = capture(lambda x: (x.sin() * x).sum(), tensor([1.0, 2.0]))
    second = program.vjp().vjp()
    x, one = tensor([0.5, -1.0]), tensor(1.0)
    (_, (to_x,), _), found, _ = second(x, one, tensor(0.0), tensor([1.0, 1.0]))
    y = x.numpy()
    np.testing.assert_allclose(to_x.detach().numpy(), np.sin(y) + y * np.cos(y), rtol=1e-6)
    np.testing.assert_allclose(found[0].detach().numpy(), 2 * np.cos(y) - y * np.sin(y), rtol=1e-5)


def test_inputs_that_did_not_require_grad_get_none_where_parameters_did():
    w = tensor([2.0], requires_grad=True)
    assert capture(lambda x: x * w, tensor([3.0])).vjp()(tensor([5.0]), tensor([1.0]))[1:] == ((), (tensor([5.0]),))


def test_a_backward_inside_is_captured():
    w = tensor([1.0, 2.0], requires_grad=True)

    def function(x):
        return autograd.grad((x * w).exp().sum(), w)[0]

    program = capture(function, tensor([0.1, 0.2]))
    assert any(isinstance(step.op, Rule) for step in program)
    x = tensor([0.3, 0.4])
    assert bits(program(x).detach()) == bits(function(x))


def test_filling_grad_is_refused_with_its_line():
    w = tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(CaptureError, match=r"backward\(\) at program/test_gradients.py:\d+ adds to .grad"):
        capture(lambda x: (x * w).sum().backward(), tensor([0.1, 0.2]))
    assert w.grad is None


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (lambda w: (w * 2).register_hook(lambda g: g * 2), "register_hook at program/test_gradients.py"),
        (lambda w: (w * 2).retain_grad(), "retain_grad at program/test_gradients.py"),
        (lambda w: w * w.grad, r"\.grad is read at program/test_gradients.py"),
        (lambda w: setattr(w, "grad", None), r"\.grad = \.\.\. at program/test_gradients.py"),
        (lambda w: autograd.nn.optim.SGD([w], lr=0.1).step(), "a step of an optimiser at program/test_gradients.py"),
        (lambda w: setattr(w, "data", autograd.ones(2)), "giving another array to a Tensor"),
    ],
)
def test_what_a_program_would_silently_leave_out_is_refused(use, message):
    w = tensor([1.0, 2.0], requires_grad=True)
    w.sum().backward()
    with pytest.raises(CaptureError, match=message):
        capture(lambda x: use(w), tensor([0.1, 0.2]))
    assert w.tolist() == [1, 2]
    assert w.grad.tolist() == [1, 1]
    (w * 2).register_hook(lambda g: g)  # nothing of it stays in place


def test_threads_capture_at_the_same_time():
    def work(number):
        for _ in range(20):
            x = tensor([float(number), 2.0], requires_grad=True)
            program = capture(lambda x: (x * number).exp().argmax() + (x[0] * number).sum(), x)
            assert [step.name for step in program if step.name in ("exp", "np.argmax")] == ["exp", "np.argmax"]
            assert bits(program(x)) == bits((x * number).exp().argmax() + (x[0] * number).sum())
        return True

    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(work, range(1, 4))) == [True] * 3


def test_a_function_captured_on_constants_refuses_tracked_inputs_where_that_would_lose_a_gradient():
    program = capture(lambda x: autograd.linalg.svd(x, full_matrices=True).S, tensor([[1.0], [2.0]]))
    with pytest.raises(GuardError, match="capture it on examples that require grad"):
        program(tensor([[3.0], [2.0]], requires_grad=True))


def test_a_rule_that_reads_a_wrong_slot_is_found():
    """A planted fault."""
    gradients = capture(lambda x, y: (x * y).sum(), tensor([1.0]), tensor([2.0])).vjp()
    rules = [step for step in gradients if isinstance(step.op, Rule) and step.name.startswith("mul")]
    rules[0].inputs = (rules[0].inputs[0], rules[1].inputs[1])
    assert gradients(tensor([3.0]), tensor([5.0]), tensor(1.0))[1][0].item() != 5
