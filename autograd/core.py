"""What programs written for HIPS/autograd import from its core: products with Jacobians, and rules."""

from .hips.primitives import primitive
from .hips.rules import (
    def_linear,
    defjvp,
    defjvp_argnum,
    defjvp_argnums,
    defvjp,
    defvjp_argnum,
    defvjp_argnums,
)
from .hips.rules import forward_rules as primitive_jvps
from .hips.rules import rules as primitive_vjps
from .hips.spaces import VSpace, vspace
from .hips.walks import make_jvp_of as make_jvp
from .hips.walks import make_vjp_of as make_vjp
from .tracer import Box, getval, isbox

__all__ = [
    "Box",
    "VSpace",
    "def_linear",
    "defjvp",
    "defjvp_argnum",
    "defjvp_argnums",
    "defvjp",
    "defvjp_argnum",
    "defvjp_argnums",
    "getval",
    "isbox",
    "make_jvp",
    "make_vjp",
    "primitive",
    "primitive_jvps",
    "primitive_vjps",
    "vspace",
]
