"""Transforms of functions: `grad`, `vjp`, `jvp`, `linearize`, `jacrev`, `jacfwd`, `hessian`, `vmap`. They nest freely.

`hvp`, `gnvp` and `fvp` are products with matrices of second derivatives that are never made.

    d3 = grad(grad(grad(lambda x: x**4)))

What they do stands in transforms.py (reverse mode), directional.py (forward mode), jacobians.py, curvature.py,
mapping.py (`vmap`) and tracing.py (what they record on).
"""

from .curvature import fvp, gnvp, hvp
from .directional import jvp, linearize
from .jacobians import hessian, jacfwd, jacrev
from .later import later as _later
from .mapping import vmap
from .transforms import grad, grad_and_value, value_and_grad, vjp

__all__ = [
    "functional_call",
    "fvp",
    "gnvp",
    "grad",
    "grad_and_value",
    "hessian",
    "hvp",
    "jacfwd",
    "jacrev",
    "jvp",
    "linearize",
    "replace_all_batch_norm_modules_",
    "stack_module_state",
    "value_and_grad",
    "vjp",
    "vmap",
]

_later(
    __name__,
    {
        "functional_call": "nn.utils:functional_call",
        "replace_all_batch_norm_modules_": "nn.utils.old:replace_all_batch_norm_modules_",
        "stack_module_state": "nn.utils:stack_module_state",
    },
)  # what PyTorch has here and we in `nn.utils`
