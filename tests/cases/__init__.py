"""The table of operations to check: one file per family, one row per way to call an op.

    case.py            what a row is                                                           read this first
    elementwise.py activation.py reduce.py shape.py index.py linalg.py    the families
    loss.py conv.py pool.py norm.py recurrent.py special.py

The rule: an operation without a row here is checked at its example in `autograd.examples`; rows add further ways to
call one, further domains and sizes, and references.
"""

from nn.examples import examples

from . import activation, conv, elementwise, index, linalg, loss, norm, pool, recurrent, reduce, shape, special
from .case import Case, of_example

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

_COVERED = {case.covers for case in CASES}
CASES += [case for example in examples().values() if example.op not in _COVERED for case in of_example(example)]
