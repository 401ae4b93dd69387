"""`mpiexec -n N python -m benchmarks train`: the same training, whatever happens to one of the processes."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import nn
from tests.autograd.distributed.ranks import MPIEXEC, ROOT, needs_mpi, run

from .test_train import arrays, assert_same_training

pytestmark = [needs_mpi, pytest.mark.slow]
SMALL = ("-m", "benchmarks", "train", "mnist-cnn", "--dataset", "digits", "--epochs", "3", "--train-size", "1000")


def test_processes_follow_one(tmp_path):
    """1,000 is no multiple of 64: in the last batch the parts differ.

    One epoch: what rounding makes of float32 grows with every step of Adam, by as much with one thread instead of two.
    """
    found = []
    for ranks in (1, 2, 3):
        done = run(ranks, *SMALL, "--epochs", "1", "--out", f"of{ranks}", cwd=tmp_path, PYTHONWARNINGS="error")
        assert done.status == 0, done.text
        assert sum(line.startswith("epoch ") for line in done.stdout.splitlines()) == 1
        found.append(nn.load(tmp_path / f"of{ranks}/checkpoint.npz"))
    one, *others = found
    for other in others:  # float32, 16 steps of Adam
        for name, value in arrays(one["model"]).items():
            away = np.linalg.norm(arrays(other["model"])[name] - value)
            assert away < 1e-3 * np.linalg.norm(value), (name, away)
        for name in ("loss", "accuracy", "test_loss", "test_accuracy"):
            np.testing.assert_allclose(other["history"][name], one["history"][name], atol=2e-3)


def descendants(pid):
    """The processes below one, by /proc."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            rest = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents.setdefault(int(rest[1]), []).append(int(stat.parent.name))
    found = [pid]
    for each in found:
        found += parents.get(each, [])
    return found[1:]


def broken_off(folder, number, to):
    """A training in two processes that gets a signal in its second epoch; how it ended, and in how many seconds."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "WENGERT_DATA": ""}
    command = [MPIEXEC, "-n", "2", sys.executable, *SMALL, "--out", "broken"]
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        while not (folder / "broken" / "checkpoint.npz").exists():
            time.sleep(0.01)
            assert process.poll() is None
        os.kill(to(process.pid), number)
        started = time.perf_counter()
        said, _ = process.communicate(timeout=60)
    finally:
        process.kill()
    return process.returncode, said, time.perf_counter() - started


def trainers(pid):
    return [p for p in descendants(pid) if "benchmarks" in Path(f"/proc/{p}/cmdline").read_text().split("\0")]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks for the processes in /proc")
@pytest.mark.parametrize(
    ("number", "to", "message"),
    [
        (signal.SIGKILL, lambda pid: trainers(pid)[-1], "Killed (signal 9)"),
        (signal.SIGINT, lambda pid: pid, "interrupted"),
    ],
    ids=["killed", "interrupted"],
)
def test_a_training_that_was_broken_off_goes_on_bit_for_bit(number, to, message, tmp_path):
    whole = run(2, *SMALL, "--out", "whole", cwd=tmp_path)
    assert whole.status == 0, whole.text
    status, said, seconds = broken_off(tmp_path, number, to)
    assert status != 0
    assert message in said
    assert seconds < 10
    resumed = run(2, "-m", "benchmarks", "train", "--resume", "broken/checkpoint.npz", cwd=tmp_path)
    assert resumed.status == 0, resumed.text
    assert "resuming broken/checkpoint.npz after" in resumed.stdout
    assert_same_training(tmp_path / "whole/checkpoint.npz", tmp_path / "broken/checkpoint.npz")


SAVES = """
import os, signal, sys
import nn
from benchmarks.cli import main

def save(*arguments, before=nn.save):
    os.kill(os.getpid(), signal.SIGINT)
    before(*arguments)

nn.save = save
sys.exit(main(sys.argv[1:]))
"""


def test_an_interrupt_between_epochs_reaches_the_others(tmp_path):
    """The first process alone gets the signal, while it saves and the other one trains on: they agree on a step."""
    done = run(2, "-c", SAVES, *SMALL[2:], "--out", "broken", cwd=tmp_path, timeout=100)
    assert done.status == 130, done.text
    assert "interrupted after 1 of 3 epochs and 1 steps" in done.stderr
    assert nn.load(tmp_path / "broken/checkpoint.npz")["step"] == 1


def test_what_reads_a_text_trains_in_one_process(tmp_path):
    done = run(2, "-m", "benchmarks", "train", "shakespeare", cwd=tmp_path)
    assert done.status == 2
    assert "in one process" in done.stderr
