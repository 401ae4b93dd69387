"""What the code around the formulas has to know of LSTM, GRU and RNN."""

from __future__ import annotations

import numpy as np


class Cell:
    """A kind of cell.

    name    of the layer, for messages
    parts   the name of its compiled parts in `cells`
    gates   how many its weights have
    states  2 with the cells of an LSTM
    of_x    slots that the products with the input go to, in the order of the weights
    of_h    the same for the state. The three gates of a GRU have four: both give something of their own to n
    slots   how many gates there are, counted like this
    uses    (slots, 2): does the input, does the state give something to a gate?
    """

    def __init__(self, name: str, parts: str, states: int, of_x: tuple[int, ...], of_h: tuple[int, ...]) -> None:
        self.name = name
        self.parts = parts
        self.gates = len(of_x)
        self.states = states
        self.of_x = of_x
        self.of_h = of_h
        self.slots = 1 + max(of_x + of_h)
        self.uses = np.array([[slot in side for side in (of_x, of_h)] for slot in range(self.slots)])


LSTM = Cell("lstm", "lstm", 2, (0, 1, 2, 3), (0, 1, 2, 3))
GRU = Cell("gru", "gru", 1, (0, 1, 2), (0, 1, 3))
TANH = Cell("rnn", "tanh", 1, (0,), (0,))
RELU = Cell("rnn", "relu", 1, (0,), (0,))
