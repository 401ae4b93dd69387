"""The Tensor: a file for each family of methods, and one that puts them together.

    core.py            an array and a node: what a Tensor is made of                           read this first
    tensor.py          the class, out of the families below
    run.py             how an op runs on Tensors and gets onto the tape: `apply`; views.py: the same for views
    calls.py           functions and operators that run one op; promotion.py: the dtype of their result
    method.py          what makes a function a method, under PyTorch's and NumPy's spellings; numpy_protocol.py
    rewrite.py         writing into a Tensor's memory, and what follows; inplace.py: the methods that do
    hooks.py untracked.py uninitialized.py    hooks, lost gradients, lazy layers

    elementwise.py piecewise.py activation.py special.py               methods that compute element by element
    reduce.py scan.py sort.py statistics.py                            along dimensions
    shape.py join.py stacking.py repeat.py pad.py dims.py diagonal.py layout.py    that rearrange
    index.py scatter.py                                                that pick and place
    linalg.py products.py norms.py einsum.py solve.py decompose.py     matrices
    convert.py data.py new.py options.py                               from and to numbers, arrays, dtypes
    generator.py random_fill.py                                        random numbers
    display.py results.py                                              as text; results that have names
    arithmetic.py out.py variants.py later.py rare/                    what few programs use

The rule: a method checks its arguments in PyTorch's words and applies ops; mathematics and derivatives are in
`autograd.ops`.
"""

from .hooks import Handle
from .tensor import GradFn, Size, Tensor

__all__ = ["GradFn", "Handle", "Size", "Tensor"]
