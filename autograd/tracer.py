"""Questions about values that are differentiated, for programs written for HIPS/autograd."""

from .hips.boxes import ArrayBox
from .hips.boxes import ArrayBox as Box
from .hips.primitives import getval, isbox, notrace_primitive, primitive

__all__ = ["ArrayBox", "Box", "getval", "isbox", "notrace_primitive", "primitive"]
