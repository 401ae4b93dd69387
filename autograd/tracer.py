"""Questions about values that are differentiated, and what a function computes as nodes: for programs written for
HIPS/autograd."""

from .hips.boxes import ArrayBox
from .hips.kinds import Box
from .hips.primitives import getval, isbox, notrace_primitive, primitive
from .later import later as _later
from .util import subval, subvals, toposort

__all__ = [
    "ArrayBox",
    "Box",
    "getval",
    "isbox",
    "notrace_primitive",
    "primitive",
    "subval",
    "subvals",
    "toposort",
    *(_LATER := {"Node": "autograd.hips.nodes:Node", "trace": "autograd.hips.nodes:trace"}),
]

_later(__name__, _LATER)
