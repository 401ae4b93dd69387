"""`explore`: a computation as a page that one steps through."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import GraphError
from ..modes import tape
from ..program import capture
from ..tapes import Tape
from ..tensors.core import Core
from .exploration import Exploration
from .modules import watched
from .programs import describe
from .tapes import describe_tape
from .verdicts import attach


def explore(function: Callable[..., Any] | Core, *inputs: Any) -> Exploration:
    """Look into a computation: a page that one steps through, forward and back, in a notebook or a browser.

    function   a function of Tensors, or a module; or a Tensor that one was about to call `backward()` on, of which only
               what the tape has kept is known
    inputs     arguments for the function, as it takes them

    The function is called once, with these inputs. The page shows its list of operations with the lines of the program
    that ran them, the graph, and for each step the arrays, the rule in words and in numbers, what adds up, and what is
    kept in memory. Small programs compute anew when a number is changed in the page.

    >>> from autograd import tensor
    >>> explore(lambda x: (x * x).sum(), tensor([1.0, 2.0], requires_grad=True))
    <Exploration of <lambda>: 2 steps forward, 4 back; .show(), .save(path)>
    """
    if isinstance(function, Core):
        if inputs:
            raise TypeError("explore: a Tensor was computed already, and takes no inputs; give the function instead")
        return Exploration(describe_tape(tape(), function))
    with watched(function) as owners:
        program = capture(function, *inputs)
    found = Exploration(describe(program, owners=owners))
    del program, owners
    tape().sweep()  # what was recorded in passing
    return found


def explore_report(report: Any) -> Exploration:
    """The function that a gradient check was about, with what was found at each operation."""
    if report.subject is None:
        raise GraphError(
            "explore: this report does not know its function; make it with check_grads or check_derivation"
        )
    function, inputs = report.subject
    found = explore(function, *inputs)
    attach(found.description, report)
    return found


def explore_tape(records: Tape) -> Exploration:
    """The records of a tape, with what they have kept."""
    return Exploration(describe_tape(records))
