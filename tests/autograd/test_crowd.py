"""Several threads, signals, interrupts and forks: what is promised of them in `autograd.crowd`."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import textwrap
import threading
import time

import numpy as np
import pytest

import autograd
import nn
from autograd import crowd as crowds
from autograd import engine
from autograd.errors import GraphError, InplaceError
from autograd.writes import Mutation


def together(count, work):
    """Run work(number) in so many threads that begin at once; returns what they raised."""
    errors, barrier = [], threading.Barrier(count)

    def run(number):
        try:
            barrier.wait(30)
            work(number)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    return errors


@pytest.fixture
def hurried():
    """Threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def lost_gradients(rounds, size):
    """How many of the gradients that four threads have added to one leaf are missing."""
    lost = 0
    for _ in range(rounds):
        w = autograd.tensor(np.ones(size, np.float32), requires_grad=True)
        assert together(4, lambda _, w=w: (w * 1).sum().backward()) == []
        lost += int(np.any(w.grad.numpy() != 4))
    return lost


@pytest.mark.usefixtures("hurried")
def test_no_gradient_of_a_shared_leaf_is_lost():
    assert lost_gradients(60, 4) == 0  # the first one to arrive sets .grad
    assert lost_gradients(5, 1_000_000) == 0  # NumPy adds without the interpreter's lock


class NoLock:
    """What a lock is not."""

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None


def slowly(monkeypatch):
    """Let threads take turns just before a gradient is stored."""
    wrap = engine.wrap
    monkeypatch.setattr(engine, "wrap", lambda array: (time.sleep(0.02), wrap(array))[1])


def test_the_lock_holds_while_a_gradient_is_stored(monkeypatch):
    slowly(monkeypatch)
    assert lost_gradients(1, 4) == 0


def test_without_the_lock_gradients_are_lost(monkeypatch):
    slowly(monkeypatch)
    monkeypatch.setattr(crowds.crowd, "lock", NoLock())
    assert lost_gradients(1, 4) == 1


def in_a_thread(work):
    thread = threading.Thread(target=work)
    thread.start()
    thread.join(30)


WRITES = {
    "mul_": lambda b: b.mul_(5),
    "setitem": lambda b: b.__setitem__(0, 7.0),
    "view": lambda b: b[1:].zero_(),
    "copy_": lambda b: b.copy_(autograd.zeros(3)),
    "step": lambda b: nn.optim.SGD([_with_grad(b)], lr=1.0).step(),
}


def _with_grad(b):
    b.grad = autograd.ones(3)
    return b


@pytest.mark.parametrize("name", WRITES)
def test_a_value_that_another_thread_overwrites_is_noticed(name):
    a, b = (autograd.tensor(np.arange(1.0, 4), requires_grad=True, dtype=autograd.float32) for _ in range(2))
    z = (a * b).sum()

    def write():
        with autograd.no_grad():
            WRITES[name](b)

    in_a_thread(write)
    with pytest.raises(InplaceError, match=r"mul at .* saved a float32 array of shape"):
        z.backward()


def test_what_another_thread_overwrites_before_or_beside_disturbs_nobody():
    a, b, other = (autograd.tensor([1.0, 2.0], requires_grad=True) for _ in range(3))
    in_a_thread(lambda: b.data.mul_(3))
    z = (a * b).sum()
    in_a_thread(lambda: other.data.mul_(3))
    z.backward()
    assert a.grad.tolist() == [3.0, 6.0]
    assert len(autograd.tape().records) == 0


def test_writes_of_other_threads_do_not_pile_up():
    a, parameters = autograd.ones(2, requires_grad=True), [autograd.zeros(2) for _ in range(100)]
    z = a * 2
    for _ in range(5):
        in_a_thread(lambda: [p.add_(1) for p in parameters])
    notes = [record for record in autograd.tape().records if type(record) is Mutation]
    assert sum(len(note.writes) for note in notes) == 100
    assert len(notes) == 2
    z.sum().backward()


def test_a_python_without_its_lock_is_refused(monkeypatch):
    crowds.check_interpreter()
    monkeypatch.setattr(sys, "_is_gil_enabled", lambda: False, raising=False)
    with pytest.raises(ImportError, match="PYTHON_GIL=1"):
        crowds.check_interpreter()


# --------------------------------------------------------------------------------------------- signals and interrupts

posix = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timers")
unheard = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
"""Python itself says and forgets what is raised while an object is thrown away."""


def small_model():
    autograd.manual_seed(0)
    return nn.Sequential(nn.Linear(8, 16), nn.BatchNorm1d(16), nn.Tanh(), nn.Linear(16, 1))


def signalled(handler, seconds, work):
    """Run `work` with a signal at a random moment of its first `seconds`."""
    before = signal.signal(signal.SIGALRM, handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, random.uniform(1e-6, seconds))
        work()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@posix
def test_a_signal_handler_may_differentiate_while_a_backward_is_under_way():
    model, x, own = small_model().eval(), autograd.randn(4, 8), autograd.tensor([1.0, 2.0], requires_grad=True)
    model(x).square().sum().backward()
    expected = [p.grad.clone() for p in model.parameters()]
    seen = []

    def handler(*_):
        (g,) = autograd.grad((own * own).sum(), own)
        seen.append(g.tolist())

    def work():
        for _ in range(4):
            model.zero_grad()
            model(x).square().sum().backward()
            assert all(autograd.equal(p.grad, g) for p, g in zip(model.parameters(), expected, strict=True))

    while len(seen) < 200:
        signalled(handler, 3e-4, work)
    assert seen == [[2.0, 4.0]] * len(seen)


def interrupt(*_):
    raise KeyboardInterrupt


def survives(count, model, compiled, folder):
    """Interrupt trainings at random moments, and ask each time whether everything still works."""
    x, path = autograd.randn(4, 8), os.path.join(folder, "model.npz")
    optimizer = nn.optim.Adam(model.parameters(), lr=1e-3)
    fresh = small_model()
    fresh(x).sum().backward()
    expected = [p.grad.clone() for p in fresh.parameters()]
    nn.save(model.state_dict(), path)

    def work():
        for _ in range(3):
            compiled(x).square().sum().backward()
            optimizer.step()
            optimizer.zero_grad()
            grads = autograd.grad(model(x).sum(), list(model.parameters()), create_graph=True)
            sum((g * g).sum() for g in grads).backward()
        nn.save(model.state_dict(), path)

    work()
    hits = attempts = 0
    while attempts < count or (hits <= count // 10 and attempts < 20 * count):  # on a busy machine signals come late
        attempts += 1
        try:
            signalled(interrupt, 0.02, work)
        except KeyboardInterrupt:
            hits += 1
        assert autograd.is_grad_enabled()
        assert autograd.tape().replaying == 0
        again = small_model()
        again(x).sum().backward()
        assert all(autograd.equal(p.grad, g) for p, g in zip(again.parameters(), expected, strict=True))
        assert set(nn.load(path)) == set(model.state_dict())
    work()
    assert os.listdir(folder) == ["model.npz"]
    assert hits > count // 10


@posix
@unheard
def test_an_interrupt_leaves_everything_usable(tmp_path):
    model = small_model()
    survives(60, model, model, tmp_path)


@posix
@unheard
def test_an_interrupt_in_a_compiled_function_leaves_everything_usable(tmp_path):
    model = small_model()
    survives(60, model, autograd.compile(lambda x: model(x)), tmp_path)


@posix
@unheard
@pytest.mark.slow
@pytest.mark.parametrize("compiles", [False, True])
def test_five_hundred_interrupts(tmp_path, compiles):
    model = small_model()
    survives(500, model, autograd.compile(lambda x: model(x)) if compiles else model, tmp_path)


@posix
def test_what_an_interrupted_function_had_promised_says_so():
    kept = []

    def function(x):
        y = x.exp() + 1
        kept.append(y)
        if len(kept) == 4:
            raise KeyboardInterrupt
        return y * 2

    compiled, x = autograd.compile(function), autograd.ones(3)
    for _ in range(3):
        compiled(x)
    with pytest.raises(KeyboardInterrupt):
        compiled(x)
    with pytest.raises(GraphError, match="was interrupted"):
        kept[3].tolist()
    assert autograd.allclose(compiled(x), 2 * (x.exp() + 1))


# ---------------------------------------------------------------------------------------------------------------- fork

FORKS = """
    import os, signal, sys, threading, time
    import autograd, nn.functional as F
    work = (F.gelu, F.silu, F.mish, F.elu, F.softplus)
    def compiles():
        for f in work:
            f(autograd.ones(64, 1024, requires_grad=True)).sum().backward()
    thread = threading.Thread(target=compiles)
    thread.start()
    wrong = forks = 0
    while thread.is_alive() and forks < 12:
        forks += 1
        time.sleep(0.03 * forks)
        child = os.fork()
        if not child:
            signal.alarm(90)
            F.hardswish(autograd.ones(64, 1024)).sum().item()
            os._exit(0)
        wrong += os.waitpid(child, 0)[1] != 0
    print(wrong, forks)
"""


DRAWS = """
    import os, signal, threading
    import autograd
    own, end = autograd.Generator(), threading.Event()
    def draws():
        while not end.is_set():
            autograd.randn(300, 1000)
            autograd.rand(300, 1000, generator=own)
    threads = [threading.Thread(target=draws) for _ in range(2)]
    for thread in threads:
        thread.start()
    wrong = 0
    for _ in range(20):
        child = os.fork()
        if not child:
            signal.alarm(20)
            autograd.randn(3), autograd.rand(3, generator=own)
            os._exit(0)
        wrong += os.waitpid(child, 0)[1] != 0
    end.set()
    print(wrong)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_fork_while_other_threads_draw_can_draw():
    command = [sys.executable, "-W", "ignore", "-c", textwrap.dedent(DRAWS)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=500, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "0"), done.stderr


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_fork_while_another_thread_compiles_can_compute(tmp_path):
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", textwrap.dedent(FORKS)],
        env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    wrong, forks = map(int, done.stdout.split())
    assert wrong == 0
    assert forks > 1
