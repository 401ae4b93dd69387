"""The Poisson distribution: counts k, mean `mu`."""

from __future__ import annotations

from typing import Any

import numpy as _np

from ... import numpy as np
from ...hips.boxes import plain
from ..special import gammaincc, gammaln, rest, xlogy

__all__ = ["cdf", "logpmf", "pmf"]


def logpmf(k: Any, mu: Any) -> Any:
    """Logarithm of the probability of k; the gradient is that by mu."""
    k = _np.asarray(plain(k), float)
    return xlogy(k, mu) - gammaln(k + 1.0) - mu


def pmf(k: Any, mu: Any) -> Any:
    """Probability of k; the gradient is that by mu."""
    return np.exp(logpmf(k, mu))


def cdf(k: Any, mu: Any) -> Any:
    """Probability of at most k; the gradient is that by mu."""
    return gammaincc(_np.floor(_np.asarray(plain(k), float)) + 1.0, mu)


__getattr__ = rest("stats", "poisson")
