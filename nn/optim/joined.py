"""Small parameters together: what is remembered of them lies in one row, so that a step is a few passes over all of it.

A pass of NumPy over 32 numbers takes as long as one over 1,000. Each parameter still has its own Tensors in `state`,
which look into the row; where somebody has put others there, as `load_state_dict` does, a new row is made of these.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy import ndarray as Array

from autograd.extend import array_of, wrap

MOST = 1 << 14
"""Numbers up to which parameters are moved together."""


class Joined:
    """The parameters of a group, and what is remembered of each of them.

    rows   name -> all of it, parameter by parameter
    g, scratch   rows to compute in; `parts` are the pieces of `scratch`, in the shapes of the parameters
    """

    def __init__(
        self, found: Sequence[tuple[Any, Array, Array]], states: Sequence[Any], names: tuple[str, ...]
    ) -> None:
        self.parameters = [p for p, _, _ in found]
        shapes = [x.shape for _, x, _ in found]
        self.rows = {name: np.concatenate([array_of(state[name]).reshape(-1) for state in states]) for name in names}
        self.g, self.scratch = (np.empty_like(self.rows[names[0]]) for _ in range(2))
        self.parts = _pieces(self.scratch, shapes)
        self.own = {name: _pieces(row, shapes) for name, row in self.rows.items()}
        for name, pieces in self.own.items():
            for state, piece in zip(states, pieces, strict=True):
                state[name] = wrap(piece)

    def fits(self, found: Sequence[tuple[Any, Array, Array]], states: Sequence[Any]) -> bool:
        """Is this of these parameters, and is what is remembered of them still here?"""
        if len(found) != len(self.parameters):
            return False
        for (p, x, _), mine, part in zip(found, self.parameters, self.parts, strict=True):
            if p is not mine or x.shape != part.shape:
                return False
        for name, pieces in self.own.items():
            for state, piece in zip(states, pieces, strict=True):
                if array_of(state[name]) is not piece:
                    return False
        return True

    def gathered(self, found: Sequence[tuple[Any, Array, Array]]) -> Array:
        """The gradients as a row."""
        return np.concatenate([g.reshape(-1) for _, _, g in found], out=self.g)


def _pieces(row: Array, shapes: Sequence[tuple[int, ...]]) -> list[Array]:
    pieces, start = [], 0
    for shape in shapes:
        stop = start + math.prod(shape)
        pieces.append(row[start:stop].reshape(shape))
        start = stop
    return pieces


def joined_of(
    buffers: dict[Any, Any], group: Any, found: Sequence[tuple[Any, Array, Array]], states: Any, names: tuple[str, ...]
) -> Joined | None:
    """The row of the parameters of a group, from the second step on that the same ones take; None: there is none.

    buffers   the optimiser's, where it is kept
    """
    key = "joined", id(group["params"])
    joined, before = buffers.get(key, (None, None))
    if joined is not None and joined.fits(found, states):
        return joined
    now = [id(p) for p, _, _ in found]
    made = Joined(found, states, names) if now == before and _small(found) else None
    buffers[key] = made, now
    return made


def _small(found: Sequence[tuple[Any, Array, Array]]) -> bool:
    """Are these several small parameters of one dtype, each there once?"""
    dtype = found[0][1].dtype
    if any(x.dtype != dtype or g.dtype != dtype for _, x, g in found):
        return False
    return 2 < len(found) == len({id(p) for p, _, _ in found}) and sum([x.size for _, x, _ in found]) <= MOST
