"""The functions of SciPy's that people differentiate: special functions, distributions, convolution, solvers.

    special.py     special functions    read this first
    stats/         densities and distribution functions
    signal.py      convolution
    linalg.py      solvers of linear equations
    integrate.py   ordinary differential equations

They take arrays and the values that a function sees while it is being differentiated, and need no SciPy, but for few:
those say so, and `pip install 'wengert[scipy]'` brings it. The rule: SciPy's names
and arguments; formulas are written with `autograd.numpy`, and have their derivatives from there.
"""

from . import integrate, linalg, signal, special, stats

__all__ = ["integrate", "linalg", "signal", "special", "stats"]
