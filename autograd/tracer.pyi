"""The names of autograd.tracer, for type checkers. Written by `python -m tests.stubs`."""

from .hips.boxes import ArrayBox as ArrayBox
from .hips.kinds import Box as Box
from .hips.primitives import getval as getval
from .hips.primitives import isbox as isbox
from .hips.primitives import notrace_primitive as notrace_primitive
from .hips.primitives import primitive as primitive
from .util import subval as subval
from .util import subvals as subvals
from .util import toposort as toposort
from autograd.hips.nodes import Node as Node
from autograd.hips.nodes import trace as trace
