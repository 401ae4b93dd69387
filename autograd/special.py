"""Special functions under the names of `torch.special`. All take integers as the default floating dtype.

In float64 they are precise to a few units in the last place. float32 stays float32, computed in double precision.
All are differentiable any number of times, but for `zeta` by its first argument.
"""

from __future__ import annotations

from .later import later
from .tensors import Tensor
from .tensors.elementwise import polygamma
from .tensors.out import takes_out
from .tensors.special import (
    airy_ai,
    bessel_j0,
    bessel_j1,
    bessel_y0,
    bessel_y1,
    chebyshev_polynomial_t,
    chebyshev_polynomial_u,
    chebyshev_polynomial_v,
    chebyshev_polynomial_w,
    entr,
    erfcx,
    hermite_polynomial_h,
    hermite_polynomial_he,
    i0,
    i0e,
    i1,
    i1e,
    laguerre_polynomial_l,
    legendre_polynomial_p,
    log_ndtr,
    ndtr,
    ndtri,
    shifted_chebyshev_polynomial_t,
    shifted_chebyshev_polynomial_u,
    shifted_chebyshev_polynomial_v,
    shifted_chebyshev_polynomial_w,
    spherical_bessel_j0,
    xlog1py,
    zeta,
)
from .tensors.special import i0 as modified_bessel_i0
from .tensors.special import i1 as modified_bessel_i1
from .tensors.special import igamma as gammainc
from .tensors.special import igammac as gammaincc
from .tensors.special import k0 as modified_bessel_k0
from .tensors.special import k0e as scaled_modified_bessel_k0
from .tensors.special import k1 as modified_bessel_k1
from .tensors.special import k1e as scaled_modified_bessel_k1
from .tensors.variants import log_softmax, softmax

__all__ = [
    "airy_ai", "bessel_j0", "bessel_j1", "bessel_y0", "bessel_y1", "chebyshev_polynomial_t", "chebyshev_polynomial_u",
    "chebyshev_polynomial_v", "chebyshev_polynomial_w", "digamma", "entr", "erf", "erfc", "erfcx", "erfinv", "exp2",
    "expit", "expm1", "gammainc", "gammaincc", "gammaln", "hermite_polynomial_h", "hermite_polynomial_he", "i0", "i0e",
    "i1", "i1e", "laguerre_polynomial_l", "legendre_polynomial_p", "log1p", "log_ndtr", "log_softmax", "logit",
    "logsumexp", "modified_bessel_i0", "modified_bessel_i1", "modified_bessel_k0", "modified_bessel_k1",
    "multigammaln", "ndtr", "ndtri", "polygamma", "psi", "round", "scaled_modified_bessel_k0",
    "scaled_modified_bessel_k1", "shifted_chebyshev_polynomial_t", "shifted_chebyshev_polynomial_u",
    "shifted_chebyshev_polynomial_v", "shifted_chebyshev_polynomial_w", "sinc", "softmax", "spherical_bessel_j0",
    "xlog1py", "xlogy", "zeta",
]  # fmt: skip

digamma = psi = Tensor.digamma
erf = Tensor.erf
erfc = Tensor.erfc
erfinv = Tensor.erfinv
exp2 = Tensor.exp2
expit = Tensor.sigmoid
expm1 = Tensor.expm1
gammaln = Tensor.lgamma
log1p = Tensor.log1p
logit = Tensor.logit
logsumexp = Tensor.logsumexp
multigammaln = Tensor.mvlgamma
round = Tensor.round
sinc = Tensor.sinc
xlogy = Tensor.xlogy

for _name in __all__:
    globals()[_name] = takes_out(globals()[_name])


later(__name__)
