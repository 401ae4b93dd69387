"""The reproductions by name, in the order of the table, and the module that makes each.

Modules are imported when they run. Two names may share a module; it then runs once for both.
"""

from __future__ import annotations

import importlib
from typing import Any

REPRODUCTIONS = {
    "hundred-lines": "hundred_lines_compared",
    "derivations": "hand_derivations",
    "conv-by-hand": "conv_by_hand",
    "tanh-sigmoid-net": "tanh_sigmoid_net",
    "computational-graph": "computational_graph",
    "binary-logistic": "binary",
    "binary-logistic-2layer": "binary",
    "binary-svm": "binary",
    "binary-svm-2layer": "binary",
    "mnist-softmax": "mnist_softmax",
    "mnist-softmax-2layer": "mnist_softmax",
    "mnist-mlp": "mnist_mlp",
    "mnist-mlp-bn": "mnist_mlp",
    "mnist-cnn": "mnist_cnn",
    "mnist-cnn-bn": "mnist_cnn",
    "mnist-cnn-bn-dropout": "mnist_cnn_dropout",
    "fashion-cnn-table2": "fashion_cnn",
    "fashion-cnn-table2-averaged": "fashion_cnn",
    "fashion-own": "own_network",
    "colour-own": "colour_own",
    "lstm-temporal-order": "lstm_temporal_order",
    "ensemble": "ensemble",
    "colour-cnn": "colour_cnn",
    "vanishing-sigmoid": "vanishing_sigmoid",
}


def load(module_name: str) -> Any:
    """The module: its `ABOUT` and its `run`."""
    return importlib.import_module(f"{__package__}.{module_name}")
