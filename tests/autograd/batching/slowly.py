"""`autograd.func` as one would first write it: loops over slices, and walks back that are recorded.

Nothing here knows of batches or of forward mode: it is what these are held against.
"""

from __future__ import annotations

import autograd
from autograd.func import functional_call, stack_module_state
from autograd.tracing import leaves_of, rebuild

__all__ = ["functional_call", "stack_module_state"]


def _variable(x):
    return x * 1 if x.requires_grad else x.detach().requires_grad_()


def _traced(args, argnums):
    args = list(args)
    for k in (argnums,) if isinstance(argnums, int) else argnums:
        args[k] = rebuild(args[k], [_variable(x) for x in leaves_of(args[k])])
    return args, args[argnums] if isinstance(argnums, int) else tuple(args[k] for k in argnums)


def _pulled(outputs, seeds, inputs):
    pairs = [(z, u) for z, u in zip(outputs, seeds, strict=True) if z.requires_grad]
    if not pairs:
        return [autograd.zeros_like(x) for x in inputs]
    options = {"create_graph": True, "allow_unused": True, "materialize_grads": True}
    return list(autograd.grad([z for z, _ in pairs], inputs, [u for _, u in pairs], **options))


def grad_and_value(func, argnums=0):
    def run(*args):
        args, chosen = _traced(args, argnums)
        value = func(*args)
        grads = _pulled([value], [autograd.ones_like(value)], leaves_of(chosen))
        return rebuild(chosen, grads), value

    return run


def grad(func, argnums=0):
    both = grad_and_value(func, argnums)
    return lambda *args: both(*args)[0]


def vjp(func, *primals):
    args = rebuild(primals, [_variable(x) for x in leaves_of(primals)])
    outputs = func(*args)

    def pull(*cotangents):
        return rebuild(args, _pulled(leaves_of(outputs), leaves_of(cotangents), leaves_of(args)))

    return outputs, pull


def jvp(func, primals, tangents):
    """Pulled back twice."""
    args = rebuild(primals, [_variable(x) for x in leaves_of(primals)])
    outputs = func(*args)
    probes = [autograd.zeros_like(z).detach().requires_grad_() for z in leaves_of(outputs)]
    back = _pulled(leaves_of(outputs), probes, leaves_of(args))
    moved = _pulled(back, leaves_of(tangents), probes)
    return outputs, rebuild(outputs, moved)


def linearize(func, *primals):
    return func(*primals), lambda *tangents: jvp(func, primals, tangents)[1]


def jacrev(func, argnums=0):
    """One walk back for each element of each result."""

    def run(*args):
        args, chosen = _traced(args, argnums)
        outputs, inputs = func(*args), leaves_of(chosen)
        jacobians = []
        for z in leaves_of(outputs):
            units = autograd.eye(z.numel(), dtype=z.dtype).reshape(z.numel(), *z.shape)
            rows = [_pulled([z], [u], inputs) for u in units]
            parts = [autograd.stack(list(g)).reshape(*z.shape, *x.shape) for g, x in zip(zip(*rows), inputs)]
            jacobians.append(rebuild(chosen, parts))
        return rebuild(outputs, jacobians)

    return run


jacfwd = jacrev


def hessian(func, argnums=0):
    return jacrev(jacrev(func, argnums), argnums)


def _spread(dims, tree):
    if dims is None or isinstance(dims, int):
        return [dims] * len(leaves_of(tree))
    parts = tree.values() if isinstance(tree, dict) else tree
    dims = [dims[key] for key in tree] if isinstance(tree, dict) else dims
    return [dim for d, part in zip(dims, parts, strict=True) for dim in _spread(d, part)]


def vmap(func, in_dims=0, out_dims=0, chunk_size=None):
    """A loop."""

    def run(*args):
        dims, leaves = _spread(in_dims, args), leaves_of(args)
        (size,) = {x.shape[dim] for x, dim in zip(leaves, dims, strict=True) if dim is not None}
        results = [
            func(*rebuild(args, [x if d is None else x.select(d, i) for x, d in zip(leaves, dims, strict=True)]))
            for i in range(size)
        ]
        outs = _spread(out_dims, results[0])
        columns = zip(*[leaves_of(result) for result in results], strict=True)
        return rebuild(results[0], [autograd.stack(list(z), dim) for z, dim in zip(columns, outs, strict=True)])

    return run
