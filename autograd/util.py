"""Small helpers that programs written for HIPS/autograd import."""

from .hips.checking import quick_grad_check
from .hips.helpers import func, subval, subvals, toposort

__all__ = ["func", "quick_grad_check", "subval", "subvals", "toposort"]
