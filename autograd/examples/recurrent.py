"""Recurrent layers: inputs of 3, 2 units; 2 sequences, one of them longer; then single steps."""

from __future__ import annotations

import numpy as np

from ..op import registry
from .example import Example, Input, real

SEQUENCES = {"sizes": np.array([2, 2, 1]), "reverse": False}


def _state_and_weights(gates: int, states: int) -> tuple[Input, ...]:
    return *[real(2, 2)] * states, real(2 * gates, 3), real(2 * gates, 2), real(2 * gates), real(2 * gates)


EXAMPLES: list[Example] = [
    *[
        Example(kind, (real(5, 3), *_state_and_weights(gates, states)), SEQUENCES, registry.__getitem__(kind))
        for kind, gates, states in (("lstm", 4, 2), ("gru", 3, 1), ("rnn", 1, 1))
    ],
    *[
        Example(
            f"{kind}_cell",
            (real(2, 3), *_state_and_weights(gates, states)),
            {},
            registry.__getitem__(f"{kind}_cell"),
        )
        for kind, gates, states in (("lstm", 4, 2), ("gru", 3, 1))
    ],
    Example("rnn_cell", (real(2, 3), *_state_and_weights(1, 1))),
]
