"""
Derive a layer by hand, and check it
====================================

Courses ask for gradients on paper: dense, softmax, batch norm, convolution. Here such a derivation is checked,
and a mistake in it is named.
"""

# %%
# **Batch norm.** Each column is brought to mean 0 and deviation 1:

import numpy as np


def normalise(x):
    return (x - x.mean(0)) / np.sqrt(x.var(0) + 1e-5)


# %%
# The derivation on paper goes through three ways in which an element of ``x`` matters: directly, through the mean,
# and through the deviation. Somebody has forgotten the last one:


def by_hand(x, dz):
    s = np.sqrt(x.var(0) + 1e-5)
    return ((dz - dz.mean(0)) / s,)


import autograd

rng = np.random.default_rng(0)
x = rng.standard_normal((8, 4))
report = autograd.check_derivation(normalise, [x], by_hand)
print(report)

# %%
# The third way is proportional to ``x`` less its mean, which the checker has recognised in the error. With it:


def by_hand(x, dz):
    s = np.sqrt(x.var(0) + 1e-5)
    z = (x - x.mean(0)) / s
    return ((dz - dz.mean(0) - z * (dz * z).mean(0)) / s,)


print(autograd.check_derivation(normalise, [x], by_hand))

# %%
# **What a mistake looks like.** Slopes from differences say *that* a gradient is wrong; the ratio of claim and
# slope, and the places where they differ, often say *what* is wrong. The classic ones:


def softmax(x):
    e = np.exp(x - x.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


mistakes = {
    "relu without its mask": (lambda x: np.maximum(x, 0), lambda x, dz: (dz,)),
    "softmax's diagonal alone": (softmax, lambda x, dz: (dz * softmax(x) * (1 - softmax(x)),)),
    "a sum for a mean": (lambda x: x.mean(0), lambda x, dz: (np.broadcast_to(dz, x.shape),)),
    "derivative at the result": (np.sin, lambda x, dz: (dz * np.cos(np.sin(x)),)),
}
for name, (function, rule) in mistakes.items():
    found = autograd.check_derivation(function, [x], rule)
    print(f"{name}:\n    {found.inputs[0].hint}")

# %%
# **A layer inside a network.** An ``autograd.Function`` brings its own gradient. ``check_grads`` checks every
# operation of the network on its own, so it says which one is wrong, and at which line:


class Tanh(autograd.Function):
    @staticmethod
    def forward(ctx, x):
        z = x.tanh()
        ctx.save_for_backward(z)
        return z

    @staticmethod
    def backward(ctx, dz):
        (z,) = ctx.saved_tensors
        return dz * (1 - z)  # 1 - z * z was meant


def network(x, v, w):
    return (Tanh.apply(x @ v) @ w).square().mean()


inputs = [autograd.tensor(rng.standard_normal(shape)) for shape in ((5, 3), (3, 4), (4, 2))]
print(autograd.check_grads(network, inputs))

# %%
# The derivations that courses ask for stand worked out in ``benchmarks/courses/derivations``, beside the mistakes
# that are made in them.
