"""Special functions under the names of `scipy.special`, of arrays; `autograd.special` has those of Tensors."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as _np

from .. import numpy as np
from .. import special as _special
from ..hips.boxes import box, holds, plain, stacked, tensors
from ..hips.primitives import primitive
from ..hips.rules import defvjp
from ..modes import no_grad
from ..numpy.numpy_vjps import unbroadcast
from ..tensors.core import operand

__all__ = [
    "beta", "betainc", "betaln", "digamma", "entr", "erf", "erfc", "erfcinv", "erfcx", "erfinv", "expit",
    "gamma", "gammainc", "gammaincc", "gammaln", "gammasgn", "i0", "i0e", "i1", "i1e", "iv", "ive", "j0", "j1",
    "jn", "log_ndtr", "log_softmax", "loggamma", "logit", "logsumexp", "multigammaln", "ndtr", "ndtri",
    "polygamma", "psi", "rgamma", "sinc", "softmax", "xlog1py", "xlogy", "y0", "y1", "yn", "zeta",
]  # fmt: skip


def scipy(module: str) -> ModuleType:
    """A module of SciPy's; where it is not installed, an error that says what to do."""
    try:
        return importlib.import_module(f"scipy.{module}")
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"autograd.scipy: this function needs SciPy: pip install 'wengert[scipy]' ({error})"
        ) from None


def rest(module: str, name: str = "") -> Callable[[str], Any]:
    """A module's `__getattr__`: what has no rule here is SciPy's own, for plain arrays."""

    def find(wanted: str) -> Any:
        if wanted.startswith("__"):
            raise AttributeError(wanted)
        try:
            theirs = scipy(module)
        except ModuleNotFoundError as error:
            raise AttributeError(f"autograd.scipy.{module} has no rule for {wanted!r}. {error}") from None
        return getattr(getattr(theirs, name) if name else theirs, wanted)

    return find


def on_values(function: Callable[..., Any], name: str = "") -> Callable[..., Any]:
    """A function of Tensors as one of arrays, numbers and values that gradients depend on."""

    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        given = [stacked(tensors(x)) if isinstance(x, (list, tuple)) else tensors(x) for x in args]
        given = [operand(x if isinstance(x, _np.ndarray) else _np.asarray(x)) if _number(x) else x for x in given]
        if holds(args):
            return box(function(*given, **kwargs))
        with no_grad():
            return box(function(*given, **kwargs))

    run.__name__ = name or function.__name__
    return run


def _number(x: Any) -> bool:
    return isinstance(x, (_np.ndarray, _np.generic, float, int)) and not isinstance(x, bool)


psi = digamma = on_values(_special.digamma, "digamma")
gammaln = loggamma = on_values(_special.gammaln, "gammaln")
gammainc = on_values(_special.gammainc, "gammainc")
gammaincc = on_values(_special.gammaincc, "gammaincc")
erf = on_values(_special.erf, "erf")
erfc = on_values(_special.erfc, "erfc")
erfcx = on_values(_special.erfcx, "erfcx")
erfinv = on_values(_special.erfinv, "erfinv")
expit = on_values(_special.expit, "expit")
logit = on_values(_special.logit, "logit")
entr = on_values(_special.entr, "entr")
xlogy = on_values(_special.xlogy, "xlogy")
xlog1py = on_values(_special.xlog1py, "xlog1py")
zeta = on_values(_special.zeta, "zeta")
ndtr = on_values(_special.ndtr, "ndtr")
ndtri = on_values(_special.ndtri, "ndtri")
log_ndtr = on_values(_special.log_ndtr, "log_ndtr")
i0 = on_values(_special.i0, "i0")
i1 = on_values(_special.i1, "i1")
i0e = on_values(_special.i0e, "i0e")
i1e = on_values(_special.i1e, "i1e")
j0 = on_values(_special.bessel_j0, "j0")
j1 = on_values(_special.bessel_j1, "j1")
y0 = on_values(_special.bessel_y0, "y0")
y1 = on_values(_special.bessel_y1, "y1")
sinc = on_values(_special.sinc, "sinc")


def polygamma(n: Any, x: Any) -> Any:
    """The n-th derivative of digamma; the gradient is that by x."""
    return on_values(lambda x: _special.polygamma(int(n), x), "polygamma")(x)


def multigammaln(a: Any, d: int) -> Any:
    """The logarithm of the multivariate gamma function of dimension d."""
    return on_values(lambda a: _special.multigammaln(a, int(d)), "multigammaln")(a)


def gammasgn(x: Any) -> Any:
    """The sign of the gamma function; flat wherever it has a derivative."""
    x = _np.asarray(plain(x))
    return _np.where((x < 0) & (_np.floor(x) % 2 == 1), -1.0, 1.0)[()]


def gamma(x: Any) -> Any:
    """The gamma function."""
    return gammasgn(x) * np.exp(gammaln(x))


def rgamma(x: Any) -> Any:
    """1 / gamma(x)."""
    return gammasgn(x) * np.exp(-gammaln(x))


def betaln(a: Any, b: Any) -> Any:
    """log |beta(a, b)|."""
    return gammaln(a) + gammaln(b) - gammaln(a + b)


def beta(a: Any, b: Any) -> Any:
    """gamma(a) gamma(b) / gamma(a + b)."""
    return gammasgn(a) * gammasgn(b) * gammasgn(a + b) * np.exp(betaln(a, b))


def erfcinv(x: Any) -> Any:
    """The inverse of erfc, precise near 0."""
    return ndtri(0.5 * x) * (-(0.5**0.5))


def logsumexp(a: Any, axis: Any = None, b: Any = None, keepdims: bool = False, return_sign: bool = False) -> Any:
    """log(sum(b exp(a))) without overflow; with `return_sign` also the sign of the sum, of whose size it is the log."""
    a = np.asarray(a)
    top = np.max(plain(a), axis=axis, keepdims=True)
    top = _np.where(_np.isfinite(top), top, 0.0)
    parts = np.exp(a - top) if b is None else b * np.exp(a - top)
    total = np.sum(parts, axis=axis, keepdims=keepdims)
    sign = _np.sign(plain(total))
    shift = top if keepdims else _np.squeeze(top, axis=None if axis is None else axis)
    with _np.errstate(divide="ignore"):
        if return_sign:
            return np.log(sign * total) + shift, sign
        return np.log(total) + shift


def softmax(x: Any, axis: Any = None) -> Any:
    """exp(x) / sum(exp(x)) along `axis`."""
    return np.exp(log_softmax(x, axis))


def log_softmax(x: Any, axis: Any = None) -> Any:
    """x - logsumexp(x) along `axis`."""
    return x - logsumexp(x, axis, keepdims=True)


# ------------------------------------------------------------------------------------------- values that SciPy computes


@primitive
def betainc(a: Any, b: Any, x: Any) -> Any:
    """The regularised incomplete beta function; the gradient is that by x. Needs SciPy."""
    return scipy("special").betainc(a, b, x)


def _betainc_by_x(ans: Any, a: Any, b: Any, x: Any) -> Callable[[Any], Any]:
    return lambda g: unbroadcast(g * np.exp(xlogy(a - 1, x) + xlog1py(b - 1, -x) - betaln(a, b)), x)


defvjp(betainc, _betainc_by_x, argnums=(2,))


def _of_order(name: str, doc: str, slope: Callable[[Any, Any, Any], Any]) -> Any:
    @primitive
    def run(n: Any, x: Any) -> Any:
        return getattr(scipy("special"), name)(n, x)

    run.__name__, run.__doc__ = name, f"{doc} of order n; the gradient is that by x. Needs SciPy."  # type: ignore[attr-defined]
    defvjp(run, lambda ans, n, x: lambda g: unbroadcast(g * slope(ans, n, x), x), argnums=(1,))
    return run


jn: Any = _of_order("jn", "Bessel function of the first kind", lambda _, n, x: (jn(n - 1, x) - jn(n + 1, x)) / 2)
yn: Any = _of_order("yn", "Bessel function of the second kind", lambda _, n, x: (yn(n - 1, x) - yn(n + 1, x)) / 2)
iv: Any = _of_order("iv", "Modified Bessel function", lambda _, n, x: (iv(n - 1, x) + iv(n + 1, x)) / 2)
ive: Any = _of_order(
    "ive",
    "iv(n, x) exp(-|x|)",
    lambda z, n, x: (ive(n - 1, x) + ive(n + 1, x)) / 2 - z * np.sign(x),
)

__getattr__ = rest("special")
