"""Activations as methods, where PyTorch has them."""

from __future__ import annotations

from .core import Core


class Activation(Core):
    """relu, sigmoid, softmax and their kin."""

    __slots__ = ()
