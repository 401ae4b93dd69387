"""Programs that write in place: to inputs, views, buffers, promises, and by NumPy behind the back of all."""

from __future__ import annotations

import numpy as np

import autograd
import nn
from autograd import tensor
from tests.autograd.replay.programs.world import CALLS, Seen, array, caught, floats, grads, program, pulled


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
        c = b.tanh()
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
def numpy_buffers_are_refilled_between_calls(compile):
    seen, w, buffer = Seen(), floats(3, 2, grad=True), array(4, 3)
    large = array(200, 100)
    v = floats(100, grad=True)

    @compile
    def f(x):
        return (np.exp(x @ w) * buffer[0, 0]).sum() + autograd.as_tensor(x).sum()

    g = compile(lambda x: (x @ v).tanh().sum())
    for call in range(CALLS):
        buffer[...] = array(4, 3, seed=call)
        large[...] = call
        seen(*pulled(f(buffer), w))
        z = g(large)
        if call % 4 == 0:
            large += 1
        seen(z, caught(z.backward), grads(v))
    return seen


@program
def numpy_buffers_are_refilled_inside(compile):
    seen, w, buffer = Seen(), floats(3, grad=True), array(3)

    @compile
    def f(x):
        total = x * w
        for k in range(3):
            buffer[...] = k + 1
            total = total * buffer + np.multiply(buffer, w)
            total = autograd.where(buffer > 1.5, total, total * 0.5) + autograd.add(buffer, total)
            with autograd.no_grad():
                other = nn.functional.linear(buffer, floats(2, 3)) + nn.functional.relu(buffer)[:2]
            seen(other)
            np.subtract(buffer, 5, out=buffer)
            total = total + other.sum()
        return total

    for call in range(CALLS):
        seen(*pulled(f(floats(3, seed=call)), w))
    return seen


@program
def memory_of_from_numpy_is_written_to_inside(compile):
    seen, w, memory = Seen(), floats(3, grad=True), array(3)
    x = autograd.from_numpy(memory)
    whole = np.zeros(6, np.float32)
    half = autograd.as_tensor(whole[3:])

    @compile
    def f(y):
        a = x * w + half
        memory[...] += 1
        whole[:] = memory[0]
        b = x * w + half
        view = x.reshape(3, 1) * 2
        memory[1] = 9
        return a * b + y + view.sum()

    for call in range(CALLS):
        seen(*pulled(f(floats(3, seed=call)), w), x)
        memory *= 0.5
    return seen


@program
def an_array_of_a_weight_is_kept_and_written_to(compile):
    seen, w, b = Seen(), floats(3, grad=True), floats(3, seed=2)
    memory, own = w.detach().numpy(), np.asarray(b)

    @compile
    def f(x):
        a = x * w + b
        memory[0] += 1
        own[:] = a.detach().numpy()
        return a + x * w + b

    @compile
    def g(x):
        a = x * b
        own[0] = 2
        return a + x * b

    for call in range(CALLS):
        z = g(floats(3, seed=call))
        seen(z, *pulled(f(floats(3, seed=call)), w), b)
        memory[1] -= 0.5
    return seen


@program
def numpy_functions_on_tensors(compile):
    seen, w = Seen(), floats(3, grad=True)

    @compile
    def f(x):
        h = np.exp(x * w) + np.sum(x) * np.float32(2)
        plain = np.asarray(h.detach()) * 2
        plain += np.maximum(h.detach().numpy(), 0.5)
        with autograd.no_grad():
            quiet = np.array(h * 2)
            np.add(h.detach(), 1, out=quiet)
            doubled = np.concatenate([np.asarray(h), np.tanh(h).numpy()])
        return np.where(h > 1, h, np.square(h)) * plain + quiet + doubled[:3], len(doubled), np.mean(h)

    for call in range(CALLS):
        z, size, mean = f(floats(3, seed=call))
        seen(size, mean, *pulled(z, w))
    return seen


@program
def out_arguments(compile):
    seen, out, small = Seen(), autograd.zeros(3), autograd.empty(0)

    @compile
    def f(x):
        before = out * 2
        h = x.exp() + 1
        autograd.add(h, x, out=out)
        after = out * 2
        autograd.mul(h, out, out=h)
        np.add(out.numpy(), 1, out=out.numpy())
        autograd.matmul(x, h, out=small)
        return before, after, h, out + 1, small * 2

    for call in range(CALLS):
        seen(f(floats(3, seed=call)), out, small)
    return seen


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
        return values[::2].sum() + top.values.prod() + runs.sum() + small, order, top.indices, kinds, counts, places, where

    for call in range(CALLS):
        z, *rest = f(floats(6, seed=call))
        seen(rest, *pulled(z, w))
    return seen
