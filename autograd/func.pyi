"""The names of autograd.func, for type checkers. Written by `python -m tests.stubs`."""

from .curvature import fvp as fvp
from .curvature import gnvp as gnvp
from .curvature import hvp as hvp
from .directional import jvp as jvp
from .directional import linearize as linearize
from .jacobians import hessian as hessian
from .jacobians import jacfwd as jacfwd
from .jacobians import jacrev as jacrev
from .mapping import vmap as vmap
from .transforms import grad as grad
from .transforms import grad_and_value as grad_and_value
from .transforms import value_and_grad as value_and_grad
from .transforms import vjp as vjp
from nn.utils import functional_call as functional_call
from nn.utils.old import replace_all_batch_norm_modules_ as replace_all_batch_norm_modules_
from nn.utils import stack_module_state as stack_module_state
