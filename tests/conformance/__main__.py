"""python -m tests.conformance [--only FAMILY ...] [--grep TEXT]: prints every difference from PyTorch."""

from __future__ import annotations

import argparse
import importlib.util
import sys

import autograd

if importlib.util.find_spec("torch") is None:  # before what compares is imported, which needs it
    sys.exit("conformance compares with PyTorch, which is not installed here: pip install torch")

from . import (
    data,
    distributions,
    files,
    functional,
    layers,
    losses,
    modules,
    more,
    names,
    odd,
    ops,
    optimizers,
    pictures,
    ported,
    recurrent,
    refusals,
    signatures,
    strange,
    studies,
    transforms,
    writes,
)
from .compare import WIDER, Checks
from .decided import decided

FILES = (
    *(ops, functional, losses, distributions, layers, signatures, names, data, files, refusals, modules),
    *(writes, recurrent, optimizers, ported, transforms, studies, pictures),
    more,
    odd,
    strange,
)
FAMILIES: dict[str, Checks] = {family: checks for file in FILES for family, checks in file.FAMILIES.items()}
"""Everything that can be compared; a new file of comparisons has its own FAMILIES and a place in FILES."""


def main() -> int:
    """Compare; 1 if anything differs."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance", description=__doc__)
    parser.add_argument(
        "--only", nargs="+", choices=FAMILIES, default=list(FAMILIES), metavar="FAMILY", help=", ".join(FAMILIES)
    )
    parser.add_argument("--grep", default="", help="only what contains this text")
    parser.add_argument("--wider", action="store_true", help="also print what PyTorch refuses and ours takes")
    parser.add_argument("--dtype", nargs="+", choices=("float64", "float32"), default=["float64", "float32"])
    arguments = parser.parse_args()
    wrong = total = wider = 0
    autograd.manual_seed(0)
    for family in arguments.only:
        count = found = 0
        for text, check in FAMILIES[family](arguments.dtype):
            if arguments.grep not in text:
                continue
            count += 1
            answer = check()
            if answer.startswith(WIDER):
                wider += 1
                if arguments.wider:
                    print(f"{text}\n    {answer}")
            elif answer and not decided(text, answer):
                found += 1
                print(f"{text}\n    {answer}")
        wrong, total = wrong + found, total + count
        print(f"{family}: {count} comparisons, {found} differences", flush=True)
    print(f"{total} comparisons, {wrong} differences; {wider} that PyTorch refuses and ours takes")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
