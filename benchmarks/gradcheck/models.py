"""The standard models, small enough to be checked as a whole: each a function of its inputs that returns the loss."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import autograd
import nn
import nn.functional as F

BATCH = 4

Model = tuple[Callable[..., autograd.Tensor], list[autograd.Tensor]]


def _classifier(model: nn.Module, *shape: int, classes: int = 10) -> Model:
    """Cross-entropy of a batch with random labels; parameters are found by the checker, as it finds any leaf."""
    rng = np.random.default_rng(0)
    labels = autograd.tensor(rng.integers(classes, size=BATCH))
    images = autograd.tensor(rng.standard_normal((BATCH, *shape)).astype(np.float32), requires_grad=True)

    def loss(x: autograd.Tensor) -> autograd.Tensor:
        return F.cross_entropy(model(x), labels)

    return loss, [images]


def mlp() -> Model:
    """Three dense layers, with dropout: its mask is the same at each call of the check."""
    hidden = [nn.Linear(20, 16), nn.ReLU(), nn.Dropout(0.25), nn.Linear(16, 12), nn.Tanh()]
    return _classifier(nn.Sequential(*hidden, nn.Linear(12, 10)), 20)


def lenet() -> Model:
    """LeNet with batch norm in training, 28 x 28."""
    features = [
        *[nn.Conv2d(1, 6, 5, padding=2), nn.BatchNorm2d(6), nn.ReLU(), nn.MaxPool2d(2)],
        *[nn.Conv2d(6, 16, 5), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2)],
    ]
    dense = [nn.Linear(400, 120), nn.BatchNorm1d(120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10)]
    return _classifier(nn.Sequential(*features, nn.Flatten(), *dense), 1, 28, 28)


def pooling() -> Model:
    """A small CNN with one pooling of each kind: overlapping maxima, padded averages, adaptive ones."""
    layers = [
        *[nn.Conv2d(2, 4, 3, padding=1), nn.LeakyReLU(), nn.MaxPool2d(3, 2)],
        *[nn.Conv2d(4, 6, 3, padding=1, stride=2), nn.GELU(), nn.AvgPool2d(2, 1, padding=1)],
        *[nn.Conv2d(6, 6, 1, groups=2), nn.SiLU(), nn.AdaptiveMaxPool2d(3), nn.AdaptiveAvgPool2d(2)],
    ]
    return _classifier(nn.Sequential(*layers, nn.Flatten(), nn.Linear(24, 10)), 2, 13, 13)


class Reader(nn.Module):
    """The output of a recurrent layer at the last step, classified."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer
        self.head = nn.Linear(2 * 5, 10)

    def forward(self, x: autograd.Tensor) -> autograd.Tensor:
        """x (batch, steps, features)."""
        return self.head(self.layer(x)[0][:, -1])


def recurrent(kind: Any) -> Callable[[], Model]:
    """Two layers in both directions."""
    return lambda: _classifier(Reader(kind(3, 5, num_layers=2, bidirectional=True, batch_first=True)), 6, 3)


class Block(nn.Module):
    """Attention and a dense part, each with a norm before and a way past it."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.LayerNorm(8), nn.LayerNorm(8)
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)
        self.dense = nn.Sequential(nn.Linear(8, 16), nn.GELU(), nn.Linear(16, 8))
        self.head = nn.Linear(8, 10)

    def forward(self, x: autograd.Tensor) -> autograd.Tensor:
        """x (batch, places, features)."""
        y = self.first(x)
        x = x + self.attention(y, y, y, need_weights=False)[0]
        x = x + self.dense(self.second(x))
        return self.head(x.mean(1))


def attention() -> Model:
    """A transformer's block."""
    return _classifier(Block(), 5, 8)


MODELS: dict[str, Callable[[], Model]] = {
    "mlp": mlp,
    "lenet": lenet,
    "pooling": pooling,
    "rnn": recurrent(nn.RNN),
    "lstm": recurrent(nn.LSTM),
    "gru": recurrent(nn.GRU),
    "attention": attention,
}


def build(name: str) -> Model:
    """A model drawn from seed 0."""
    autograd.manual_seed(0)
    return MODELS[name]()
