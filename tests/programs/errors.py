"""Programs in which something is raised, or cannot be remembered."""

from __future__ import annotations

import autograd
from autograd import tensor
from tests.programs.world import CALLS, Seen, caught, floats, grads, program, pulled


@program
def an_exception_in_the_middle(compile):
    seen, w, count = Seen(), floats(3, grad=True), [0]
    running = autograd.zeros(3)

    @compile
    def f(x, call):
        count[0] += 1
        h = (x * w).exp()
        running.add_(h.detach())
        if call % 4 == 3:
            seen("the value", h)
            raise ValueError(f"call {call}: {h.sum().item()}")
        running.mul_(0.9)
        count[0] += 1
        return h.log() + running

    for call in range(CALLS):
        z = caught(f, floats(3, seed=call), call)
        seen(count, running, z)
        if not isinstance(z, Exception):
            seen(*pulled(z, w))
    return seen


@program
def what_was_computed_before_an_exception_is_there(compile):
    seen, w, kept = Seen(), floats(3, grad=True), []

    @compile
    def f(x, shape):
        kept.append((x * w).tanh())
        kept.append(kept[-1].sum().exp())
        return x.reshape(shape)

    for call in range(CALLS):
        seen(caught(f, floats(6, seed=call)[::2], (3, 1) if call % 2 else (7, 5)))
        seen(kept, *pulled(kept[0] * kept[1], w))
        kept.clear()
    return seen


@program
def try_around_shapes_that_do_not_fit(compile):
    seen, w = Seen(), floats(3, 2, grad=True)

    @compile
    def f(x):
        a = x.exp()
        try:
            a = a @ w
        except Exception as error:
            seen(error)
            a = a.T @ w
        b = a * 2
        try:
            b = b.reshape(7, 5)
        except Exception as error:
            seen(error)
        try:
            c = b + floats(4, 5)
        except Exception as error:
            seen(error)
            c = b + 1
        return c.sin() + b.cos()

    for call in range(CALLS):
        seen(*pulled(f(floats(2, 3, seed=call) if call % 3 else floats(3, 2, seed=call)), w))
    return seen


@program
def errors_that_depend_on_values(compile):
    seen, w = Seen(), floats(3, 3, grad=True)

    @compile
    def f(x, place):
        h = x + w
        try:
            h = h.inverse()
        except Exception as error:
            seen("singular", error)
        try:
            h = h[place] * 2
        except Exception as error:
            seen("index", error)
        try:
            h = h.gather(0, tensor([place, 0, 0]))
        except Exception as error:
            seen("gather", error)
        return h.sum()

    for call in range(CALLS):
        x = -w.detach() if call % 3 == 0 else floats(3, 3, seed=call)
        seen(*pulled(f(x, call % 5), w))
    return seen


@program
def an_operation_that_cannot_be_remembered_between_others(compile):
    seen, w = Seen(), floats(4, grad=True)

    @compile
    def f(x):
        a = (x * w).exp()
        b = autograd.cat([x, x + 1])
        c = a.sin() + 1
        d = x[[0, 2]]
        e = c * 3
        return a.sum() + b.sum(), c * e, d.sum() * e.mean()

    for call in range(CALLS):
        p, q, r = f(floats(4, seed=call))
        seen(p, q, r)
        (p + q.sum() + r).backward()
        seen(grads(w))
    return seen
