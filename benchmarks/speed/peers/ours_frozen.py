"""Wengert, functions and whole steps of a training compiled so that their Python runs once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import autograd
import nn

from ..cases.case import Case, Data, Library, Program
from .compiling import Compiling, build
from .ours import prepare

__all__ = ["prepare", "program"]


def _frozen(function: Callable[..., Any]) -> Callable[..., Any]:
    return autograd.compile(function, frozen=True)


def program(case: Case, data: Data) -> Program | None:
    """Every case in which there is a function to compile: steps of a training as a whole."""
    return build(case, data, Library(autograd, nn, nn.optim, Compiling(_frozen, whole=True)))
