"""`autograd.draw`: whatever can be drawn, as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..advice import no_graph
from ..creation import as_tensor
from ..errors import GraphError
from ..program import capture
from ..tensors.core import Core
from . import plot, plot_program
from .read import records_behind, structure_of_records


def draw(what: Any, *inputs: Any, path: Any = None) -> Any:
    """Draw a computation: into a file ("net.svg", "net.png"), or on a figure of matplotlib's, which is returned.

    what     a Tensor, and all recorded operations that lead to it are drawn; a tape; a Program; or a function
    inputs   of a Program or a function: values and gradients for them stand on the lines. A text among them is the path

    >>> import autograd
    >>> x = autograd.tensor([1.0, 2.0], requires_grad=True)
    >>> draw((x * x).sum())
    <Figure size ...>
    """
    if inputs and isinstance(inputs[0], (str, Path)):
        path, inputs = inputs[0], inputs[1:]
    if isinstance(what, Core):
        if what._node is None:
            raise GraphError(f"draw: nothing was recorded that led to this Tensor: {no_graph(what)}")
        return plot(structure_of_records(records_behind(what._node)), path)
    if hasattr(what, "steps"):
        return plot_program(what, path, inputs)
    if hasattr(what, "plot"):
        return what.plot(path)
    if not callable(what):
        raise TypeError(f"draw: wanted a Tensor, a tape, a Program or a function, got {type(what).__name__}")
    return plot_program(capture(what, *inputs), path, tuple(as_tensor(x) for x in inputs))
