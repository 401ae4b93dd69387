"""Checking gradients: `check_grads` names the operation that is wrong, `check_derivation` checks one made by hand.

    checker.py         check_grads                                                             read this first
    differences.py     slopes from differences, with an error bar
    compare.py         a claimed gradient, by elements; judging.py: along one direction; claim.py: what is checked
    recording.py       a run, so that each operation can run again on its own; world.py: what it reaches besides
    records.py         each operation's rule; wiring.py: the sums between them
    hints.py           what the mistake looks like; formulas.py, classics.py: where a formula goes astray
    report.py          objects, table, picture
    derivation.py compat.py    gradients by hand, CS231n's helpers; PyTorch's gradcheck

The rule: what is right is decided by differences of the forward functions alone, never by a rule of the library; and
each finding comes with its error bar.
"""

from .checker import check_grads
from .claim import Worst
from .compat import gradcheck, gradgradcheck
from .derivation import check_derivation, eval_numerical_gradient, eval_numerical_gradient_array, rel_error
from .report import GradReport, InputResult, RecordResult

__all__ = [
    "GradReport",
    "InputResult",
    "RecordResult",
    "Worst",
    "check_derivation",
    "check_grads",
    "eval_numerical_gradient",
    "eval_numerical_gradient_array",
    "gradcheck",
    "gradgradcheck",
    "rel_error",
]
