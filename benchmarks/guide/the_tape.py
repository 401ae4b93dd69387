"""
The tape, and an engine in a hundred lines
==========================================

Reverse mode is one idea: a program that computes a loss is a list of small steps, and each step has a
derivative that is one line. This page follows the list in both directions, first by hand, then in a small
engine, then here.
"""

# %%
# **By hand.** Take ``loss = (x * w).tanh().sum()``. Written as a list, each line naming its result:

import numpy as np

x, w = np.array([0.5, -1.0]), np.array([2.0, 1.5])
a = x * w
b = np.tanh(a)
loss = b.sum()
print(loss)

# %%
# Now walk back from the last line to the first. For each result write ``d_...``: by how much the loss grows with
# each of its elements. This number has a name, the *cotangent*. The loss grows with itself by one; each line's
# derivative carries it on to the line's inputs:

d_loss = 1.0
d_b = d_loss * np.ones_like(b)  # the sum: each element counts once
d_a = d_b * (1 - b * b)  # tanh: its result is all that the rule needs
d_x = d_a * w  # the product: the other factor
d_w = d_a * x
print(d_x, d_w)

# %%
# Two things can be seen. Each rule asks for something of the way there (``b``, ``w``, ``x``): that must be kept.
# And no line needs a cotangent of a line above it: one walk is enough. Where a value is used twice, what comes from
# both uses is added.
#
# **In a hundred lines.** ``benchmarks/courses/hundred_lines.py`` is this, as a program: an ``Op`` with its rules, a
# ``Record`` that keeps what the rules ask for, the tape, and the walk back. Its operations are declared like this:

import inspect
import re

from benchmarks.courses import hundred_lines


def declarations(module, *names):
    """The statements of a module that declare these operations."""
    statements = re.split(r"\n(?=[\w@#])", inspect.getsource(module))
    return [text.strip() for text in statements if text.startswith(tuple(f"{name} = op" for name in names))]


print("\n".join(declarations(hundred_lines, "mul", "tanh", "relu")))

# %%
# And this is the walk back, whole:

print(inspect.getsource(hundred_lines.backward))

# %%
# It computes what we have computed by hand:

small_x = hundred_lines.Tensor(x, requires_grad=True)
small_w = hundred_lines.Tensor(w, requires_grad=True)
hundred_lines.backward(hundred_lines.tanh(small_x * small_w).sum())
print(small_x.grad, small_w.grad)

# %%
# **Here.** The library declares its operations in the same way, in ``autograd/ops``, a file per family. The
# parameters of a rule say what is kept: ``mul`` keeps the other factor, ``tanh`` its result.

import autograd
from autograd.ops import elementwise

print("\n".join(declarations(elementwise, "mul", "tanh", "exp")))

# %%
# The tape of the same program, with the values that went in and came out, read forward and backward:

tx = autograd.tensor(x, requires_grad=True)
tw = autograd.tensor(w, requires_grad=True)
result = (tx * tw).tanh().sum()
print(autograd.tape())
result.backward()
print(tx.grad.numpy(), tw.grad.numpy())

# %%
# **The list as a program.** ``capture`` keeps the list, way there and way back, as an object that can be printed, run
# again and written out as NumPy. This file needs no library: it is what one hands in.

program = autograd.capture(lambda x, w: (x * w).tanh().sum(), tx, tw)
print(program.source())

# %%
# Next: derive a layer by hand, and find the mistake in it.
