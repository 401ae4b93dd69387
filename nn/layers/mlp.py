"""The multilayer perceptron, ready-made."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..module import Module
from .activation import ReLU
from .container import Sequential
from .dropout import Dropout
from .linear import Linear
from .norm import BatchNorm1d


class MLP(Sequential):
    """Linear layers with an activation after each but the last: (*, in_features) -> (*, out_features).

    hidden       features of the hidden layers: a number or several, [] for none
    activation   makes one: a class such as `nn.Tanh`, or a function without arguments
    dropout      share that is dropped after each activation, while training
    batch_norm   normalise before each activation (then inputs are (N, in_features))

    >>> MLP(784, [128, 64], 10)
    MLP(
      (0): Linear(in_features=784, out_features=128, bias=True)
      (1): ReLU()
      (2): Linear(in_features=128, out_features=64, bias=True)
      (3): ReLU()
      (4): Linear(in_features=64, out_features=10, bias=True)
    )
    """

    def __init__(
        self,
        in_features: int,
        hidden: int | Sequence[int],
        out_features: int,
        activation: Callable[[], Module] = ReLU,
        dropout: float = 0.0,
        batch_norm: bool = False,
    ) -> None:
        layers: list[Module] = []
        before = in_features
        for size in [hidden] if isinstance(hidden, int) else hidden:
            layers.append(Linear(before, size))
            if batch_norm:
                layers.append(BatchNorm1d(size))
            layers.append(activation())
            if dropout:
                layers.append(Dropout(dropout))
            before = size
        super().__init__(*layers, Linear(before, out_features))
