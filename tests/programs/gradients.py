"""Programs that look at gradients, walk back inside, differentiate twice, and hang hooks on values."""

from __future__ import annotations

import autograd
import nn
from tests.programs.world import CALLS, Seen, caught, floats, grads, program, pulled


@program
def gradients_are_accumulated(compile):
    seen, w = Seen(), floats(3, grad=True)
    f = compile(lambda x: ((x * w).tanh() * w).sum() / 4)
    for call in range(CALLS):
        f(floats(3, seed=call)).backward()
        seen(w.grad)
        if call % 4 == 3:
            with autograd.no_grad():
                w -= 0.1 * w.grad
            w.grad = None
    return seen


@program
def gradients_of_many_uses_are_added_in_order(compile):
    seen, w = Seen(), floats(5, grad=True)

    @compile
    def f(x):
        a = (x * w).exp()
        b = w[1:] * 1.1
        c = w.sin()
        d = autograd.cat([w, w * 0.3])
        e = w.cos() * w
        g = w[[0, 0, 2]] / 3
        h = autograd.einsum("i,j->ij", w, w) * (w * x).sum()
        h = h + (autograd.eye(5) + h * 0.01).inverse() * autograd.linalg.vector_norm(w)
        return a.sum() + b.sum() * 0.7 + c.sum() * 1e3 + d.sum() * 1e-3 + e.sum() + g.sum() + h.sum() * 0.1

    for call in range(CALLS):
        seen(*pulled(f(floats(5, seed=call)), w))
    return seen


@program
def two_losses_on_one_trunk(compile):
    seen, w, v = Seen(), floats(3, 3, grad=True), floats(3, grad=True)

    @compile
    def f(x):
        trunk = (x @ w).tanh()
        return (trunk * v).sum(), (trunk - v).square().mean(), trunk

    for call in range(CALLS):
        a, b, trunk = f(floats(2, 3, seed=call))
        if call % 3 == 0:
            (a + b).backward()
        else:
            a.backward(retain_graph=True)
            if call % 3 == 1:
                b.backward()
            else:
                seen(autograd.grad(b + trunk.sum(), [w, v]))
        seen(a, b, trunk, grads(w, v), caught(a.backward), grads(w, v))
    return seen


@program
def create_graph_through_it(compile):
    seen, w = Seen(), floats(3, grad=True)
    f = compile(lambda x: ((x * w).tanh() ** 3).sum())
    for call in range(CALLS):
        x = floats(3, seed=call, grad=True)
        (g,) = autograd.grad(f(x), x, create_graph=True)
        (h,) = autograd.grad((g * g).sum(), x, create_graph=True)
        h.sum().backward()
        seen(g, h, grads(w, x))
    return seen


@program
def create_graph_inside(compile):
    seen, model = Seen(), nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1))

    @compile
    def f(x):
        x = x.clone().requires_grad_()
        u = model(x)
        (du,) = autograd.grad(u.sum(), x, create_graph=True)
        (ddu,) = autograd.grad(du[:, 0].sum(), x, create_graph=True)
        return (ddu[:, 0] + du[:, 1] - u[:, 0].sin()).square().mean()

    for call in range(CALLS):
        seen(*pulled(f(floats(4, 2, seed=call)), *model.parameters()))
    return seen


@program
def backward_inside(compile):
    seen, w = Seen(), floats(3, grad=True)

    @compile
    def f(x):
        h = (x * w).exp()
        before = w.grad * 2 if w.grad is not None else x * 0
        h.sum().backward()
        after = w.grad * 2
        w.grad.mul_(0.5)
        w.grad += x
        z = before + after + w.grad
        if z.sum() > 3:
            w.grad = None
        return z

    for call in range(CALLS):
        seen(f(floats(3, seed=call)), w.grad)
    return seen


@program
def gradients_read_written_and_cleared(compile):
    seen, w, b = Seen(), floats(3, grad=True), floats(3, grad=True)

    @compile
    def f(x):
        loss = ((x * w + b) ** 2).sum()
        loss.backward(inputs=[w])
        norm = w.grad.norm()
        b.grad = w.grad * 2 + norm
        w.grad = w.grad / norm
        del b.grad
        b.grad = autograd.zeros(3)
        ((x + b) * 2).sum().backward()
        return norm, w.grad, b.grad.clone()

    for call in range(CALLS):
        seen(f(floats(3, seed=call)), grads(w, b))
    return seen


@program
def an_optimiser_step_inside(compile):
    seen, losses = Seen(), []
    model = nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 1))
    kinds = (nn.optim.SGD, nn.optim.Adam, nn.optim.AdamW)
    optimisers = [kind(model.parameters(), lr=0.05) for kind in kinds]
    scheduler = nn.optim.lr_scheduler.StepLR(optimisers[0], 3, 0.5)
    average = [p.detach().clone() for p in model.parameters()]

    @compile
    def step(x, optimiser):
        optimiser.zero_grad(set_to_none=len(losses) % 2 == 0)
        loss = (model(x) - x.sum(1, keepdim=True)).square().mean()
        loss.backward()
        norm = nn.utils.clip_grad_norm_(model.parameters(), 0.5)
        optimiser.step()
        with autograd.no_grad():
            for a, p in zip(average, model.parameters(), strict=True):
                a.mul_(0.9).add_(p, alpha=0.1)
        losses.append(loss.item())
        return loss, norm, sum(p.square().sum() for p in model.parameters())

    for call in range(CALLS):
        seen(step(floats(4, 3, seed=call), optimisers[call % 3]), losses[-1], average)
        if call % 3 == 0:
            scheduler.step()
    seen(model.state_dict(), scheduler.get_last_lr())
    return seen


@program
def a_closure_for_an_optimiser(compile):
    seen, w = Seen(), floats(3, grad=True)
    optimiser = nn.optim.LBFGS([w], lr=0.3, max_iter=3)

    @compile
    def closure():
        optimiser.zero_grad()
        loss = ((w * floats(3, seed=3)).exp() - 2).square().sum()
        loss.backward()
        return loss

    whole = compile(lambda: optimiser.step(closure))
    for call in range(CALLS):
        seen(whole() if call % 2 else optimiser.step(closure), w)
    return seen


@program
def constants_beside_what_is_tracked(compile):
    seen, w = Seen(), floats(3, grad=True)

    @compile
    def f(x):
        scaled = x * 2 + 1
        return (scaled * w).tanh().sum(), scaled.exp(), scaled

    for call in range(CALLS):
        z, *rest = f(floats(3, seed=call))
        rest[0].mul_(2)
        seen(rest, rest[0].requires_grad, *pulled(z, w), rest)
    return seen
