"""Computations to explore, and what is in a page about them."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np

import autograd
import nn
from autograd.explorer import Exploration, explore
from autograd.explorer.arrays import CODES


def small() -> Exploration:
    """Two examples through a dense layer and a sigmoid, which is used twice."""
    x = autograd.tensor([[1.0, -2.0, 0.5], [0.3, 0.8, -1.2]], requires_grad=True)
    w = autograd.tensor([[0.5, -1.0, 0.25], [1.5, 0.2, -0.7]], requires_grad=True)
    b = autograd.tensor([0.1, -0.2], requires_grad=True)

    def loss(x: Any) -> Any:
        z = autograd.sigmoid(x @ w.T + b)
        return (z * z - z).sum()

    return explore(loss, x)


def network() -> Exploration:
    """Dense layers, batch norm, dropout and ReLU in training; six classes of labels."""
    autograd.manual_seed(0)
    hidden = nn.Sequential(nn.Linear(5, 6), nn.BatchNorm1d(6), nn.ReLU(), nn.Dropout(0.3))
    model = nn.Sequential(hidden, nn.Linear(6, 4))
    x = autograd.randn(7, 5, requires_grad=True)
    labels = autograd.tensor([0, 1, 2, 3, 0, 1, 2])
    return explore(lambda x: nn.functional.cross_entropy(model(x), labels), x)


def images() -> Exploration:
    """A small convolutional network."""
    autograd.manual_seed(0)
    layers = [nn.Conv2d(1, 3, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2, 1), nn.Conv2d(3, 2, 3), nn.GELU(), nn.Flatten()]
    model = nn.Sequential(*layers, nn.Linear(32, 3))
    return explore(lambda x: (model(x) ** 2).mean(), autograd.randn(2, 1, 7, 7, requires_grad=True))


def attention() -> Exploration:
    """Attention with two heads, with a norm before."""
    autograd.manual_seed(0)
    norm, layer = nn.LayerNorm(4), nn.MultiheadAttention(4, 2, batch_first=True)

    def loss(x: Any) -> Any:
        y = norm(x)
        return layer(y, y, y, need_weights=False)[0].sum()

    return explore(loss, autograd.randn(2, 3, 4, requires_grad=True))


def recurrent() -> Exploration:
    """An LSTM over three steps."""
    autograd.manual_seed(0)
    layer = nn.LSTM(2, 3)
    return explore(lambda x: layer(x)[0].sum(), autograd.randn(3, 2, 2, requires_grad=True))


ALL = {each.__name__: each for each in (small, network, images, attention, recurrent)}


def array_of(values: Any) -> Any:
    """The array that a page holds."""
    return np.frombuffer(base64.b64decode(values.data), CODES[values.code]).reshape(values.shape)


def slot_of(found: Exploration, name: str) -> Any:
    """The slot of a name."""
    return next(slot for slot in found.description.slots if slot.name == name)
