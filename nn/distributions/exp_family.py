"""ExponentialFamily."""

from __future__ import annotations

from typing import Any

from autograd import Tensor, enable_grad, grad, is_grad_enabled

from .distribution import Distribution


class ExponentialFamily(Distribution):
    """Densities h(x) exp(theta . t(x) - A(theta)).

    A subclass gives theta as a tuple in `_natural_params`, A as `_log_normalizer(*theta)` and the mean of log h(x) as
    `_mean_carrier_measure`. The slope of A is the mean of t(x): from it follow entropy and divergences (Nielsen & Nock
    2010, "Entropies and cross-entropies of exponential families").
    """

    @property
    def _natural_params(self) -> tuple[Any, ...]:
        raise NotImplementedError(f"{type(self).__name__} does not define its natural parameters")

    def _log_normalizer(self, *natural_params: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} does not define its log-normaliser")

    @property
    def _mean_carrier_measure(self) -> Any:
        raise NotImplementedError(f"{type(self).__name__} does not define its mean carrier measure")

    def entropy(self) -> Tensor:
        carrier = self._mean_carrier_measure
        theta = self._natural_params
        normalizer, slopes = self._slopes(theta)
        return normalizer - carrier - self._dot(theta, slopes)

    def _slopes(self, theta: tuple[Any, ...]) -> tuple[Any, tuple[Any, ...]]:
        """A(theta) and its slopes, differentiable themselves where gradients are recorded."""
        keep = is_grad_enabled()
        with enable_grad():
            points = tuple(p if keep and p.requires_grad else p.detach().requires_grad_() for p in theta)
            value: Any = self._log_normalizer(*points)
            slopes = grad(value.sum(), points, create_graph=keep)
        tracked = keep and any(p.requires_grad for p in theta)
        if tracked:
            return value, tuple(slopes)
        return value.detach(), tuple(slope.detach() for slope in slopes)

    def _dot(self, theta: Any, slopes: Any) -> Any:
        """The sum of products over all that belongs to one event."""
        total: Any = 0
        batch = len(self._batch_shape)
        for a, b in zip(theta, slopes, strict=True):
            product = a * b
            total = total + (product.flatten(batch).sum(-1) if product.ndim > batch else product)
        return total


def bregman_divergence(p: ExponentialFamily, q: ExponentialFamily) -> Any:
    """The Kullback-Leibler divergence in one family: A(q) - A(p) - (theta_q - theta_p) . slope of A at p."""
    if type(p) is not type(q):
        raise NotImplementedError(
            "The cross KL-divergence between different exponential families cannot be computed using Bregman "
            f"divergences: {type(p).__name__} and {type(q).__name__}"
        )
    theta, other = p._natural_params, q._natural_params
    value, slopes = p._slopes(theta)
    away = tuple(b - a for a, b in zip(theta, other, strict=True))
    wide = p if len(p.batch_shape) >= len(q.batch_shape) else q
    return q._log_normalizer(*other) - value - wide._dot(away, slopes)
