"""Programs that switch something on or off: recording, dtypes, warnings of NumPy, autocast, anomaly detection."""

from __future__ import annotations

import warnings

import numpy as np

import autograd
import nn
from autograd import tensor
from tests.programs.world import CALLS, Seen, caught, floats, grads, program, pulled


@program
def parts_without_recording(compile):
    seen, w = Seen(), floats(3, grad=True)

    @compile
    def f(x):
        h = x * w
        with autograd.no_grad():
            scale = (h * h).mean().sqrt()
            with autograd.enable_grad():
                inner = (h * scale).sin()
            shift = inner.sum()
        z = h / scale + shift + inner
        autograd.set_grad_enabled(False)
        late = z.exp()
        autograd.set_grad_enabled(True)
        return z, late, scale, shift

    for call in range(CALLS):
        z, *rest = f(floats(3, seed=call))
        seen(rest, *pulled(z, w))
    return seen


@program
def called_with_and_without_recording(compile):
    seen, w = Seen(), floats(3, grad=True)
    f = compile(lambda x: (x * w).tanh().sum() * 2)
    for call in range(CALLS):
        with autograd.set_grad_enabled(call % 3 != 1):
            z = f(floats(3, seed=call))
        seen(*pulled(z, w))
    return seen


@program
def views_made_without_recording_are_written_to(compile):
    seen, w = Seen(), floats(4, grad=True)

    @compile
    def f(x):
        h = x * w
        with autograd.no_grad():
            view = h.reshape(2, 2)
        other = h.reshape(2, 2)
        z = (view * 2).sum() + (other * 3).sum()
        seen(caught(lambda: view.mul_(2)))
        other.mul_(3)
        return z + (other * view).sum() + h.sum()

    for call in range(CALLS):
        z = caught(f, floats(4, seed=call))
        seen(caught(pulled, z, w) if isinstance(z, autograd.Tensor) else z)
        w.grad = None
    return seen


@program
def the_default_dtype_changes(compile):
    seen, ints = Seen(), tensor([1, 2, 3])

    @compile
    def f(x, inside):
        a = ints.sin() + ints / 2
        if inside:
            autograd.set_default_dtype(np.float64)
        b = ints.sin() + ints * 0.1 + tensor(0.3)
        autograd.set_default_dtype(np.float32)
        return a, b, b.mean() * x, ints.exp()

    try:
        for call in range(CALLS):
            autograd.set_default_dtype(np.float64 if call % 4 == 1 else np.float32)
            seen(f(floats(3, seed=call), call % 2))
    finally:
        autograd.set_default_dtype(np.float32)
    return seen


@program
def dtypes_that_change(compile):
    seen, w = Seen(), floats(2, grad=True)
    kinds = [np.float32, np.float64, np.float16, np.int64, np.int32, np.uint8, bool]

    @compile
    def f(x):
        h = x * w + x
        return (h.sum(0) / 2).to(np.float32), x.sum(), x + 1, x.float().mean()

    for call in range(3 * len(kinds)):
        z, *rest = f(floats(3, 2, seed=call, dtype=kinds[call % len(kinds)]))
        seen(rest, *pulled(z, w))
    return seen


@program
def strides_that_change(compile):
    seen, w = Seen(), floats(3, 3, grad=True)
    f = compile(lambda x: ((x @ w).reshape(9), x.flatten(), x.T.reshape(-1) * 2, (x + 1).T, x.contiguous()))
    for call in range(CALLS):
        x = floats(3, 3, seed=call)
        wide = floats(6, 6, seed=call)
        row = floats(1, 3, seed=call).expand(3, 3)
        z, *rest = f([x, x.T, wide[::2, ::2], wide[:3, 3:], row][call % 5])
        seen([part.is_contiguous() for part in rest], rest, *pulled(z, w))
    return seen


@program
def numpy_is_told_not_to_warn(compile):
    seen, x = Seen(), tensor([0.0, -1.0, 2.0])

    @compile
    def f(call):
        with np.errstate(divide="ignore", invalid="ignore"):
            quiet = x.log() + call
        loud = x.log() if call % 4 == 0 else x.exp()
        return quiet, loud

    for call in range(CALLS):
        seen(f(call))
    return seen


@program
def numpy_is_told_to_raise(compile):
    seen, x, w = Seen(), tensor([0.0, -1.0, 2.0]), floats(3, grad=True)

    @compile
    def f(call):
        h = w * call
        try:
            with np.errstate(divide="raise", invalid="raise"):
                h = h + x.log()
        except FloatingPointError as error:
            seen(error)
            h = h + 100
        return h.sin()

    for call in range(CALLS):
        seen(*pulled(f(call), w))
    return seen


@program
def warnings_are_caught_inside(compile):
    seen, x = Seen(), tensor([0.0, -1.0, 2.0])

    @compile
    def f(call):
        with warnings.catch_warnings(record=True) as caught_ones:
            warnings.simplefilter("always")
            h = x.log() + call
            z = h.exp()
        seen([str(one.message) for one in caught_ones])
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                z = x.sqrt() + 1
            except RuntimeWarning as error:
                seen(error)
        return z * 2, h

    for call in range(CALLS):
        seen(f(call))
    return seen


@program
def autocast_is_switched_on(compile):
    seen, model, w = Seen(), nn.Linear(3, 2), floats(2, grad=True)
    scaler = nn.optim.SGD(model.parameters(), lr=0.1)

    @compile
    def f(x, on):
        with autograd.autocast("cpu", enabled=on):
            h = model(x) * w
        return h.relu().float().sum()

    for call in range(CALLS):
        z = f(floats(4, 3, seed=call), call % 3 == 0)
        scaler.zero_grad()
        seen(*pulled(z, w))
        scaler.step()
        seen(model.state_dict())
    return seen


@program
def loss_scaling(compile):
    seen, model = Seen(), nn.Linear(3, 1)
    optimiser, scaler = nn.optim.SGD(model.parameters(), lr=0.1), autograd.GradScaler(init_scale=4.0, growth_interval=3)

    @compile
    def step(x, bad):
        optimiser.zero_grad()
        loss = (model(x) ** 2).mean()
        if bad:
            loss = loss * float("inf")
        scaler.scale(loss).backward()
        scaler.unscale_(optimiser)
        norm = nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        scaler.step(optimiser)
        scaler.update()
        return loss, norm, scaler.get_scale()

    for call in range(CALLS):
        seen(step(floats(4, 3, seed=call), call % 5 == 4), model.state_dict())
    return seen


@program
def anomalies_are_found_where_they_are(compile):
    seen, w, order = Seen(), tensor([1.0, 0.0, -1.0], requires_grad=True), []

    @compile
    def f(x, on):
        h = x * w
        order.append("before")
        try:
            with autograd.detect_anomaly() if on else autograd.enable_grad():
                h = h / w
                order.append("after")
        except Exception as error:
            order.append(type(error).__name__)
        return h * 2

    for call in range(CALLS):
        seen(*pulled(f(floats(3, seed=call), call % 2), w), order)
    return seen


@program
def a_backward_under_anomaly_detection(compile):
    seen, w = Seen(), tensor([1.0, 0.0, 4.0], requires_grad=True)

    @compile
    def f(x):
        with autograd.detect_anomaly():
            z = autograd.where(w > 0, w, w * 0).sqrt() * x
            z.sum().backward()
        return z

    for call in range(CALLS):
        seen(type(caught(f, floats(3, seed=call))).__name__, grads(w))
    return seen


@program
def inference_mode_as_a_decorator(compile):
    seen, w = Seen(), floats(3, grad=True)

    @compile
    @autograd.inference_mode()
    def f(x):
        return (x * w).exp(), autograd.is_grad_enabled()

    @autograd.no_grad()
    @compile
    def g(x):
        return (x * w).exp() + 1, autograd.is_grad_enabled()

    for call in range(CALLS):
        seen(f(floats(3, seed=call)), g(floats(3, seed=call)), autograd.is_grad_enabled())
    return seen
