"""Student's t distribution: x, degrees of freedom `df`, `loc`, `scale`."""

from __future__ import annotations

import math
from typing import Any

from ... import numpy as np
from ..special import betainc, gammaln, rest

__all__ = ["cdf", "logcdf", "logpdf", "pdf"]


def logpdf(x: Any, df: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """Logarithm of the density."""
    z = (x - loc) / scale
    front = gammaln((df + 1) / 2) - gammaln(df / 2) - 0.5 * np.log(df * math.pi) - np.log(scale)
    return front - (df + 1) / 2 * np.log1p(z * z / df)


def pdf(x: Any, df: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """Density."""
    return np.exp(logpdf(x, df, loc, scale))


def cdf(x: Any, df: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """Probability of at most x; the gradient is that by x, loc and scale. Needs SciPy."""
    z = (x - loc) / scale
    z2 = z * z
    near = 0.5 * betainc(0.5, df / 2, z2 / (df + z2))  # precise in the middle
    return 0.5 + np.sign(z) * near


def logcdf(x: Any, df: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """Logarithm of the probability of at most x. Needs SciPy."""
    z = (x - loc) / scale
    far = 0.5 * betainc(df / 2, 0.5, df / (df + z * z))  # precise in the left tail
    return np.log(np.where(z < 0, far, 1.0 - far))


__getattr__ = rest("stats", "t")
