"""PyTorch. It runs every case as it is written."""

from __future__ import annotations

import torch

from ..cases.case import Case, Data, Library, Program


def prepare(threads: int) -> str:
    """Limit the threads."""
    torch.set_num_threads(threads)
    torch.set_num_interop_threads(1)
    return f"torch {torch.__version__}"


def program(case: Case, data: Data) -> Program | None:
    """Every case can be expressed."""
    return case.build(Library(torch, torch.nn, torch.optim), data)
