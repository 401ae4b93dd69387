"""What the code around the formulas has to know of LSTM, GRU and RNN."""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np
from numpy import ndarray as Array


class Cell(NamedTuple):
    """A kind of cell.

    name    of the layer, for messages
    parts   the name of its compiled parts in `cells`
    gates   how many its weights have
    states  2 with the cells of an LSTM
    of_x    slots that the products with the input go to, in the order of the weights
    of_h    the same for the state. The three gates of a GRU have four: both give something of their own to n
    """

    name: str
    parts: str
    gates: int
    states: int
    of_x: tuple[int, ...]
    of_h: tuple[int, ...]

    @property
    def slots(self) -> int:
        """How many gates there are, counted like this."""
        return 1 + max(self.of_x + self.of_h)


LSTM = Cell("lstm", "lstm", 4, 2, (0, 1, 2, 3), (0, 1, 2, 3))
GRU = Cell("gru", "gru", 3, 1, (0, 1, 2), (0, 1, 3))
TANH = Cell("rnn", "tanh", 1, 1, (0,), (0,))
RELU = Cell("rnn", "relu", 1, 1, (0,), (0,))


@functools.cache
def uses_of(cell: Cell) -> Array:
    """(slots, 2): does the input, does the state give something to a gate?"""
    return np.array([[slot in side for side in (cell.of_x, cell.of_h)] for slot in range(cell.slots)])
