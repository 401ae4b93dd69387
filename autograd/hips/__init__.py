"""Programs written for HIPS/autograd: NumPy arrays in, NumPy arrays out, the same records in between.

    import autograd.numpy as np
    from autograd import grad

    boxes.py         ArrayBox: what a function that is being differentiated gets for an array    read this first
    arrays.py        what it has of NumPy's array without making boxes
    kinds.py         Box: what it shares with boxes of values that are no arrays
    direct.py        the straight way through the commonest functions
    wrapped.py       functions of NumPy that take such values: what `autograd.numpy` consists of
    walks.py         such a function, run on boxes and walked back
    operators.py     grad, jacobian, hessian and their relatives, for functions of arrays
    products.py      products with Jacobians and Hessians
    primitives.py    `primitive`: functions of one's own
    rules.py         `defvjp` and its relatives: their rules
    spaces.py        `vspace`: arithmetic with arrays, and nests of arrays
    nodes.py         `trace`: what a function computes, as nodes of a class of the program's own
    helpers.py       `autograd.util`
    containers.py    tuples, lists and dictionaries that hold such values
    checking.py      check_grads for functions of arrays

The rule: everything is computed by Tensors; boxes say it in NumPy's words, and nothing else. The modules under the
names that those programs import, `autograd.numpy`, `.scipy`, `.extend`, `.misc` and so on, take what they offer from
here. PyTorch's Tensor knows nothing of it.
"""

from ..later import files as _files

OPERATORS = {
    name: place
    for name, place in _files(
        "autograd.hips",
        operators="checkpoint deriv elementwise_grad grad grad_and_aux grad_named hessian holomorphic_grad jacobian "
        "multigrad_dict value_and_grad",
        products="hessian_tensor_product hessian_vector_product make_ggnvp make_hvp make_jvp make_jvp_reversemode "
        "make_vjp tensor_jacobian_product vector_jacobian_product",
    ).items()
    if ":" in place
}
"""Name -> where it stands, of what `autograd` and `autograd.differential_operators` have from here."""
