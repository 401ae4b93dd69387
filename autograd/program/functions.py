"""Functions with a backward of their own, in a Program: what `forward` ran are steps like all others, and then a step
that puts the user's `backward` in the place of their derivatives.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..custom import PRIVATE, Context, wants
from ..modes import state
from ..tensors.core import Core
from .operations import Operation
from .steps import filled


class Graft(Operation):
    """The results of `forward` as those of the Function: recorded, they are walked back by its `backward`.

    constant   the numbers of the results that have no gradient
    """

    def __init__(self, function: Any, context: Context, outputs: Any) -> None:
        self.function = function
        self.name = function.__name__
        outs = outputs if isinstance(outputs, (tuple, list)) else [outputs]
        self.constant = tuple([number for number, out in enumerate(outs) if id(out) in context._constant])
        self.materialize = context._materialize

    def run(self, settings: dict[str, Any], values: list[Any]) -> Any:
        """The results as Tensors. `values` are the Tensors for the holes in the settings."""
        known = filled(settings, values)
        context = Context(wants(known["arguments"]))
        context._to_save = known["saved"]
        vars(context).update(known["own"])
        outputs = known["results"]
        outs = outputs if isinstance(outputs, (tuple, list)) else [outputs]
        context._constant = {id(outs[number]) for number in self.constant}
        context._materialize = self.materialize
        finish = self.function.finished if state.capture is None else None
        if finish is None:
            return state.capture.grafted(self.function, context, known["arguments"], known["options"], outputs)
        return finish(context, known["arguments"], known["options"], outputs)

    def forward(self, *arrays: Any, **settings: Any) -> Any:
        """The results as arrays."""
        found = filled(settings["results"], arrays)
        return tuple([np.asarray(x) for x in (found if isinstance(found, (tuple, list)) else [found])])


def of_context(context: Context, args: Any, kwargs: Any, outputs: Any) -> dict[str, Any]:
    """The settings of the step: all Tensors that it needs are in these nests."""
    own = {name: value for name, value in vars(context).items() if name not in PRIVATE}
    return {
        "arguments": tuple(args),
        "options": dict(kwargs),
        "results": outputs if isinstance(outputs, Core) else tuple(outputs),
        "saved": tuple(context._to_save),
        "own": own,
    }
