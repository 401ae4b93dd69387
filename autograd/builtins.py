"""Tuples, lists and dictionaries of values that are differentiated, for programs written for HIPS/autograd."""

from .hips.containers import dict, isinstance, list, tuple, type

__all__ = ["dict", "isinstance", "list", "tuple", "type"]
