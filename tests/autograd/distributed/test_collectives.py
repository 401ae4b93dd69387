"""Several processes: everything is compared with what NumPy computes from all their Tensors."""

from __future__ import annotations

import re
import time

import pytest

from .ranks import needs_mpi, program

PROGRAMS = ("collectives", "averages_and_sizes", "objects", "points", "groups", "bits", "threads")


@needs_mpi
def test_two_processes():
    done = program(2, "collectives")
    assert done.status == 0, done.text


@needs_mpi
@pytest.mark.slow
@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("ranks", [2, 3, 4])
def test_several_processes(name, ranks):
    done = program(ranks, name)
    assert done.status == 0, done.text


WAYS = {
    "error": r"rank 1 of 3 has failed, so all processes end: ValueError: a batch that is broken",
    "exit": r"rank 1 has left the program",
    "kill": r"Killed \(signal 9\)",
    "stop": r"not all of the 3 processes have come here within 4 seconds",
}


@needs_mpi
@pytest.mark.slow
@pytest.mark.parametrize("how", WAYS)
def test_one_that_ends_does_not_leave_the_others_waiting(how):
    done = program(3, "ends", how)
    seconds = time.time() - float(re.search(r"it ends at ([\d.]+)", done.stdout).group(1))
    assert done.status != 0
    assert seconds < 10
    assert "the others went on" not in done.stdout
    assert re.search(WAYS[how], done.text), done.text
