"""Transforms of functions and NumPy's spellings."""

import numpy as np

import autograd
import nn
import nn.functional as F
from autograd import Tensor, check_grads, func
from autograd.func import functional_call, grad, hessian, jacfwd, jacrev, jvp, value_and_grad, vjp, vmap


def energy(position: Tensor, stiffness: Tensor, damping: float = 0.1) -> Tensor:
    return (stiffness * position**2).sum() / 2 + damping * position.sum()


def field(x: Tensor) -> Tensor:
    return autograd.stack([x[0] * x[1], autograd.sin(x[0])])


x = autograd.tensor([1.0, 2.0], requires_grad=True)
k = autograd.ones(2)
force = grad(energy)
print(force(x, k), force(x, k, damping=0.2), -force(x, k).detach().numpy())
value, g = value_and_grad(energy)(x, k)
print(value.item(), g.shape)
gx, gk = grad(energy, argnums=(0, 1))(x, k)
print(gx + gk)
print(grad(grad(lambda t: t**3))(autograd.tensor(2.0)))
print(jacrev(field)(x).shape, jacfwd(field)(x).T, hessian(energy)(x, k).diagonal())
out, pull = vjp(field, x)
(gradient,) = pull(autograd.ones_like(out))
out, tangent = jvp(field, (x,), (autograd.ones(2),))
print(gradient.sum(), tangent.mean())
batched = vmap(field)(autograd.randn(5, 2))
print(batched.shape)
per_sample = vmap(grad(energy), in_dims=(0, None))(autograd.randn(5, 2), k)
print(per_sample.norm(dim=1))
(d,) = autograd.grad(energy(x, k), x)
print(d.sum())
(d,) = autograd.grad(energy(x, k), [x], create_graph=True)
second = autograd.grad(d.sum(), x)[0]
print(check_grads(field, x))

m = autograd.arange(6.0).reshape(2, 3)
z = autograd.empty(3)
print(m.sum(axis=0), m.mean(axis=(0, 1)), m.sum(axis=1, keepdims=True), m.max(axis=1), m.argmax(axis=0))
print(autograd.sum(m, axis=0), autograd.mean(m, axis=1, keepdims=True), autograd.max(m, axis=1).values)
print(m.std(axis=0), m.var(axis=0, keepdims=True), m.prod(axis=0), m.cumsum(axis=1), m.softmax(dim=1))
print(autograd.concatenate([m, m], axis=0), autograd.stack([m, m], axis=0), autograd.cat((m, m), axis=1))
print(autograd.logsumexp(m, axis=1), m.squeeze(axis=0), m.unsqueeze(axis=0), m.flip(dims=(0,)))
autograd.add(m[0], m[1], out=z)
autograd.exp(m[0], out=z)
autograd.matmul(m, m.T, out=autograd.empty(2, 2))
autograd.sum(m, dim=0, out=z)
print(np.exp(m), np.sum(m, axis=0), np.asarray(m.detach()), m.numpy() + 1)
print(m @ m.T, m.T @ m, m.mT, 2 * m, 1 - m, 1 / (m + 1), 2**m, -m, abs(m), m % 2, m // 2, m @ m.numpy().T)
print((m > 1) & (m < 3), ~(m > 1), (m == 1).any(), m[m > 1], m[:, None, ...], m[0, 1].item(), m[:, [0, 2]])
m[0] = 1.0
m[m > 2] = 0
m[:, 1] += 1
m += 1
m *= 2
m -= 1
m /= 2
for row in m:
    print(row.sum())
a, b = m
print(
    a.dot(b), len(m), m.shape[0], m.shape, m.size(), m.size(0), m.ndim, m.dtype, m.numel(), float(m.sum()), int(m[0, 0])
)
values, indices = m.max(dim=1)
print(values, indices, m.sort(dim=1).indices, m.topk(2).values, m.min(1).indices, autograd.where(m > 1, m, 0.0))
u, s, vh = autograd.linalg.svd(m)
print(
    u.shape,
    s.sum(),
    vh @ vh.T,
    autograd.linalg.norm(m),
    autograd.linalg.solve(m[:, :2], m[:, 2]),
    autograd.linalg.inv(m[:, :2]),
)
print(autograd.einsum("ij,kj->ik", m, m), m.permute(1, 0).contiguous().view(-1), m.reshape(3, 2), m.expand(2, 3))
print(
    autograd.linspace(0, 1, 5), autograd.eye(3), autograd.zeros(2, 3, dtype=autograd.float64), autograd.full((2,), 1.0)
)
print(
    m.double(),
    m.float(),
    m.to(autograd.float64),
    m.type(autograd.float32),
    m.astype("float32") if hasattr(m, "astype") else 0,
)
model = nn.Linear(3, 1)
params = dict(model.named_parameters())


def loss_of(params: dict[str, nn.Parameter], inputs: Tensor, targets: Tensor) -> Tensor:
    return F.mse_loss(functional_call(model, params, (inputs,)), targets)


grads = grad(loss_of)(params, m, autograd.zeros(2, 1))
print(grads["weight"])
print(func.functional_call(model, params, m).shape)
with autograd.enable_grad(), autograd.detect_anomaly():
    pass
t = autograd.tape()
print(len(t), t)
normal = nn.distributions.Normal(0.0, 1.0)
print(normal.sample((3,)), normal.log_prob(m), nn.distributions.kl_divergence(normal, normal))
print(
    m.zero_(), m.fill_(1.0), m.add_(1), m.mul_(2), m.clamp_(0, 1), m.copy_(m), m.uniform_(0, 1), m.normal_(), m.exp_()
)
print(autograd.linalg.qr(m).Q, autograd.fft if False else 0)
print(
    autograd.special.erf(m), autograd.cumsum(m, 0), autograd.cumsum(m, axis=0), autograd.clamp(m, min=0), m.clip(0, 1)
)
