"""Runs one case in one library, in that library's own environment. Started by `measure`.

python -m benchmarks.speed.worker NAME probe
    imports the library and says {"version"}
python -m benchmarks.speed.worker NAME CASE THREADS SECONDS [FOLDER with images]
    says {"values", "first_s"}, or null for a case that the library cannot express; waits for a line "go";
    times steps for SECONDS, and says {"seconds", "steps", "growth_mib", "peak_mib", "first_s"}; or, if the line is "go
    1000", times so many and says {"times"}, of single steps

Everything is said in one line of JSON each on the standard output.
"""

from __future__ import annotations

import contextlib
import json
import resource
import statistics
import sys
import time
from pathlib import Path
from typing import Any

from .cases import CASES
from .cases.case import Data, Program, checksums
from .peers import load

ROOT = str(Path(__file__).parents[2])


def _memory(field: str) -> float:
    """VmRSS or VmHWM (the largest VmRSS so far) in MiB."""
    try:
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith(field):
                return float(line.split()[1]) / 1024
    except OSError:
        pass
    return _largest()


def _largest() -> float:
    """The largest size that the process had since `_forget_peak`, in MiB; elsewhere than on Linux, that it ever had."""
    with contextlib.suppress(OSError):
        status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
        return int(status["VmHWM"].split()[0]) / 2**10
    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # bytes on a Mac, KiB elsewhere
    return size / (2**20 if sys.platform == "darwin" else 2**10)


def _forget_peak() -> None:
    """Let VmHWM start again from the present size, where the system can do that."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _say(what: Any) -> None:
    print(json.dumps(what), flush=True)


def _first_values(program: Program) -> dict[str, Any]:
    if program.values is not None:
        return program.values()
    return {f"step {number}": program.step() for number in range(1, 6)}


def _times(program: Program, seconds: float, warm_up: int, least: int) -> list[float]:
    """The time of each step, for `seconds` altogether after warming up, at least `least` steps."""
    for _ in range(warm_up):
        program.step()
    times: list[float] = []
    began = started = time.perf_counter()
    while len(times) < least or started - began < seconds:
        program.step()
        now = time.perf_counter()
        times.append(now - started)
        started = now
    return times


def main(name: str, case_name: str, threads: int = 1, seconds: float = 0.3, folder: str | None = None) -> None:
    """Verify, wait, time."""
    peer = load(name, ROOT)
    version = peer.prepare(threads)
    if case_name == "probe":
        _say({"version": version})
        return
    case, data = CASES[case_name], Data(Path(folder) if folder else None)
    program = peer.program(case, data)
    if program is None:
        _say(None)
        return
    built = _memory("VmRSS")
    began = time.perf_counter()
    values = _first_values(program)
    first = time.perf_counter() - began
    _say({"values": checksums(values), "first_s": first})
    del values
    go, *count = sys.stdin.readline().split() or [""]
    if go != "go":
        return
    if count:
        _say({"times": _times(program, 0.0, int(count[0]) // 10, int(count[0]))})
        return
    _forget_peak()  # what comparing costs is not the program's
    times = _times(program, seconds, case.warm_up, case.least)
    _say(
        {
            "seconds": statistics.median(times) / case.per,
            "steps": len(times),
            "growth_mib": max(0.0, _memory("VmHWM") - built),
            "peak_mib": _largest(),
            "first_s": first,
        }
    )


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:4]), *map(float, sys.argv[4:5]), *sys.argv[5:6])
