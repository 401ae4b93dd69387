"""python -m benchmarks.conformance [--only FAMILY ...] [--grep TEXT]: prints every difference from PyTorch."""

from __future__ import annotations

import argparse
import sys

import nn

from .compare import WIDER, difference
from .ops import FAMILIES, expressions

DECIDED = {
    "torch.sinc(Z": "second derivative at 0: ours is the limit, PyTorch's NaN",
    "Z(3, 4).sinc": "the same",
    "torch.pow(Z": "second derivative at 0 ** 0, a singular point",
    "(lambda x: torch.pow(x, x))(Z": "the same",
    "torch.pow(C([0.0, 0.0])": "derivatives of 0 ** b by b: ours 0, PyTorch's NaN at second order",
    "C([0.0, 2.0]) ** X": "the same",
    "0 ** X": "the same",
    "(lambda x: torch.xlogy(x, x))(Z": "derivative of 0 * log(0) by the second 0: ours 0, PyTorch's NaN",
    "(lambda x: torch.atan2(x, x))(Z": "second derivative at (0, 0): ours 0, PyTorch's NaN",
    "(lambda x: torch.hypot(x, x))(Z": "derivative at (0, 0): ours 0, PyTorch's NaN",
    "F.elu(Z": "second derivative at the kink",
    "F.selu(Z": "the same",
    "F.celu(": "the same; and PyTorch computes float64 gradients with 1 / alpha in float32",
    "torch.var(X(3, 4), dim=1, correction=5": "fewer values than the correction: ours NaN, PyTorch inf",
    "torch.std(X(3, 4), dim=1, correction=5": "the same",
    "torch.norm(X(2) * 0": "second derivative at 0: ours 0, PyTorch's NaN",
    "torch.norm(C([0.0, 0.0])": "the same",
    "torch.logsumexp(C([-float('inf')]": "gradient where all is -inf: ours 0, PyTorch's NaN",
}
"""Expressions that differ on purpose, by how they begin."""


def main() -> int:
    """Compare; 1 if anything differs."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.conformance", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=list(FAMILIES), default=list(FAMILIES))
    parser.add_argument("--grep", default="", help="only expressions that contain this text")
    parser.add_argument("--wider", action="store_true", help="also print what PyTorch refuses and ours takes")
    parser.add_argument("--dtype", nargs="+", choices=("float64", "float32"), default=["float64", "float32"])
    arguments = parser.parse_args()
    wrong = total = wider = 0
    for family in arguments.only:
        found = 0
        chosen = [text for text in expressions(family) if arguments.grep in text]
        for expression in chosen:
            for dtype in arguments.dtype:
                total += 1
                text = difference(expression, dtype, nn, order=2 if dtype == "float64" else 1)
                if text.startswith(WIDER):
                    wider += 1
                    if arguments.wider:
                        print(f"{expression} [{dtype}]\n    {text}")
                elif text and not any(expression.startswith(start) for start in DECIDED):
                    found += 1
                    print(f"{expression} [{dtype}]\n    {text}")
        wrong += found
        print(f"{family}: {len(chosen)} expressions, {found} differences", flush=True)
    print(f"{total} comparisons, {wrong} differences; {wider} that PyTorch refuses and ours takes")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
