"""The multivariate normal distribution: points x of shape (..., d), `mean` of shape (d,), covariance `cov` (d, d)."""

from __future__ import annotations

import math
from typing import Any

import numpy as _np

from ... import numpy as np
from ...hips.boxes import plain
from ..special import rest

__all__ = ["entropy", "logpdf", "pdf"]


def _matrix(cov: Any, d: int) -> Any:
    ndim = np.ndim(cov)
    if ndim == 0:
        return cov * _np.eye(d)
    return np.make_diagonal(cov) if ndim == 1 else cov


def logpdf(x: Any, mean: Any = None, cov: Any = 1.0, allow_singular: bool = False) -> Any:
    """Logarithm of the density. `mean` and `cov` may be numbers; cov may be the diagonal.

    allow_singular   on the space that cov spans, where some of its eigenvalues are 0
    """
    x = np.atleast_1d(x)
    d = np.shape(cov)[0] if np.ndim(cov) else np.shape(mean)[0] if np.ndim(mean) else np.shape(x)[-1]
    mean = _np.zeros(d) if mean is None else mean
    cov = _matrix(cov, d)
    if d == 1 and np.shape(x)[-1] != 1:
        x = np.expand_dims(x, -1)
    apart = x - mean
    if allow_singular:
        values, vectors = np.linalg.eigh(cov)
        kept = plain(values) > 1e6 * _np.finfo(float).eps * _np.max(_np.abs(plain(values)))
        values, vectors = values[kept], vectors[:, kept]
        along = np.dot(apart, vectors) / np.sqrt(values)
        log_det, d = np.sum(np.log(values)), int(kept.sum())
    else:
        factor = np.linalg.cholesky(cov)
        flat = np.reshape(apart, (-1, d))
        along = np.reshape(np.transpose(np.linalg.solve(factor, np.transpose(flat))), np.shape(apart))
        log_det = 2.0 * np.sum(np.log(np.diagonal(factor)))
    return -0.5 * (np.sum(along * along, axis=-1) + d * math.log(2 * math.pi) + log_det)


def pdf(x: Any, mean: Any = None, cov: Any = 1.0, allow_singular: bool = False) -> Any:
    """Density."""
    return np.exp(logpdf(x, mean, cov, allow_singular))


def entropy(mean: Any = None, cov: Any = 1.0) -> Any:
    """Differential entropy."""
    d = np.shape(mean)[0] if np.ndim(mean) else np.shape(cov)[0] if np.ndim(cov) else 1
    return 0.5 * (d * math.log(2 * math.pi * math.e) + np.linalg.slogdet(_matrix(cov, d))[1])


__getattr__ = rest("stats", "multivariate_normal")
