"""A Program as a graph, to be drawn: what `autograd.capture` has seen, with values and gradients on the edges.

drawing = draw_graph(graph_of(autograd.capture(loss, x), x))
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .graph import Edge, Graph, Vertex


def graph_of(program: Any, *inputs: Any) -> Graph:
    """The operations of a program for these inputs, and the gradients of the sum of its results.

    What was only computed to be looked at by Python is left out.
    """
    gradients = program.vjp()
    seeds = [np.ones(gradients.slots[slot].shape, np.float32) for slot in gradients.inputs[gradients.given :]]
    values = gradients.trace(*[x.detach() for x in inputs], *seeds)
    names = dict(zip(gradients.inputs, gradients.argument_names, strict=True))
    names |= {slot: gradients.names.get(id(x), "") for slot, x in gradients.parameters.items()}
    arrived: dict[int, Any] = {}  # slot -> its gradient, the last sum of its parts
    parts: dict[tuple[int, int], Any] = {}  # slot, and the result of the operation that a part came from
    makers = {slot: step for step in gradients.steps for slot in step.outputs}
    results = dict(zip(gradients.inputs[gradients.given :], gradients.results_of, strict=True))

    def came_from(slot: int) -> int | None:
        """The result whose gradient a cotangent was made of, by a rule and perhaps the undoing of broadcasting."""
        source = gradients.slots[slot].of
        if source is None and slot in makers:
            return came_from(makers[slot].reads[0])
        return results.get(slot, source)

    for step in gradients.steps[gradients.turn :]:
        for slot in step.outputs:
            source = gradients.slots[slot].of
            if source is not None:
                arrived[source] = values[slot].detach().numpy()
                result = came_from(step.reads[0])
                if result is not None and result != source:  # else it is a sum of such parts
                    parts[source, result] = parts.get((source, result), 0) + arrived[source]
    graph = Graph([], [])
    vertices: dict[int, Vertex] = {}

    def vertex(slot: int) -> Vertex:
        if slot not in vertices:
            value = values[slot].detach().numpy()
            kind = "leaf" if slot in arrived else "constant"
            label = names.get(slot) or (f"{value.item():g}" if value.size == 1 else "constant")
            vertices[slot] = Vertex(label, kind, value, gradient=arrived.get(slot))
            graph.vertices.append(vertices[slot])
        return vertices[slot]

    for step in gradients.steps[: gradients.turn]:
        if not step.outputs or gradients.live.isdisjoint(step.outputs):
            continue
        result = step.outputs[0]
        made = Vertex(step.name, "op", values[result].detach().numpy(), gradient=arrived.get(result))
        for slot in dict.fromkeys(step.reads):
            graph.edges.append(Edge(vertex(slot), made, parts.get((slot, result))))
        vertices[result] = made
        graph.vertices.append(made)
    return graph
