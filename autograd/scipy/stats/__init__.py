"""Densities and distribution functions under the names of `scipy.stats`, a file per distribution.

    norm.py                               read this first
    t.py gamma.py beta.py chi2.py expon.py
    poisson.py bernoulli.py               of counts
    dirichlet.py multivariate_normal.py   of vectors

The rule: what has no rule here, such as `rvs`, is SciPy's own.
"""

from . import bernoulli, beta, chi2, dirichlet, expon, gamma, multivariate_normal, norm, poisson, t

__all__ = ["bernoulli", "beta", "chi2", "dirichlet", "expon", "gamma", "multivariate_normal", "norm", "poisson", "t"]
