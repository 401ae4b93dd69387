"""Programs that hang hooks on values, modules and optimisers, and that have a backward of their own."""

from __future__ import annotations

import autograd
import nn
from autograd import tensor
from tests.programs.world import CALLS, Seen, floats, frozen, program, pulled


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
            calls.append(frozen(dz * 1))
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
