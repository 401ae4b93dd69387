"""The Bernoulli distribution: k of 0 and 1, probability `p` of 1."""

from __future__ import annotations

from typing import Any

import numpy as _np

from ... import numpy as np
from ...hips.boxes import plain
from ..special import rest, xlog1py, xlogy

__all__ = ["logpmf", "pmf"]


def logpmf(k: Any, p: Any) -> Any:
    """Logarithm of the probability of k; the gradient is that by p."""
    k = _np.asarray(plain(k), float)
    return xlogy(k, p) + xlog1py(1.0 - k, -p)


def pmf(k: Any, p: Any) -> Any:
    """Probability of k; the gradient is that by p."""
    return np.exp(logpmf(k, p))


__getattr__ = rest("stats", "bernoulli")
