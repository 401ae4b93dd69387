"""Wengert, functions compiled while their Python runs at every call."""

from __future__ import annotations

import autograd
import nn

from ..cases.case import Case, Data, Library, Program
from .compiling import Compiling, build
from .ours import prepare

__all__ = ["prepare", "program"]


def program(case: Case, data: Data) -> Program | None:
    """Every case in which there is a function to compile: steps of a training as a whole."""
    return build(case, data, Library(autograd, nn, nn.optim, Compiling(autograd.compile, whole=True)))
