"""A computation as a graph: operations, leaves, constants; values and gradients on the edges."""

from __future__ import annotations

import dataclasses

from numpy import ndarray as Array


@dataclasses.dataclass(eq=False)
class Vertex:
    """An operation, a leaf that requires grad, or a constant."""

    label: str
    kind: str  # "op", "leaf" or "constant"; "end": where a line ends
    value: Array | None  # None: not known
    name: str = ""  # what the program calls the result of an operation
    gradient: Array | None = None  # of the result with respect to `value`, over all edges that leave
    kept: str = ""  # what is written where the value is not known
    line: str = ""  # of the user's program


@dataclasses.dataclass(eq=False)
class Edge:
    """A value on its way into an operation, and what comes back along the same way."""

    source: Vertex
    target: Vertex
    gradient: Array | None = None  # the part of the source's gradient that comes from this target


@dataclasses.dataclass(eq=False)
class Graph:
    """Vertices in the order of the computation, constants and leaves before their first use."""

    vertices: list[Vertex]
    edges: list[Edge]
