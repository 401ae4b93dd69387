"""Programs of research: what people write with `torch.func`, in small.

Any may be read first:

per_sample.py    gradients of single examples          curvature.py    kernels, Hessians, products with them
physics.py       equations, flows, simulations         many.py         ensembles, learning to learn, optimisers
data.py          numbers, the same in every library

The rule: each file has `ALL`, functions that take nothing and return a list of Tensors in double precision.
"""

NAMES = ("per_sample", "curvature", "physics", "many")
