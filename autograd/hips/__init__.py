"""Programs written for HIPS/autograd: NumPy arrays in, NumPy arrays out, the same records in between.

    import autograd.numpy as np
    from autograd import grad

    boxes.py         ArrayBox: what a function that is being differentiated gets for an array    read this first
    wrapped.py       functions of NumPy that take such values: what `autograd.numpy` consists of
    operators.py     grad, jacobian, hessian and their relatives, for functions of arrays
    primitives.py    `primitive` and `defvjp`: functions of one's own, with their rules
    spaces.py        `vspace`: arithmetic with arrays, and nests of arrays
    containers.py    tuples, lists and dictionaries that hold such values
    checking.py      check_grads for functions of arrays

The rule: everything is computed by Tensors; boxes say it in NumPy's words, and nothing else. The modules under the
names that those programs import, `autograd.numpy`, `.scipy`, `.extend`, `.misc` and so on, take what they offer from
here. PyTorch's Tensor knows nothing of it.
"""
