"""Programs that write in place: to inputs, views, buffers, promises, and by NumPy behind the back of all."""

from __future__ import annotations

import autograd
import nn
from autograd import tensor
from tests.programs.world import CALLS, Seen, caught, floats, grads, program, pulled


@program
def inputs_are_written_to(compile):
    seen, w = Seen(), floats(3, grad=True)

    @compile
    def f(x):
        a = x + w
        x += 1
        b = x.sum() + w.exp()
        x[1] = 5
        x.mul_(a.detach())
        return a + b * w + x * w

    x = floats(3, seed=1)
    for call in range(CALLS):
        if call % 5 == 0:
            x = floats(3, seed=call)
        seen(*pulled(f(x), w), x)
    return seen


@program
def promises_are_written_to(compile):
    seen, w = Seen(), floats(4, grad=True)

    @compile
    def f(x, call):
        a = x * w
        a += 1
        b = a + x
        b *= w
        b[1:3] = x[:2] * 2
        c = (b * 1.5).tanh()
        d = b
        d -= 1
        if call % 3 == 0:
            d.zero_()
        return c + d + b.relu_()

    for call in range(CALLS):
        seen(*pulled(f(floats(4, seed=call), call), w))
    return seen


@program
def views_of_promises_are_written_to(compile):
    seen, w = Seen(), floats(4, 3, grad=True)

    @compile
    def f(x):
        h = x @ w
        h.reshape(-1)[2:5].mul_(3)
        h.T.unsqueeze(0)[0, 0].add_(1)
        view = h.reshape(-1)
        turned = h.T
        part = h[1]
        z = turned + 1
        part *= 2
        h[0] = 7
        return z, view * 1, turned * 2, part + 1, h

    for call in range(CALLS):
        parts = f(floats(2, 4, seed=call))
        seen(parts)
        sum((part * (k + 1)).sum() for k, part in enumerate(parts)).backward()
        seen(grads(w))
    return seen


@program
def a_view_whose_base_is_dropped(compile):
    seen, w = Seen(), floats(4, 3, grad=True)

    @compile
    def f(x):
        view = (x @ w).reshape(-1).unsqueeze(0)
        other = view.squeeze(0)
        with autograd.no_grad():
            late = (x @ w).T
        view.mul_(2)
        late.add_(1)
        return view + other * late.reshape(-1)

    for call in range(CALLS):
        seen(*pulled(f(floats(2, 4, seed=call)), w))
    return seen


@program
def split_chunk_and_unbind_partly_used(compile):
    seen, w = Seen(), floats(6, grad=True)

    @compile
    def f(x, call):
        a, b, c = (x * w).chunk(3)
        _, d = (x + w).split([2, 4])
        first, *rest = (x - w).reshape(2, 3).unbind(1)
        if call % 2:
            return a * c + first
        with autograd.no_grad():
            b = b.clone()
            b += 1
        return d[:2] + rest[1] + b

    for call in range(CALLS):
        seen(*pulled(f(floats(6, seed=call), call), w))
    return seen


@program
def writing_to_one_of_several_views(compile):
    seen, w = Seen(), floats(6, grad=True)

    @compile
    def f(x, call):
        h = x * w
        parts = h.chunk(3)
        try:
            parts[0].mul_(2)
        except Exception as error:
            seen(error)
        if call % 2:
            h.add_(1)
        return (parts[1] * h[:2]).sum()

    for call in range(CALLS):
        z = f(floats(6, seed=call), call)
        seen(z, caught(z.backward), grads(w))
    return seen


@program
def what_backward_needs_is_overwritten(compile):
    seen, w = Seen(), floats(3, grad=True)
    scale = floats(3, seed=1)

    @compile
    def f(x, call):
        h = (x * w).exp() * scale
        if call % 3 == 1:
            scale.add_(1)
        z = h.sin()
        if call % 3 == 2:
            h.mul_(2)
        return z + h

    for call in range(CALLS):
        z = f(floats(3, seed=call), call)
        seen(z, caught(z.sum().backward), grads(w))
    return seen


@program
def the_same_tensor_twice_and_views_of_one_another(compile):
    seen, w = Seen(), floats(4, grad=True)

    @compile
    def f(x, y):
        a = x.exp() * w + y
        y.mul_(2)
        b = x.cos() * w - y
        x[:1] = 3
        return a + b * (x + y)

    for call in range(CALLS):
        base = floats(8, seed=call)
        x, y = [(base[:4], base[:4]), (base[:4], base[2:6]), (base[:4], base[4:]), (base[::2], base[1::2])][call % 4]
        seen(*pulled(f(x, x if call % 8 == 4 else y), w), base)
    return seen


@program
def buffers_counted_up_by_forward(compile):
    class Counting(nn.Module):
        def __init__(self):
            super().__init__()
            self.w = nn.Parameter(floats(3))
            self.register_buffer("mean", autograd.zeros(3))
            self.register_buffer("seen", tensor(0))
            self.calls = 0

        def forward(self, x):
            self.calls += 1
            self.seen += 1
            before = x * self.mean
            self.mean.lerp_(x.detach(), 1 / self.seen.item())
            after = x * self.mean
            if self.calls % 4 == 0:
                self.mean = self.mean * 0.5 + before * 0.1
            return (before - after) * self.w * self.calls + self.seen

    seen, model = Seen(), Counting()
    f = compile(model)
    for call in range(CALLS):
        seen(*pulled(f(floats(3, seed=call)), model.w), model.state_dict(), model.calls)
    return seen


@program
def constants_are_looked_at_and_seen_through(compile):
    seen, w = Seen(), floats(4, grad=True)

    @compile
    def f(x, call):
        a = x * 2
        early = a.reshape(2, 2)
        seen(a.tolist(), (a + 1).sum().item())
        late = a.reshape(4, 1)
        early.mul_(3)
        seen(a if call % 2 else a.tolist())
        b = x.exp()
        part = b.reshape(2, 2).T
        seen(part.tolist())
        part.add_(1)
        c, d = (x + 1).reshape(2, 2).unbind()
        seen(d.tolist())
        c = c + 5
        values, order = (x * 3).sort()
        seen(order.tolist())
        q, r = autograd.linalg.qr(x.reshape(2, 2))
        seen(r.tolist())
        c = c + values[:2] * order.sum() + (q @ r).sum()
        return (late.reshape(-1) * w + b + d.sum() + c.sum()) * a

    for call in range(CALLS):
        seen(*pulled(f(floats(4, seed=call), call), w))
    return seen


@program
def what_is_computed_twice_is_written_to_once(compile):
    seen, w = Seen(), floats(4, grad=True)

    @compile
    def f(x):
        a, b = autograd.atan2(x, w), autograd.atan2(x, w)
        with autograd.no_grad():
            c, d = autograd.atan2(x, w), autograd.atan2(x, w)
            e, g = x.clone(), (x * 1).contiguous()
        return a, b, c, d, e, g

    for call in range(CALLS):
        x = floats(4, seed=call)
        a, b, *constants = f(x)
        for k, z in enumerate(constants):
            z.mul_(k + 2)
        a.mul_(2)
        seen(x, constants, *pulled(a * b, w))
    return seen
