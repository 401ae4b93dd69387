"""Numbers over epochs as curves, in SVG: drawn in microseconds, so that they can be redrawn while a training runs."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping, Sequence

COLOURS = ("#3b82e0", "#e07b1a", "#26a269", "#b455c8", "#8a8a8a", "#c9a400")
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 360, 220, 56, 10, 26, 30


def curves(panels: Mapping[str, Mapping[str, Sequence[float]]], epochs: int = 0) -> str:
    """Panels beside each other: title -> name of a curve -> its numbers, the first at epoch 1.

    epochs   where the axis ends; default: with the last number
    """
    shown = {title: lines for title, lines in panels.items() if any(map(len, lines.values()))}
    drawn = "".join(_panel(title, lines, epochs) for title, lines in shown.items())
    return f'<div style="display:flex;flex-wrap:wrap;gap:12px">{drawn}</div>' if drawn else ""


def ticks(low: float, high: float, count: int = 4) -> list[float]:
    """Round numbers within [low, high], about `count` of them."""
    span = high - low
    if span <= 0 or not math.isfinite(span):
        return [low]
    raw = span / count
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(step for step in (power, 2 * power, 5 * power, 10 * power) if step >= raw)
    first = math.ceil(low / step - 1e-9)
    return [number * step for number in range(first, math.floor(high / step + 1e-9) + 1)]


def _panel(title: str, lines: Mapping[str, Sequence[float]], epochs: int) -> str:
    finite = [y for ys in lines.values() for y in ys if math.isfinite(y)]
    low, high = (min(finite), max(finite)) if finite else (0.0, 1.0)
    if high - low < 1e-12 * max(abs(low), abs(high), 1e-300) or high == low:
        low, high = low - (abs(low) * 0.05 or 0.5), high + (abs(high) * 0.05 or 0.5)
    margin = 0.05 * (high - low)
    low, high = low - margin, high + margin
    last = max(epochs, *map(len, lines.values()), 2)
    across, down = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def x(epoch: float) -> float:
        return LEFT + across * (epoch - 1) / (last - 1)

    def y(value: float) -> float:
        return TOP + down * (high - value) / (high - low)

    parts = []
    for value in ticks(low, high):
        parts.append(f'<path d="M{LEFT},{y(value):.1f} H{WIDTH - RIGHT}" stroke="currentColor" opacity=".18"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y(value) + 4:.1f}" text-anchor="end">{value:.4g}</text>')
    for epoch in sorted({round(each) for each in ticks(1, last, 6)} | {1}):
        if 1 <= epoch <= last:
            parts.append(f'<text x="{x(epoch):.1f}" y="{HEIGHT - 12}" text-anchor="middle">{epoch}</text>')
    right = WIDTH - RIGHT
    for number, (name, values) in reversed(list(enumerate(lines.items()))):
        colour = COLOURS[number % len(COLOURS)]
        points = [(x(at + 1), y(value)) for at, value in enumerate(values) if math.isfinite(value)]
        path = " ".join(f"{a:.1f},{b:.1f}" for a, b in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.8"/>')
        if len(points) <= 40:
            parts += [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="2.4" fill="{colour}"/>' for a, b in points]
        parts.append(f'<text x="{right}" y="15" text-anchor="end" fill="{colour}">{html.escape(name)}</text>')
        right -= int(6.7 * len(name)) + 14
    head = f'<text x="{LEFT}" y="15" font-weight="bold">{html.escape(title)}</text>'
    size = f'width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}"'
    said = html.escape(f"{title} over epochs: " + "; ".join(f"{name} ends at {_end(v)}" for name, v in lines.items()))
    return (
        f'<svg role="img" aria-label="{said}" {size} font-size="11" fill="currentColor" font-family="sans-serif" '
        f'style="max-width:100%;height:auto">{head}{"".join(parts)}</svg>'
    )


def _end(values: Sequence[float]) -> str:
    return f"{values[-1]:.4g}" if values else "nothing"
