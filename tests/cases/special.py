"""Special functions, against their integrals, which the trapezoidal rule gives to the last digits."""

import math
from statistics import NormalDist

import numpy as np

from autograd import special
from autograd.tensors.run import apply

from .case import Case, positive, probability, real, unit
from .elementwise import _unary, wide

_HALF = (np.arange(400) + 0.5) * (math.pi / 400)
_LINE = np.arange(0, 12, 0.01)
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(120)
_TURN = (_NODES + 1) * math.pi / 2


def _i(order, scale=0):
    return lambda x: (np.exp(x[..., None] * np.cos(_HALF) - scale * np.abs(x[..., None])) * np.cos(order * _HALF)).mean(
        -1
    )


def _k(order, scaled=False):
    def reference(x):
        with np.errstate(over="ignore", under="ignore"):
            y = np.exp(-x[..., None] * (np.cosh(_LINE) - scaled)) * np.cosh(order * _LINE)
        return 0.01 * (y.sum(-1) - y[..., 0] / 2)

    return reference


def _j(order):
    return lambda x: np.cos(order * _HALF - x[..., None] * np.sin(_HALF)).mean(-1)


def _y(order):
    def reference(x):
        first = (np.sin(x[..., None] * np.sin(_TURN) - order * _TURN) * _WEIGHTS).sum(-1) / 2
        t = np.arange(0, 8, 0.0005)
        with np.errstate(over="ignore", under="ignore"):
            e = (np.exp(order * t) + (-1) ** order * np.exp(-order * t)) * np.exp(-x[..., None] * np.sinh(t))
        # Simpson's rule
        total = (e[..., 0] + e[..., -2] + 4 * e[..., 1:-2:2].sum(-1) + 2 * e[..., 2:-2:2].sum(-1)) * 0.0005 / 3
        return first - total / math.pi

    return reference


def _airy(slope):
    """The power series."""

    def reference(x):
        f, g = np.ones_like(x), x.copy()
        df, dg = np.zeros_like(x), np.ones_like(x)
        a, b = np.ones_like(x), x.copy()
        for k in range(1, 60):
            da, db = a * x * x / (3 * k - 1), b * x * x / (3 * k)
            a, b = a * x**3 / ((3 * k - 1) * 3 * k), b * x**3 / (3 * k * (3 * k + 1))
            f, g, df, dg = f + a, g + b, df + da, dg + db
        c1, c2 = 3 ** (-2 / 3) / math.gamma(2 / 3), 3 ** (-1 / 3) / math.gamma(1 / 3)
        return c1 * df - c2 * dg if slope else c1 * f - c2 * g

    return reference


def _slope(x):
    from autograd.ops.bessel import airy_ai_slope

    return apply(airy_ai_slope, x)


_erfc = np.vectorize(math.erfc, otypes=[float])
_normal = np.vectorize(lambda x: NormalDist().inv_cdf(x), otypes=[float])


def _ndtr(x):
    return _erfc(-x / math.sqrt(2)) / 2


def _zeta(x, q):
    x, q = np.broadcast_arrays(x, q)
    end = q + 3000
    head = ((q[..., None] + np.arange(3000)) ** -x[..., None]).sum(-1)
    return head + end ** (1 - x) / (x - 1) + end**-x / 2 + x * end ** (-x - 1) / 12


CASES = [
    *_unary("i0", special.i0, np.i0, wide),
    *_unary("i1", special.i1, _i(1), wide),
    *_unary("i0e", special.i0e, _i(0, 1), real),
    *_unary("i1e", special.i1e, _i(1, 1), real),
    *_unary("k0", special.modified_bessel_k0, _k(0), positive),
    *_unary("k1", special.modified_bessel_k1, _k(1), positive),
    *_unary("k0e", special.scaled_modified_bessel_k0, _k(0, True), positive),
    *_unary("k1e", special.scaled_modified_bessel_k1, _k(1, True), positive),
    *_unary("bessel_j0", special.bessel_j0, _j(0), wide),
    *_unary("bessel_j1", special.bessel_j1, _j(1), wide),
    *_unary("bessel_y0", special.bessel_y0, _y(0), positive),
    *_unary("bessel_y1", special.bessel_y1, _y(1), positive),
    *_unary("airy_ai", special.airy_ai, _airy(False), wide),
    *_unary("airy_ai_slope", _slope, _airy(True), wide),
    *_unary("spherical_j0", special.spherical_bessel_j0, lambda x: np.sinc(x / math.pi), wide),
    *_unary("erfcx", special.erfcx, lambda x: np.exp(x * x) * _erfc(x), real),
    *_unary("ndtr", special.ndtr, _ndtr, wide),
    *_unary("log_ndtr", special.log_ndtr, lambda x: np.log(_ndtr(x)), wide),
    *_unary("ndtri", special.ndtri, _normal, probability),
    *_unary("entr", special.entr, lambda x: -x * np.log(x), positive),
    *[
        Case("xlog1py", special.xlog1py, shapes, reference=lambda x, y: x * np.log1p(y), domain=unit)
        for shapes in (((2, 3), (2, 3)), ((2, 1), (3,)), ((), ()), ((0, 3), (3,)))
    ],
    *[
        Case("zeta", lambda q: special.zeta(2.5, q), (shape,), {}, lambda q: _zeta(np.array(2.5), q), positive)
        for shape in ((2, 3), (1,), (0, 2))
    ],
    *[
        Case("mul", special.legendre_polynomial_p, ((2, 3),), {"n": n}, lambda x, n: np.polynomial.Legendre.basis(n)(x))
        for n in (0, 1, 2, 5)
    ],
    Case("mul", special.hermite_polynomial_h, ((3,),), {"n": 4}, lambda x, n: np.polynomial.Hermite.basis(n)(x)),
    Case("mul", special.hermite_polynomial_he, ((3,),), {"n": 4}, lambda x, n: np.polynomial.HermiteE.basis(n)(x)),
    Case("mul", special.laguerre_polynomial_l, ((3,),), {"n": 4}, lambda x, n: np.polynomial.Laguerre.basis(n)(x)),
    Case("mul", special.chebyshev_polynomial_t, ((3,),), {"n": 4}, lambda x, n: np.polynomial.Chebyshev.basis(n)(x)),
]
