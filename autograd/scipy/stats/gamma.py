"""The gamma distribution of scale 1: x, shape `a`."""

from __future__ import annotations

from typing import Any

from ... import numpy as np
from ..special import gammainc, gammaln, rest, xlogy

__all__ = ["cdf", "logpdf", "pdf"]


def logpdf(x: Any, a: Any) -> Any:
    """Logarithm of the density."""
    return xlogy(a - 1.0, x) - x - gammaln(a)


def pdf(x: Any, a: Any) -> Any:
    """Density."""
    return np.exp(logpdf(x, a))


def cdf(x: Any, a: Any) -> Any:
    """Probability of at most x."""
    return gammainc(a, x)


__getattr__ = rest("stats", "gamma")
