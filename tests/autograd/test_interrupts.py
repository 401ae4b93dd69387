"""Ctrl-C in a block that puts something back: it is put back.

Python raises KeyboardInterrupt where a function begins, and behind calls. The programs here are run again and again,
and interrupted at the next such place each time. One is left out: where Python has just called an `__exit__`, and
nothing of that has run, there is nothing that a block written in Python can do. Recording may stay off then, which the
error of `backward` says.
"""

from __future__ import annotations

import sys
import types
from typing import Any

import pytest

import autograd
import nn
from autograd import forward_ad
from autograd.batching import place
from autograd.modes import state
from autograd.profiler import watching
from autograd.program import storage
from autograd.tracing import nested as transforming
from nn.utils import parametrize

FILES = (
    *("modes.py", "anomaly.py", "tracing.py", "random.py", "contextlib.py", "session.py", "watching.py", "program.py"),
    *("storage.py", "forward_ad.py", "level.py", "place.py", "batch.py", "distributed.py", "func.py", "parametrize.py"),
)
X = autograd.tensor([1.0, 2.0], requires_grad=True)
LAYER = nn.utils.parametrizations.weight_norm(nn.Linear(2, 1))
WEIGHTS = {name: p.detach() * 2 for name, p in LAYER.named_parameters()}
TOGETHER: Any = None  # a model in several processes, of which there is one


@pytest.fixture(autouse=True, scope="module")
def together() -> Any:
    global TOGETHER
    autograd.distributed.init_process_group()
    TOGETHER = nn.parallel.DistributedDataParallel(nn.Linear(2, 1))
    yield
    autograd.distributed.destroy_process_group()


def block(make: Any) -> Any:
    def program() -> None:
        with make():
            pass

    return program


def switched(make: Any) -> Any:
    """The same for what acts at once, too: up to the block it is no block."""

    def program() -> None:
        with make():
            begins()

    return program


def begins() -> None:
    """Where it is called, interruptions begin."""


@autograd.no_grad()
def decorated() -> None:
    pass


@autograd.no_grad()
def _numbers() -> Any:
    yield 1


def nested() -> None:
    with autograd.no_grad(), autograd.enable_grad():
        pass


def nested_in_a_function() -> None:
    with autograd.enable_grad():
        decorated()
        block(autograd.no_grad)()


def twice() -> None:
    mode = autograd.no_grad()
    with mode, mode:
        pass


def profiled() -> None:
    with autograd.profiler.profile(), autograd.profiler.record_function("block"):
        X.exp()


def profiled_in_steps() -> None:
    plan = autograd.profiler.schedule(wait=0, warmup=1, active=1, repeat=1)
    with autograd.profiler.profile(schedule=plan) as seen:
        for _ in range(3):
            X.exp()
            seen.step()


def dual() -> None:
    with autograd.forward_ad.dual_level():
        autograd.forward_ad.make_dual(X.detach(), X.detach()).exp()


def cached() -> None:
    with nn.utils.parametrize.cached():
        LAYER(X.detach())


def transformed() -> None:
    autograd.func.grad(lambda x: (x * x).sum())(X)


PROGRAMS = {
    "no_grad": block(autograd.no_grad),
    "enable_grad": block(autograd.enable_grad),
    "inference_mode": block(autograd.inference_mode),
    "detect_anomaly": switched(autograd.detect_anomaly),
    "fork_rng": block(autograd.random.fork_rng),
    "decorated": decorated,
    "generator": lambda: list(_numbers()),
    "nested": nested,
    "nested in a function": nested_in_a_function,
    "twice": twice,
    "transformed": transformed,
    "capture": lambda: autograd.capture(lambda x: x.exp(), X),
    "dual_level": dual,
    "vmap": lambda: autograd.func.vmap(lambda x: x.exp())(X.detach()),
    "functional_call": lambda: autograd.func.functional_call(LAYER, WEIGHTS, (X.detach(),)),
    "cached": cached,
    "no_sync": lambda: block(TOGETHER.no_sync)(),
    "profile": profiled,
    "profile in steps": profiled_in_steps,
}


def now() -> tuple[Any, ...]:
    """All that the blocks change."""
    exchanged = [vars(owner)[name] is before for owner, name, before, _ in storage._SWAPPED]
    return (
        *(state.tape, state.home.watch, transforming(), autograd.get_rng_state().numpy().tobytes(), state.interpreter),
        *(list(watching._looking), hasattr(vars(nn.Module)["__call__"], "looks"), list(storage._capturing), exchanged),
        *(forward_ad._levels.now, list(place._mapping), list(vars(state.home)), [id(p) for p in LAYER.parameters()]),
        *(parametrize._computed.values, TOGETHER and TOGETHER.require_backward_grad_sync),
    )


def interrupted(program: Any, at: int, files: tuple[str, ...] = FILES) -> bool:
    """Run it, and raise KeyboardInterrupt at that place in our files; False if there are not so many."""
    passed = 0
    ready = program.__qualname__.split(".")[0] != "switched"

    def trace(frame: Any, event: str, _: Any) -> None:
        nonlocal passed, ready
        ready = ready or frame.f_code is begins.__code__
        begun = event == "call" and frame.f_code.co_name != "__exit__"
        if ready and (begun or event == "c_return") and frame.f_code.co_filename.endswith(files):
            passed += 1
            if passed == at:
                raise KeyboardInterrupt

    before = sys.getprofile()
    sys.setprofile(trace)
    try:
        program()
    except KeyboardInterrupt:
        return True
    finally:
        sys.setprofile(before)
    return False


def left_behind(program: Any) -> list[int]:
    """The places at which something was not put back."""
    wrong, at = [], 1
    before = now()
    while interrupted(program, at):
        if now() != before:
            wrong.append(at)
            autograd.set_grad_enabled(True)
            state.home.observe(None)
        at += 1
    assert at > 1, "nothing was interrupted"
    return wrong


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # of generators that were thrown away
@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_ctrl_c_leaves_nothing_behind(program):
    program()  # what is imported late is there
    assert left_behind(program) == []


def test_a_block_that_calls_before_it_puts_back_is_found(monkeypatch):
    def end(mode, *error):
        len(error)
        state.tape, mode.before = mode.before

    wanted = end.__code__.replace(co_filename=autograd.modes.__file__)
    monkeypatch.setattr(autograd.no_grad, "__exit__", types.FunctionType(wanted, globals()))
    assert left_behind(PROGRAMS["no_grad"]) != []


def test_a_mode_that_is_set_at_once_stays_when_its_object_goes():
    autograd.set_grad_enabled(False)
    try:
        assert not autograd.is_grad_enabled()
    finally:
        autograd.set_grad_enabled(True)
    autograd.set_detect_anomaly(True)
    try:
        assert autograd.is_anomaly_enabled()
    finally:
        autograd.set_detect_anomaly(False)
