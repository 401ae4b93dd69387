"""The exponential distribution: x from `loc` on, mean `scale` beyond it."""

from __future__ import annotations

from typing import Any

from ... import numpy as np
from ..special import rest

__all__ = ["cdf", "logpdf", "pdf"]


def logpdf(x: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """Logarithm of the density."""
    z = (x - loc) / scale
    return np.where(z < 0, -np.inf, -z - np.log(scale))


def pdf(x: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """Density."""
    return np.exp(logpdf(x, loc, scale))


def cdf(x: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """Probability of at most x."""
    z = (x - loc) / scale
    return np.where(z < 0, 0.0, -np.expm1(-z))


__getattr__ = rest("stats", "expon")
