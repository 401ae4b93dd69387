"""Programs that differentiate inside, and what they get once more: `create_graph=True`."""

from __future__ import annotations

import autograd
import nn
from tests.programs.world import CALLS, Seen, caught, floats, grads, program, pulled

grad = autograd.autograd.grad


def net(*, width=4, features=2):
    """A smooth net, and its parameters."""
    model = nn.Sequential(nn.Linear(features, width), nn.Tanh(), nn.Linear(width, width), nn.Sigmoid())
    model.append(nn.Linear(width, 1))
    return model, list(model.parameters())


@program
def residuals_of_differential_equations(compile):
    seen, (model, weights) = Seen(), net(features=1)
    x = floats(6, 1, seed=1, grad=True)
    source = floats(6, 1, seed=2)
    optimiser = nn.optim.Adam(weights, lr=0.01)

    def f(x):
        u = model(x)
        (slope,) = grad(u.sum(), x, create_graph=True)
        (bend,) = grad(slope.sum(), x, create_graph=True)
        return ((bend + slope * u - source) ** 2).mean(), slope

    f = compile(f)
    for call in range(CALLS):
        optimiser.zero_grad()
        loss, slope = f(x)
        loss.backward(retain_graph=call % 3 == 0)
        if call % 3 == 0:
            seen(*pulled(slope, x, *weights))
        optimiser.step()
        seen(loss, slope, *grads(x, *weights))
    seen(model.state_dict())
    return seen


@program
def gradients_for_several_values_and_seeds(compile):
    seen, (model, weights) = Seen(), net()
    direction = floats(5, 1, seed=3, grad=True)

    def f(x, how):
        h = model[0](x)
        u = model[1:](h)
        if how == 0:
            g, k = grad(u, (h, x), direction, create_graph=True)
            return (g * g).sum() + k.sum()
        if how == 1:
            g, k = grad((u, h.sum()), (x, h), (floats(5, 1, seed=7), autograd.tensor(2.0)), create_graph=True)
            return (g * k.sum()).exp()
        if how == 2:
            g, k = grad(u.sum() * 2.0, (weights[0], direction), create_graph=True, allow_unused=True)
            return (g**2).sum() + (0.0 if k is None else 1.0)
        g, k = grad(u.mean(), (h, weights[1]), create_graph=True)
        return (grad((g * g).sum(), weights[0], create_graph=True)[0] * weights[0]).sum() + k.sum()

    f = compile(f)
    for call in range(CALLS):
        x = floats(5, 2, seed=call, grad=True)
        seen(*pulled(f(x, (0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 0, 1, 3, 2)[call]), x, direction, *weights))
    return seen


@program
def a_step_of_learning_is_differentiated(compile):
    seen, (_, weights) = Seen(), net()
    rate = autograd.tensor(0.1, requires_grad=True)

    def value(parameters, x):
        w, b, v, c, u, d = parameters
        return ((((x @ w.T + b).tanh() @ v.T + c).sigmoid() @ u.T + d) ** 2).mean()

    def f(x, y):
        inner = grad(value(weights, x), weights, create_graph=True)
        return value([w - rate * g for w, g in zip(weights, inner, strict=True)], y)

    f = compile(f)
    for call in range(CALLS):
        seen(*pulled(f(floats(3, 2, seed=call), floats(3, 2, seed=call + 50)), rate, *weights))
    return seen


@program
def gradients_are_asked_for_in_other_ways(compile):
    seen, (model, weights) = Seen(), net()
    outer = floats(5, 2, seed=9, grad=True)
    found = []

    def f(x, how):
        u = model(x)
        (g,) = grad(u.sum(), x, create_graph=True)
        if how == 1:
            seen(g[0, 0].item(), u.requires_grad, g.requires_grad)
        if how == 2:
            with autograd.no_grad():
                return g.sum() * 2.0
        if how == 3:
            (g,) = grad(g.sum(), x)
        if how == 4:
            seen(caught(grad, g.sum(), outer, create_graph=True), caught(grad, g, x, create_graph=True))
        if how == 5:
            u.sum().backward(retain_graph=True)
            seen(*grads(*weights))
        if how == 6:
            (g,) = grad(g.sum().exp() + u.detach().sum(), x, create_graph=True)
            (g,) = grad(g.sum(), x, create_graph=True)
        return (g * g).sum()

    f = compile(f)
    for call in range(CALLS):
        x = floats(5, 2, seed=call, grad=True)
        if call % 4 == 3:
            x = outer * floats(5, 2, seed=call)  # it has a history
        if call in (10, 18):
            x.register_hook(lambda g: found.append(g.tolist()))
        seen(*pulled(f(x, (0, 0, 0, 0, 6, 6, 6, 6, 0, 1, 0, 2, 1, 3, 3, 4, 5, 5, 0, 6)[call]), outer, *weights), found)
    return seen


@program
def a_factor_hangs_on_what_is_differentiated(compile):
    seen = Seen()
    w = floats(3, seed=4, grad=True)

    def f(x, s):
        (g,) = grad((x * s * w).sin().sum(), x, create_graph=True)
        return (g * x).sum()

    f = compile(f)
    for call in range(CALLS):
        x, s = floats(3, seed=call, grad=True), floats(3, seed=call + 30, grad=True)
        s = x * 2.0 if call in (8, 9, 15) else x.detach() * s if call in (11, 12, 13) else s
        seen(*pulled(f(x, s), x, w))
    return seen


@program
def gradients_through_what_looks_at_numbers(compile):
    seen = Seen()
    w, table = floats(4, 3, seed=1, grad=True), floats(6, 4, seed=2, grad=True)

    def f(x, index):
        h = (table[index] @ w).relu() + x.clamp(min=-0.5)
        h = autograd.where(h > 0.3, h * h, h.sin()) + h.amax(1, keepdim=True)
        h = nn.functional.softmax(h, 1) + nn.functional.layer_norm(h, (3,)) * x
        g, k = grad((h * h).sum(), (w, x), create_graph=True)
        return (g.abs().sum() + (k**3).sum()) * 0.1

    f = compile(f)
    for call in range(CALLS):
        x = floats(2, 3, seed=call, grad=True)
        seen(*pulled(f(x, autograd.tensor([call % 6, 2])), x, w, table))
    return seen
