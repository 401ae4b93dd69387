"""Programs that look at gradients, walk back inside, differentiate twice, and hang hooks on values."""

from __future__ import annotations

import autograd
import nn
from autograd import tensor
from tests.autograd.replay.programs.world import CALLS, Seen, caught, floats, frozen, grads, program, pulled


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
        h = autograd.einsum("i,j->ij", w, w)
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
def hooks_on_tensors(compile):
    seen, w, order, handles = Seen(), floats(3, grad=True), [], []

    @compile
    def f(x, call):
        h = x * w
        if call % 3 == 1:
            h.register_hook(lambda g: order.append(frozen(g)) or g * 2 + g.sin())
        z = h.tanh()
        if call % 4 == 2:
            z.retain_grad()
            h.retain_grad()
        return z * z, z, h

    for call in range(CALLS):
        if call == 5:
            handles.append(w.register_hook(lambda g: g + 1))
            handles.append(w.register_post_accumulate_grad_hook(lambda p: order.append(frozen(p.grad))))
        if call == 12:
            handles.pop(0).remove()
        out, z, h = f(floats(3, seed=call), call)
        seen(*pulled(out, w), order)
        if call % 4 == 2:
            seen(z.grad, h.grad)
    return seen


@program
def hooks_run_while_it_is_compiled(compile):
    seen, w, order = Seen(), floats(3, grad=True), []

    def hook(g):
        h = g * 2
        order.append(frozen(h.sum()))
        return h + g.exp()

    @compile
    def f(x):
        h = (x * w).tanh()
        h.register_hook(hook)
        z = (h * x).sum()
        z.backward(create_graph=len(order) % 2 == 0, retain_graph=True)
        after = w.grad * 3
        return z, after

    for call in range(CALLS):
        seen(f(floats(3, seed=call)), order, w.grad)
        w.grad = None
    return seen


@program
def hooks_on_modules_and_optimisers(compile):
    seen, order = Seen(), []
    model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
    optimiser = nn.optim.SGD(model.parameters(), lr=0.1)

    @compile
    def step(x):
        optimiser.zero_grad()
        z = model(x)
        z.square().mean().backward()
        optimiser.step()
        return z

    for call in range(CALLS):
        if call == 4:
            first = model[0].register_forward_hook(lambda m, args, out: out * 2)
            model[2].register_forward_pre_hook(lambda m, args: (args[0] + 1,))
        if call == 8:
            model[1].register_full_backward_hook(lambda m, before, after: order.append(frozen(after)))
            optimiser.register_step_post_hook(lambda *_: order.append("step"))
        if call == 12:
            first.remove()
        seen(step(floats(2, 3, seed=call)), order)
    seen(model.state_dict())
    return seen


@program
def a_walk_that_ends_at_a_mark(compile):
    seen, w = Seen(), floats(3, grad=True)

    @compile
    def f(x):
        h = (x * w).exp()
        tape = autograd.tape()
        before = len([1 for record in tape if record.op in ("mul", "exp")])
        z = h.sin()
        names = [record.op for record in autograd.tape()][-2:]
        return z, before > 0, names

    for call in range(CALLS):
        z, *rest = f(floats(3, seed=call))
        seen(rest, *pulled(z, w))
    return seen


@program
def checkpoint_inside(compile):
    seen = Seen()
    model = nn.Sequential(nn.Linear(3, 4), nn.Dropout(0.3), nn.Tanh(), nn.Linear(4, 2))

    @compile
    def f(x, call):
        h = x * 2
        h = autograd.checkpoint(model, h)
        z = autograd.checkpoint(lambda a, b: (a * b).exp() + x.sum(), h, h + 1)
        if call % 3 == 0:
            z.sum().backward()
            return z.detach() * 2
        return z * h

    for call in range(CALLS):
        seen(*pulled(f(floats(2, 3, seed=call, grad=call % 2 == 0), call), *model.parameters()))
    return seen


@program
def functions_with_a_backward_by_hand(compile):
    seen, w, calls = Seen(), floats(3, grad=True), []

    class Cube(autograd.Function):
        @staticmethod
        def forward(ctx, x, power):
            calls.append(frozen(x))
            h = x * x
            ctx.save_for_backward(x, h)
            ctx.power, ctx.scale = power, h.sum()
            return h * x, h

        @staticmethod
        def backward(ctx, dz, dh):
            x, h = ctx.saved_tensors
            calls.append(frozen(dz))
            return dz * 3 * h + dh * 2 * x * ctx.scale.sign() + ctx.power, None

    class Doubled(autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.mark_dirty(x)
            x *= 2
            return x

        @staticmethod
        def backward(ctx, dz):
            return dz * 2

    @compile
    def f(x, call):
        a, b = Cube.apply(x * w, call % 3)
        c = Doubled.apply((a + b).sin())
        if call % 2:
            (a.sum() * 2).backward(retain_graph=True)
        return c * a

    for call in range(CALLS):
        seen(*pulled(f(floats(3, seed=call), call), w), calls)
    return seen


@program
def a_value_is_a_constant_elsewhere(compile):
    seen, w = Seen(), floats(3, grad=True)
    target = tensor([0.0, 0.0, 0.0])

    @compile
    def f(x):
        q = (x * w).relu() + 0.5
        with autograd.no_grad():
            best = (x * target).max() + q.sum()
        target.copy_(q.detach() * 0.5 + target * 0.5)
        return (q - best.item()).abs() + (q - best).square() + q.grad_fn.name().count("Add") + q.is_leaf

    for call in range(CALLS):
        seen(*pulled(f(floats(3, seed=call)), w), target)
    return seen
