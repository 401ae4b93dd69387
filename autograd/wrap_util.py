"""`unary_to_nary`: operators on functions of one argument, made to take any; for programs written for HIPS/autograd."""

from .hips.operators import unary_to_nary

__all__ = ["unary_to_nary"]
