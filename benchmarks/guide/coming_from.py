"""
Coming from PyTorch, from HIPS/autograd, from NumPy
===================================================

What you know already, and what is different.
"""

# %%
# From PyTorch
# ------------
#
# Change the imports. Names, shapes, defaults and messages are PyTorch's, as far as a program stays on the CPU and on
# floating point Tensors:
#
# ====================================================  =====================================
# there                                                 here
# ====================================================  =====================================
# ``import torch``                                      ``import autograd as torch``
# ``import torch.nn as nn``                             ``import nn``
# ``import torch.nn.functional as F``                   ``import nn.functional as F``
# ``import torch.optim as optim``                       ``import nn.optim as optim``
# ``import torchvision.transforms as T``                ``import nn.data.transforms as T``
# ``from torch.utils.data import DataLoader``           ``from nn.data import DataLoader``
# ``from torch.func import grad``                       ``from autograd.func import grad``
# ====================================================  =====================================
#
# Or put ``autograd`` in the place of ``torch`` everywhere: ``import autograd.nn as nn`` is the same as ``import nn``.

import autograd as torch

torch.manual_seed(0)
model = torch.nn.Sequential(torch.nn.Linear(2, 16), torch.nn.Tanh(), torch.nn.Linear(16, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
x = torch.rand(64, 2)
y = (x[:, :1] * x[:, 1:]).sin()
for _step in range(100):
    loss = torch.nn.functional.mse_loss(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(f"{loss.item():.1e}")

# %%
# **What is not here says so**, in one sentence, with what to use instead:

try:
    torch.quantize_per_tensor
except AttributeError as error:
    print(error)

# %%
# **What is stricter.** A gradient is never lost without a word. A number that leaves the tape by ``item()`` is
# meant; a whole array that leaves it by NumPy is more likely a mistake:

import numpy as np

w = torch.tensor([1.0, 2.0], requires_grad=True)
try:
    np.asarray(w)
except RuntimeError as error:
    print(error)
print(np.asarray(w.detach()), np.exp(w))

# %%
# From HIPS/autograd
# ------------------
#
# The import name is the same, and so are the names behind it: a program that says ``import autograd.numpy as np`` and
# ``from autograd import grad`` runs. Functions take NumPy arrays, floats, and nests of them, and so do their
# derivatives; inside, values have NumPy's methods.

import autograd.numpy as anp
from autograd import elementwise_grad, jacobian, make_jvp
from autograd import grad as gradient
from autograd.extend import defvjp, primitive


def tanh(x):
    y = anp.exp(-2.0 * x)
    return (1.0 - y) / (1.0 + y)


print(gradient(tanh)(1.0), gradient(gradient(tanh))(1.0))
print(elementwise_grad(tanh)(np.array([-1.0, 0.0, 1.0])))
print(jacobian(lambda x: anp.outer(x, x).sum(axis=0))(np.array([1.0, 2.0])))
print(make_jvp(tanh)(0.5)(1.0))


@primitive
def cube(x):
    return x**3


defvjp(cube, lambda ans, x: lambda g: 3.0 * x**2 * g)
print(gradient(cube)(2.0))

# %%
# ``autograd.scipy`` has the special functions, distributions and solvers that HIPS/autograd differentiates, most of
# them without SciPy. ``scipy.optimize.minimize(f, x0, jac=grad(f), hess=hessian(f))`` takes our derivatives.
# ``autograd.grad`` looks at what it is given: Tensors, or a function.
#
# What differs. Complex numbers are refused with that word, and so is ``holomorphic_grad``. Forward mode uses the rules
# of ``defvjp``, and those of ``defjvp`` where there are no others. ``autograd.tracer.trace`` makes its nodes when the
# function has returned. ``const_graph`` runs the function each time. Inside a function that is differentiated, tuples,
# lists and dictionaries are Python's own. An array of integers is differentiated as the numbers that it holds. The
# second derivative of ``multivariate_normal`` by the covariance is a symmetric matrix
# here, and is not in HIPS/autograd, where only its products with symmetric directions mean something; these agree. The
# error that names the wrong operation (``check_grads`` on Tensors) and the tape are there for these programs, too.
# ``python -m tests.hips --peer PYTHON`` compares 1,331 values and derivatives with HIPS/autograd in an environment of
# its own. The test suites of lifelines 0.30 and autograd-gamma 0.5 give the same results on both, and so does that of
# pymanopt 2.2 but for its three tests with complex numbers.
#
# Derivatives of functions of Tensors, as in JAX
# ----------------------------------------------
#
# These are in ``autograd.func``: ``grad``, ``value_and_grad`` by ``grad_and_value``, ``jacrev``,
# ``jacfwd``, ``hessian``, ``vjp``, ``jvp``, ``vmap``. They nest. NumPy's functions take Tensors:

from autograd.func import grad, hessian, vmap


def energy(x):
    return np.sum(np.sin(x) ** 2)


point = torch.tensor([0.3, 1.0])
print(grad(energy)(point))
print(hessian(energy)(point))
print(vmap(grad(energy))(torch.stack([point, 2 * point])))

# %%
# From NumPy
# ----------
#
# Indexing, broadcasting and the names of axes are NumPy's; reductions take ``axis`` and ``keepdims`` as well as
# ``dim`` and ``keepdim``. What differs: numbers with a point are float32 unless they come from a float64 array, and
# a Tensor that requires grad cannot be overwritten where a gradient still needs what was there. The message names
# both lines:

a = torch.tensor(np.arange(6.0).reshape(2, 3), requires_grad=True)
print(a.dtype, a.sum(axis=0, keepdims=True).shape, np.mean(a).item())

b = torch.tensor([1.0, 2.0], requires_grad=True)
c = b * 1
d = c * c
c += 1
try:
    d.sum().backward()
except RuntimeError as error:
    print(error)

# %%
# From the array API standard
# ---------------------------
#
# ``x.__array_namespace__()`` is the standard's namespace for Tensors, and ``array_api_compat.array_namespace(x)`` finds
# it: a library that is written for no particular array type runs on Tensors, gradients included.


def softmax(x):
    xp = x.__array_namespace__()
    shifted = xp.exp(x - xp.max(x, axis=-1, keepdims=True))
    return shifted / xp.sum(shifted, axis=-1, keepdims=True)


scores = torch.tensor([0.5, -1.0, 2.0], requires_grad=True)
softmax(scores)[2].backward()
print(scores.grad)

# %%
# What does not follow the standard: complex numbers and ``fft`` are missing; ``x.size`` is PyTorch's method
# (``math.prod(x.shape)`` is the same in both); ``unique_all``, ``unique_counts``, ``unique_inverse`` and
# ``unique_values`` refuse Tensors that require grad, and so does ``from_dlpack``, until they are detached; an operation
# between integers and a number with a point, which the standard leaves open, gives PyTorch's float32.
