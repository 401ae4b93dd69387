"""Functions that act on Tensors beside what they return, as one step: a walk back, a step of an optimiser, clipping.

A Program is a list of values, and `.grad` or what an optimiser remembers is none of them. So a captured function must
not call such a thing, but for `autograd.compile(frozen=True)`, which runs it as it is at every call, in its turn.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..errors import CaptureError
from ..modes import state
from ..tensors.core import Core
from .effects import Effects
from .operations import Operation
from .slots import refuse
from .steps import Hole, filled, leaves, mapped
from .storage import raw


class Act(Operation):
    """A call of a function of Tensors, `function(*args, **kwargs)`, with holes for those that were computed.

    again   may it be called once more without a difference, as `zero_grad`?
    """

    def __init__(self, name: str, function: Any, again: bool) -> None:
        self.name = name
        self.function = function
        self.again = again

    def run(self, settings: dict[str, Any], tensors: Any) -> Any:
        """Call it, with Tensors for the holes in the settings."""
        return self.function(*filled(settings["args"], tensors), **filled(settings["kwargs"], tensors))


class Acts(Effects):
    """Such calls.

    takes_acts   are they written down? Else they do what they do under capture: mostly, raise CaptureError
    acting       is one under way?
    """

    takes_acts = False
    acting = False

    def gives_up(self, error: CaptureError) -> None:
        if not self.takes_acts:
            raise error
        self.lost = self.lost or str(error)
        state.interpreter = self.around

    def acted(self, name: str, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any], again: bool) -> Any:
        """Call `function`, and write that down."""
        if not self.takes_acts:
            return function(*args, **kwargs)
        args = tuple([list(x) if isinstance(x, Iterator) else x for x in args])
        if any(map(callable, leaves((args[1:], kwargs)))):  # a closure: what it does would not be seen
            self.gives_up(refuse(f"{name} with a function to call", self.line()))
            return function(*args, **kwargs)
        inputs: list[Any] = []

        def bore(leaf: Any) -> Any:
            known = self.tensors.get(id(leaf)) if isinstance(leaf, Core) else None
            if known is None or self.slots[known[1]].kind == "parameter":
                return leaf
            inputs.append(self.slot_of_tensor(leaf))
            return Hole(len(inputs) - 1)

        own = {"args": mapped(args, bore), "kwargs": mapped(kwargs, bore)}
        self.acting = True
        try:
            with self.paused():
                result = function(*args, **kwargs)
        finally:
            self.acting = False
        outputs: list[int] = []
        if isinstance(result, Core):
            outputs.append(self.slot("step", raw(result), result._node))
            self.register(result, outputs[0])
            self.keep.append(result)
        elif result is not None:
            self.gives_up(refuse(f"{name}, which returns a {type(result).__name__},", self.line()))
            return result
        self.step(Act(name, function, again), inputs, own, outputs)
        return result
