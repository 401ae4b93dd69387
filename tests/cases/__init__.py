"""The table of operations to check: one file per family, one row per way to call an op."""

from . import activation, conv, elementwise, index, linalg, loss, norm, pool, recurrent, reduce, shape, special
from .case import Case

CASES: list[Case] = [
    *elementwise.CASES,
    *activation.CASES,
    *reduce.CASES,
    *shape.CASES,
    *index.CASES,
    *linalg.CASES,
    *loss.CASES,
    *conv.CASES,
    *pool.CASES,
    *norm.CASES,
    *recurrent.CASES,
    *special.CASES,
]
