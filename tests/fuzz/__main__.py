"""`python -m tests.fuzz [SECONDS] [--seed N]`: attempts until the time is over; status 1 if anything was found.

`python -m tests.fuzz TARGET SEED` repeats one attempt. Attempts are made in processes of their own, a few hundred each,
with a limit on time and memory; one that ends otherwise than it should counts as a finding, with the seed it was at.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from pathlib import Path

from .targets import TARGETS

ROOT = Path(__file__).parents[2]
MEMORY = 6 << 30  # bytes of addresses that a process may use
PATIENCE = 300.0  # seconds for one attempt


def attempts(target: str, seed: int, seconds: float) -> int:
    """Make attempts for that long, and print each seed before and what was found after it."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        print("at", seed, flush=True)
        found = TARGETS[target](seed)
        if found is not None:
            print("found", seed, found.replace("\n", " | "), flush=True)
        seed += 1
    print("next", seed, flush=True)
    return 0


def watched(target: str, seed: int, seconds: float) -> tuple[int, list[str]]:
    """(the next seed, findings) of a process that makes attempts."""
    command = [sys.executable, "-X", "faulthandler", "-m", "tests.fuzz", "attempts", target, str(seed), str(seconds)]
    try:
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=seconds + PATIENCE, check=False
        )
        out, status, told = done.stdout, done.returncode, done.stderr
    except subprocess.TimeoutExpired as error:
        out, status, told = str((error.stdout or b"").decode()), -1, "took too long"
    lines = out.splitlines()
    last = max([int(line.split()[1]) for line in lines if line.startswith(("at ", "next "))], default=seed)
    findings = [line.removeprefix("found ") for line in lines if line.startswith("found ")]
    if status:
        findings.append(f"{last} ended with status {status}: {told.strip()[-600:]}")
        last += 1
    return last, findings


def main(arguments: list[str]) -> int:
    """Take turns at the targets."""
    if arguments[:1] == ["attempts"]:
        return attempts(arguments[1], int(arguments[2]), float(arguments[3]))
    if arguments and arguments[0] in TARGETS:
        found = TARGETS[arguments[0]](int(arguments[1]))
        print(found or "nothing is wrong")
        return int(found is not None)
    parser = argparse.ArgumentParser(prog="python -m tests fuzz", description=__doc__.splitlines()[0])
    parser.add_argument("seconds", nargs="?", type=float, default=600.0)
    parser.add_argument("--seed", type=int, default=0, help="where each target begins")
    parser.add_argument("--only", choices=TARGETS, action="append", help="this target; may be given again")
    options = parser.parse_args(arguments)
    end = time.monotonic() + options.seconds
    targets = options.only or list(TARGETS)
    seeds = dict.fromkeys(targets, options.seed)
    count = 0
    while (left := end - time.monotonic()) > 0:
        for target in targets:
            seeds[target], findings = watched(target, seeds[target], min(20.0, left / len(targets)))
            count += len(findings)
            for finding in findings:
                print(f"{target} {finding}", flush=True)
    tried = ", ".join(f"{seed - options.seed:,} at {target}" for target, seed in seeds.items())
    print(f"{count} found in attempts: {tried}")
    return int(count > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
