"""The chi-squared distribution: x, degrees of freedom `df`."""

from __future__ import annotations

import math
from typing import Any

from ... import numpy as np
from ..special import gammainc, gammaln, rest, xlogy

__all__ = ["cdf", "logpdf", "pdf"]


def logpdf(x: Any, df: Any) -> Any:
    """Logarithm of the density."""
    return xlogy(df / 2.0 - 1.0, x) - x / 2.0 - gammaln(df / 2.0) - math.log(2.0) * df / 2.0


def pdf(x: Any, df: Any) -> Any:
    """Density."""
    return np.exp(logpdf(x, df))


def cdf(x: Any, df: Any) -> Any:
    """Probability of at most x."""
    return gammainc(df / 2.0, x / 2.0)


__getattr__ = rest("stats", "chi2")
