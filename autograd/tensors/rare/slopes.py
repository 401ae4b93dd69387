"""Slopes of samples, and histograms."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ...errors import DTypeError, SettingError, ShapeError
from ..core import Core, array_of, get_default_dtype, node_of, wrap
from ..dims import normalize_dim
from ..join import cat
from ..promotion import cast
from .more import tensor_of


def gradient(input: Any, *, spacing: Any = 1, dim: Any = None, edge_order: int = 1) -> tuple[Any, ...]:
    """The slopes of sampled values along each dimension, from differences of second order; one Tensor per dimension.

    spacing      a number: the distance of the samples; a sequence of numbers: one for each dimension; of 1-d Tensors:
                 where the samples are
    dim          an int or several; default: all
    edge_order   1 or 2: the order of the one-sided differences at both ends
    """
    x = tensor_of(input)
    if x._array.dtype.kind != "f":
        x = cast(x, get_default_dtype())
    ndim = x._array.ndim
    several = isinstance(spacing, (tuple, list))
    if dim is None:
        dims = list(range(ndim))
    else:
        dims = [normalize_dim("gradient", d, ndim) for d in (dim if isinstance(dim, (tuple, list)) else (dim,))]
    steps = list(spacing) if several else [spacing] * len(dims)
    if len(steps) != len(dims):
        raise ShapeError(
            f"gradient: expected spacing to be unspecified, a scalar, or of length {len(dims)}, got {len(steps)}"
        )
    if edge_order not in (1, 2):
        raise SettingError(f"gradient: only supports edge_order=1 and edge_order=2, got {edge_order}")
    for d in dims:
        if x._array.shape[d] < edge_order + 1:
            raise ShapeError(
                "gradient: expected each dimension size to be at least edge_order+1, got "
                f"{x._array.shape[d]} at dimension {d}"
            )
    return tuple([_slopes(x, d, step, edge_order) for d, step in zip(dims, steps, strict=True)])


def _slopes(x: Any, dim: int, step: Any, order: int) -> Any:
    n = x._array.shape[dim]
    places = array_of(step)
    gaps: Any
    if node_of(step) is not None and places.shape in ((), (n,)):  # the slopes move with it, too
        gaps = cast(step.expand(n - 1) if places.ndim == 0 else step[1:] - step[:-1], x._array.dtype)
    elif places.ndim == 0:
        gaps = np.full(n - 1, places.item(), x._array.dtype)
    elif places.shape == (n,):
        gaps = np.diff(places).astype(x._array.dtype)
    else:
        raise ShapeError(f"gradient: expected {n} coordinates along dimension {dim}, got shape {places.shape}")

    def part(start: int, count: int) -> Any:
        return x.narrow(dim, start, count)

    def along(values: Any) -> Any:
        values = values if isinstance(values, Core) else wrap(np.asarray(values))
        return values.reshape([-1 if d == dim else 1 for d in range(x._array.ndim)])

    a, b = gaps[:-1], gaps[1:]  # left and right of each inner sample
    pieces = []
    if order == 1:
        pieces.append((part(1, 1) - part(0, 1)) / along(gaps[:1]))
    else:
        pieces.append(_edge(part(0, 1), part(1, 1), part(2, 1), along(gaps[:1]), along(gaps[1:2])))
    if n > 2:
        left, middle, right = part(0, n - 2), part(1, n - 2), part(2, n - 2)
        if places.ndim == 0:
            pieces.append((right - left) / along(2 * gaps[:1]))
        else:
            pieces.append(
                left * along(-b / (a * (a + b))) + middle * along((b - a) / (a * b)) + right * along(a / (b * (a + b)))
            )
    if order == 1:
        pieces.append((part(n - 1, 1) - part(n - 2, 1)) / along(gaps[-1:]))
    else:
        last = _edge(part(n - 1, 1), part(n - 2, 1), part(n - 3, 1), along(gaps[-1:]), along(gaps[-2:-1]))
        pieces.append(-last)
    return cat(pieces, dim)


def _edge(first: Any, second: Any, third: Any, a: Any, b: Any) -> Any:
    """The slope at the first of three samples that are a and b apart, by the parabola through them."""
    return first * (-(2 * a + b) / (a * (a + b))) + second * ((a + b) / (a * b)) - third * (a / (b * (a + b)))


class HistogramResult(NamedTuple):
    """Counts, and the edges of the bins: one more."""

    hist: Any
    bin_edges: Any


def histogram(input: Any, bins: Any = 100, *, range: Any = None, weight: Any = None, density: bool = False) -> Any:
    """How many elements (or how much weight) lie in each bin; constants of x's dtype.

    bins      a number of equal bins over `range` (default: smallest to largest), or a Tensor of their edges
    density   make the histogram's integral 1
    """
    x = array_of(input)
    if x.dtype.kind != "f":
        raise DTypeError(f"histogram: wanted a floating point Tensor, got {x.dtype}")
    edges = bins if isinstance(bins, int) else array_of(bins)
    weights = None if weight is None else array_of(weight).reshape(-1)
    if range is None and isinstance(bins, int) and not x.size:
        range = (0.0, 1.0)
    try:
        counts, edges = np.histogram(x.reshape(-1), edges, None if range is None else tuple(range), density, weights)
    except ValueError as error:
        raise SettingError(f"histogram: {error}") from None
    return HistogramResult(wrap(counts.astype(x.dtype)), wrap(edges.astype(x.dtype)))


def histogramdd(input: Any, bins: Any, *, range: Any = None, weight: Any = None, density: bool = False) -> Any:
    """`histogram` of points (..., D) in D dimensions: counts, and a tuple of D Tensors of edges."""
    x = array_of(input)
    points = x.reshape(-1, x.shape[-1])
    spans: Any = None if range is None else np.asarray(range, np.float64).reshape(-1, 2).tolist()
    parts: Any = bins if isinstance(bins, int) else [n if isinstance(n, int) else array_of(n) for n in bins]
    weights = None if weight is None else array_of(weight).reshape(-1)
    try:
        counts, edges = np.histogramdd(points, parts, spans, density, weights)
    except ValueError as error:
        raise SettingError(f"histogramdd: {error}") from None
    return HistogramResult(wrap(counts.astype(x.dtype)), tuple([wrap(e.astype(x.dtype)) for e in edges]))
