"""The beta distribution on [0, 1]: x, shapes `a` and `b`."""

from __future__ import annotations

from typing import Any

from ... import numpy as np
from ..special import betainc, betaln, rest, xlog1py, xlogy

__all__ = ["cdf", "logpdf", "pdf"]


def logpdf(x: Any, a: Any, b: Any) -> Any:
    """Logarithm of the density."""
    return xlogy(a - 1.0, x) + xlog1py(b - 1.0, -x) - betaln(a, b)


def pdf(x: Any, a: Any, b: Any) -> Any:
    """Density."""
    return np.exp(logpdf(x, a, b))


def cdf(x: Any, a: Any, b: Any) -> Any:
    """Probability of at most x; the gradient is that by x. Needs SciPy."""
    return betainc(a, b, x)


__getattr__ = rest("stats", "beta")
