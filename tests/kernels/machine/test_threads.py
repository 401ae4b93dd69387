"""Threads of kernels: each part runs once, errors arrive, nothing hangs after a fork, an interrupt, or at the end."""

from __future__ import annotations

import gc
import math
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
import weakref
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from kernels.machine import jit, threads
from kernels.machine.jit import kernel

if jit.ENABLED:
    from kernels.machine import team

ROOT = Path(__file__).parents[3]
forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
compiled = pytest.mark.skipif(not jit.ENABLED, reason="with NUMBA_DISABLE_JIT=1 all parts run in one thread")


@kernel
def note(count, seen, start, stop):
    """Write down, in place of each item, where its part starts and how often it was met."""
    for i in range(start, stop):
        seen[i, 0] = start
        seen[i, 1] += count


@kernel
def meet(flags, limit, start, stop):
    """Raise our flag and wait until all others are raised, for so many looks at most."""
    team.put(flags[start:].ctypes.data, 1)
    for _ in range(limit):
        up = 0
        for k in range(len(flags)):
            up += team.look(flags[k:].ctypes.data)
        if up == len(flags):
            flags[start, 1] = 1
            return


@kernel
def fail(bad, ended, start, stop):
    """Raise an error in the parts that `bad` names."""
    ended[start] += 1
    if bad[start]:
        raise ValueError("a part failed")


@kernel
def work_long(x, start, stop):
    for i in range(start, stop):
        for k in range(x.shape[1]):
            for _ in range(1000):
                x[i, k] = x[i, k] * 0.5 + 1


@pytest.fixture(autouse=True)
def two_threads():
    before = threads.get_num_threads()
    threads.set_num_threads(2)
    yield
    threads.set_num_threads(before)


def parts(count, least=1):
    """The parts that a split makes, in order; every item is met once."""
    seen = np.zeros((count, 2), np.int64)
    threads.split(count, partial(note, 1, seen), least)
    assert (seen[:, 1] == 1).all()
    starts = np.unique(seen[:, 0]).tolist()
    return list(zip(starts, [*starts[1:], count], strict=True))


def test_parts_cover_the_range_once():
    for n in (1, 2, 3, 7):
        threads.set_num_threads(n)
        for count in (1, 2, 3, 5, 16, 100):
            cut = parts(count)
            assert len(cut) == min(n, count) == threads.parts(count)
            assert [threads.number(start, count, len(cut)) for start, _ in cut] == list(range(len(cut)))
            assert [start for start, _ in cut] == [count * p // len(cut) for p in range(len(cut))]


def test_small_work_stays_in_one_part():
    assert parts(19, least=10) == [(0, 19)]
    assert parts(20, least=10) == [(0, 10), (10, 20)]
    threads.split(0, partial(note, 1, np.zeros((0, 2), np.int64)))


def test_room_for_parts_is_enough_whatever_another_thread_sets_meanwhile(monkeypatch, rng):
    """Weight gradients and norms make room for the sums of each part before they share the work out."""
    from kernels.conv import plain as conv
    from kernels.norm import channels, rows

    x, dz = rng.standard_normal((64, 8, 9, 9)), rng.standard_normal((64, 8, 7, 7))
    norm, scaling = x.reshape(64, 8, 81), np.ones(8)
    row = (x.reshape(64, -1), np.ones(648), np.zeros(64), np.ones(64))

    def results():
        by = channels.unknown(scaling)
        channels.measure(norm, scaling, 1e-5, by, channels.divided(norm))
        sums = channels.slopes(norm, norm, by, False, False, np.empty_like(norm))
        dw = conv.conv_weight_grad(dz, x, (1, 1), (0, 0), (1, 1), 1, (3, 3))
        return *by, *sums, dw, *rows.slopes(row[0], *row, True, np.empty_like(row[0]))

    expected = results()
    parts_, before = threads.parts, threads.get_num_threads

    def parts_and_then_more(count, least=1):
        found = parts_(count, least)
        threads.set_num_threads(9 - before())  # 2, 7, 2, 7 ...
        return found

    monkeypatch.setattr(threads, "parts", parts_and_then_more)
    for _ in range(4):
        for got, wanted in zip(results(), expected, strict=True):
            np.testing.assert_allclose(got, wanted, rtol=1e-9, atol=1e-9)


@compiled
@pytest.mark.parametrize("count", [2, 3])
def test_parts_run_at_the_same_time(count):
    threads.set_num_threads(count)
    for _ in range(20):  # helpers that have just been started, or woken, may come too late for the first
        flags = np.zeros((count, 2), np.int64)
        threads.split(count, partial(meet, flags, 20_000_000))
        if (flags == 1).all():
            return
    raise AssertionError("never")


@pytest.mark.parametrize("bad", [0, 1, 3])
def test_an_error_is_raised_after_all_parts_have_ended(bad):
    threads.set_num_threads(4)
    ended, wrong = np.zeros(4, np.int64), np.arange(4) >= bad
    with pytest.raises(ValueError, match="a part failed"):
        threads.split(4, partial(fail, wrong, ended))
    if jit.ENABLED:
        assert (ended > 0).all()
        assert ended.sum() == 5  # the first that failed ran again, where its error could be raised
    assert parts(4) == [(0, 1), (1, 2), (2, 3), (3, 4)]


@compiled
def test_an_error_that_does_not_come_again_is_an_error_still(monkeypatch):
    monkeypatch.setattr(fail, "sharing", lambda *_: 1)
    with pytest.raises(MemoryError, match="fail"):
        threads.split(2, partial(fail, np.zeros(2, bool), np.zeros(2, np.int64)))


def test_no_thread_keeps_the_arrays():
    array = np.zeros((4, 2), np.int64)
    gone = weakref.ref(array)
    gc.disable()
    try:
        threads.split(4, partial(note, 1, array))
        del array
        assert gone() is None
    finally:
        gc.enable()


def test_python_threads_split_at_once_while_the_number_changes():
    wrong = []
    over = threading.Event()

    def run():
        for _ in range(300):
            try:
                parts(100)
            except AssertionError:
                wrong.append(1)

    def change():
        while not over.is_set():
            for n in (1, 4, 2, 3):
                threads.set_num_threads(n)

    changing = threading.Thread(target=change)
    running = [threading.Thread(target=run) for _ in range(3)]
    changing.start()
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    over.set()
    changing.join()
    assert not wrong


@pytest.mark.parametrize("patience", [0, 1, 1_000_000])
def test_helpers_that_look_and_helpers_that_sleep_do_the_same(monkeypatch, patience):
    monkeypatch.setattr(threads, "PATIENCE", patience)
    for pause in (0, 0.002):
        for _ in range(50):
            assert parts(5) == [(0, 2), (2, 5)]
            time.sleep(pause)


@compiled
def test_work_whose_helper_never_comes_is_done_here(monkeypatch):
    """A helper that sleeps, and is not woken, costs nobody anything."""
    parts(2)
    monkeypatch.setattr(threads, "PATIENCE", 0)
    time.sleep(0.5)  # it sleeps
    monkeypatch.setattr(threads, "_asleep", {})
    for _ in range(20):
        assert parts(2) == [(0, 1), (1, 2)]


@compiled
def test_no_more_threads_than_asked_for():
    for _ in range(20):
        outer = [threading.Thread(target=parts, args=(2,)) for _ in range(4)]
        for thread in outer:
            thread.start()
        for thread in outer:
            thread.join()
    before = sum(thread.name == "wengert-kernel" for thread in threading.enumerate())
    parts(2)
    assert sum(thread.name == "wengert-kernel" for thread in threading.enumerate()) == before


def test_without_a_thread_to_be_had_all_parts_run_here(monkeypatch):
    def refused(self):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refused)
    monkeypatch.setattr(threads, "_started", 0)
    assert parts(4) == [(0, 2), (2, 4)]


def _steps():
    """Some work in threads; what it gives."""
    return parts(5), threading.active_count() > 1 or not jit.ENABLED


GOOD = [(0, 2), (2, 5)], True


@forks
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_child_has_threads_of_its_own():
    assert _steps() == GOOD
    child = os.fork()
    if child == 0:
        os._exit(0 if _steps() == GOOD and parts(2) == [(0, 1), (1, 2)] else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert _steps() == GOOD


@forks
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_fork_while_another_thread_splits():
    over = threading.Event()

    def run():
        while not over.is_set():
            parts(2)

    parts(2)
    splitting = threading.Thread(target=run)
    splitting.start()
    try:
        for _ in range(10):
            child = os.fork()
            if child == 0:
                os._exit(0 if parts(2) == [(0, 1), (1, 2)] else 1)
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    finally:
        over.set()
        splitting.join()


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_processes_of_a_pool_run_kernels(method):
    parts(2)
    with multiprocessing.get_context(method).Pool(1) as pool:
        assert pool.apply_async(parts, (2,)).get(60)


@compiled
@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="no signals to a thread on this system")
def test_an_interrupt_waits_for_the_parts_and_is_raised():
    x = np.zeros((2, 100_000))
    threads.split(2, partial(work_long, np.zeros((2, 1))))
    main = threading.get_ident()
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have us ignore it
    interrupt = threading.Timer(0.02, lambda: signal.pthread_kill(main, signal.SIGINT))
    try:
        with pytest.raises(KeyboardInterrupt):  # noqa: PT012
            interrupt.start()
            threads.split(2, partial(work_long, x))
            time.sleep(10)  # where it arrives if compiled code was done sooner
    finally:
        signal.signal(signal.SIGINT, before)
    assert (x > 1.9).all()
    assert parts(2) == [(0, 1), (1, 2)]


def _run(program):
    done = subprocess.run(
        [sys.executable, "-c", f"from tests.kernels.machine.test_threads import *\n{program}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@compiled
def test_python_ends_while_a_kernel_runs():
    start = time.monotonic()
    _run(
        "threads.set_num_threads(2); x = np.zeros((2, 1)); threads.split(2, partial(work_long, x))\n"
        "x = np.zeros((2, 10**8))\n"
        "threading.Thread(target=threads.split, args=(2, partial(work_long, x)), daemon=True).start(); time.sleep(0.5)"
    )
    assert time.monotonic() - start < 60


@pytest.mark.parametrize("used", ["parts(2)", ""])
def test_kernels_run_in_the_last_moments_of_python(used):
    program = f"import atexit; threads.set_num_threads(2); atexit.register(lambda: print(parts(5)))\n{used}"
    assert _run(program) == "[(0, 2), (2, 5)]\n"


@pytest.mark.parametrize(
    ("groups", "files", "limit"),
    [
        ("0::/\n", {"cpu.max": "150000 100000"}, 1.5),
        ("0::/\n", {"cpu.max": "max 100000"}, math.inf),
        ("0::/a/b\n", {"a/cpu.max": "100000 100000", "a/b/cpu.max": "max 100000"}, 1.0),
        ("0::/a/b\n", {"a/cpu.max": "400000 100000", "a/b/cpu.max": "300000 100000"}, 3.0),
        (
            "4:cpu,cpuacct:/a\n3:memory:/b\n",
            {"cpu/a/cpu.cfs_quota_us": "50000", "cpu/a/cpu.cfs_period_us": "100000"},
            0.5,
        ),
        ("1:cpu:/\n", {"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, math.inf),
        ("", {}, math.inf),
    ],
)
def test_the_quota_of_a_container(groups, files, limit, tmp_path):
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")
    (tmp_path / "own").write_text(groups)
    assert threads._quota(tmp_path, tmp_path / "own") == limit
    assert threads._quota(tmp_path, tmp_path / "none") == math.inf


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system does not say which core is whose")
@pytest.mark.parametrize(("asked", "found"), [(None, "1"), ("3", "3")])
def test_threads_follow_where_the_process_may_run(asked, found, monkeypatch):
    """Also if that is said after the import, and before the first kernel."""
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    if asked:
        monkeypatch.setenv("OMP_NUM_THREADS", asked)
    code = "import os; from kernels.machine import threads; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}); "
    code += "print(threads.parts(100), threads.get_num_threads())"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [found, found]
