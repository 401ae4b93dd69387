"""Derivatives of functions of NumPy arrays, where programs written for HIPS/autograd import them from."""

from .hips import OPERATORS as _OPERATORS
from .later import later as _later

__all__ = sorted(_OPERATORS)

_later(__name__, _OPERATORS)
