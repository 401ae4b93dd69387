"""The picture in the README: `python -m benchmarks.guide.picture` draws it anew."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import autograd

FILE = Path(__file__).parent / "static" / "program.svg"

PROGRAM = """
x = autograd.tensor([[0.5, -1.0]], requires_grad=True)
w = autograd.tensor([[1.0, 0.5], [2.0, 1.5]], requires_grad=True)
program = autograd.capture(lambda x, w: (x @ w).tanh().sum(), x, w)
"""


def draw(path: Path) -> None:
    """Draw the example into a file."""
    names: dict[str, Any] = {"autograd": autograd}
    exec(compile(PROGRAM.lstrip(), "example/net.py", "exec"), names)
    names["program"].plot(path, names["x"], names["w"])


if __name__ == "__main__":
    draw(FILE)
