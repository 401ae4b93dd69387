"""Measure on this machine what kernels choose by, and keep it for every process that starts from now on.

That are: how much work another thread must be given in order to pay, from which sizes on compiled loops take the place
of NumPy, and which of the tiles of Winograd's convolution are the quicker. The machine should be quiet meanwhile.
Results may differ in their last bits from before, as sums may be cut otherwise; from then on they are what they are.
"""

from __future__ import annotations

import argparse
import os

from benchmarks.cli import UsageError

QUIET = 0.7
"""Processes that may have run in the last minute, our own among them."""

LINE = "{:<16}{:>10}{:>10}  {}"


def configure(parser: argparse.ArgumentParser) -> None:
    """The command's flags."""
    parser.add_argument("--defaults", action="store_true", help="go back to the defaults: remove what was kept")
    parser.add_argument("--try", action="store_true", dest="only_try", help="print what is found, and keep nothing")


def run(arguments: argparse.Namespace) -> int:
    """Measure and keep; 1 if it cannot be kept."""
    from autograd import tuning

    if tuning.choices.ASKED == tuning.choices.DEFAULT:
        raise UsageError("WENGERT_CHOICES=default: no file decides, and none is written")
    if arguments.defaults:
        gone = tuning.defaults()
        print("\n".join(f"removed {file}" for file in gone) or "nothing was kept")
        return 0
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    if load > QUIET and not arguments.only_try:
        print(f"{load:.1f} other processes were running in the last minute: what is measured now means little")
        return 1
    print(LINE.format("", "default", "chosen", ""))
    found = []
    for choice in tuning.measured():
        found.append(choice)
        print(LINE.format(*choice), flush=True)
    if arguments.only_try:
        return 0
    file = tuning.keep(found)
    print(f"\nkept in {file}" if file else "\nnot kept: no folder for it can be written to")
    return int(file is None)
