"""Programs that draw random numbers: compiled, they draw the same, in the same order."""

# ruff: noqa: NPY002 - programs draw from the old generator of NumPy, too

from __future__ import annotations

import numpy as np

import autograd
import nn
from autograd.extend import apply, op
from tests.programs.world import CALLS, Seen, floats, program, pulled


@program
def dropout_in_training_and_evaluation(compile):
    seen = Seen()
    model = nn.Sequential(nn.Linear(3, 6), nn.Dropout(0.5), nn.ReLU(), nn.Dropout(0.2), nn.Linear(6, 2))
    f = compile(lambda x: model(x).tanh())
    for call in range(CALLS):
        model.train(call % 3 != 0)
        seen(*pulled(f(floats(4, 3, seed=call)), *model.parameters()))
    return seen


@program
def noise_of_all_kinds(compile):
    seen, w = Seen(), floats(3, grad=True)

    @compile
    def f(x):
        h = x * w + autograd.randn(3) * 0.1
        h = h * autograd.bernoulli(autograd.full((3,), 0.7)) + autograd.rand_like(h)
        h = h + autograd.normal(0.0, 1.0, (3,)) + np.random.standard_normal(3).astype(np.float32)
        picked = autograd.multinomial(h.detach().abs() + 0.1, 2)
        return h[picked] + nn.functional.dropout(h, 0.3)[picked] + autograd.randperm(2)

    for call in range(CALLS):
        seen(*pulled(f(floats(3, seed=call)), w))
    return seen


@program
def seeds_set_inside(compile):
    seen, w = Seen(), floats(3, grad=True)

    @compile
    def f(x, call):
        a = x * w + autograd.rand(3)
        autograd.manual_seed(call % 4)
        b = a * autograd.rand(3) + np.float32(np.random.rand())
        state = autograd.get_rng_state()
        c = autograd.randn(3)
        autograd.set_rng_state(state)
        np.random.seed(call % 3)
        return b + c - autograd.randn(3) + nn.functional.dropout(b)

    for call in range(CALLS):
        seen(*pulled(f(floats(3, seed=call), call), w))
    return seen


@program
def operations_of_ones_own_that_draw_and_count(compile):
    seen, w, drawn = Seen(), floats(3, grad=True), []
    source, scale = np.random.default_rng(5), [1.0]

    def forward(x):
        drawn.append(float(x.sum()))
        return x * scale[0] + source.standard_normal(x.shape).astype(x.dtype)

    noisy = op("noisy_of_a_program", forward, dx=lambda dz: dz * 2)

    @compile
    def f(x, call):
        a = noisy(x * w)
        scale[0] = 1.0 + call
        b = apply(noisy, a.sin())
        noisy(b)
        scale[0] = 1.0
        return a + b

    for call in range(CALLS):
        seen(*pulled(f(floats(3, seed=call), call), w), drawn)
    return seen


@program
def an_operation_of_ones_own_that_raises(compile):
    seen, w = Seen(), floats(3, grad=True)

    def forward(x, *, least=0.0):
        if x.min() < least:
            raise ValueError(f"{x.min()} is less than {least}")
        return np.sqrt(x)

    root = op("root_of_a_program", forward, dx=lambda dz, z: dz / (2 * z))

    @compile
    def f(x):
        h = x * w
        try:
            return root(h, least=0.0) * 3
        except ValueError as error:
            seen(error)
            return h * 2

    for call in range(CALLS):
        seen(*pulled(f(floats(3, seed=call).abs() * (w.detach().sign() if call % 2 else 1)), w))
    return seen


@program
def batch_norm_and_its_buffers(compile):
    seen = Seen()
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.Flatten(), nn.Linear(8, 3))
    model.append(nn.BatchNorm1d(3, momentum=None))
    optimiser = nn.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    f = compile(model)
    for call in range(CALLS):
        model.train(call % 4 != 3)
        z = f(floats(3, 1, 4, 4, seed=call))
        seen(*pulled(z, *list(model.parameters())[:2]))
        optimiser.step()
        optimiser.zero_grad()
        seen(model.state_dict())
    return seen
