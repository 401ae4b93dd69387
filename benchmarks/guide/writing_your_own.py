"""
Writing an operation, a layer, a kernel
=======================================

An operation is a function on arrays, and beside it one rule per input: from the cotangent of the result to that
of the input. Second derivatives, checks, compiling and export come from that.
"""

# %%
# An operation
# ------------
#
# ``softsign`` is x / (1 + abs(x)). The parameters of the rule say what is kept until ``backward``: here ``x``.

import numpy as np

import autograd
import nn
from autograd.extend import op, operand, shape_of

softsign = op(
    "softsign_of_the_guide",
    lambda x: x / (1 + np.abs(x)),
    dx=lambda dz, x: dz / np.square(1 + np.abs(x)),
)

x = autograd.tensor([-2.0, 0.5, 3.0], requires_grad=True)
softsign(x).sum().backward()
print(x.grad)

# %%
# Rules are written in NumPy's functions, which take Tensors too. So derivatives of derivatives need nothing more.
# The checker knows the operation at once:

report = autograd.check_grads(lambda x: softsign(x), autograd.randn(4, 3), second_order=True)
print(report)

# %%
# A rule that keeps less is better. The result ``z`` is x / (1 + abs(x)), so 1 - abs(z) is 1 / (1 + abs(x)): the
# rule can ask for ``z`` instead, which exists anyway.

lean = op(
    "lean_softsign_of_the_guide",
    lambda x: x / (1 + np.abs(x)),
    dx=lambda dz, z: dz * np.square(1 - np.abs(z)),
)
print(autograd.check_grads(lambda x: lean(x), autograd.randn(4, 3)).headline())

# %%
# A layer
# -------
#
# A layer holds parameters and calls operations. It checks what it is given, so that an error names it:

from autograd.errors import ShapeError


class Scaled(nn.Module):
    """z = softsign(x * scale), a learned scale for each column.

    x (N, columns) -> (N, columns).
    """

    def __init__(self, columns):
        super().__init__()
        self.scale = nn.Parameter(autograd.ones(columns))

    def forward(self, input):
        x = operand(input, "Scaled")  # a Tensor, an array, or lists of numbers
        if shape_of(x)[-1] != shape_of(self.scale)[0]:
            raise ShapeError(f"Scaled: wanted (N, {shape_of(self.scale)[0]}), got {shape_of(x)}")
        return lean(x * self.scale)


layer = Scaled(3)
print(autograd.check_grads(layer, autograd.randn(5, 3)).headline())
try:
    layer(autograd.randn(5, 4))
except ShapeError as error:
    print(error)

# %%
# A kernel
# --------
#
# Where NumPy needs several passes over memory, or cannot do it at all, a loop helps. ``kernel`` compiles it when it
# is first called, and keeps the code for later processes. This one counts, along a row, how long the current run of
# positive numbers is; with NumPy that takes tricks:

from kernels.machine.jit import kernel


@kernel
def run_lengths(x, z):
    """z[i, j] = how many of x[i, :j + 1], counted back from j, are positive without a break."""
    for i in range(x.shape[0]):
        length = 0
        for j in range(x.shape[1]):
            length = length + 1 if x[i, j] > 0 else 0
            z[i, j] = length


def weighed(x):
    """Each number times the length of the run that it ends."""
    lengths = np.empty_like(x)
    run_lengths(np.ascontiguousarray(x), lengths)
    return x * lengths, lengths


# %%
# The forward function returns what only the rule needs (``keeps``), so nothing is computed twice. Such a rule sees
# arrays alone; second derivatives are those of the ``formula``, which does the same with other operations:


def formula(x):
    lengths = weighed(np.asarray(autograd.as_tensor(x).detach()))[1]
    return x * lengths


weighed_runs = op(
    "weighed_runs_of_the_guide",
    weighed,
    keeps=("lengths",),
    formula=formula,
    dx=lambda dz, lengths: dz * lengths,
)
print(weighed_runs(autograd.tensor([[1.0, 2.0, -1.0, 3.0, 1.0]])))
print(autograd.check_grads(lambda x: weighed_runs(x), autograd.randn(4, 6), second_order=True).headline())

# %%
# An operation of the library itself is declared in the same way, in its family's file in ``autograd/ops``; the
# page "Adding an operation" lists the three places. Where the gradient is meant to be another one than the
# derivative, or the forward pass is no function on arrays, there is ``autograd.Function``, as in PyTorch.
