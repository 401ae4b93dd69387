"""Programs in which NumPy has the memory, or is given Tensors."""

from __future__ import annotations

import numpy as np

import autograd
import nn
from autograd import ops
from autograd.extend import apply
from tests.programs.world import CALLS, Seen, array, caught, floats, grads, program, pulled


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
            straight = apply(ops.linalg.linear, buffer.reshape(1, 3), w.reshape(1, 3), None).sum()
            straight = straight + apply(ops.elementwise.mul, buffer, w).sum()
            buffer[...] += 1
            locked = buffer.view()
            locked.flags.writeable = False
            straight = straight * apply(ops.elementwise.mul, locked, w).sum()
            buffer[0] = 3
            total = total * straight + apply(ops.elementwise.mul, locked, w)
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
