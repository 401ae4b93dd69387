"""What many processes would gain: measured on this machine, and computed for networks that it has not.

Three models are trained, each process with a batch of its own, gradients by DistributedDataParallel: an MLP, table 2's
CNN, and a small GPT. Measured are the step of one process with one thread, its backward pass, and sums over the
processes of this machine. Where mpiexec is (pip install 'wengert[mpi]'), 2 and 4 processes train, too, and stand beside
what is computed for them.

The model: a sum of n bytes over P processes takes the cheaper of

    2 (P - 1) a + 2 (P - 1) / P n b             a ring
    2 log2(P) a + 2 (P - 1) / P n b             halving and doubling (Thakur, Rabenseifner & Gropp 2005)

with a seconds for a message and b seconds for a byte. It goes on while backward does, but for the first bucket, which
must be full before anything is sent, and the last one, which comes when backward ends. Efficiency is the time of the
step without a sum, divided by that with it: every process keeps its batch, so P processes learn from P batches.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.cli import UsageError

ROOT = Path(__file__).parents[2]
NETWORKS = {  # seconds per message, seconds per byte
    "10 Gb Ethernet": (30e-6, 1 / 1.1e9),
    "25 Gb Ethernet": (20e-6, 1 / 2.8e9),
    "100 Gb InfiniBand": (2e-6, 1 / 11e9),
}
"""What programs see of networks, by their usual figures: TCP on Ethernet, MPI on InfiniBand."""
MODELS = {
    "mlp": "MLP 784-256-128-10, batch 64",
    "cnn": "table 2's CNN, batch 64",
    "gpt": "GPT, 4 layers, 128 wide, batch 12",
}
PROCESSES = (8, 64, 512)
MOST = 1 << 16


class Step(NamedTuple):
    """One process's step: seconds, those of backward; bytes of the gradients, of the first and of the last bucket."""

    seconds: float
    backward_s: float
    nbytes: int
    first: int
    last: int


def summed(nbytes: float, processes: int, message_s: float, byte_s: float) -> float:
    """Seconds for a sum over processes: the cheaper of two ways.

    >>> summed(1e6, 1, 1e-5, 1e-9)
    0.0
    >>> round(summed(1e6, 4, 1e-5, 1e-9), 6)
    0.00154
    """
    if processes == 1:
        return 0.0
    moved = 2 * (processes - 1) / processes * nbytes * byte_s
    return moved + 2 * message_s * min(processes - 1, math.log2(processes))


def added(step: Step, processes: int, message_s: float, byte_s: float) -> float:
    """Seconds that the sums add to a step: what does not fit beside backward, and the last bucket in any case."""
    whole = summed(step.nbytes, processes, message_s, byte_s)
    last = summed(step.last, processes, message_s, byte_s)
    beside = step.backward_s * (1 - step.first / step.nbytes)
    return max(last, whole - beside)


def efficiency(step: Step, processes: int, message_s: float, byte_s: float) -> float:
    """The step alone, divided by the step with its sums."""
    return step.seconds / (step.seconds + added(step, processes, message_s, byte_s))


def dominates(step: Step, message_s: float, byte_s: float) -> int | None:
    """From how many processes on a sum takes longer than the step itself; None: never, up to 65,536."""
    found = (p for p in range(2, MOST + 1) if summed(step.nbytes, p, message_s, byte_s) > step.seconds)
    return next(found, None)


def costs(sizes: list[tuple[int, float]], processes: int) -> tuple[float, float]:
    """Seconds per message and per byte, from measured sums (bytes, seconds): the smallest one, and the largest.

    >>> found = costs([(4, 2 * 2 * 1e-5), (1 << 24, summed(1 << 24, 4, 1e-5, 1e-9))], 4)
    >>> [round(1e9 * x) for x in found]
    [10000, 1]
    """
    least, most = min(sizes), max(sizes)
    message_s = least[1] / (2 * math.log2(processes))
    byte_s = (most[1] - least[1]) / (2 * (processes - 1) / processes * most[0])
    return message_s, max(byte_s, 0.0)


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of `ranks`."""
    parser.add_argument("--only", nargs="+", choices=tuple(MODELS), default=list(MODELS), metavar="MODEL")
    parser.add_argument("--seconds", type=float, default=3.0, metavar="F", help="for each measurement (default: 3)")


def run(arguments: argparse.Namespace) -> int:
    """Measure, compute, print."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    steps = {name: _step(name, 1, arguments.seconds) for name in arguments.only}
    print("one process with one thread")
    for name, found in steps.items():
        step = found["step"]
        print(
            f"  {MODELS[name]:<36} step {1e3 * step.seconds:7.2f} ms, backward {1e3 * step.backward_s:7.2f} ms, "
            f"gradients {step.nbytes / 1e6:.2f} MB"
        )
    _computed({name: found["step"] for name, found in steps.items()})
    mpiexec = shutil.which("mpiexec", path=os.path.dirname(sys.executable))
    if mpiexec is None:
        print("\n2 and 4 processes are measured where mpiexec is: pip install 'wengert[mpi]'")
        return 0
    _beside(steps, cores, arguments.seconds)
    return 0


def _computed(steps: dict[str, Step]) -> None:
    many = ", ".join(map(str, PROCESSES))
    print(
        f"\ncomputed: efficiency at {many} processes of one core each; from how many on a sum takes longer than a step"
    )
    for network, costs_of_it in NETWORKS.items():
        print(f"  {network}: {1e6 * costs_of_it[0]:.0f} us a message, {1e-9 / costs_of_it[1]:.1f} GB/s")
        for name, step in steps.items():
            shares = "  ".join(f"{efficiency(step, p, *costs_of_it):6.1%}" for p in PROCESSES)
            limit = dominates(step, *costs_of_it)
            print(f"    {MODELS[name]:<36} {shares}   {'never' if limit is None else f'from {limit:,} on'}")


def _beside(steps: dict[str, dict[str, Any]], cores: int, seconds: float) -> None:
    print(
        f"\nmeasured beside computed, ms a step; this machine has {cores} cores, which more processes than that share"
    )
    for processes in (2, 4):
        for name, alone in steps.items():
            found = _step(name, processes, seconds)
            message_s, byte_s = costs(found["sums"], processes)
            step: Step = alone["step"]
            crowd = max(1.0, processes / cores)
            expected = crowd * step.seconds + added(
                step._replace(backward_s=crowd * step.backward_s), processes, message_s, byte_s
            )
            print(
                f"  {processes} processes, {MODELS[name]:<36} measured {1e3 * found['step'].seconds:8.2f}   "
                f"computed {1e3 * expected:8.2f}   ({1e6 * message_s:.0f} us a message, "
                f"{1e-9 / byte_s if byte_s else math.inf:.2f} GB/s; waited for sums {1e3 * found['waited_s']:.2f})"
            )


def _step(model: str, processes: int, seconds: float) -> dict[str, Any]:
    """What `rank_worker` measures in so many processes."""
    command = [sys.executable, "-m", "benchmarks.speed.rank_worker", model, str(seconds)]
    if processes > 1:
        command = [str(Path(sys.executable).parent / "mpiexec"), "-n", str(processes), *command]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise UsageError(f"{processes} processes, {model}: {(done.stderr.strip().splitlines() or ['no answer'])[-1]}")
    said = json.loads(done.stdout.strip().splitlines()[-1])
    return {"step": Step(*said["step"]), "waited_s": said["waited_s"], "sums": [tuple(x) for x in said["sums"]]}
