"""PyTorch, functions given to torch.compile, which needs a C++ compiler."""

from __future__ import annotations

import torch

from ..cases.case import Case, Data, Library, Program
from . import with_torch
from .compiling import Compiling, build


def prepare(threads: int) -> str:
    """Limit the threads."""
    return f"{with_torch.prepare(threads)} with torch.compile"


def program(case: Case, data: Data) -> Program | None:
    """Every case in which there is a function to compile, save second derivatives, which it refuses."""
    return build(case, data, Library(torch, torch.nn, torch.optim, Compiling(torch.compile, second=False)))
