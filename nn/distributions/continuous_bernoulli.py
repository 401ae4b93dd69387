"""ContinuousBernoulli."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from autograd import Tensor, rand, where
from autograd.errors import SettingError

from . import constraints
from .bernoulli import Binary
from .constraints import Constraint
from .exp_family import ExponentialFamily
from .utils import as_tensor, broadcast_all, clamp_probs, one_of

FEW = 0.3
"""Logits below are small: series in them, whose coefficients come from the Bernoulli numbers."""


class ContinuousBernoulli(Binary, ExponentialFamily):
    """Numbers between 0 and 1 with density in proportion to probs^x (1 - probs)^(1 - x).

    Loaiza-Ganem & Cunningham 2019. Give `probs` or `logits` as for `Bernoulli`; probabilities 0 and 1 are moved by the
    spacing of the dtype. With e = logits the density is exp(e x) e / (exp(e) - 1). `lims` is taken and not needed: near
    e = 0, where PyTorch approximates between these probabilities, everything here is precise.
    """

    arg_constraints: Mapping[str, Constraint] = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.unit_interval
    has_rsample = True
    _mean_carrier_measure = 0

    def __init__(
        self,
        probs: Any = None,
        logits: Any = None,
        lims: tuple[float, float] = (0.499, 0.501),
        validate_args: bool | None = None,
    ) -> None:
        name, value = one_of(probs, logits)
        if name == "probs":
            (value,) = broadcast_all(value)
            if validate_args and not self.arg_constraints["probs"].check(value).all():
                raise SettingError("The parameter probs has invalid values: wanted numbers from 0 to 1")
            value = clamp_probs(value)
        super().__init__(**{name: value}, validate_args=validate_args)
        self._lims = lims

    @property
    def mean(self) -> Tensor:
        """1 / (1 - exp(-e)) - 1 / e."""
        e: Any = self.logits
        small, far, square = _cases(e)
        series = e * _series(square, 12, 720, 30240, 1209600, 47900160, 1307674368000 / 691) + 0.5
        return where(small, series, -1 / (-far).expm1() - 1 / far)

    @property
    def variance(self) -> Tensor:
        """1 / e^2 - 1 / (4 sinh(e / 2)^2)."""
        small, far, square = _cases(self.logits)
        series = _series(square, 12, 240, 6048, 172800, 5322240, 118879488000 / 691)
        size = -far.abs()
        return where(small, series, far.pow(-2) - size.exp() / size.expm1().square())

    def log_prob(self, value: Any) -> Tensor:
        return self._checked(value) * self.logits - self._log_normalizer(self.logits)

    def cdf(self, value: Any) -> Tensor:
        """(exp(e x) - 1) / (exp(e) - 1), with the signs so that nothing overflows."""
        x, e = self._checked(value).clamp(0, 1), self.logits
        small, far, _ = _cases(e)
        series = x * _growth(e * x) / _growth(e)
        falling = -far.abs()
        left = (falling * x).expm1() / falling.expm1()
        right = (falling * (1 - x)).expm1() / falling.expm1()
        return where(small, series, where(far < 0, left, 1 - right))

    def icdf(self, value: Any) -> Tensor:
        """log(1 + p (exp(e) - 1)) / e."""
        p, e = as_tensor(value), self.logits
        small, far, square = _cases(e, 0.1)
        spread, lean = p * (1 - p), 1 - p * 2
        # cumulants of a Bernoulli variable of probability p
        series = p + spread * e * (
            0.5 + lean * e / 6 + (1 - 6 * spread) * square / 24 + lean * (1 - 12 * spread) * square * e / 120
            + (1 - 30 * spread + 120 * spread.square()) * square.square() / 720
            + lean * (1 - 60 * spread + 360 * spread.square()) * square.square() * e / 5040
        )  # fmt: skip
        falling = -far.abs()
        share = where(far < 0, p, 1 - p)
        distance = ((share * falling.expm1()).log1p() / falling).clamp_max(1)
        return where(small, series, where(far < 0, distance, 1 - distance))

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        e: Any = self.logits
        return self.icdf(rand(self._extended_shape(sample_shape), dtype=e.dtype))

    def entropy(self) -> Tensor:
        return self._log_normalizer(self.logits) - self.logits * self.mean

    @property
    def _natural_params(self) -> tuple[Any, ...]:
        return (self.logits,)

    def _log_normalizer(self, *natural_params: Any) -> Any:
        """log((exp(e) - 1) / e) = e / 2 + log(sinh(e / 2) / (e / 2))."""
        (e,) = natural_params
        small, far, square = _cases(e)
        series = e * 0.5 + square * _series(square, 24, 2880, 181440, 9676800, 479001600, 15692092416000 / 691)
        size = far.abs()
        return where(small, series, (far + size) * 0.5 + (-(-size).expm1()).log() - size.log())


def _series(square: Any, *divisors: float) -> Any:
    """The sum of (-square)^k / divisor k."""
    total: Any = 0.0
    for divisor in reversed(divisors):
        total = 1 / divisor - square * total
    return total


def _cases(e: Any, few: float = FEW) -> tuple[Any, Any, Any]:
    """Where e is small; e with 1 in these places, and its square with 0 in the others."""
    small = e.abs() < few
    near = where(small, e, 0.0)
    return small, where(small, 1.0, e), near.square()


def _growth(x: Any) -> Any:
    """(exp(x) - 1) / x for small x."""
    total: Any = 1.0
    for k in range(13, 1, -1):
        total = 1 + x / k * total
    return total
