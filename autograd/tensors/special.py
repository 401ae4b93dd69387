"""The public functions of `autograd.special` that have no other home: Bessel, normal, entropies, polynomials."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import NoRuleError, SettingError
from ..ops import bessel, gauss
from ..ops.index import zero_at
from ..room import common_shape
from .calls import binary, unary
from .core import Core, array_of, get_default_dtype, int64, operand, wrap
from .promotion import cast
from .run import apply


def floating(x: Any) -> Any:
    """`x` as a floating point Tensor."""
    x = operand(x)
    return x if x._array.dtype.kind == "f" else cast(x, get_default_dtype())


i0 = unary(bessel.i0, doc="The modified Bessel function I0; int -> float. Its derivative is i1.")
i0e = unary(bessel.i0e, doc="exp(-|x|) i0(x), which does not overflow; int -> float.")
i1 = unary(bessel.i1, doc="The modified Bessel function I1; int -> float.")
i1e = unary(bessel.i1e, doc="exp(-|x|) i1(x), which does not overflow; int -> float.")
k0 = unary(bessel.k0, doc="The modified Bessel function K0 of x > 0; int -> float. inf at 0, NaN below.")
k1 = unary(bessel.k1, doc="The modified Bessel function K1 of x > 0; int -> float. inf at 0, NaN below.")
k0e = unary(bessel.k0e, doc="exp(x) K0(x), which does not underflow; int -> float.")
k1e = unary(bessel.k1e, doc="exp(x) K1(x), which does not underflow; int -> float.")
bessel_j0 = unary(bessel.bessel_j0, doc="The Bessel function J0; int -> float.")
bessel_j1 = unary(bessel.bessel_j1, doc="The Bessel function J1; int -> float.")
bessel_y0 = unary(bessel.bessel_y0, doc="The Bessel function Y0 of x > 0; int -> float. -inf at 0, NaN below.")
bessel_y1 = unary(bessel.bessel_y1, doc="The Bessel function Y1 of x > 0; int -> float. -inf at 0, NaN below.")
airy_ai = unary(bessel.airy_ai, doc="Airy's function Ai; int -> float.")
ndtr = unary(gauss.ndtr, doc="The share of the standard normal distribution below x; int -> float.")
ndtri = unary(gauss.ndtri, doc="The inverse of ndtr: -inf at 0, inf at 1, NaN outside; int -> float.")
log_ndtr = unary(gauss.log_ndtr, doc="log(ndtr(x)) without underflow; int -> float.")
entr = unary(gauss.entr, doc="-x log(x); 0 at 0 and -inf below; int -> float.")
xlog1py = binary(gauss.xlog1py, doc="input * log1p(other); 0 where `input` is 0, unless `other` is NaN.")
_zeta = binary(gauss.zeta)


def erfcx(input: Any) -> Any:
    """exp(x²) erfc(x), which does not underflow; int -> float."""
    return apply(gauss.erfcx, floating(input))


def zeta(input: Any, other: Any) -> Any:
    """Hurwitz's zeta function, the sum over k >= 0 of (k + other)^-input; int -> float.

    Differentiable by `other`; an `input` that requires grad raises NoRuleError.
    """
    if isinstance(input, Core) and input._node is not None:
        raise NoRuleError("special.zeta: there is no derivative by the first argument; pass input.detach()")
    return _zeta(input, other)


def _incomplete(name: str, input: Any, other: Any, **settings: Any) -> Any:
    a, x = floating(input), floating(other)
    common_shape(name, a._array.shape, x._array.shape)
    return apply(importlib.import_module("autograd.ops.incomplete").gammainc, a, x, **settings)


def igamma(input: Any, other: Any) -> Any:
    """The regularised incomplete gamma function P(input, other): the Gamma distribution's share below; int -> float."""
    return _incomplete("igamma", input, other)


def igammac(input: Any, other: Any) -> Any:
    """1 - igamma(input, other), with full precision where that is tiny."""
    return _incomplete("igammac", input, other, upper=True)


def spherical_bessel_j0(input: Any) -> Any:
    """sin(x) / x, and 1 at 0; int -> float."""
    return apply(bessel.spherical_j0, floating(input))


# --------------------------------------------------------------------------------------------------- polynomials


HIGHEST = 100_000
"""The highest degree of the polynomials."""


def _polynomial(
    name: str, doc: str, first: Callable[[Any], Any], step: Callable[[Any, Any, Any, int], Any], shifted: bool = False
) -> Any:
    """The polynomials p_0 = 1, p_1 = first(x), p_(k+1) = step(x, p_k, p_(k-1), k)."""

    def function(input: Any, n: Any) -> Any:
        x = floating(input)
        x = 2 * x - 1 if shifted else x
        degrees = np.trunc(array_of(n)).astype(int64)
        shape = common_shape(name, x._array.shape, degrees.shape)
        highest = int(degrees.max(initial=-1))
        if highest > HIGHEST:
            raise SettingError(
                f"{name}: wanted degrees up to {HIGHEST:,}, which are computed one after the other, got {highest}"
            )
        x = x.expand(shape)
        degrees = np.broadcast_to(degrees, shape)
        total = apply(zero_at, x, index=...)  # also at infinity
        before, here = total + 1, first(x)
        for k in range(highest + 1):
            found = before if k == 0 else here
            total = total.where(wrap(degrees != k), found)
            if k:
                before, here = here, step(x, here, before, k)
        return total

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"""{doc} of degree n, by their recurrence; n and x are broadcast; int -> float.

    n   an int, or a Tensor of them, rounded towards 0: a constant. Below 0 the value is 0
    """
    return function


def _chebyshev(x: Any, here: Any, before: Any, k: int) -> Any:
    return 2 * x * here - before


_FIRST: dict[str, Callable[[Any], Any]] = {
    "t": lambda x: x,
    "u": lambda x: 2 * x,
    "v": lambda x: 2 * x - 1,
    "w": lambda x: 2 * x + 1,
}
_KINDS = {"t": "first", "u": "second", "v": "third", "w": "fourth"}
chebyshev_polynomial_t, chebyshev_polynomial_u, chebyshev_polynomial_v, chebyshev_polynomial_w = (
    _polynomial(
        f"chebyshev_polynomial_{kind}", f"Chebyshev's polynomials of the {_KINDS[kind]} kind", _FIRST[kind], _chebyshev
    )
    for kind in "tuvw"
)
(
    shifted_chebyshev_polynomial_t,
    shifted_chebyshev_polynomial_u,
    shifted_chebyshev_polynomial_v,
    shifted_chebyshev_polynomial_w,
) = (
    _polynomial(
        f"shifted_chebyshev_polynomial_{kind}",
        f"Chebyshev's polynomials of the {_KINDS[kind]} kind, at 2 x - 1,",
        _FIRST[kind],
        _chebyshev,
        True,
    )
    for kind in "tuvw"
)
hermite_polynomial_h = _polynomial(
    "hermite_polynomial_h",
    "Hermite's polynomials (of physicists)",
    lambda x: 2 * x,
    lambda x, here, before, k: 2 * (x * here - k * before),
)
hermite_polynomial_he = _polynomial(
    "hermite_polynomial_he",
    "Hermite's polynomials (of probability)",
    lambda x: x * 1,
    lambda x, here, before, k: x * here - k * before,
)
laguerre_polynomial_l = _polynomial(
    "laguerre_polynomial_l",
    "Laguerre's polynomials",
    lambda x: 1 - x,
    lambda x, here, before, k: ((2 * k + 1 - x) * here - k * before) / (k + 1),
)
legendre_polynomial_p = _polynomial(
    "legendre_polynomial_p",
    "Legendre's polynomials",
    lambda x: x * 1,
    lambda x, here, before, k: ((2 * k + 1) * x * here - k * before) / (k + 1),
)
