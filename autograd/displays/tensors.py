"""A Tensor in a notebook: small ones as a table, larger ones as a picture with statistics, all with their printout."""

from __future__ import annotations

import html
from typing import Any

import numpy as np
from numpy import ndarray as Array

from .pictures import picture_of
from .pieces import FAINT, boxed, folded, listed, shade, table

LARGE = 1 << 22
"""Elements from which on the statistics are those of every n-th."""


def show_tensor(x: Any, values: Array, needs_grad: bool, write: Any) -> str:
    """The display. `write(values)` gives the function that writes one element so that all line up."""
    facts = f"Tensor {values.shape}, {values.dtype}" + (", requires grad" if needs_grad else "")
    top = f"<div><small>{html.escape(facts)}</small></div>"
    text = repr(x)
    if 1 <= values.ndim <= 2 and 0 < values.size <= 100 and max(values.shape) <= 20:
        return boxed(top, _cells(values, write(values)))
    if values.ndim == 0 or values.size <= 1 or values.dtype.kind not in "fiub":
        return boxed(top, listed(text))
    pictures, note = picture_of(values)
    said = f'<div style="{FAINT}"><small>{html.escape(note)}</small></div>' if note else ""
    return boxed(top, pictures, said, statistics(values), folded("numbers", listed(text)))


def _cells(values: Array, write: Any) -> str:
    """A table of the elements, shaded by their size: blue above zero, orange below."""
    grid = np.atleast_2d(values)
    size = np.abs(np.where(np.isfinite(grid), grid, 0).astype(np.float64))
    share = size / (size.max() or 1.0)
    styles = {}
    if grid.dtype.kind != "b":
        for row, column in np.ndindex(grid.shape):
            colour = "230,120,20" if grid[row, column] < 0 else "70,130,230"
            styles[row, column] = shade(0.6 * float(share[row, column]), colour)
    rows = [[write(v) for v in row] for row in grid.tolist()]
    return table((), rows, left=(), styles=styles)


def statistics(values: Array) -> str:
    """Least, greatest, mean and spread of the finite elements; how many are zero, NaN or infinite."""
    step = -(-values.size // LARGE)
    x = values.reshape(-1)[::step]
    of = f" (of every {step}th element)" if step > 1 else ""
    if x.dtype.kind == "b":
        return f"<div><small>{100 * float(x.mean()):.3g} % True{of}</small></div>"
    finite = x[np.isfinite(x)] if x.dtype.kind == "f" else x
    facts = []
    if finite.size:
        numbers = finite.astype(np.float64, copy=False)
        facts += [f"min {numbers.min():.4g}", f"max {numbers.max():.4g}"]
        facts += [f"mean {numbers.mean():.4g}", f"std {numbers.std():.4g}"]
    zeros, odd = int((x == 0).sum()), x.size - finite.size
    if zeros:
        facts.append(f"{100 * zeros / x.size:.3g} % zero")
    line = "&ensp;".join(facts) + of
    if odd:
        nan = int(np.isnan(x).sum())
        wrong = [f"{count:,} {name}" for count, name in ((nan, "NaN"), (odd - nan, "infinite")) if count]
        line += f'&ensp;<b style="color:#d800c0">{" and ".join(wrong)}</b>'
    return f"<div><small>{line}</small></div>"
