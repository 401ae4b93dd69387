"""The Dirichlet distribution: points x of a simplex, of shape (k,) or (k, n), concentrations `alpha` of shape (k,)."""

from __future__ import annotations

from typing import Any

from ... import numpy as np
from ..special import gammaln, rest, xlogy

__all__ = ["logpdf", "pdf"]


def logpdf(x: Any, alpha: Any) -> Any:
    """Logarithm of the density. The last component of x may be left out: it is what is missing to 1."""
    x, alpha = np.asarray(x), np.asarray(alpha)
    if np.shape(x)[0] == np.shape(alpha)[0] - 1:
        x = np.concatenate([x, np.expand_dims(1.0 - np.sum(x, axis=0), 0)])
    powers = np.reshape(alpha, (-1,) + (1,) * (np.ndim(x) - 1)) - 1.0
    return gammaln(np.sum(alpha)) - np.sum(gammaln(alpha)) + np.sum(xlogy(powers, x), axis=0)


def pdf(x: Any, alpha: Any) -> Any:
    """Density."""
    return np.exp(logpdf(x, alpha))


__getattr__ = rest("stats", "dirichlet")
