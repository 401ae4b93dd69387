"""Runs the programs of `research/` in both libraries, and compares what they return to 1e-10."""

from __future__ import annotations

import importlib
import re
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from .compare import WIDER, Check
from .research import NAMES

LINES = {
    "import autograd as torch": "import torch",
    "import nn": "from torch import nn",
    "from autograd.func import": "from torch.func import",
    "from autograd import forward_ad as fwAD": "from torch.autograd import forward_ad as fwAD",
    "from nn import functional as F": "from torch.nn import functional as F",
}
"""How import lines of ours begin, and PyTorch's."""


def other(name: str, lines: dict[str, str]) -> types.ModuleType:
    """A file of `research` as a module with other imports."""
    path = Path(__file__).parent / "research" / f"{name}.py"
    text = path.read_text()
    for ours, theirs in lines.items():
        text = re.sub(rf"^{ours}(?= |$)", theirs, text, flags=re.MULTILINE)
    module = types.ModuleType(f"{name}_elsewhere")
    exec(compile(text, str(path), "exec"), module.__dict__)
    return module


def arrays(results: Any) -> list[Any]:
    """What a program returns, as arrays."""
    return [np.asarray(x.detach()) for x in results]


def differs(found: Any, expected: Any) -> str:
    """What differs between the arrays of two runs; empty if nothing does."""
    if len(found) != len(expected):
        return f"{len(found)} results, not {len(expected)}"
    for number, (x, y) in enumerate(zip(found, expected, strict=True)):
        if x.shape != y.shape or x.dtype != y.dtype:
            return f"result {number}: {x.dtype} {x.shape}, not {y.dtype} {y.shape}"
        if not np.allclose(x, y, 1e-10, 1e-10):
            return f"result {number} differs by {np.abs(x - y).max():.1e}"
    return ""


def _checks(_: list[str]) -> Iterator[Check]:
    for name in NAMES:
        ours, theirs = importlib.import_module(f"tests.conformance.research.{name}"), other(name, LINES)
        for program, expected in zip(ours.ALL, theirs.ALL, strict=True):

            def check(program: Any = program, expected: Any = expected) -> str:
                try:
                    wanted = arrays(expected())
                except Exception as error:  # batching rules that PyTorch lacks
                    return f"{WIDER} {type(error).__name__}: {error}"
                try:
                    return differs(arrays(program()), wanted)
                except Exception as error:
                    return f"ours raises {type(error).__name__}: {error}"

            yield f"{name}: {program.__name__}", check


FAMILIES = {"research": _checks}
