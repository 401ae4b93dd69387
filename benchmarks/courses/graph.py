"""A computation as a graph, read off the tape: operations, leaves, constants; values and gradients on the edges.

with Tracing({"x": x, "w": w}) as tracing:
    loss = ((x * w) ** 2).sum()
graph = tracing.graph(loss)
"""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any

import numpy as np
from numpy import ndarray as Array

import autograd
from autograd.drawing import Edge, Graph, Vertex


class Tracing:
    """A `with` block whose operations, of one output each, are noted with their inputs and values.

    names   what leaves, constants and results are called in the drawing; results are added to it within the block
    """

    def __init__(self, names: Mapping[str, autograd.Tensor]) -> None:
        self.names = dict(names)
        self.calls: list[tuple[Any, Array, list[Any]]] = []  # record, value, inputs

    def __enter__(self) -> Tracing:
        self.tape = autograd.tape()
        self.before = self.tape.watch
        self.tape.observe(self._watch)
        return self

    def _watch(self, record: Any, value: Any, inputs: Any, settings: Any) -> None:
        self.calls.append((record, np.array(value), list(inputs)))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.tape.observe(self.before)

    def graph(self, result: autograd.Tensor, seed: Any = 1.0) -> Graph:
        """What led to `result`, and the gradients of sum(seed * result). The tape stays as it is."""
        graph = Graph([], [])
        vertices: dict[Any, Vertex] = {}  # node of the tape -> its vertex
        by_edge: dict[tuple[Any, Any], Edge] = {}
        results = {x.grad_fn.record: name for name, x in self.names.items() if x.grad_fn is not None}
        for record, value, inputs in self.calls:
            vertex = Vertex(record.op, "op", value, results.get(record, ""))
            wanted = dict(zip(record.plan.wanted, record.parents, strict=True))
            for position, x in enumerate(inputs):
                node = wanted.get(position)
                if node is None:
                    source = Vertex(self._name(x), "constant", np.array(x))
                    graph.vertices.append(source)
                elif node in vertices:
                    source = vertices[node]
                else:
                    source = vertices[node] = Vertex(self._name(x), "leaf", np.array(x))
                    graph.vertices.append(source)
                if (node, record) not in by_edge:  # x * x has one edge
                    edge = Edge(source, vertex)
                    graph.edges.append(edge)
                    if node is not None:
                        by_edge[node, record] = edge
            vertices[record] = vertex
            graph.vertices.append(vertex)

        def step(dz: Any, record: Any, cotangents: dict[Any, Any], owned: set[Any]) -> None:
            """Push through one operation, and look at what it sends along each edge."""
            vertices[record].gradient = np.array(dz)
            sent: dict[Any, Any] = {}
            record.plan.step(dz, record, sent, set())
            for node, part in sent.items():
                by_edge[node, record].gradient = np.array(part)
                cotangents[node] = cotangents[node] + part if node in cotangents else part

        assert result.grad_fn is not None
        start = np.broadcast_to(np.asarray(seed, result.detach().numpy().dtype), result.shape).copy()
        arrived = {result.grad_fn.record: start}
        self.tape.replay(arrived, retain=True, step=step)
        for node, gradient in arrived.items():
            if node in vertices:
                vertices[node].gradient = np.array(gradient)
        return graph

    def _name(self, x: Any) -> str:
        """What an input is called: by the memory it lies in, else by its value."""
        for name, tensor in self.names.items():
            if np.shares_memory(x, tensor.detach().numpy()):
                return name
        return f"{np.asarray(x).item():g}" if np.size(x) == 1 else "constant"
