"""Runs the programs of `programs/` in both libraries, from the same first weights, and compares their losses.

The programs are ordinary modules of ours. For PyTorch their source is run again with the import lines of `IMPORTS`.
"""

from __future__ import annotations

import importlib
import math
import sys
import time
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

import autograd

from .compare import Check
from .programs import NAMES, data

IMPORTS = {
    "import autograd as torch": "import torch",
    "import nn": "from torch import nn",
    "from autograd import Function": "from torch.autograd import Function",
    "from autograd import grad": "from torch.autograd import grad",
    "from nn.distributions import MultivariateNormal": "from torch.distributions import MultivariateNormal",
    "from nn import functional as F": "from torch.nn import functional as F",
    "from nn import optim": "from torch import optim",
}
"""Our import lines and PyTorch's: all that distinguishes a program for one library from one for the other."""

TOLERANCE = {"float32": 1e-3, "float64": 1e-6}


class Report(NamedTuple):
    """How one program went: largest relative difference of a loss, seconds per loss in both libraries, or the error."""

    difference: float
    ours: float
    theirs: float
    error: str = ""


def for_torch(name: str) -> types.ModuleType:
    """A program as a module that uses PyTorch."""
    path = Path(__file__).parent / "programs" / f"{name}.py"
    lines = [IMPORTS.get(line, line) for line in path.read_text().splitlines()]
    module = types.ModuleType(f"{name}_for_torch")
    sys.modules[module.__name__] = module  # dataclasses look there
    exec(compile("\n".join(lines), str(path), "exec"), module.__dict__)
    return module


def trained(program: Any, model: Any) -> tuple[list[float], float]:
    """All losses, and seconds per loss without the first, which pays for warming up."""
    losses, times, start = [], [], time.perf_counter()
    for loss in program.train(model):
        times.append(time.perf_counter() - start)
        losses.append(loss)
        start = time.perf_counter()
    return losses, sum(times[1:]) / max(1, len(times) - 1)


def compare(name: str, dtype: str) -> Report:
    """Train one program in both libraries, with `dtype` as the default of both."""
    before = data.precision, torch.get_default_dtype(), autograd.get_default_dtype()
    data.precision = np.dtype(dtype)
    torch.set_default_dtype(getattr(torch, dtype))
    autograd.set_default_dtype(dtype)
    try:
        return _compare(name)
    finally:
        data.precision = before[0]
        torch.set_default_dtype(before[1])
        autograd.set_default_dtype(before[2])


def _compare(name: str) -> Report:
    torch.manual_seed(0)
    autograd.manual_seed(0)
    theirs = for_torch(name)
    their_model = theirs.build()
    weights = {key: value.detach().numpy().copy() for key, value in their_model.state_dict().items()}
    expected, their_time = trained(theirs, their_model)
    try:
        ours = importlib.import_module(f"tests.conformance.programs.{name}")
        model = ours.build()
        text, their_text = repr(model), repr(their_model).replace("NonDynamicallyQuantizableLinear", "Linear")
        if list(model.state_dict()) != list(weights):
            raise AssertionError(f"keys of state_dict: {list(model.state_dict())}, PyTorch {list(weights)}")
        if text != their_text:
            raise AssertionError(f"printed as\n{text}\nPyTorch\n{their_text}")
        model.load_state_dict(weights)
        losses, our_time = trained(ours, model)
    except Exception as error:
        return Report(math.nan, math.nan, their_time, f"{type(error).__name__}: {error}")
    if len(losses) != len(expected) or not np.isfinite(losses).all():
        return Report(math.nan, our_time, their_time, f"losses {losses}, PyTorch {expected}")
    worst = max(abs(a - b) / max(abs(b), 1e-3) for a, b in zip(losses, expected))
    return Report(worst, our_time, their_time)


def _difference(name: str) -> str:
    """Print a line of the table; what differs."""
    single, double = compare(name, "float32"), compare(name, "float64")
    print(
        f"{name:<18}{single.difference:>11.1e}{double.difference:>11.1e}{single.ours * 1e3:>12.1f}"
        f"{single.theirs * 1e3:>12.1f}",
        flush=True,
    )
    if single.difference <= TOLERANCE["float32"] and double.difference <= TOLERANCE["float64"]:
        return ""
    return "\n    ".join(dict.fromkeys(error for error in (single.error, double.error) if error)) or "losses differ"


def _checks(_: list[str]) -> Iterator[Check]:
    print(f"{'':<18}{'relative difference':>22}{'ms per loss, float32':>24}")
    print(f"{'program':<18}{'float32':>11}{'float64':>11}{'ours':>12}{'PyTorch':>12}")
    for name in NAMES:
        yield name, lambda n=name: _difference(n)


FAMILIES = {"programs": _checks}
