"""The names of autograd.differential_operators, for type checkers. Written by `python -m tests.stubs`."""

from autograd.hips.operators import checkpoint as checkpoint
from autograd.hips.operators import deriv as deriv
from autograd.hips.operators import elementwise_grad as elementwise_grad
from autograd.hips.operators import grad as grad
from autograd.hips.operators import grad_and_aux as grad_and_aux
from autograd.hips.operators import grad_named as grad_named
from autograd.hips.operators import hessian as hessian
from autograd.hips.products import hessian_tensor_product as hessian_tensor_product
from autograd.hips.products import hessian_vector_product as hessian_vector_product
from autograd.hips.operators import holomorphic_grad as holomorphic_grad
from autograd.hips.operators import jacobian as jacobian
from autograd.hips.products import make_ggnvp as make_ggnvp
from autograd.hips.products import make_hvp as make_hvp
from autograd.hips.products import make_jvp as make_jvp
from autograd.hips.products import make_jvp_reversemode as make_jvp_reversemode
from autograd.hips.products import make_vjp as make_vjp
from autograd.hips.operators import multigrad_dict as multigrad_dict
from autograd.hips.products import tensor_jacobian_product as tensor_jacobian_product
from autograd.hips.operators import value_and_grad as value_and_grad
from autograd.hips.products import vector_jacobian_product as vector_jacobian_product
