"""A picture of boxes, lines and texts in pixels, written as SVG, or drawn with matplotlib for a PNG."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any
from xml.sax.saxutils import escape

from .graph import Array, Edge, Graph, Vertex
from .places import Slot, layout

FONT = 12.0  # pixels
MANY = 32  # elements of an array from which on it is not written out
ADVANCE, LINE = 0.602 * FONT, 1.25 * FONT  # of a monospaced letter; from line to line
FILL = {"op": "#eaf2fb", "leaf": "#fdf3d7", "constant": "#eeeeee"}
INK, VALUE, GRADIENT, STROKE = "#1d2430", "#1b7f4b", "#b3261e", "#8a94a3"


@dataclasses.dataclass
class Drawing:
    """What is to be seen, from back to front: curves, plates that cover them, boxes, texts.

    curves   points that a curve passes through, from top to bottom
    plates   x, y, width, height;   boxes  likewise, and the colour that fills them
    texts    x and y of the middle, the text, its colour, whether it is bold
    """

    width: float
    height: float
    curves: list[list[tuple[float, float]]] = dataclasses.field(default_factory=list)
    plates: list[tuple[float, float, float, float]] = dataclasses.field(default_factory=list)
    boxes: list[tuple[float, float, float, float, str]] = dataclasses.field(default_factory=list)
    texts: list[tuple[float, float, str, str, bool]] = dataclasses.field(default_factory=list)

    def svg(self) -> str:
        """As a file of its own, in fonts that every machine has."""
        size = f'width="{self.width:.0f}" height="{self.height:.0f}" viewBox="0 0 {self.width:.0f} {self.height:.0f}"'
        lines = [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-size="{FONT:g}" text-anchor="middle"',
            ' font-family="DejaVu Sans Mono, Menlo, Consolas, monospace">',
            '<rect width="100%" height="100%" fill="white"/>',
        ]
        for points in self.curves:
            path = "M{:.1f},{:.1f}".format(*points[0])
            for corner in _corners(points):
                path += " C{:.1f},{:.1f} {:.1f},{:.1f} {:.1f},{:.1f}".format(*corner)
            x, y = points[-1]
            lines.append(f'<path d="{path}" fill="none" stroke="{STROKE}" stroke-width="1.3"/>')
            lines.append(f'<path d="M{x:.1f},{y:.1f} l-4,-8 h8 z" fill="{STROKE}"/>')
        for x, y, w, h in self.plates:
            lines.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}" fill="white"/>')
        for x, y, w, h, fill in self.boxes:
            place = f'x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}"'
            lines.append(f'<rect {place} rx="6" fill="{fill}" stroke="{STROKE}"/>')
        for x, y, text, ink, bold in self.texts:
            weight = ' font-weight="bold"' if bold else ""
            lines.append(f'<text x="{x:.1f}" y="{y + 0.35 * FONT:.1f}" fill="{ink}"{weight}>{escape(text)}</text>')
        return "\n".join([*lines, "</svg>", ""])

    def on(self, figure: Any) -> None:
        """Onto an empty matplotlib Figure of width / 96 x height / 96 inches."""
        from matplotlib.patches import FancyBboxPatch, PathPatch, Polygon, Rectangle
        from matplotlib.path import Path

        figure.set_layout_engine("none")  # the axes fill the figure
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(0, self.width), ylim=(self.height, 0))
        axes.axis("off")
        for points in self.curves:
            corners = [points[0]]
            for a, b, c, d, x, y in _corners(points):
                corners += [(a, b), (c, d), (x, y)]
            path = Path(corners, [Path.MOVETO] + [Path.CURVE4] * (len(corners) - 1))
            axes.add_patch(PathPatch(path, fill=False, edgecolor=STROKE, linewidth=1.0))
            axes.add_patch(Polygon([(x, y), (x - 4, y - 8), (x + 4, y - 8)], color=STROKE, linewidth=0))
        for x, y, w, h in self.plates:
            axes.add_patch(Rectangle((x, y), w, h, facecolor="white", linewidth=0))
        for x, y, w, h, fill in self.boxes:
            style = "round,pad=0,rounding_size=6"
            axes.add_patch(FancyBboxPatch((x, y), w, h, style, facecolor=fill, edgecolor=STROKE, linewidth=0.8))
        font = {"family": "DejaVu Sans Mono", "size": FONT * 72 / 96, "ha": "center", "va": "center"}
        for x, y, text, ink, bold in self.texts:
            axes.text(x, y, text, color=ink, weight="bold" if bold else "normal", **font)


def _corners(points: list[tuple[float, float]]) -> list[tuple[float, ...]]:
    """Bezier curves through the points, upright at both ends: two control points and the end of each."""
    slopes = [0.0]
    for (x, y), (u, v) in zip(points, points[2:]):
        slopes.append((u - x) / (v - y))
    slopes.append(0.0)
    corners: list[tuple[float, ...]] = []
    for number, ((x, y), (u, v)) in enumerate(itertools.pairwise(points)):
        third = (v - y) / 3
        start, end = slopes[number : number + 2]
        corners.append((x + start * third, y + third, u - end * third, v - third, u, v))
    return corners


def draw_graph(graph: Graph) -> Drawing:
    """Boxes for operations, leaves and constants; on each edge its value in green and its gradient in red."""
    used = {edge.source for edge in graph.edges}
    results = [vertex for vertex in graph.vertices if vertex.kind == "op" and vertex not in used]
    outlets = [Edge(vertex, Vertex("", "end", None), vertex.gradient) for vertex in results]  # lines that end below
    vertices, edges = [*graph.vertices, *[edge.target for edge in outlets]], [*graph.edges, *outlets]
    places = layout(
        vertices,
        [(edge.source, edge.target) for edge in edges],
        lambda v: (2.0, 2.0) if v.kind == "end" else _size(_title(v), LINE),
        lambda number: _size(_label(edges[number]), 4),
    )
    drawing = Drawing(places.width, places.height)
    for edge, path in zip(edges, places.paths, strict=True):
        _connect(drawing, edge, path)
    for vertex, slot in places.vertices.items():
        if vertex.kind == "end":
            continue
        x, y = slot.x - slot.width / 2, slot.y - slot.height / 2
        drawing.boxes.append((x, y, slot.width, slot.height, FILL[vertex.kind]))
        title = _title(vertex)
        for number, text in enumerate(title):
            middle = slot.y + (number - (len(title) - 1) / 2) * LINE
            drawing.texts.append((slot.x, middle, text, INK, number == 0))
    return drawing


def _connect(drawing: Drawing, edge: Edge, path: list[Slot]) -> None:
    """The line from lower border to upper border, behind its label, and the label."""
    first, label, last = path[0], path[1], path[-1]
    points = [(first.x, first.y + first.height / 2), (label.x, label.y - label.height / 2)]
    points.append((label.x, label.y + label.height / 2))
    points += [(slot.x, slot.y) for slot in path[2:-1]]
    drawing.curves.append([*points, (last.x, last.y - last.height / 2)])
    drawing.plates.append((label.x - label.width / 2, label.y - label.height / 2, label.width, label.height))
    lines = _label(edge)
    for number, text in enumerate(lines):
        ink = VALUE if number < len(_texts(edge.source)) else GRADIENT
        drawing.texts.append((label.x, label.y + (number - (len(lines) - 1) / 2) * LINE, text, ink, False))


def _title(vertex: Vertex) -> list[str]:
    return [text for text in (vertex.label, vertex.name and f"= {vertex.name}", vertex.line) if text]


def _label(edge: Edge) -> list[str]:
    return _texts(edge.source) + _numbers(edge.gradient)


def _texts(vertex: Vertex) -> list[str]:
    """A value as it stands on the lines that leave it."""
    return [vertex.kept] * bool(vertex.kept) if vertex.value is None else _numbers(vertex.value)


def _size(lines: list[str], margin: float) -> tuple[float, float]:
    return ADVANCE * max([len(line) for line in lines], default=0) + margin, LINE * len(lines) + margin / 2


def _numbers(array: Array | None) -> list[str]:
    """An array as text: a vector in a line, a matrix in a line per row; of a large one, what it is."""
    if array is None:
        return []
    if array.size > MANY or (array.ndim and not array.shape[-1]):
        return [what(array)]
    if array.ndim == 0:
        return [_number(array.item())]
    rows = array.reshape(-1, array.shape[-1])
    return ["[" + " ".join([_number(x) for x in row]) + "]" for row in rows.tolist()]


def what(x: Any) -> str:
    """dtype and shape."""
    return f"{x.dtype} ({', '.join(map(str, x.shape))})"


def _number(x: float) -> str:
    text = f"{x + 0.0:.2g}" if abs(x) < 0.095 else f"{x:.2f}"  # + 0.0 turns -0 into 0
    return text.replace("-", "−").replace("e−0", "e−")
