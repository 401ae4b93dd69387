"""Computations as pictures: boxes for operations, lines for what goes from one to the other.

    graph.py     vertices and edges                                    read this first
    read.py      programs and tapes as such graphs
    places.py    where everything stands
    picture.py   boxes, curves and texts: as SVG, or on a figure of matplotlib's
    drawn.py     `autograd.draw`

`autograd.draw(loss)`, `Program.plot()` and `autograd.tape().plot()` draw.

The rule: nothing here computes anything but places; matplotlib is imported when a figure is made, and not for SVG.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .graph import Edge, Graph, Vertex
from .picture import Drawing, draw_graph
from .places import layout
from .read import graph_of, structure_of, structure_of_records

__all__ = ["Drawing", "Edge", "Graph", "Vertex", "draw_graph", "graph_of", "layout", "plot"]


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
