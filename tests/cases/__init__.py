"""The table of operations to check: one file per family, one row per way to call an op."""

from . import activation, elementwise, index, linalg, loss, reduce, shape
from .case import Case

CASES: list[Case] = [
    *elementwise.CASES,
    *activation.CASES,
    *reduce.CASES,
    *shape.CASES,
    *index.CASES,
    *linalg.CASES,
    *loss.CASES,
]
