"""Programs and tapes as graphs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..lines import place
from ..records import Leaf, Record
from .graph import Edge, Graph, Vertex
from .picture import what


def structure_of(program: Any) -> Graph:
    """The operations of a program, and what goes from one to the other: without values."""
    from ..program.text.naming import names_of

    graph = Graph([], [])
    names = names_of(program)
    vertices: dict[int, Vertex] = {}

    def vertex(number: int) -> Vertex:
        if number not in vertices:
            slot = program.slots[number]
            label = names.get(number) or slot.kind
            if slot.kind == "constant" and slot.value.size == 1:
                label = f"{slot.value.item():g}"
            kind = "constant" if slot.kind == "constant" else "leaf"
            vertices[number] = Vertex(label, kind, None, kept=what(slot))
            graph.vertices.append(vertices[number])
        return vertices[number]

    for step in program.steps:
        if step.outputs and program.live.isdisjoint(step.outputs):
            continue
        line = step.lines[0] if step.places else ""
        seen = step.outputs[:1] or [step.inputs[position] for position in step.writes[:1]]
        kept = what(program.slots[seen[0]]) if seen else ""
        made = Vertex(step.name, "op", None, kept=kept, line=line)
        graph.edges += [Edge(vertex(slot), made) for slot in dict.fromkeys(step.reads)]
        for slot in step.fills:
            vertices[slot] = made
        for position in step.writes:
            vertices[step.inputs[position]] = made
        graph.vertices.append(made)
    return graph


def records_behind(node: Any) -> list[Record]:
    """The records that a node was computed by, in an order in which they may have run."""
    found: dict[Any, None] = {}
    stack = [(node, False)]
    while stack:
        each, complete = stack.pop()
        if complete:
            found[each] = None
        elif type(each) is Record and each not in found:
            stack.append((each, True))
            stack += [(parent, False) for parent in reversed(each.parents)]
    return list(found)


def structure_of_records(records: Iterable[Record]) -> Graph:
    """The records of a tape, and the leaves. (Constants do not stand there.)"""
    graph = Graph([], [])
    vertices: dict[Any, Vertex] = {}
    for record in records:
        kept = what(record) if record.plan.op is None or record.plan.op.outputs == 1 else ""
        made = Vertex(record.op, "op", None, kept=kept, line=place(record.code, record.lasti))
        for node in dict.fromkeys(record.parents):
            if node not in vertices:
                vertices[node] = Vertex("leaf" if type(node) is Leaf else "earlier", "leaf", None, kept=what(node))
                graph.vertices.append(vertices[node])
            graph.edges.append(Edge(vertices[node], made))
        vertices[record] = made
        graph.vertices.append(made)
    return graph


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
