"""
Why is my loss NaN?
===================

A NaN is easy to make and hard to find: it shows in the loss, long after the operation that made it. This page
makes some of the usual ones, and finds them.
"""

# %%
# **A NaN on the way there.** The logarithm of a negative number:

import autograd
import nn

w = autograd.tensor([0.5, -0.2, 1.0], requires_grad=True)


def loss_of(w):
    scores = w * 2
    return scores.log().mean()


print(loss_of(w))

# %%
# ``detect_anomaly`` looks at every result, there and back, and names the operation and the line that made the first
# NaN or infinity. It costs time, so it is for looking, not for training:

try:
    with autograd.detect_anomaly():
        loss_of(w).backward()
except RuntimeError as error:
    print(error)

# %%
# **A NaN on the way back alone.** Here the loss is a fine number, and the gradient is not: ``where`` has not
# selected the square root of a negative number, but its derivative is computed all the same, and 0 times infinity
# is NaN.

x = autograd.tensor([4.0, 0.0], requires_grad=True)
y = autograd.where(x > 1, x.sqrt(), x).sum()
y.backward()
print(y.item(), x.grad)

# %%

x.grad = None
try:
    with autograd.detect_anomaly():
        autograd.where(x > 1, x.sqrt(), x).sum().backward()
except RuntimeError as error:
    print(error)

# %%
# The remedy is to give the branch that is not taken something harmless to compute with:

safe = autograd.where(x > 1, x, 1.0)
autograd.where(x > 1, safe.sqrt(), x).sum().backward()
print(x.grad)

# %%
# **Overflow.** The softmax of large scores, written as in a book, is infinity divided by infinity. ``logsumexp``,
# ``softmax`` and ``cross_entropy`` subtract the largest score first, and so do not overflow:

scores = autograd.tensor([[200.0, 100.0, 0.0]])
print(scores.exp() / scores.exp().sum(), scores.softmax(-1))

label = autograd.tensor([1])
print(-(scores.softmax(-1).log())[0, 1], nn.functional.cross_entropy(scores, label))

# %%
# **Steps that are too long.** Not every NaN comes from one operation: with a learning rate that is too large, the
# weights grow from step to step until they overflow. Look at the losses *before* the first NaN, and at the norm of
# the gradient:

autograd.manual_seed(0)
model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 1))
inputs = autograd.randn(32, 4)
targets = inputs.square().sum(1, keepdim=True)
optimizer = nn.optim.SGD(model.parameters(), lr=0.5)
for step in range(6):
    loss = nn.functional.mse_loss(model(inputs), targets)
    optimizer.zero_grad()
    loss.backward()
    norm = nn.utils.clip_grad_norm_(model.parameters(), float("inf"))
    optimizer.step()
    print(f"step {step}: loss {loss.item():.3g}, norm of the gradient {norm.item():.3g}")

# %%
# A smaller rate, or ``clip_grad_norm_`` with a bound of 1, mends that one:

autograd.manual_seed(0)
model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 1))
optimizer = nn.optim.SGD(model.parameters(), lr=0.05)
for _step in range(200):
    loss = nn.functional.mse_loss(model(inputs), targets)
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
print(f"loss {loss.item():.3g}")
