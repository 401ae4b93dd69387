"""The normal distribution: x, mean `loc`, standard deviation `scale`."""

from __future__ import annotations

import math
from typing import Any

from ... import numpy as np
from ..special import log_ndtr, ndtr, ndtri, rest

__all__ = ["cdf", "entropy", "logcdf", "logpdf", "logsf", "pdf", "ppf", "sf"]


def logpdf(x: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """Logarithm of the density."""
    z = (x - loc) / scale
    return -0.5 * z * z - 0.5 * math.log(2 * math.pi) - np.log(scale)


def pdf(x: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """Density."""
    return np.exp(logpdf(x, loc, scale))


def cdf(x: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """Probability of at most x."""
    return ndtr((x - loc) / scale)


def logcdf(x: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """Logarithm of the probability of at most x."""
    return log_ndtr((x - loc) / scale)


def sf(x: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """Probability of more than x."""
    return ndtr((loc - x) / scale)


def logsf(x: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """Logarithm of the probability of more than x."""
    return log_ndtr((loc - x) / scale)


def ppf(q: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """The x with cdf(x) = q."""
    return loc + scale * ndtri(q)


def entropy(loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """Differential entropy."""
    return 0.5 * math.log(2 * math.pi * math.e) + np.log(scale) + 0 * loc


__getattr__ = rest("stats", "norm")
