"""Runs the cases with whichever `autograd` there is, and writes the numbers that came out into a file of JSON lines."""

from __future__ import annotations

import json
import sys
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as onp

sys.path.insert(0, str(Path(__file__).parent))
import cases  # type: ignore[import-not-found]

import autograd.numpy as np
from autograd import grad, make_jvp


def plain(x: Any) -> Any:
    """A nest as lists of numbers."""
    if isinstance(x, dict):
        return [plain(x[key]) for key in sorted(x)]
    if isinstance(x, (tuple, list)):
        return [plain(part) for part in x]
    return onp.asarray(x, dtype=float).tolist()


def attempt(name: str, compute: Callable[[], Any]) -> dict[str, Any]:
    """What a case gives, or the error that it raises."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return {"case": name, "value": plain(compute())}
    except Exception:
        return {"case": name, "error": traceback.format_exc().strip().splitlines()[-1][:200]}


def of_expression(expression: str) -> list[dict[str, Any]]:
    """The four comparisons of an expression."""
    f, arrays = cases.of_expression(expression)
    directions = tuple(onp.cos(onp.arange(onp.size(array)) + 1.0).reshape(onp.shape(array))[()] for array in arrays)

    def loss(arrays: Any) -> Any:
        return np.sum(np.sin(f(arrays)))

    def along(arrays: Any) -> Any:
        return sum(np.sum(g * v) for g, v in zip(grad(loss)(arrays), directions))

    found = [
        attempt(f"{expression}  value", lambda: f(arrays)),
        attempt(f"{expression}  gradient", lambda: grad(loss)(arrays)),
    ]
    if expression not in cases.NO_SECOND:
        found.append(attempt(f"{expression}  second derivative", lambda: grad(along)(arrays)))
    found.append(attempt(f"{expression}  forward mode", lambda: make_jvp(f)(arrays)(directions)[1]))
    return found


def main(path: str) -> None:
    """Write all that comes out."""
    with open(path, "w") as file:
        for expression in cases.EXPRESSIONS:
            for line in of_expression(expression):
                print(json.dumps(line), file=file)
        for name, program in cases.PROGRAMS.items():
            print(json.dumps(attempt(name, program)), file=file)


if __name__ == "__main__":
    main(sys.argv[1])
