"""Checking gradients: `check_grads` names the operation that is wrong, `check_derivation` checks one made by hand."""

from .checker import check_grads
from .claim import Worst
from .compat import gradcheck, gradgradcheck
from .derivation import check_derivation, eval_numerical_gradient, eval_numerical_gradient_array, rel_error
from .report import GradReport, InputResult, RecordResult
