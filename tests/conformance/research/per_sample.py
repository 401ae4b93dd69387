"""Gradients of single examples: privacy, influence, noise, and what they say about data."""

import autograd as torch
import nn
from autograd.func import functional_call, grad, grad_and_value, hessian, jacrev, jvp, vjp, vmap
from nn import functional as F
from tests.conformance.research.data import filled, labels, normal


def _data(count, width, classes, seed=1):
    return torch.tensor(normal(seed, count, width)), torch.tensor(labels(seed, count, classes))


def _net():
    return filled(nn.Sequential(nn.Linear(5, 7), nn.Tanh(), nn.Linear(7, 3)))


def _parameters(model):
    return {name: p.detach() for name, p in model.named_parameters()}


def _loss_of(model):
    def loss(parameters, x, y):
        return F.cross_entropy(functional_call(model, parameters, (x.unsqueeze(0),)), y.unsqueeze(0))

    return loss


def dp_sgd():
    """Clipped gradients of single examples, with noise (Abadi et al. 2016)."""
    model, (x, y) = _net(), _data(8, 5, 3)
    loss, parameters = _loss_of(model), _parameters(model)
    losses = []
    for step in range(3):
        grads, values = vmap(grad_and_value(loss), in_dims=(None, 0, 0))(parameters, x, y)
        norms = torch.stack([g.flatten(1).norm(dim=1) for g in grads.values()]).norm(dim=0)
        factor = (0.5 / (norms + 1e-6)).clamp(max=1.0)
        for number, name in enumerate(parameters):
            g = torch.einsum("n,n...->...", factor, grads[name])
            noise = torch.tensor(normal(10 * step + number, *g.shape)) * 0.1
            parameters[name] = parameters[name] - 0.1 * (g + noise) / len(x)
        losses.append(values.mean())
    return [*losses, norms, *parameters.values()]


def dp_sgd_ghost_norms():
    """Norms of gradients of a linear layer from its inputs and cotangents, without the gradients."""
    model, (x, y) = _net(), _data(6, 5, 3)
    grads = vmap(grad(_loss_of(model)), in_dims=(None, 0, 0))(_parameters(model), x, y)
    parameters = _parameters(model)

    def tail(z, y):
        h = torch.tanh(z)
        return F.cross_entropy((h @ parameters["2.weight"].T + parameters["2.bias"]).unsqueeze(0), y.unsqueeze(0))

    z = x @ parameters["0.weight"].T + parameters["0.bias"]
    dz = vmap(grad(tail))(z, y)
    return [(dz.norm(dim=1) * x.norm(dim=1)), grads["0.weight"].flatten(1).norm(dim=1)]


def per_sample_gradients_of_a_cnn():
    """LeNet-like, with pooling and padding."""
    model = filled(
        nn.Sequential(
            nn.Conv2d(1, 3, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(3, 4, 3, stride=2, groups=1),
            nn.ELU(),
            nn.Flatten(),
            nn.Linear(4, 3),
        )
    )
    x, y = torch.tensor(normal(2, 5, 1, 8, 8)), torch.tensor(labels(3, 5, 3))
    return list(vmap(grad(_loss_of(model)), in_dims=(None, 0, 0))(_parameters(model), x, y).values())


def per_sample_gradients_of_groups():
    """Depthwise and dilated convolutions, group norm, adaptive pooling."""
    model = filled(
        nn.Sequential(
            nn.Conv1d(4, 8, 3, groups=4, padding=2, dilation=2),
            nn.GroupNorm(2, 8),
            nn.GELU(),
            nn.ConvTranspose1d(8, 2, 4, stride=2),
            nn.AdaptiveAvgPool1d(3),
            nn.Flatten(),
        )
    )
    x, y = torch.tensor(normal(2, 4, 4, 6)), torch.tensor(labels(3, 4, 6))
    return list(vmap(grad(_loss_of(model)), in_dims=(None, 0, 0))(_parameters(model), x, y).values())


def per_sample_gradients_of_text():
    """Embedding, positions, attention with a causal mask, layer norms."""

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.words, self.places = nn.Embedding(11, 8), nn.Embedding(5, 8)
            self.norm = nn.LayerNorm(8)
            self.attention = nn.MultiheadAttention(8, 2, batch_first=True)
            self.head = nn.Linear(8, 11)

        def forward(self, codes):
            x = self.words(codes) + self.places(torch.arange(codes.shape[1]))
            mask = torch.triu(torch.ones(5, 5, dtype=torch.bool), diagonal=1)
            y = self.norm(x)
            x = x + self.attention(y, y, y, attn_mask=mask, need_weights=False)[0]
            return self.head(x)

    model = filled(Model())
    codes = torch.tensor(labels(4, 20, 11).reshape(4, 5))

    def loss(parameters, codes):
        scores = functional_call(model, parameters, (codes.unsqueeze(0),))
        return F.cross_entropy(scores[0, :-1], codes[1:])

    return list(vmap(grad(loss), in_dims=(None, 0))(_parameters(model), codes).values())


def per_sample_gradients_of_an_lstm():
    """A sequence is an example."""
    lstm, head = filled(nn.LSTM(3, 4, num_layers=2, batch_first=True)), filled(nn.Linear(4, 2), 5)
    parameters = {**{"l." + k: v for k, v in _parameters(lstm).items()}, **_parameters(head)}
    x, y = torch.tensor(normal(6, 3, 5, 3)), torch.tensor(labels(7, 3, 2))

    def loss(p, x, y):
        own = {k[2:]: v for k, v in p.items() if k.startswith("l.")}
        h, _ = functional_call(lstm, own, (x.unsqueeze(0),))
        scores = functional_call(head, {k: v for k, v in p.items() if not k.startswith("l.")}, (h[:, -1],))
        return F.cross_entropy(scores, y.unsqueeze(0))

    return list(vmap(grad(loss), in_dims=(None, 0, 0))(parameters, x, y).values())


def influence_functions():
    """How leaving out an example changes the loss of a test example (Koh & Liang 2017), for logistic regression."""
    x, w = torch.tensor(normal(1, 12, 4)), torch.tensor(normal(2, 4))
    y = torch.tensor((normal(3, 12) > 0).astype(float))

    def loss(w, x, y):
        return F.binary_cross_entropy_with_logits(x @ w, y) + 0.05 * (w * w).sum()

    curved = hessian(lambda w: loss(w, x, y))(w)
    each = vmap(grad(loss), in_dims=(None, 0, 0))(w, x, y)
    test = grad(loss)(w, x[0], y[0])
    return [curved, -each @ torch.linalg.solve(curved, test)]


def influence_by_conjugate_gradients():
    """The same without the Hessian: products by forward over reverse."""
    x, w, y = torch.tensor(normal(1, 9, 5)), torch.tensor(normal(2, 5)), torch.tensor(normal(3, 9))

    def loss(w):
        return ((torch.tanh(x @ w) - y) ** 2).mean() + 0.5 * (w * w).sum()

    g = grad(loss)(w)
    solution, r = torch.zeros_like(g), g.clone()
    p = r.clone()
    for _ in range(5):
        product = jvp(grad(loss), (w,), (p,))[1]
        alpha = (r @ r) / (p @ product)
        solution = solution + alpha * p
        fresh = r - alpha * product
        p = fresh + (fresh @ fresh) / (r @ r) * p
        r = fresh
    return [solution, r]


def gradient_noise_scale():
    """Variance of gradients over examples beside the square of their mean (McCandlish et al. 2018)."""
    model, (x, y) = _net(), _data(10, 5, 3)
    grads = vmap(grad(_loss_of(model)), in_dims=(None, 0, 0))(_parameters(model), x, y)
    flat = torch.cat([g.flatten(1) for g in grads.values()], 1)
    return [flat.var(0).sum() / (flat.mean(0) ** 2).sum(), flat.norm(dim=1).argsort()]


def gradient_similarity_of_examples():
    """Cosines between gradients of all pairs, by maps inside each other."""
    model, (x, y) = _net(), _data(5, 5, 3)
    grads = vmap(grad(_loss_of(model)), in_dims=(None, 0, 0))(_parameters(model), x, y)
    flat = torch.cat([g.flatten(1) for g in grads.values()], 1)
    return [vmap(lambda a: vmap(lambda b: F.cosine_similarity(a, b, dim=0))(flat))(flat)]


def tracin_by_chunks():
    """Products of gradients of training and test examples, some at a time."""
    model, (x, y) = _net(), _data(7, 5, 3)
    each = vmap(grad(_loss_of(model)), in_dims=(None, 0, 0), chunk_size=3)(_parameters(model), x, y)
    return [sum(torch.einsum("i...,j...->ij", g, g) for g in each.values())]


def saliency_and_integrated_gradients():
    """Gradients by the input, along the way from a baseline (Sundararajan et al. 2017)."""
    model, (x, y) = _net(), _data(4, 5, 3)
    score = lambda x, y: model(x).log_softmax(-1).gather(0, y.unsqueeze(0))[0]
    steps = torch.linspace(0, 1, 6, dtype=torch.float64)
    along = vmap(lambda x, y: vmap(lambda a: grad(score)(a * x, y))(steps).mean(0) * x)(x, y)
    return [vmap(grad(score))(x, y), along]


def jacobian_regularisation():
    """Training with the norm of the Jacobian by the input in the loss (Hoffman et al. 2019)."""
    model, (x, y) = _net(), _data(4, 5, 3)

    def loss(p):
        apply = lambda x: functional_call(model, p, (x,))
        jacobians = vmap(jacrev(apply))(x)
        return F.cross_entropy(apply(x), y) + 0.01 * (jacobians**2).sum()

    return list(grad(loss)(_parameters(model)).values())


def double_backprop_by_random_projections():
    """The same norm from a random cotangent."""
    model, x = _net(), _data(4, 5, 3)[0]
    u = torch.tensor(normal(9, 4, 3))

    def loss(p):
        pull = vjp(lambda x: functional_call(model, p, (x,)), x)[1]
        return (pull(u)[0] ** 2).sum()

    return list(grad(loss)(_parameters(model)).values())


ALL = (
    dp_sgd,
    dp_sgd_ghost_norms,
    per_sample_gradients_of_a_cnn,
    per_sample_gradients_of_groups,
    per_sample_gradients_of_text,
    per_sample_gradients_of_an_lstm,
    influence_functions,
    influence_by_conjugate_gradients,
    gradient_noise_scale,
    gradient_similarity_of_examples,
    tracin_by_chunks,
    saliency_and_integrated_gradients,
    jacobian_regularisation,
    double_backprop_by_random_projections,
)
