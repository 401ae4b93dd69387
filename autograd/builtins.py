"""Tuples, lists and dictionaries of values that are differentiated, for programs written for HIPS/autograd."""

from .hips.containers import DictBox, SequenceBox, dict, isinstance, list, tuple, type

__all__ = ["DictBox", "SequenceBox", "dict", "isinstance", "list", "tuple", "type"]
