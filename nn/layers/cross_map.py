"""Normalisation across channels with a sum of squares whose last channels count: CrossMapLRN2d."""

from __future__ import annotations

from typing import Any

from autograd import Tensor
from autograd.errors import ShapeError

from ..functional import pad
from ..module import Module


class CrossMapLRN2d(Module):
    """x / (k + alpha / size * s)^beta, s the sum of the squares of the `size` channels around each, of (N, C, H, W).

    `size` is odd. As `LocalResponseNorm`, which divides by the same sum: that one also takes even sizes.
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1) -> None:
        super().__init__()
        self.size = size
        self.alpha = alpha
        self.beta = beta
        self.k = k

    def forward(self, input: Tensor) -> Tensor:
        """Normalised, of the same shape."""
        x: Any = input
        if x.ndim != 4:
            raise ShapeError(f"CrossMapLRN2d: Expected input to be 4D, got {x.ndim}D instead")
        half = (self.size - 1) // 2 + 1
        squares = pad(x * x, (0, 0, 0, 0, half - 1, half - 1))
        channels = x.shape[1]
        total = sum(squares[:, i : i + channels] for i in range(2 * half - 1))
        return x * (self.k + self.alpha / self.size * total) ** -self.beta

    def extra_repr(self) -> str:
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"
