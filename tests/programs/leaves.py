"""Programs that change what a Tensor is: its data, its flag, its shape; and those that ask promises where."""

from __future__ import annotations

import autograd
from tests.programs.world import CALLS, Seen, caught, floats, grads, program, pulled


@program
def data_is_assigned(compile):
    seen, w, b = Seen(), floats(3, grad=True), floats(3)

    @compile
    def f(x, call):
        a = x * w + b
        w.data = w.data * 0.9 + 0.1
        b.data[0] = call
        h = (x * w).exp() + b
        h.data = h.data + 1
        z = h.sin() + a
        if call % 3 == 0:
            b.data = floats(3, seed=call)
            w.data.mul_(0.5)
        return z + x * w * b

    for call in range(CALLS):
        seen(*pulled(f(floats(3, seed=call), call), w), w, b)
    return seen


@program
def requires_grad_is_toggled(compile):
    seen, w, b = Seen(), floats(3, grad=True), floats(3, grad=True)

    @compile
    def f(x, call):
        first = x * w + b
        w.requires_grad_(call % 2 == 0)
        b.requires_grad = call % 3 != 0
        second = (x * w).exp() + b
        made = (x * 2).requires_grad_()
        view = x.reshape(3, 1)
        x.requires_grad_(call % 4 == 0)
        return first, second + (made * second).tanh(), second.requires_grad, made, view * 1, x * 2

    for call in range(CALLS):
        first, second, flag, made, *rest = f(floats(3, seed=call), call)
        seen(first, flag, rest, *pulled(second, w, b, made))
        seen(*pulled(first, w, b))
    return seen


@program
def detach_and_its_memory(compile):
    seen, w = Seen(), floats(3, grad=True)

    @compile
    def f(x):
        h = x * w
        same = h.detach()
        z = same * 2
        with autograd.no_grad():
            same[0] = 5
        y = h * 3
        g = (x * w).exp()
        g.detach_()
        return y + z * g, same, g

    for call in range(CALLS):
        z, *rest = f(floats(3, seed=call))
        seen(rest, z, caught(z.sum().backward), grads(w))
    return seen


@program
def shapes_changed_in_place(compile):
    seen, w = Seen(), floats(2, 3, grad=True)

    @compile
    def f(x):
        h = x * w
        before = h * 2
        h.t_()
        h.unsqueeze_(0)
        x.squeeze_()
        return before.sum() + (h * h).sum() * x.sum(), h, x

    for call in range(CALLS):
        z, *rest = f(floats(1, 2, 3, seed=call)[0] if call % 2 else floats(1, 2, 3, seed=call).squeeze(0).clone())
        seen(rest, *pulled(z, w))
    return seen


@program
def indices_and_masks_that_are_promises(compile):
    seen, w = Seen(), floats(5, grad=True)

    @compile
    def f(x):
        h = x * w
        index = (h * 10).detach().abs().long() % 5
        mask = h > index / 5
        a = h[index] + h.masked_fill(mask, -1.0)
        b = autograd.where(mask, h, index.float())
        h = h + 0
        h[mask] = 2.0
        h[index[:2]] += 1
        c = h.index_select(0, index) + h.take(index) + h.gather(0, index)
        d = autograd.zeros(5).scatter_add(0, index, h).index_add(0, index, a)
        return (a + b + c + d).masked_select(~mask).sum() + h[index[0]]

    for call in range(CALLS):
        seen(*pulled(f(floats(5, seed=call)), w))
    return seen


@program
def sort_topk_unique_and_shapes_that_depend_on_values(compile):
    seen, w = Seen(), floats(6, grad=True)

    @compile
    def f(x):
        h = x * w
        values, order = h.sort()
        top = h.topk(3)
        kinds, counts = (h.detach() * 2).round().unique(return_counts=True)
        places = (h > 0).nonzero()
        small, where = h.min(0)
        runs = h.repeat_interleave((h.detach() > 0).long() + 1)
        count = len(runs)
        return (
            (values[::2].sum() + top.values.prod() + runs.sum() + small) * count,
            order,
            top.indices,
            kinds,
            counts,
            places,
            where,
        )

    for call in range(CALLS):
        z, *rest = f(floats(6, seed=call))
        seen(rest, *pulled(z, w))
    return seen
