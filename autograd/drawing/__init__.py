"""Computations as pictures: boxes for operations, lines for what goes from one to the other.

    graph.py     vertices and edges                                    read this first
    read.py      programs and tapes as such graphs
    places.py    where everything stands
    picture.py   boxes, curves and texts: as SVG, or on a figure of matplotlib's

`autograd.draw(loss)`, `Program.plot()` and `autograd.tape().plot()` draw.

The rule: nothing here computes anything but places; matplotlib is imported when a figure is made, and not for SVG.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..advice import no_graph
from ..creation import as_tensor
from ..errors import GraphError
from ..program import capture
from ..tensors.core import Core
from .graph import Edge, Graph, Vertex
from .picture import Drawing, draw_graph
from .places import layout
from .read import graph_of, records_behind, structure_of, structure_of_records

__all__ = ["Drawing", "Edge", "Graph", "Vertex", "draw", "draw_graph", "graph_of", "layout", "plot"]


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


def plot(graph: Graph, path: Any = None) -> Any:
    """Draw a graph: into a file, whose name says as what, or on a figure of matplotlib's, which is returned."""
    drawing = draw_graph(graph)
    if path is not None and Path(path).suffix == ".svg":
        Path(path).write_text(drawing.svg(), encoding="utf-8")
        return None
    from matplotlib.figure import Figure

    figure = Figure(figsize=(drawing.width / 96, drawing.height / 96), dpi=96)
    drawing.on(figure)
    if path is None:
        return figure
    figure.savefig(path)
    return None


def plot_program(program: Any, path: Any, inputs: tuple[Any, ...]) -> Any:
    """`Program.plot`."""
    return plot(graph_of(program, *inputs) if inputs else structure_of(program), path)


def plot_tape(tape: Any, path: Any) -> Any:
    """`Tape.plot`."""
    return plot(structure_of_records(tape), path)
