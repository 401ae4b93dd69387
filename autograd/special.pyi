"""The names of autograd.special, for type checkers. Written by `python -m tests.stubs`."""

import builtins
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Literal, Self, TypeVar, overload

import numpy as np
from numpy import ndarray as Array

from autograd.tensors.decompose import EighResult, LstsqResult, QRResult, SVDResult
from autograd.tensors.rare.factors import LUFactorExResult, LUFactorResult, LUResult
from autograd.tensors.results import MinMax, ValuesIndices
from autograd.tensors.solve import SlogdetResult
from autograd.tensors.rare.systems import CholeskyExResult, InvExResult, SolveExResult

from autograd.tensors import Tensor
def airy_ai(input: Any, *, out: Any = None) -> Tensor:
    """Airy's function Ai; int -> float."""
def bessel_j0(input: Any, *, out: Any = None) -> Tensor:
    """The Bessel function J0; int -> float."""
def bessel_j1(input: Any, *, out: Any = None) -> Tensor:
    """The Bessel function J1; int -> float."""
def bessel_y0(input: Any, *, out: Any = None) -> Tensor:
    """The Bessel function Y0 of x > 0; int -> float. -inf at 0, NaN below."""
def bessel_y1(input: Any, *, out: Any = None) -> Tensor:
    """The Bessel function Y1 of x > 0; int -> float. -inf at 0, NaN below."""
def chebyshev_polynomial_t(input: Any, n: Any, *, out: Any = None) -> Tensor:
    """Chebyshev's polynomials of the first kind of degree n, by their recurrence; n and x are broadcast; int -> float."""
def chebyshev_polynomial_u(input: Any, n: Any, *, out: Any = None) -> Tensor:
    """Chebyshev's polynomials of the second kind of degree n, by their recurrence; n and x are broadcast; int -> float."""
def chebyshev_polynomial_v(input: Any, n: Any, *, out: Any = None) -> Tensor:
    """Chebyshev's polynomials of the third kind of degree n, by their recurrence; n and x are broadcast; int -> float."""
def chebyshev_polynomial_w(input: Any, n: Any, *, out: Any = None) -> Tensor:
    """Chebyshev's polynomials of the fourth kind of degree n, by their recurrence; n and x are broadcast; int -> float."""
def digamma(input: Any, *, out: Any = None) -> Tensor:
    """The derivative of lgamma; int -> float. NaN at -1, -2 ..., -inf at 0."""
def entr(input: Any, *, out: Any = None) -> Tensor:
    """-x log(x); 0 at 0 and -inf below; int -> float."""
def erf(input: Any, *, out: Any = None) -> Tensor:
    """Error function: 2 / sqrt(pi) times the integral of exp(-t²) from 0 to x. Relative error 1e-15; float32: 4e-7."""
def erfc(input: Any, *, out: Any = None) -> Tensor:
    """1 - erf(x), with full relative precision where that is tiny. float32 is computed in double precision."""
def erfcx(input: Any, *, out: Any = None) -> Tensor:
    """exp(x²) erfc(x), which does not underflow; int -> float."""
def erfinv(input: Any, *, out: Any = None) -> Tensor:
    """The number whose erf is x: an estimate of S. Winitzki (2008), improved by Halley's iteration."""
def exp2(input: Any, *, out: Any = None) -> Tensor:
    """2 to the power x; int -> float."""
def expit(input: Any, *, out: Any = None) -> Tensor:
    """1 / (1 + exp(-x)) without overflow, precise also where it is tiny."""
def expm1(input: Any, *, out: Any = None) -> Tensor:
    """exp(x) - 1, exact for small x; int -> float."""
def gammainc(input: Any, other: Any, *, out: Any = None) -> Tensor:
    """The regularised incomplete gamma function P(input, other): the Gamma distribution's share below; int -> float."""
def gammaincc(input: Any, other: Any, *, out: Any = None) -> Tensor:
    """1 - igamma(input, other), with full precision where that is tiny."""
def gammaln(input: Any, *, out: Any = None) -> Tensor:
    """log |gamma(x)|; int -> float. inf at 0, -1, -2 ..."""
def hermite_polynomial_h(input: Any, n: Any, *, out: Any = None) -> Tensor:
    """Hermite's polynomials (of physicists) of degree n, by their recurrence; n and x are broadcast; int -> float."""
def hermite_polynomial_he(input: Any, n: Any, *, out: Any = None) -> Tensor:
    """Hermite's polynomials (of probability) of degree n, by their recurrence; n and x are broadcast; int -> float."""
def i0(input: Any, *, out: Any = None) -> Tensor:
    """The modified Bessel function I0; int -> float. Its derivative is i1."""
def i0e(input: Any, *, out: Any = None) -> Tensor:
    """exp(-|x|) i0(x), which does not overflow; int -> float."""
def i1(input: Any, *, out: Any = None) -> Tensor:
    """The modified Bessel function I1; int -> float."""
def i1e(input: Any, *, out: Any = None) -> Tensor:
    """exp(-|x|) i1(x), which does not overflow; int -> float."""
def laguerre_polynomial_l(input: Any, n: Any, *, out: Any = None) -> Tensor:
    """Laguerre's polynomials of degree n, by their recurrence; n and x are broadcast; int -> float."""
def legendre_polynomial_p(input: Any, n: Any, *, out: Any = None) -> Tensor:
    """Legendre's polynomials of degree n, by their recurrence; n and x are broadcast; int -> float."""
def log1p(input: Any, *, out: Any = None) -> Tensor:
    """log(1 + x), exact for small x; int -> float."""
def log_ndtr(input: Any, *, out: Any = None) -> Tensor:
    """log(ndtr(x)) without underflow; int -> float."""
def log_softmax(input: Any, dim: Any, dtype: Any = None, *, out: Any = None) -> Tensor:
    """The logarithm of the softmax along `dim`; see `Tensor.log_softmax`."""
def logit(input: Any, eps: builtins.float | None = None, *, out: Any = None) -> Tensor:
    """log(x / (1 - x)), the inverse of sigmoid. `eps`: move x into eps .. 1 - eps first."""
@overload
def logsumexp(input: Any, dim: Any, keepdim: builtins.bool = False, *, keepdims: builtins.bool = False, out: Any = None) -> Tensor: ...
@overload
def logsumexp(input: Any, *, axis: Any, keepdim: builtins.bool = False, keepdims: builtins.bool = False, out: Any = None) -> Tensor: ...
def modified_bessel_i0(input: Any, *, out: Any = None) -> Tensor:
    """The modified Bessel function I0; int -> float. Its derivative is i1."""
def modified_bessel_i1(input: Any, *, out: Any = None) -> Tensor:
    """The modified Bessel function I1; int -> float."""
def modified_bessel_k0(input: Any, *, out: Any = None) -> Tensor:
    """The modified Bessel function K0 of x > 0; int -> float. inf at 0, NaN below."""
def modified_bessel_k1(input: Any, *, out: Any = None) -> Tensor:
    """The modified Bessel function K1 of x > 0; int -> float. inf at 0, NaN below."""
def multigammaln(input: Any, p: builtins.int, *, out: Any = None) -> Tensor:
    """The logarithm of the gamma function in p dimensions: of x > (p - 1) / 2, as in the Wishart distribution."""
def ndtr(input: Any, *, out: Any = None) -> Tensor:
    """The share of the standard normal distribution below x; int -> float."""
def ndtri(input: Any, *, out: Any = None) -> Tensor:
    """The inverse of ndtr: -inf at 0, inf at 1, NaN outside; int -> float."""
def polygamma(n: builtins.int, input: Any, *, out: Any = None) -> Tensor:
    """The derivative number `n` of digamma; int -> float. NaN at -1, -2 ... where it has infinities of both signs."""
def psi(input: Any, *, out: Any = None) -> Tensor:
    """The derivative of lgamma; int -> float. NaN at -1, -2 ..., -inf at 0."""
def round(input: Any, *, decimals: builtins.int = 0, out: Any = None) -> Tensor:
    """Rounded to `decimals` places, halves to even. Gradient 0."""
def scaled_modified_bessel_k0(input: Any, *, out: Any = None) -> Tensor:
    """exp(x) K0(x), which does not underflow; int -> float."""
def scaled_modified_bessel_k1(input: Any, *, out: Any = None) -> Tensor:
    """exp(x) K1(x), which does not underflow; int -> float."""
def shifted_chebyshev_polynomial_t(input: Any, n: Any, *, out: Any = None) -> Tensor:
    """Chebyshev's polynomials of the first kind, at 2 x - 1, of degree n, by their recurrence; n and x are broadcast; int -> float."""
def shifted_chebyshev_polynomial_u(input: Any, n: Any, *, out: Any = None) -> Tensor:
    """Chebyshev's polynomials of the second kind, at 2 x - 1, of degree n, by their recurrence; n and x are broadcast; int -> float."""
def shifted_chebyshev_polynomial_v(input: Any, n: Any, *, out: Any = None) -> Tensor:
    """Chebyshev's polynomials of the third kind, at 2 x - 1, of degree n, by their recurrence; n and x are broadcast; int -> float."""
def shifted_chebyshev_polynomial_w(input: Any, n: Any, *, out: Any = None) -> Tensor:
    """Chebyshev's polynomials of the fourth kind, at 2 x - 1, of degree n, by their recurrence; n and x are broadcast; int -> float."""
def sinc(input: Any, *, out: Any = None) -> Tensor:
    """sin(pi x) / (pi x), and 1 at 0; int -> float. All derivatives are precise near 0."""
def softmax(input: Any, dim: Any, dtype: Any = None, *, out: Any = None) -> Tensor:
    """exp(x) / sum(exp(x)) along `dim`, without overflow; see `Tensor.softmax`."""
def spherical_bessel_j0(input: Any, *, out: Any = None) -> Tensor:
    """sin(x) / x, and 1 at 0; int -> float."""
def xlog1py(input: Any, other: Any, *, out: Any = None) -> Tensor:
    """input * log1p(other); 0 where `input` is 0, unless `other` is NaN."""
def xlogy(input: Any, other: Any, *, out: Any = None) -> Tensor:
    """input * log(other); 0 where `input` is 0, unless `other` is NaN."""
def zeta(input: Any, other: Any, *, out: Any = None) -> Tensor:
    """Hurwitz's zeta function, the sum over k >= 0 of (k + other)^-input; int -> float."""
