"""Functions of NumPy's that run on Tensors as compositions of operations. Imported when one of them is first needed.

    moving.py        functions that only move elements: append, insert, split, all by one rule    read this first
    elementwise.py   cbrt, modf, real and others, element by element
    statistics.py    average, percentile, cov, histogram, and those that leave NaN out
    ufuncs.py        reduce, accumulate, outer, reduceat and at of ufuncs
    padding.py       pad in all its modes
    calculus.py      gradient, interp, convolve, polynomials
    matrices.py      numpy.linalg's names, and products of stacks of vectors
    constants.py     functions whose results have no gradient: they get the arrays
    arguments.py     arguments as Tensors and as arrays

Each has NumPy's signature and says with `@implements` which function it runs.
The rule: they call NumPy's functions and operations on Tensors only, so that all of them can be differentiated again.
"""

from . import calculus, constants, elementwise, matrices, moving, padding, statistics, ufuncs
