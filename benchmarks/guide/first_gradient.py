"""
Your first gradient
===================

A *gradient* says how much a number changes when each of the numbers that it was computed from changes a little.
This page computes some, looks at how they come about, and ends with a line that has learned where to lie.
"""

# %%
# A Tensor is an array that can be asked for its gradient. Say so when you make it:

import autograd

x = autograd.tensor([1.0, 2.0, 3.0], requires_grad=True)
y = (x * x).sum()
y

# %%
# ``y`` is 1 + 4 + 9. Its derivative by each element of ``x`` is twice this element. ``backward`` computes it, and
# puts it where you find it:

y.backward()
print(x.grad)

# %%
# **How does it know?** While your program ran, every operation was written down: which one it was, what went in,
# and what its derivative will need. That list is called the *tape*. ``backward`` reads it from its end. Here is the
# tape of a slightly longer program, before it is read:

w = autograd.tensor([0.5, -1.0, 2.0], requires_grad=True)
loss = ((w * x).tanh() - 1).square().sum()
print(autograd.tape())

# %%
# ``a`` and ``b`` are the Tensors that want a gradient; ``%0`` is the result of line 0; ``_`` is a constant. Behind
# the shape stand the bytes that are kept until ``backward`` has used them, and the line of your program.
#
# After ``backward`` the tape is empty:

loss.backward()
print(w.grad)
print(len(autograd.tape()), "records left")

# %%
# **Gradients add up.** A second ``backward`` adds to ``.grad``: that is how gradients of several batches are
# accumulated. Whoever wants a fresh one clears it first.

w.grad = None
for factor in (1.0, 2.0):
    (factor * w).sum().backward()
print(w.grad)

# %%
# **Is it right?** Differences tell: move an element a little, and see how far the result moves. ``check_grads``
# does that for every operation on the way and for the whole, with an error bar on each slope:

report = autograd.check_grads(lambda w: ((w * x.detach()).tanh() - 1).square().sum(), w)
print(report.headline())

# %%
# **A line that learns.** Gradient descent is a loop: compute a loss, ask for its gradient, take a small step
# against it. These points lie around the line 2 t - 1, and the two numbers ``slope`` and ``shift`` are to find that
# out.

import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(0)
t = rng.uniform(-1, 1, size=60).astype(np.float32)
target = (2 * t - 1 + 0.2 * rng.standard_normal(60)).astype(np.float32)

slope = autograd.tensor(0.0, requires_grad=True)
shift = autograd.tensor(0.0, requires_grad=True)
losses = []
for _step in range(60):
    loss = (slope * t + shift - target).square().mean()
    loss.backward()
    losses.append(loss.item())
    with autograd.no_grad():  # what follows is bookkeeping, and not to be written down
        for parameter in (slope, shift):
            parameter -= 0.3 * parameter.grad
            parameter.grad = None
print(f"slope {slope.item():.2f}, shift {shift.item():.2f}")

# %%

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained")
left.plot(losses)
left.set(xlabel="step", ylabel="mean squared error", yscale="log")
right.scatter(t, target, s=8)
right.plot([-1, 1], [-slope.item() + shift.item(), slope.item() + shift.item()], color="C1")
right.set(xlabel="t", ylabel="target, and the line that was found")
plt.show()

# %%
# **Higher derivatives.** ``grad`` of a function is a function, and can be differentiated again:

from autograd.func import grad

print([f(autograd.tensor(2.0)).item() for f in (grad(lambda t: t**3), grad(grad(lambda t: t**3)))])

# %%
# Next: what the tape is, and an engine like this one in a hundred lines.
