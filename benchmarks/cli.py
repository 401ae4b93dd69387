"""The command line. A command is a module with `configure(parser)` and `run(arguments) -> exit status`.

Only the module of the command that is asked for is imported, and it imports what is heavy when it runs: help is quick.
Exit status: 0 done, 1 a check failed, 2 wrong use or unusable files, 130 interrupted.
"""

from __future__ import annotations

import argparse
import difflib
import importlib
import signal
import sys
import threading
from collections.abc import Iterable, Sequence
from types import FrameType
from typing import NoReturn

PROGRAM = "python -m benchmarks"

COMMANDS = {
    "train": ("benchmarks.train.command", "train a model and report on it"),
    "sweep": ("benchmarks.sweep.command", "train at every point of a grid, several at a time"),
    "courses": ("benchmarks.courses.command", "reproduce the homeworks, and compare with what was published"),
    "ranks": ("benchmarks.speed.ranks", "what many processes would gain: measured here, computed for 512"),
    "speed": ("benchmarks.speed.run", "time the library, beside PyTorch where that is given"),
    "tune": ("benchmarks.tune", "measure this machine, and keep what kernels choose by"),
    "warm": ("benchmarks.warm", "compile now what a training would wait for at its first steps"),
    "anatomy": ("benchmarks.speed.anatomy", "where the nanoseconds of one recorded operation go"),
    "gradcheck": ("benchmarks.gradcheck.command", "check all gradients, operation by operation"),
    "docs": ("benchmarks.guide.site", "build the documentation: guide and reference"),
    "explore": ("benchmarks.explore", "pages about the standard models, to be stepped through"),
    "list": ("benchmarks.train.listing", "list the experiments that can be trained"),
}


class UsageError(Exception):
    """The user asked for something that cannot be; the message is one line."""


class Parser(argparse.ArgumentParser):
    """Reports mistakes in one line, without the usage in front."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (see {self.prog} --help)")


def did_you_mean(wrong: str, names: Iterable[str]) -> str:
    """What to add to the message about an unknown name."""
    names = sorted(names)
    close = difflib.get_close_matches(wrong, names, n=2, cutoff=0.5)
    return f"did you mean {' or '.join(close)}?" if close else f"there are {', '.join(names)}"


_interrupted = False


def _interrupt(number: int, frame: FrameType | None) -> None:
    global _interrupted
    _interrupted = True
    signal.default_int_handler(number, frame)


def main(argv: Sequence[str]) -> int:
    """Run one command; returns the exit status."""
    ours = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGINT, _interrupt) if ours else None
    try:
        return _run(list(argv))
    except UsageError as error:
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except KeyboardInterrupt as error:
        print(str(error) or "interrupted", file=sys.stderr)
        return 130
    except Exception:
        if not _interrupted:
            raise
        # compiled code that was calling Python has turned the interrupt into an error of its own
        print("interrupted", file=sys.stderr)
        return 130
    finally:
        if ours:
            signal.signal(signal.SIGINT, before)


def _run(argv: list[str]) -> int:
    if not argv or argv[0].startswith("-"):
        lines = [f"  {name:<9} {summary}" for name, (_, summary) in COMMANDS.items()]
        parser = Parser(
            PROGRAM,
            usage=f"{PROGRAM} COMMAND [options]",
            description="Train models and measure the library.",
            epilog="\n".join(["commands:", *lines, "", f"{PROGRAM} COMMAND --help explains a command."]),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        try:
            parser.parse_args(argv)
        except SystemExit as done:  # --help
            return int(done.code or 0)
        parser.print_help()
        return 0
    name, *rest = argv
    if name not in COMMANDS:
        raise UsageError(f"no command {name!r}: {did_you_mean(name, COMMANDS)}")
    module_name, summary = COMMANDS[name]
    module = importlib.import_module(module_name)
    parser = Parser(
        f"{PROGRAM} {name}",
        description=module.__doc__ or summary,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    module.configure(parser)
    try:
        arguments = parser.parse_args(rest)
    except SystemExit as done:
        return int(done.code or 0)
    status: int = module.run(arguments)
    return status
