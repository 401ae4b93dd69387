"""Many models at once, models that learn to learn, and steps of optimisers that are differentiated."""

import copy

import autograd as torch
import nn
from autograd import forward_ad as fwAD
from autograd.func import functional_call, grad, grad_and_value, jacrev, jvp, linearize, stack_module_state, vjp, vmap
from nn import functional as F
from tests.conformance.research.data import filled, labels, normal


def _parameters(model):
    return {name: p.detach() for name, p in model.named_parameters()}


def _nets(count=3):
    return [filled(nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 2)), seed) for seed in range(count)]


def _state(models):
    parameters, buffers = stack_module_state(models)
    return {name: p.detach() for name, p in parameters.items()}, buffers


def ensemble_training():
    """K networks trained at once, each on the same batch."""
    models = _nets()
    base = copy.deepcopy(models[0])
    parameters, buffers = _state(models)
    x, y = torch.tensor(normal(1, 6, 3)), torch.tensor(labels(2, 6, 2))

    def loss(p, b, x, y):
        return F.cross_entropy(functional_call(base, (p, b), (x,)), y)

    for _ in range(3):
        grads, values = vmap(grad_and_value(loss), in_dims=(0, 0, None, None))(parameters, buffers, x, y)
        parameters = {name: p - 0.2 * grads[name] for name, p in parameters.items()}
    return [values, *parameters.values()]


def ensemble_on_bootstraps():
    """Each member sees its own minibatch, picked inside."""
    models = _nets()
    parameters, _ = _state(models)
    x, y = torch.tensor(normal(1, 8, 3)), torch.tensor(labels(2, 8, 2))
    picked = torch.tensor(labels(3, 12, 8).reshape(3, 4))
    loss = lambda p, i: F.cross_entropy(functional_call(models[0], p, (x[i],)), y[i])
    return list(vmap(grad(loss))(parameters, picked).values())


def ensemble_predictions_disagree():
    """Mean, variance and mutual information of an ensemble's predictions."""
    parameters, buffers = _state(_nets(4))
    base, x = _nets(1)[0], torch.tensor(normal(1, 6, 3))
    scores = vmap(lambda p, b: functional_call(base, (p, b), (x,)))(parameters, buffers)
    probabilities = scores.softmax(-1)
    mean = probabilities.mean(0)
    entropy = lambda q: -(q * q.log()).sum(-1)
    return [probabilities.var(0), entropy(mean) - entropy(probabilities).mean(0)]


def ensemble_with_batch_norm():
    """Running statistics of each member."""
    models = [
        filled(nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 2)), k) for k in range(3)
    ]
    for model in models:
        model.eval()
    parameters, buffers = _state(models)
    x = torch.tensor(normal(1, 6, 3))
    scores = vmap(lambda p, b: functional_call(models[0], (p, b), (x,)))(parameters, buffers)
    grads = vmap(grad(lambda p, b: (functional_call(models[0], (p, b), (x,)) ** 2).sum()))(parameters, buffers)
    return [scores, *grads.values()]


def ensemble_of_convolutions():
    """Weights of each member: convolutions by groups."""
    make = lambda: nn.Sequential(
        nn.Conv2d(2, 3, 3, padding=1), nn.ReLU(), nn.AvgPool2d(2), nn.Conv2d(3, 2, 2), nn.Flatten()
    )
    models = [filled(make(), seed) for seed in range(3)]
    parameters, _ = _state(models)
    x = torch.tensor(normal(1, 2, 2, 6, 6))
    loss = lambda p, x: (functional_call(models[0], p, (x,)) ** 2).sum()
    return [*vmap(grad(loss), (0, None))(parameters, x).values(), vmap(grad(loss, argnums=1), (0, None))(parameters, x)]


def lstms_side_by_side():
    """A map over the weights of recurrent layers."""
    models = [filled(nn.LSTM(2, 3, batch_first=True), seed) for seed in range(3)]
    parameters, _ = _state(models)
    x = torch.tensor(normal(1, 2, 4, 2))
    out, (h, c) = vmap(lambda p: functional_call(models[0], p, (x,)))(parameters)
    loss = lambda p: functional_call(models[0], p, (x,))[0].pow(2).sum()
    return [out, h, c, *vmap(grad(loss))(parameters).values()]


def grus_and_rnns():
    """The same of their kin, over inputs, too."""

    def run(kind):
        models = [filled(kind(2, 3), seed) for seed in range(2)]
        parameters, _ = _state(models)
        x = torch.tensor(normal(1, 2, 4, 1, 2))
        each = vmap(lambda p, x: functional_call(models[0], p, (x,))[0])(parameters, x)
        return [each, vmap(lambda x: models[0](x)[1])(x).detach()]

    return run(nn.GRU) + run(nn.RNN)


def dropout_of_ones_in_an_ensemble():
    """Masks differ between members, and are the same where that is asked for: counts, not numbers, are compared."""
    x = torch.ones(4, 400, dtype=torch.float64)
    different = vmap(lambda x: F.dropout(x, 0.5), randomness="different")(x)
    same = vmap(lambda x: F.dropout(x, 0.5), randomness="same")(x)
    values = torch.stack([different.unique(), same.unique()])
    alike = (different[:1] == different).all(1).double(), (same[:1] == same).all(1).double()
    return [values, *alike]


def maml():
    """Steps inside of each task, the loss after them by the first parameters (Finn et al. 2017)."""
    model = filled(nn.Sequential(nn.Linear(1, 6), nn.ReLU(), nn.Linear(6, 1)))
    x, phase = torch.tensor(normal(1, 5, 8, 1)), torch.tensor(normal(2, 5))
    y = torch.sin(x + phase[:, None, None])

    def loss(p, x, y):
        return ((functional_call(model, p, (x,)) - y) ** 2).mean()

    def after(p, x, y):
        for _ in range(2):
            g = grad(loss)(p, x[:4], y[:4])
            p = {name: t - 0.1 * g[name] for name, t in p.items()}
        return loss(p, x[4:], y[4:])

    def meta(p):
        return vmap(after, (None, 0, 0))(p, x, y).mean()

    g, value = grad_and_value(meta)(_parameters(model))
    return [value, *g.values()]


def anil_and_reptile():
    """Only the head is adapted; and parameters that move towards those adapted."""
    body, head = torch.tensor(normal(1, 4, 3)), torch.tensor(normal(2, 4))
    x, y = torch.tensor(normal(3, 3, 5, 3)), torch.tensor(normal(4, 3, 5))
    loss = lambda head, body, x, y: ((torch.tanh(x @ body.T) @ head - y) ** 2).mean()
    adapted = lambda head, body, x, y: head - 0.1 * grad(loss)(head, body, x, y)
    meta = lambda head, body: vmap(lambda x, y: loss(adapted(head, body, x, y), body, x, y))(x, y).sum()
    each = vmap(adapted, (None, None, 0, 0))(head, body, x, y)
    return [*grad(meta, argnums=(0, 1))(head, body), head + 0.5 * (each.mean(0) - head)]


def hypergradients():
    """The loss after training by learning rate and weight decay, in forward mode: few inputs, many steps."""
    x, y = torch.tensor(normal(1, 10, 3)), torch.tensor(normal(2, 10))

    def trained(h):
        w, m = torch.zeros(3, dtype=torch.float64), torch.zeros(3, dtype=torch.float64)
        for _ in range(6):
            g = grad(lambda w: ((x @ w - y) ** 2).mean() + h[1] * (w * w).sum())(w)
            m = 0.9 * m + g
            w = w - h[0] * m
        return ((x @ w - y) ** 2).mean()

    h = torch.tensor([0.05, 0.1], dtype=torch.float64)
    moved = [jvp(trained, (h,), (e,))[1] for e in torch.eye(2, dtype=torch.float64)]
    return [torch.stack(moved), grad(trained)(h)]


def jvp_of_adam():
    """A step of Adam as a function of gradient and state, moved along both."""
    state = [torch.tensor(normal(k, 4)) for k in range(2)] + [torch.tensor(normal(3, 4)) ** 2]

    def step(g, m, v):
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        return -1e-2 * (m / (1 - 0.9**3)) / ((v / (1 - 0.999**3)).sqrt() + 1e-8), m, v

    values, moved = jvp(step, tuple(state), tuple(torch.tensor(normal(9 + k, 4)) for k in range(3)))
    return [*values, *moved]


def learned_optimizer():
    """An optimiser whose step is a network, unrolled (Andrychowicz et al. 2016)."""
    model, w = filled(nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1))), torch.tensor(normal(1, 5))
    target = torch.tensor(normal(2, 5))

    def meta(p):
        x, total = w, 0.0
        for _ in range(3):
            g = grad(lambda x: ((x - target) ** 2).sum())(x)
            x = x + 0.1 * functional_call(model, p, (torch.stack([g, x], -1),)).squeeze(-1)
            total = total + ((x - target) ** 2).sum()
        return total

    return list(grad(meta)(_parameters(model)).values())


def forward_gradients():
    """A gradient from directions alone (Baydin et al. 2022), by levels."""
    model, x = _nets(1)[0], torch.tensor(normal(1, 4, 3))
    p = _parameters(model)
    found = []
    for seed in range(2):
        v = {name: torch.tensor(normal(seed * 10 + k, *t.shape)) for k, (name, t) in enumerate(p.items())}
        with fwAD.dual_level():
            dual = {name: fwAD.make_dual(t, v[name]) for name, t in p.items()}
            z = (functional_call(model, dual, (x,)) ** 2).mean()
            slope = fwAD.unpack_dual(z).tangent
        found.extend(slope * t for t in v.values())
    return found


def levels_with_views_and_writes():
    """Views, writes in place and lists of duals."""
    a, t = torch.tensor(normal(1, 3, 4)), torch.tensor(normal(2, 3, 4))
    with fwAD.dual_level():
        x = fwAD.make_dual(a.clone(), t.clone())
        y = x.clone()
        y[0] = x[1] * x[2]
        y[:, 1] *= 2
        z = torch.cat([y, x.exp()]).cumsum(0).view(-1)[3:17]
        primal, tangent = fwAD.unpack_dual(z)
    return [primal, tangent]


def linearized_network():
    """A network replaced by its tangent at the first weights: lazy training (Chizat et al. 2019)."""
    model, x, y = _nets(1)[0], torch.tensor(normal(1, 6, 3)), torch.tensor(normal(2, 6, 2))
    p = _parameters(model)
    value, push = linearize(lambda p: functional_call(model, p, (x,)), p)
    _, pull = vjp(lambda p: functional_call(model, p, (x,)), p)
    d = {name: torch.zeros_like(t) for name, t in p.items()}
    for _ in range(3):
        (g,) = pull((value + push(d) - y) / 6)
        d = {name: t - 0.2 * g[name] for name, t in d.items()}
    return [value + push(d), *d.values()]


def policy_gradients():
    """REINFORCE for several environments at once, with a baseline."""
    model, s = _nets(1)[0], torch.tensor(normal(1, 4, 5, 3))
    a, r = torch.tensor(labels(2, 20, 2).reshape(4, 5)), torch.tensor(normal(3, 4, 5))

    def loss(p, s, a, r):
        logs = functional_call(model, p, (s,)).log_softmax(-1).gather(1, a.unsqueeze(1)).squeeze(1)
        returns = r.flip(0).cumsum(0).flip(0)
        return -(logs * (returns - returns.mean())).sum()

    return list(vmap(grad(loss), (None, 0, 0, 0))(_parameters(model), s, a, r).values())


def trust_region_step():
    """Products with the Hessian of a divergence, at the present policy, solved by conjugate gradients."""
    model, s = _nets(1)[0], torch.tensor(normal(1, 6, 3))
    p = _parameters(model)
    now = functional_call(model, p, (s,)).log_softmax(-1).detach()

    def divergence(p):
        logs = functional_call(model, p, (s,)).log_softmax(-1)
        return (now.exp() * (now - logs)).sum(-1).mean()

    v = {name: torch.tensor(normal(k, *t.shape)) for k, (name, t) in enumerate(p.items())}
    return list(jvp(grad(divergence), (p,), (v,))[1].values())


def attention_maps_of_many_queries():
    """Attention written for one query, mapped over queries, heads and examples."""
    q, k, v = (torch.tensor(normal(seed, 2, 3, 4, 5)) for seed in range(3))

    def one(q, k, v):
        return (k @ q / 5**0.5).softmax(0) @ v

    queries = vmap(one, (0, None, None))
    all_ = vmap(vmap(queries))
    loss = lambda q, k, v: (all_(q, k, v) ** 2).sum()
    return [all_(q, k, v), all_(q, k, v) - F.scaled_dot_product_attention(q, k, v), *grad(loss, (0, 1, 2))(q, k, v)]


def gaussian_processes():
    """A kernel written for two points, its matrix by maps, marginal likelihood by its parameters."""
    x, y = torch.tensor(normal(1, 6, 2)), torch.tensor(normal(2, 6))

    def marginal(p):
        kernel = lambda a, b: p[0].exp() * torch.exp(-((a - b) ** 2).sum() / (2 * p[1].exp()))
        k = vmap(lambda a: vmap(lambda b: kernel(a, b))(x))(x) + 0.1 * torch.eye(6, dtype=torch.float64)
        l = torch.linalg.cholesky(k)
        a = torch.cholesky_solve(y.unsqueeze(1), l)
        return 0.5 * (y @ a.squeeze(1)) + l.diagonal().log().sum()

    p = torch.zeros(2, dtype=torch.float64)
    return [marginal(p), grad(marginal)(p), jacrev(grad(marginal))(p)]


ALL = (
    ensemble_training,
    ensemble_on_bootstraps,
    ensemble_predictions_disagree,
    ensemble_with_batch_norm,
    ensemble_of_convolutions,
    lstms_side_by_side,
    grus_and_rnns,
    dropout_of_ones_in_an_ensemble,
    maml,
    anil_and_reptile,
    hypergradients,
    jvp_of_adam,
    learned_optimizer,
    forward_gradients,
    levels_with_views_and_writes,
    linearized_network,
    policy_gradients,
    trust_region_step,
    attention_maps_of_many_queries,
    gaussian_processes,
)
