"""Pictures without a display. matplotlib is imported by who draws, not before."""

from __future__ import annotations

from typing import Any


def new_figure(
    width: float, height: float, dpi: float = 120, layout: str | None = "constrained", **options: Any
) -> Any:
    """An empty matplotlib Figure, `width` x `height` inches, that can be saved; pyplot does not know of it."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=dpi, layout=layout, **options)  # type: ignore[arg-type]
    FigureCanvasAgg(figure)
    return figure
