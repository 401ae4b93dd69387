"""Cases whose functions are compiled: what a library's compiler is given, and which cases it can run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..cases.case import Case, Data, Library, Program, Way, stepping


class NotThisWayError(Exception):
    """The compiler does not take functions of that kind."""


class Compiling(Way):
    """Functions go through `compile`.

    impure   does it take functions that draw random numbers, or keep statistics?
    second   does it take functions that are differentiated twice?
    whole    does it take whole steps of a training, with the walk back and the optimiser?
    """

    calls = 5

    def __init__(
        self, compile: Callable[..., Any], impure: bool = True, second: bool = True, whole: bool = False
    ) -> None:
        self.compile = compile
        self.impure = impure
        self.second = second
        self.whole = whole
        self.used = False

    def __call__(self, function: Callable[..., Any], pure: bool = True, twice: bool = False) -> Callable[..., Any]:
        """The compiled function. Raises NotThisWayError."""
        if (not pure and not self.impure) or (twice and not self.second):
            raise NotThisWayError
        self.used = True
        compiled: Callable[..., Any] = self.compile(function)
        return compiled

    def training(self, loss: Callable[..., Any], update: Any, clip: Any = None, **settings: Any) -> Callable[..., Any]:
        """The compiled step. Raises NotThisWayError."""
        if self.whole:
            return self(stepping(loss, update, clip), **settings)
        return super().training(loss, update, clip, **settings)


def build(case: Case, data: Data, library: Library) -> Program | None:
    """The case, None where nothing in it is compiled, or not by this compiler."""
    try:
        program = case.build(library, data)
    except NotThisWayError:
        return None
    return program if library.compile.used else None
