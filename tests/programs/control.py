"""Programs whose Python takes other ways from call to call."""

from __future__ import annotations

import io

import numpy as np

import autograd
import nn
from autograd import tensor
from tests.programs.world import CALLS, Seen, caught, floats, program, pulled


@program
def a_branch_on_a_value(compile):
    seen, w = Seen(), floats(3, grad=True)

    @compile
    def f(x):
        h = (x * w).tanh()
        if h.sum() > 0:
            return (h * 2).exp().sum()
        return (h - 1).square().mean()

    for call in range(CALLS):
        seen(*pulled(f(floats(3, seed=call)), w))
    return seen


@program
def a_branch_on_the_call(compile):
    seen, w, count = Seen(), floats(3, grad=True), [0]

    @compile
    def f(x):
        count[0] += 1
        h = x * w
        if count[0] % 3 == 0:
            h = h.relu()
        if count[0] % 5 == 0:
            return h.exp()
        return h.sin() * count[0]

    for call in range(CALLS):
        seen(*pulled(f(floats(3, seed=call)), w), count)
    return seen


@program
def a_loop_until_a_value_is_small(compile):
    seen, w = Seen(), floats(3, grad=True)

    @compile
    def f(x):
        steps = 0
        while x.abs().max() > 0.5:
            x = x * 0.7 - (x * w).tanh() * 0.01
            steps += 1
        return x, steps

    for call in range(CALLS):
        x, steps = f(floats(3, seed=call) * 4)
        seen(steps, *pulled(x, w))
    return seen


@program
def loops_of_changing_length(compile):
    seen, w = Seen(), floats(4, 4, grad=True)

    @compile
    def f(xs):
        h = tensor(np.zeros(4, np.float32))
        for x in xs:
            h = (h @ w + x).tanh()
        return h

    for call in range(CALLS):
        seen(*pulled(f([floats(4, seed=call + k) for k in range(call % 6)]), w))
    return seen


@program
def a_very_long_loop(compile):
    seen, w = Seen(), floats(2, grad=True)

    @compile
    def f(x, steps):
        for step in range(steps):
            x = x * w * 0.5 + step % 3
        return x

    for call in range(CALLS):
        seen(*pulled(f(floats(2, seed=call), 300 if call % 4 else 303), w))
    return seen


@program
def items_and_prints_in_the_middle(compile):
    seen, w, out = Seen(), floats(2, 3, grad=True), io.StringIO()

    @compile
    def f(x):
        h = x @ w
        print("sum", h.sum().item(), file=out)
        h = h * 2 + 1
        print(h, f"{h.mean():.6f}", f"{h.mean().item():.3e}", repr(h.detach()), file=out)
        return h.relu() * float(h.detach().max()) + int(h.detach().argmax())

    for call in range(CALLS):
        seen(*pulled(f(floats(4, 2, seed=call)), w))
    return seen, out.getvalue()


@program
def the_last_batch_is_smaller(compile):
    seen, w, b = Seen(), floats(5, 3, grad=True), floats(3, grad=True)

    @compile
    def f(x):
        h = (x @ w + b).relu()
        return (h.sum(1) / x.shape[0]).exp() + len(x)

    data = floats(34, 5)
    for _ in range(3):
        for start in range(0, 34, 5):
            seen(*pulled(f(data[start : start + 5]), w, b))
    return seen


@program
def sizes_zero_and_one(compile):
    seen, w = Seen(), floats(3, 2, grad=True)

    @compile
    def f(x):
        h = (x @ w).exp()
        return h.sum(0) + h.prod(), h.reshape(-1), h.unsqueeze(0).expand(2, *h.shape)

    for call in range(CALLS):
        a, b, c = f(floats(call % 3, 3, seed=call))
        seen(b, c, *pulled(a.sum() + b.sum() + c.sum(), w))
    return seen


@program
def early_return_and_recursion(compile):
    seen, w = Seen(), floats(3, grad=True)

    def f(x, depth):
        if depth == 0:
            return x
        h = (x * w).sin()
        if depth > 3 and h.sum() > 0.5:
            return h * 100
        return f(h, depth - 1) + g(h, depth - 1) * 0.5

    f = g = compile(f)
    for call in range(CALLS):
        seen(*pulled(f(floats(3, seed=call), call % 6), w))
    return seen


@program
def closed_over_numbers_change(compile):
    seen, w = Seen(), floats(3, grad=True)
    rate, power, low, name = 0.1, 2, -1.0, "sum"

    @compile
    def f(x):
        h = (x * w * rate) ** power
        return getattr(h.clamp(min=low, max=low + 2), name)() * rate

    for call in range(CALLS):
        rate, power, low = 0.1 + 0.05 * (call % 4), 1 + call % 3, -0.5 * (call % 2)
        name = ("sum", "mean", "amax")[call % 3]
        seen(*pulled(f(floats(3, seed=call)), w))
    return seen


@program
def signs_of_zero_and_types_of_numbers(compile):
    seen = Seen()
    x, ints = tensor([0.0, -0.0, 1.0, float("nan")]), tensor([1, 2, -3])
    numbers = [0.0, -0.0, 0, True, False, 1, 1.0, np.float64(0.0), np.float64(-0.0), float("nan"), np.float32(-0.0)]

    @compile
    def f(number):
        more = x.nan_to_num(nan=number), nn.functional.threshold(x, 0.5, number), x.masked_fill(x == 0, number)
        more += nn.functional.hardtanh(x, number, 2.0), nn.functional.leaky_relu(x - 1, number), ints.pow(number)
        return x * number, ints * number, x.clamp(min=number), x.copysign(number), ints + number, x.pow(number), more

    for call in range(2 * len(numbers)):
        seen(caught(f, numbers[call % len(numbers)]))
    return seen


@program
def settings_in_a_list_that_changes(compile):
    seen, x = Seen(), floats(2, 3, 4, grad=True)
    dims, order = [0], [0, 1, 2]

    @compile
    def f():
        h = x.exp()
        return h.sum(dims).reshape(-1).sin().sum() + (h.permute(order).reshape(4, -1)[0] * 2).sum()

    for call in range(CALLS):
        dims[:] = ([0], [1], [0, 2], [2, 1])[call % 4]
        order.append(order.pop(0))
        seen(*pulled(f(), x))
    return seen


@program
def generators(compile):
    seen, w = Seen(), floats(3, grad=True)

    @compile
    def steps(x):
        for _ in range(3):
            x = x * w
            yield x.exp()

    @compile
    def f(x):
        def pairs():
            h = x
            while True:
                with autograd.no_grad():
                    scale = h.abs().max() + 1
                h = h.sin() / scale
                yield h, scale

        total = x * 0
        for count, (h, scale) in enumerate(pairs()):
            total = total + h * w * scale
            if count == 2 or total.sum() > 1:
                break
        return total + sum(z.sum() for z in steps(x))

    for call in range(CALLS):
        seen(*pulled(f(floats(3, seed=call)), w))
        for z in steps(floats(3, seed=call)):
            seen(*pulled(z, w))
    return seen


@program
def one_half_is_never_the_same(compile):
    seen, w = Seen(), floats(3, grad=True)

    @compile
    def f(x, call):
        h = (x * w).clamp(min=-float(call))
        for n in range(call % 7):
            h = h.pow(1 + n / (call + 1)) if (n + call) % 3 else h.abs() + 0.1
        return h.abs().sqrt()

    for call in range(2 * CALLS):
        seen(*pulled(f(floats(3, seed=call).abs() + 1, call), w))
    return seen
