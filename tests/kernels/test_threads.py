"""Threads of kernels: each part runs once, errors arrive, nothing hangs after a fork, an interrupt, or at the end."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
import weakref
from pathlib import Path

import numpy as np
import pytest

from kernels import jit, threads, update

ROOT = Path(__file__).parents[2]
forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")


@pytest.fixture(autouse=True)
def two_threads():
    before = threads.get_num_threads()
    threads.set_num_threads(2)
    yield
    threads.set_num_threads(before)


def parts(count, least=1):
    """The parts that a split makes, in order."""
    seen = []
    threads.split(count, lambda start, stop: seen.append((start, stop)), least)
    return sorted(seen)


def test_parts_cover_the_range_once():
    for n in (1, 2, 3, 7):
        threads.set_num_threads(n)
        for count in (1, 2, 3, 5, 16, 100):
            cut = parts(count)
            assert len(cut) == min(n, count)
            assert [i for start, stop in cut for i in range(start, stop)] == list(range(count))


def test_small_work_stays_in_one_part():
    assert parts(0) == [(0, 0)]
    assert parts(19, least=10) == [(0, 19)]
    assert parts(20, least=10) == [(0, 10), (10, 20)]


def test_parts_run_at_the_same_time():
    together = threading.Barrier(2)
    threads.split(2, lambda start, stop: together.wait(10))


def test_the_first_error_is_raised_after_all_parts_have_ended():
    ended = []
    threads.set_num_threads(4)

    def work(start, stop):
        time.sleep(0.05 * (4 - start))
        ended.append(start)
        if start:
            raise ValueError(f"part {start}")

    with pytest.raises(ValueError, match="part 1"):
        threads.split(4, work)
    assert sorted(ended) == [0, 1, 2, 3]
    assert parts(4) == [(0, 1), (1, 2), (2, 3), (3, 4)]


def test_an_error_in_the_part_that_runs_here_waits_for_the_others():
    ended = []

    def work(start, stop):
        if start == 0:
            raise KeyError
        time.sleep(0.1)
        ended.append(start)

    with pytest.raises(KeyError):
        threads.split(2, work)
    assert ended == [1]


@pytest.mark.parametrize("fails", [False, True])
def test_no_thread_keeps_the_arrays(fails):
    array = np.zeros(3)
    gone = weakref.ref(array)

    def work(start, stop, array=array):
        if fails and start:
            raise ValueError

    gc.disable()
    try:
        try:
            threads.split(2, work)
        except ValueError:
            assert fails
        del array, work
        assert gone() is None
    finally:
        gc.enable()


def test_a_split_within_a_split_ends():
    seen = []

    def outer(start, stop):
        threads.split(4, lambda a, b: seen.append((start, a, b)))

    for _ in range(100):
        threads.split(2, outer)
    assert sorted(set(seen)) == [(0, 0, 2), (0, 2, 4), (1, 0, 2), (1, 2, 4)]
    assert len(seen) == 400


def test_python_threads_split_at_once_while_the_number_changes():
    wrong = []
    over = threading.Event()

    def run():
        for _ in range(300):
            if sum(stop - start for start, stop in parts(100)) != 100:
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


@pytest.mark.skipif(not jit.ENABLED, reason="nobody looks with NUMBA_DISABLE_JIT=1")
def test_looking_at_a_flag():
    from kernels.spin import wait

    flag = np.zeros(1, np.int64)
    assert wait(flag, 0, 1)
    assert not wait(flag, 1, 1000)
    assert not wait(flag, 0, 0)
    setting = threading.Timer(0.05, flag.fill, (7,))
    setting.start()
    assert wait(flag, 7, 1_000_000_000)  # sees what another thread does, and lets it run
    setting.join()


@pytest.mark.parametrize("patience", [0, 1, 1_000_000])
def test_threads_that_look_and_threads_that_sleep_do_the_same(monkeypatch, patience):
    monkeypatch.setattr(threads, "PATIENCE", patience)
    _steps()  # the compiled code that looks is there from now on
    for pause in (0, 0.002):
        for _ in range(20):
            total = np.zeros(3)
            threads.split(2, lambda start, stop, total=total: total.__setitem__(slice(start, stop), 1 + start))
            np.testing.assert_array_equal(total, [1, 2, 0])
            time.sleep(pause)


def test_no_more_threads_than_asked_for():
    for _ in range(20):
        parts(2)
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
    monkeypatch.setattr(threads, "_idle", [])
    monkeypatch.setattr(threads, "_started", 0)
    seen = []
    threads.split(4, lambda start, stop: seen.append((start, stop, threading.current_thread().name)))
    assert seen == [(0, 2, "MainThread"), (2, 4, "MainThread")]


def _steps(dtype="d"):
    """Some work in kernels and threads; what it gives."""
    x, g = np.ones(100, dtype), np.ones(100, dtype)
    threads.split(100, lambda start, stop: update.sgd(x[start:stop], g[start:stop], np.full(1, 0.5, dtype)))
    return x.sum().item(), threading.active_count() > 1


@forks
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_child_has_threads_of_its_own():
    assert _steps() == (50.0, True)
    child = os.fork()
    if child == 0:
        os._exit(0 if _steps() == (50.0, True) and parts(2) == [(0, 1), (1, 2)] else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert _steps() == (50.0, True)


@forks
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_fork_while_another_thread_splits():
    over = threading.Event()

    def run():
        while not over.is_set():
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
    _steps()
    with multiprocessing.get_context(method).Pool(1) as pool:
        assert pool.apply_async(_steps).get(60)[0] == 50.0


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="no signals to a thread on this system")
@pytest.mark.parametrize("where", ["waiting", "working"])
def test_an_interrupt_waits_for_the_parts_and_is_raised(where):
    ended = []
    main = threading.get_ident()

    def work(start, stop):
        if start:
            if where == "waiting":
                signal.pthread_kill(main, signal.SIGINT)
            time.sleep(0.2)
            ended.append(start)
        elif where == "working":
            signal.pthread_kill(main, signal.SIGINT)
            time.sleep(1)

    with pytest.raises(KeyboardInterrupt):
        threads.split(2, work)
    assert ended == [1]
    assert parts(2) == [(0, 1), (1, 2)]


def _run(program):
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_python_ends_while_a_kernel_runs():
    start = time.monotonic()
    _run(
        "import threading, time; from kernels import threads; threads.set_num_threads(2); began = threading.Event()\n"
        "def work(start, stop): began.set(); time.sleep(50)\n"
        "threading.Thread(target=threads.split, args=(2, work), daemon=True).start(); began.wait()"
    )
    assert time.monotonic() - start < 30


@pytest.mark.parametrize("used", ["threads.split(2, print)", ""])
def test_kernels_run_in_the_last_moments_of_python(used):
    program = (
        "import atexit; from kernels import threads; threads.set_num_threads(2)\n"
        f"atexit.register(lambda: threads.split(2, lambda a, b: print(f'part {{a}} {{b}}\\n', end='')))\n{used}"
    )
    assert sorted(line for line in _run(program).splitlines() if "part" in line) == ["part 0 1", "part 1 2"]
