"""Places for the parts of a graph, in rows from top to bottom; edges carry a label that has a place of its own.

The method is that of K. Sugiyama, S. Tagawa & M. Toda, Methods for visual understanding of hierarchical system
structures, 1981: rows by the longest path, then an order within each row with few crossings (barycentres), then
places as close to the neighbours as the order allows.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Hashable, Sequence
from typing import Any

import numpy as np

GAP, SPACING = 16.0, 18.0  # pixels between rows; between the slots of a row


@dataclasses.dataclass(eq=False)
class Slot:
    """A rectangle of the drawing: a vertex, the label of an edge, or a place that a long edge passes through."""

    row: int
    width: float = 0.0
    height: float = 0.0
    x: float = 0.0  # of the middle
    y: float = 0.0
    above: list[Slot] = dataclasses.field(default_factory=list)  # neighbours
    below: list[Slot] = dataclasses.field(default_factory=list)


@dataclasses.dataclass(eq=False)
class Layout:
    """Where everything is. `paths[i]` are the slots of edge i: source, label, places in between, target."""

    vertices: dict[Any, Slot]
    paths: list[list[Slot]]
    width: float
    height: float


def layout(
    vertices: Sequence[Hashable],
    edges: Sequence[tuple[Hashable, Hashable]],
    size: Callable[[Any], tuple[float, float]],
    label_size: Callable[[int], tuple[float, float]],
) -> Layout:
    """Place vertices (in topological order) and edges (source, target).

    size(vertex), label_size(number of the edge)   width and height in pixels
    """
    rows_of = _rows(vertices, edges)
    slots = {v: Slot(rows_of[v], *size(v)) for v in vertices}
    paths = []
    for number, (source, target) in enumerate(edges):
        start, end = slots[source], slots[target]
        label = Slot(start.row + 1, *label_size(number))
        between = [Slot(row, width=SPACING) for row in range(start.row + 2, end.row)]
        path = [start, label, *between, end]
        for one, other in itertools.pairwise(path):
            one.below.append(other)
            other.above.append(one)
        paths.append(path)
    everything = list(slots.values()) + [slot for path in paths for slot in path[1:-1]]
    rows = [[s for s in everything if s.row == c] for c in range(max(s.row for s in everything) + 1)]
    rows = _few_crossings(rows)
    _set_places(rows)

    y = GAP
    for row in rows:
        height = max(slot.height for slot in row)
        for slot in row:
            slot.y = y + height / 2
        y += height + GAP
    left = min(slot.x - slot.width / 2 for slot in everything) - GAP
    for slot in everything:
        slot.x -= left
    return Layout(slots, paths, max(slot.x + slot.width / 2 for slot in everything) + GAP, y)


def _rows(vertices: Sequence[Any], edges: Sequence[tuple[Any, Any]]) -> dict[Any, int]:
    """Even rows for vertices, so that labels fit between: below all inputs; leaves themselves just above their use."""
    inputs: dict[Any, list[Any]] = {v: [] for v in vertices}
    outputs: dict[Any, list[Any]] = {v: [] for v in vertices}
    for source, target in edges:
        inputs[target].append(source)
        outputs[source].append(target)
    row: dict[Any, int] = {}
    for v in vertices:
        row[v] = 2 + max([row[source] for source in inputs[v]], default=-2)
    for v in vertices:
        if not inputs[v] and outputs[v]:
            row[v] = min(row[target] for target in outputs[v]) - 2
    return row


def _few_crossings(rows: list[list[Slot]]) -> list[list[Slot]]:
    """Sweep to and fro, sorting each row by the mean place of its neighbours; the best order seen wins."""
    best, fewest = rows, _crossings(rows)
    for sweep in range(24):
        forth = sweep % 2 == 0
        rows = [list(row) for row in rows]
        for row in rows if forth else reversed(rows):
            place = {slot: number for other in rows for number, slot in enumerate(other)}

            def wish(slot: Slot, place: dict[Slot, int] = place, forth: bool = forth) -> float:
                near = (slot.above if forth else slot.below) or slot.below or slot.above
                return sum(place[s] / len(near) for s in near)

            row.sort(key=wish)
        crossings = _crossings(rows)
        if crossings < fewest:
            best, fewest = rows, crossings
    return best


def _crossings(rows: list[list[Slot]]) -> int:
    count = 0
    for row, following in itertools.pairwise(rows):
        place = {slot: number for number, slot in enumerate(following)}
        ends = [(number, place[s]) for number, slot in enumerate(row) for s in slot.below]
        count += sum(a < c and b > d for a, b in ends for c, d in ends)
    return count


def _set_places(rows: list[list[Slot]]) -> None:
    """Move every slot towards the mean of its neighbours, as far as order and spacing of its row allow."""
    for row in rows:
        _spread(row, np.zeros(len(row)))
    for sweep in range(300):
        for row in rows if sweep % 2 == 0 else reversed(rows):
            near = [slot.above + slot.below for slot in row]
            _spread(row, np.array([np.mean([s.x for s in some]) for some in near]))


def _spread(row: list[Slot], wish: np.ndarray) -> None:
    """Places nearest to `wish` (least squares) with the slots in order and apart: isotonic regression."""
    steps = [0.0] + [(a.width + b.width) / 2 + SPACING for a, b in itertools.pairwise(row)]
    offsets = np.cumsum(steps)
    blocks: list[list[float]] = []  # [mean, count]: neighbours that would overlap share one mean
    for value in wish - offsets:
        blocks.append([float(value), 1.0])
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            mean, count = blocks.pop()
            before = blocks[-1]
            before[0] = (before[0] * before[1] + mean * count) / (before[1] + count)
            before[1] += count
    flat = np.concatenate([np.full(int(count), mean) for mean, count in blocks])
    for slot, x in zip(row, flat + offsets):
        slot.x = float(x)
