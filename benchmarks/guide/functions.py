"""
Many derivatives at once
========================

``vmap`` runs a function once for all examples, ``grad`` and ``jvp`` differentiate it, and they nest in any order. Five
things that people do with them.
"""

# %%
# Which labels are wrong?
# -----------------------
#
# The gradient of a single example says how much the network would have to change to please it. Of 3,000 digits, 40 get
# a wrong label here. After some training, many of the largest gradients belong to them:

import numpy as np

import autograd
import nn
from autograd.func import functional_call, grad, jacrev, jvp, stack_module_state, vmap
from nn.data import Glyphs

F = nn.functional
autograd.manual_seed(0)
images, targets = Glyphs(count=3000).tensors()
images, labels = images.flatten(1), np.array(targets.numpy())
wrong = np.random.default_rng(0).permutation(3000)[:40]
labels[wrong] = (labels[wrong] + 1) % 10
labels = autograd.tensor(labels)

model = nn.Sequential(nn.Linear(images.shape[1], 64), nn.Tanh(), nn.Linear(64, 10))
optimizer = nn.optim.AdamW(model.parameters(), lr=0.003, weight_decay=1.0)
for _step in range(200):
    optimizer.zero_grad()
    F.cross_entropy(model(images), labels).backward()
    optimizer.step()


def gradient(parameters, image, label):
    return grad(lambda p: F.cross_entropy(functional_call(model, p, (image[None],)), label[None]))(parameters)


def norm(parameters, image, label):
    return sum((g**2).sum() for g in gradient(parameters, image, label).values()).sqrt()


parameters = {name: p.detach() for name, p in model.named_parameters()}
norms = vmap(norm, in_dims=(None, 0, 0), chunk_size=100)(parameters, images, labels)
suspects = norms.argsort(descending=True)[:60].tolist()
print(f"{len(set(suspects) & set(wrong.tolist()))} of the 40 are among the 60 largest gradients of 3,000")

# %%
# For layers, ``nn.utils.grad_samples`` takes the gradients of single examples from an ordinary backward:

with nn.utils.grad_samples(model):
    F.cross_entropy(model(images[:50]), labels[:50]).backward()
each = vmap(gradient, in_dims=(None, 0, 0))(parameters, images[:50], labels[:50])
print(np.allclose(model[0].weight.grad_sample.numpy(), each["0.weight"].numpy(), atol=1e-5))

# %%
# The spectrum of a Hessian
# -------------------------
#
# As a small network learns, most eigenvalues of the Hessian of its loss gather around zero, and a few stand out
# (L. Sagun et al., 2016):

x = autograd.randn(64, 2)
y = (x[:, :1] * x[:, 1:]).sin()
small = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))
shapes = [p.shape for p in small.parameters()]


def loss_at(vector):
    parts = vector.split([shape.numel() for shape in shapes])
    names = [name for name, _ in small.named_parameters()]
    given = {name: part.reshape(shape) for name, part, shape in zip(names, parts, shapes, strict=True)}
    return F.mse_loss(functional_call(small, given, (x,)), y)


vector = nn.utils.parameters_to_vector(small.parameters()).detach()
for step in range(201):
    if step % 100 == 0:
        values = autograd.linalg.eigvalsh(autograd.func.hessian(loss_at)(vector))
        near = int((values.abs() < 0.01 * values.max()).sum())
        print(f"step {step}: the largest of {len(values)} is {values.max().item():.2f}; {near} are near 0")
    vector = vector - 0.1 * grad(loss_at)(vector)

# %%
# Learning to learn
# -----------------
#
# MAML (C. Finn et al., 2017) looks for weights from which one step of training fits any task. A task is a sine of some
# height and phase; ``vmap`` takes the inner step in all tasks at once, and the outer gradient goes through it:

learner = nn.Sequential(nn.Linear(1, 20), nn.Tanh(), nn.Linear(20, 1))
weights = {name: p.detach() for name, p in learner.named_parameters()}


def error(weights, x, y):
    return F.mse_loss(functional_call(learner, weights, (x,)), y)


def after_a_step(weights, x, y):
    inner = grad(error)(weights, x[:10], y[:10])
    return error({name: w - 0.1 * inner[name] for name, w in weights.items()}, x[10:], y[10:])


def outer(weights, x, y):
    return vmap(after_a_step, in_dims=(None, 0, 0))(weights, x, y).mean()


heights, phases = autograd.rand(2, 32, 1, 1)
x = 6 * autograd.rand(32, 20, 1) - 3
y = (0.5 + heights) * (x + 3 * phases).sin()
print(f"before: {outer(weights, x, y).item():.2f}")
for _step in range(150):
    step = grad(outer)(weights, x, y)
    weights = {name: w - 0.05 * step[name] for name, w in weights.items()}
print(f"after:  {outer(weights, x, y).item():.2f}")

# %%
# How a trajectory depends on where it starts
# -------------------------------------------
#
# The solver of a differential equation is a function, too. The Jacobian of the last state of a pendulum by the first
# has determinant 1, as friction is missing (Liouville):


def field(state):
    return autograd.stack([state[1], -state[0].sin()])


def pendulum(state, steps=40, h=0.05):
    for _ in range(steps):
        half = state + h / 2 * field(state)
        state = state + h * field(half)
    return state


start = autograd.tensor([1.0, 0.0], dtype=np.float64)
jacobian = jacrev(pendulum)(start)
print(f"determinant {autograd.linalg.det(jacobian).item():.4f}")
_, along = jvp(pendulum, (start,), (autograd.tensor([1.0, 0.0], dtype=np.float64),))
print(np.allclose(along.numpy(), jacobian[:, 0].numpy()))

# %%
# Sixteen networks at once
# ------------------------
#
# Networks of one shape with different first weights train as one, which is faster than one after the other:

import time

members = [nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 1)) for _ in range(16)]
x = autograd.randn(64, 2)
y = (x[:, :1] * x[:, 1:]).sin()


def loss_of_one(weights):
    return F.mse_loss(functional_call(members[0], weights, (x,)), y)


def train(weights, step):
    begun = time.perf_counter()
    for _ in range(50):
        gradients = step(weights)
        weights = {name: w - 0.1 * gradients[name] for name, w in weights.items()}
    return weights, time.perf_counter() - begun


stacked, _ = stack_module_state(members)
stacked = {name: w.detach() for name, w in stacked.items()}
together, seconds = train(stacked, vmap(grad(loss_of_one)))
alone, each = zip(
    *[train({name: w[k] for name, w in stacked.items()}, grad(loss_of_one)) for k in range(16)], strict=True
)
same = all(np.allclose(together["0.weight"][k].numpy(), alone[k]["0.weight"].numpy(), atol=1e-4) for k in range(16))
print(f"the same weights: {same}; together {sum(each) / seconds:.0f} times as fast as one by one")
