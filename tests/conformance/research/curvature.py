"""Kernels, curvature and its spectrum: what is asked of networks with Jacobians and Hessians."""

import autograd as torch
import nn
from autograd.func import functional_call, grad, hessian, jacfwd, jacrev, jvp, linearize, vjp, vmap
from nn import functional as F
from tests.conformance.research.data import filled, labels, normal


def _parameters(model):
    return {name: p.detach() for name, p in model.named_parameters()}


def _cnn():
    return filled(nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(32, 2)))


def _net():
    return filled(nn.Sequential(nn.Linear(3, 6), nn.Tanh(), nn.Linear(6, 2)))


def ntk_by_jacobians():
    """The neural tangent kernel of a CNN: J1 @ J2.T (Jacot et al. 2018)."""
    model = _cnn()
    one = lambda p, x: functional_call(model, p, (x.unsqueeze(0),)).squeeze(0)
    p, x1, x2 = _parameters(model), torch.tensor(normal(1, 3, 1, 6, 6)), torch.tensor(normal(2, 2, 1, 6, 6))
    j1 = vmap(jacrev(one), (None, 0))(p, x1)
    j2 = vmap(jacrev(one), (None, 0))(p, x2)
    parts = [torch.einsum("Naf,Mbf->NMab", a.flatten(2), b.flatten(2)) for a, b in zip(j1.values(), j2.values())]
    return [sum(parts)]


def ntk_by_products():
    """The same by products: a vjp, then a jvp, mapped over cotangents and both inputs."""
    model = _cnn()
    p, x1, x2 = _parameters(model), torch.tensor(normal(1, 3, 1, 6, 6)), torch.tensor(normal(2, 2, 1, 6, 6))
    one = lambda p, x: functional_call(model, p, (x.unsqueeze(0),)).squeeze(0)

    def kernel(x1, x2):
        pull = vjp(lambda p: one(p, x1), p)[1]

        def product(u):
            return jvp(lambda p: one(p, x2), (p,), pull(u))[1]

        return vmap(product)(torch.eye(2, dtype=torch.float64))

    return [vmap(vmap(kernel, (None, 0)), (0, None))(x1, x2)]


def laplace_approximation():
    """Posterior variance of predictions from the Gauss-Newton matrix at the mode (Daxberger et al. 2021)."""
    model, x = _net(), torch.tensor(normal(1, 8, 3))
    p = _parameters(model)
    one = lambda p, x: functional_call(model, p, (x,))
    j = vmap(jacrev(one), (None, 0))(p, x)
    flat = torch.cat([part.flatten(2) for part in j.values()], 2)
    probabilities = one(p, x).softmax(-1)
    h = torch.diag_embed(probabilities) - probabilities.unsqueeze(2) * probabilities.unsqueeze(1)
    precision = torch.einsum("nap,nab,nbq->pq", flat, h, flat) + torch.eye(flat.shape[-1], dtype=torch.float64)
    covariance = torch.linalg.inv(precision)
    return [torch.einsum("nap,pq,nbq->nab", flat, covariance, flat), torch.logdet(precision)]


def laplace_of_the_last_layer():
    """The full Hessian by one layer's weights."""
    model, x, y = _net(), torch.tensor(normal(1, 8, 3)), torch.tensor(labels(2, 8, 2))
    features = torch.tanh(model[0](x)).detach()
    loss = lambda w, b: F.cross_entropy(features @ w.T + b, y, reduction="sum")
    w, b = model[2].weight.detach(), model[2].bias.detach()
    blocks = hessian(loss, argnums=(0, 1))(w, b)
    return [blocks[0][0], blocks[0][1], blocks[1][0], blocks[1][1]]


def largest_eigenvalue_by_power_iteration():
    """Sharpness: products of the Hessian with a vector, forward over reverse, over a dict of parameters."""
    model, x, y = _net(), torch.tensor(normal(1, 8, 3)), torch.tensor(labels(2, 8, 2))
    p = _parameters(model)
    loss = lambda p: F.cross_entropy(functional_call(model, p, (x,)), y)
    v = {name: torch.tensor(normal(k, *t.shape)) for k, (name, t) in enumerate(p.items())}
    values = []
    for _ in range(5):
        size = sum((t**2).sum() for t in v.values()).sqrt()
        v = {name: t / size for name, t in v.items()}
        product = jvp(grad(loss), (p,), (v,))[1]
        values.append(sum((v[name] * product[name]).sum() for name in v))
        v = product
    return values


def lanczos_with_linearize():
    """A spectrum by Lanczos: the gradient's derivative is found once, and used for every vector."""
    model, x, y = _net(), torch.tensor(normal(1, 8, 3)), torch.tensor(normal(2, 8, 2))
    p = _parameters(model)
    sizes = [t.numel() for t in p.values()]
    flat = torch.cat([t.flatten() for t in p.values()])

    def loss(flat):
        parts = [part.view(t.shape) for part, t in zip(flat.split(sizes), p.values())]
        return ((functional_call(model, dict(zip(p, parts)), (x,)) - y) ** 2).mean()

    gradient, product = linearize(grad(loss), flat)
    q = torch.ones_like(flat) / flat.numel() ** 0.5
    before, beta, alphas, betas = torch.zeros_like(flat), torch.tensor(0.0, dtype=torch.float64), [], []
    for _ in range(4):
        z = product(q) - beta * before
        alpha = q @ z
        z = z - alpha * q
        beta = z.norm()
        before, q = q, z / beta
        alphas.append(alpha)
        betas.append(beta)
    return [gradient, *alphas, *betas]


def hutchinson_trace_and_diagonal():
    """Trace and diagonal of a Hessian from random signs, all of them at once."""
    x, w = torch.tensor(normal(1, 6, 4)), torch.tensor(normal(2, 4))
    signs = torch.tensor((normal(3, 5, 4) > 0) * 2.0 - 1)
    loss = lambda w: (x @ w).exp().mean()
    products = vmap(lambda v: jvp(grad(loss), (w,), (v,))[1])(signs)
    return [(products * signs).sum(1).mean(), (products * signs).mean(0), hessian(loss)(w).diagonal()]


def fisher_vector_products():
    """The empirical Fisher matrix, and the true one of a softmax, times a vector."""
    model, x, y = _net(), torch.tensor(normal(1, 8, 3)), torch.tensor(labels(2, 8, 2))
    p = _parameters(model)
    v = {name: torch.tensor(normal(k, *t.shape)) for k, (name, t) in enumerate(p.items())}
    losses = lambda p: F.cross_entropy(functional_call(model, p, (x,)), y, reduction="none")
    along = jvp(losses, (p,), (v,))[1]
    empirical = vjp(losses, p)[1](along / 8)[0]
    scores, moved = jvp(lambda p: functional_call(model, p, (x,)), (p,), (v,))
    curved = jvp(lambda z: z.softmax(-1), (scores,), (moved,))[1]
    true = vjp(lambda p: functional_call(model, p, (x,)), p)[1](curved)[0]
    return [*empirical.values(), *true.values()]


def natural_gradient_step():
    """The Fisher matrix of a small model from gradients of single examples, solved."""
    x, y, w = torch.tensor(normal(1, 20, 3)), torch.tensor((normal(2, 20) > 0) * 1.0), torch.tensor(normal(3, 3))
    loss = lambda w, x, y: F.binary_cross_entropy_with_logits(x @ w, y)
    each = vmap(grad(loss), (None, 0, 0))(w, x, y)
    fisher = each.T @ each / 20 + 1e-3 * torch.eye(3, dtype=torch.float64)
    return [w - 0.1 * torch.linalg.solve(fisher, each.mean(0))]


def gauss_newton_of_a_fit():
    """Levenberg-Marquardt with a Jacobian by columns."""
    t, p = torch.linspace(0, 2, 15, dtype=torch.float64), torch.tensor([1.0, -0.5, 0.2], dtype=torch.float64)
    y = 2 * torch.exp(-1.3 * t) + 0.1
    residual = lambda p: p[0] * torch.exp(p[1] * t) + p[2] - y
    seen = []
    for _ in range(4):
        j, r = jacfwd(residual)(p), residual(p)
        p = p - torch.linalg.solve(j.T @ j + 1e-2 * torch.eye(3, dtype=torch.float64), j.T @ r)
        seen.append((r * r).sum())
    return [p, *seen]


def newton_for_many_problems():
    """Newton's method for each row: a map over a Hessian that is solved."""
    a, b = torch.tensor(normal(1, 5, 3, 3)), torch.tensor(normal(2, 5, 3))
    energy = lambda x, a, b: ((a @ x - b) ** 2).sum() + torch.cosh(x).sum()
    x = torch.zeros(5, 3, dtype=torch.float64)
    for _ in range(3):
        step = lambda x, a, b: x - torch.linalg.solve(hessian(energy)(x, a, b), grad(energy)(x, a, b))
        x = vmap(step)(x, a, b)
    return [x]


def all_orders_of_a_hessian():
    """Forward over reverse, reverse over forward, and each over itself."""
    w = torch.tensor(normal(1, 4))
    f = lambda w: (torch.outer(w, w).sin() * w).sum()
    return [outer(inner(f))(w) for outer in (jacfwd, jacrev) for inner in (jacfwd, jacrev)]


def third_derivatives():
    """A tensor of third derivatives, and Taylor's series from it."""
    w, d = torch.tensor(normal(1, 3)), torch.tensor(normal(2, 3)) * 0.1
    f = lambda w: torch.exp(-(w**2).sum()) * w.prod()
    third = jacfwd(hessian(f))(w)
    series = f(w) + grad(f)(w) @ d + d @ hessian(f)(w) @ d / 2 + torch.einsum("ijk,i,j,k->", third, d, d, d) / 6
    return [third, series]


def kfac_factors():
    """Factors of Kronecker: inputs and cotangents of a layer (Martens & Grosse 2015)."""
    model, x, y = _net(), torch.tensor(normal(1, 8, 3)), torch.tensor(labels(2, 8, 2))
    w = model[2].weight.detach()
    features = torch.tanh(model[0](x)).detach()
    tail = lambda z, y: F.cross_entropy(z.unsqueeze(0), y.unsqueeze(0))
    dz = vmap(grad(tail))(features @ w.T, y)
    a, g = features.T @ features / 8, dz.T @ dz / 8
    return [a, g, torch.kron(a, g), torch.linalg.eigvalsh(g)]


ALL = (
    ntk_by_jacobians,
    ntk_by_products,
    laplace_approximation,
    laplace_of_the_last_layer,
    largest_eigenvalue_by_power_iteration,
    lanczos_with_linearize,
    hutchinson_trace_and_diagonal,
    fisher_vector_products,
    natural_gradient_step,
    gauss_newton_of_a_fit,
    newton_for_many_problems,
    all_orders_of_a_hessian,
    third_derivatives,
    kfac_factors,
)
