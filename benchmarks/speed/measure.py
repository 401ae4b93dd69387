"""Runs the workers of a case: compares first values, and lets one after the other time its steps."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from .cases.case import Case, Checksum, Data, checksums, differences
from .peers import COMPILED, OURS

ROOT = Path(__file__).parents[2]
QUIET = 0.3
"""Seconds to wait before a library is timed: idle threads of the other one, and of BLAS, spin for a while."""

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


class WorkerError(Exception):
    """A worker ended before it had answered; the message is the last thing it said."""


@dataclass(frozen=True)
class Setting:
    """What holds for all cases of a run."""

    peers: Mapping[str, str]
    """Name of the library -> the Python that has it."""
    rounds: int
    threads: int
    folder: Path | None
    """Where the images are."""
    seconds: float = 0.3
    compiled: bool = False
    """Time our compiled ways, too."""
    first: bool = False
    """Say how long first values take where nothing was compiled before, and in a second process."""


def environment(threads: int) -> dict[str, str]:
    """That of a process which may use so many threads."""
    return {**os.environ, **{name: str(threads) for name in THREADS}, "PYTHONPATH": _path()}


def _path() -> str:
    return os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])


class Worker:
    """A process that runs one case in one library. Use in `with`: the process ends with the block."""

    def __init__(self, python: str, name: str, case: str, threads: int = 1, *more: str, **variables: str) -> None:
        self.errors = tempfile.TemporaryFile("w+")  # noqa: SIM115, a pipe would fill up while nobody reads it
        command = [python, "-m", "benchmarks.speed.worker", name, case, str(threads), *more]
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment(threads) | variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
        )

    def __enter__(self) -> Worker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.communicate()
        self.errors.close()

    def answer(self) -> Any:
        """The next thing it says."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            status = self.process.wait()
            self.errors.seek(0)
            said = self.errors.read().strip().splitlines()
            raise WorkerError(said[-1] if said else f"ended with status {status}")
        try:
            return json.loads(line)
        except json.JSONDecodeError:
            raise WorkerError(f"said {line.strip()!r}") from None

    def time(self, steps: int = 0) -> Any:
        """Its figures; with `steps`, the time of each of so many."""
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(f"go {steps}\n" if steps else "go\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # the answer says why
        return self.answer()


def probe(python: str, name: str) -> str:
    """The version of the library there."""
    with Worker(python, name, "probe") as worker:
        version: str = worker.answer()["version"]
        return version


def ceilings(threads: int) -> dict[str, float]:
    """{"gflops", "gbytes"} of this machine with so many threads."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.speed.ceilings", str(threads)],
        cwd=ROOT,
        env=environment(threads),
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def measure(case: Case, setting: Setting) -> dict[str, Any]:
    """A row of the table: {"case", "group", "what", "differences", "failed", OURS: figures, "peers": {name: figures}}.

    Figures of ours are medians over the rounds: "seconds", "growth_mib", "peak_mib", and "steps" altogether; with a
    peer come those of `spread`, its time over ours in the same round. A case with `scaling` also has "single_s", the
    time in one thread, and "scaling", that over the time in all. Where compiled ways are timed, "ways" has their
    figures, with those of `spread` for our time over theirs, and a peer has "ways", its time over theirs. "first" has
    what `first_values` gives, by library and way of ours, if that is asked for.
    """
    row: dict[str, Any] = {"case": case.name, "group": case.group, "what": case.what, "per": case.per}
    row |= {"flops": case.flops / case.per, "bytes": case.bytes / case.per, "differences": [], "failed": ""}
    try:
        runs = _rounds(case, setting, setting.threads, row)
        if setting.first and runs:
            row["first"] = {way: first_values(case, setting, way) for way in (OURS, *COMPILED) if way in runs}
        if case.scaling and runs and setting.threads > 1:
            for name, single in _rounds(case, setting, 1, row).items():
                for many, one in zip(runs[name], single, strict=True):
                    many |= {"single_s": one["seconds"], "scaling": one["seconds"] / many["seconds"]}
    except WorkerError as error:
        return row | {"failed": str(error), "peers": {}, "ways": {}}
    if row["differences"]:
        return row | {"peers": {}, "ways": {}}
    ways = [name for name in COMPILED if name in runs]
    row |= {OURS: _figures(runs[OURS]), "peers": {}}
    row["ways"] = {way: _figures(runs[way]) | _ratios(runs[OURS], runs[way]) for way in ways}
    for name in runs:
        if name != OURS and name not in COMPILED:
            row["peers"][name] = _figures(runs[name]) | _ratios(runs[name], runs[OURS])
            row["peers"][name]["ways"] = {way: _ratios(runs[name], runs[way]) for way in ways}
    return row


def first_values(case: Case, setting: Setting, way: str) -> list[float]:
    """Seconds to the first values of a case in a process that finds nothing compiled, and in a second one."""
    found = []
    with tempfile.TemporaryDirectory() as cache:
        for _ in range(2):
            time.sleep(QUIET)
            more = (str(setting.seconds), *([str(setting.folder)] if setting.folder else []))
            with Worker(sys.executable, way, case.name, setting.threads, *more, NUMBA_CACHE_DIR=cache) as worker:
                found.append(float(_asked(worker.answer, way)["first_s"]))
    return found


def _ratios(first: list[dict[str, float]], second: list[dict[str, float]]) -> dict[str, float]:
    return spread([a["seconds"] / b["seconds"] for a, b in zip(first, second, strict=True)])


def spread(ratios: list[float]) -> dict[str, float]:
    """The median of ratios, their quartiles, the least and the largest."""
    low, middle, high = statistics.quantiles(ratios * (2 if len(ratios) == 1 else 1), n=4, method="inclusive")
    found = {"ratio": middle, "ratio_q1": low, "ratio_q3": high}
    return found | {"ratio_min": min(ratios), "ratio_max": max(ratios)}


def _figures(runs: list[dict[str, float]]) -> dict[str, float]:
    return {key: statistics.median(run[key] for run in runs) for key in runs[0]}


def _rounds(case: Case, setting: Setting, threads: int, row: dict[str, Any]) -> dict[str, list[dict[str, float]]]:
    """Figures of every round, by library. Stops, with the differences in the row, when values are not the same."""
    pythons = dict.fromkeys([OURS, *COMPILED] if setting.compiled else [OURS], sys.executable) | dict(setting.peers)
    folder = [str(setting.folder)] if setting.folder else []
    expected: list[Checksum] | None = None
    if not setting.peers and case.reference is not None:
        expected = checksums(case.reference(Data(setting.folder)))
    runs: dict[str, list[dict[str, float]]] = {}
    for turn in range(setting.rounds):
        workers: dict[str, Worker] = {}
        try:
            for name, python in pythons.items():
                workers[name] = Worker(python, name, case.name, threads, str(setting.seconds), *folder)
            values = {name: _values(worker, name) for name, worker in workers.items()}
            row["differences"] = compare(case, values, expected)
            if row["differences"]:
                return {}
            present = [name for name in pythons if values[name] is not None]
            for name in present if turn % 2 == 0 else reversed(present):  # nobody always goes first
                time.sleep(QUIET)
                worker = workers[name]
                runs.setdefault(name, []).append(_asked(worker.time, name))
                worker.__exit__(None, None, None)  # its threads may go on spinning for as long as it lives
        finally:
            for worker in workers.values():
                worker.__exit__(None, None, None)
    return runs


def _asked(ask: Any, name: str) -> Any:
    try:
        return ask()
    except WorkerError as error:
        raise WorkerError(f"{name}: {error}") from None


def _values(worker: Worker, name: str) -> Any:
    said = _asked(worker.answer, name)
    return None if said is None else said["values"]


def compare(case: Case, values: dict[str, Any], expected: list[Checksum] | None) -> list[str]:
    """What is wrong with the first values, in words."""
    ours = values[OURS]
    wrong = [f"{name} is {value}" for name, value, _ in ours if not np.isfinite(value)]
    if expected is not None:
        wrong += [f"NumPy: {text}" for text in differences(ours, expected, case.tolerance)]
    for name, theirs in values.items():
        if name != OURS and theirs is not None:
            wrong += [f"{name}: {text}" for text in differences(ours, theirs, case.tolerance)]
    return wrong
