"""Wengert."""

from __future__ import annotations

import numba  # our kernels' compiler; PyTorch, too, has its libraries in memory once it is imported
import numpy as np

import autograd
import nn

from ..cases.case import Case, Data, Library, Program


def prepare(threads: int) -> str:
    """Limit the threads."""
    autograd.set_num_threads(threads)
    return f"wengert, numpy {np.__version__}, numba {numba.__version__}"


def program(case: Case, data: Data) -> Program | None:
    """Every case can be expressed."""
    return case.build(Library(autograd, nn, nn.optim), data)
