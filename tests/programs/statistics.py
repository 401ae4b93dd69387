"""Programs with running statistics, which batch norm writes in place: looked at, shared, replaced, written to."""

from __future__ import annotations

import copy
import gc

import numpy as np

import autograd
import nn
from tests.programs.world import CALLS, Seen, caught, floats, program, pulled


def normed(features=4, **settings):
    """A layer, and a net that it stands in."""
    norm = nn.BatchNorm1d(features, **settings)
    return norm, nn.Sequential(nn.Linear(3, features), norm, nn.ReLU(), nn.Linear(features, 2))


def state(model):
    """All of a model, as numbers. (What NumPy was shown once is not waited for any more.)"""
    return {name: [str(value.dtype), value.tolist()] for name, value in model.state_dict().items()}


@program
def statistics_are_looked_at_in_the_middle(compile):
    seen = Seen()
    norm, model = normed()

    def f(x, call):
        before = norm.running_mean.tolist() if call % 5 == 1 else None
        z = model(x)
        if call % 3 == 0:
            seen(norm.running_mean.tolist(), norm.running_var.sum().item(), norm.num_batches_tracked.item())
        if call % 3 == 1:
            seen(
                before, norm.running_var[1].item(), repr(norm.running_mean.shape), norm.running_mean.dtype == np.float32
            )
        if call == 11:
            seen(state(model), state(copy.deepcopy(model)))
        return z * 2.0

    f = compile(f)
    for call in range(CALLS):
        seen(*pulled(f(floats(5, 3, seed=call), call), *model.parameters()))
    seen(state(model))
    return seen


@program
def statistics_are_operands_of_what_comes_before_and_after(compile):
    seen = Seen()
    norm, model = normed()
    w = floats(4, seed=3, grad=True)

    def f(x, where):
        early = (norm.running_mean * w).sum() if where in (1, 3) else 0.0
        z = model(x).sum() + early
        late = (norm.running_var * w).sum() if where != 1 else 0.0
        again = model(x).sum() * 0.5 if where > 1 else 0.0
        return z + late + again

    f = compile(f)
    for call in range(CALLS):
        seen(*pulled(f(floats(5, 3, seed=call), call // 5), w, *model.parameters()))
        seen(state(model))
        autograd.tape().clear()  # where a walk back has failed, records still have statistics
        gc.collect()
    return seen


@program
def others_have_the_memory_of_statistics(compile):
    seen = Seen()
    norm, model = normed()
    held = []

    def f(x, call):
        z = model(x)
        if call % 4 == 2:
            held.append(norm.running_mean[1:3])
        for other in held:
            if isinstance(other, autograd.Tensor):
                z = z + other.sum()
            elif isinstance(other, np.ndarray):
                z = z * float(other[0])
        return z.exp()

    f = compile(f)
    for call in range(CALLS):
        if call == 4:
            held.append(norm.running_mean.detach())
        if call == 8:
            held[:] = [norm.running_var.data]
        if call == 11:
            held.clear()
        if call == 14:
            held.append(norm.running_var.numpy())
        seen(*pulled(f(floats(5, 3, seed=call), call), *model.parameters()), state(model))
    seen(state(model))
    return seen


@program
def one_layer_is_used_twice_and_two_layers_share_statistics(compile):
    seen, norm = Seen(), nn.BatchNorm1d(3)
    other = nn.BatchNorm1d(3, momentum=0.3)
    other.running_mean = norm.running_mean
    counts = [2, 2, 2, 2, 2, 1, 1, 1, 3, 3, 3, 3, 2, 2, 0, 0, 2, 2, 2, 2]

    def f(x, times):
        z = other(x * 0.5) if times == 1 else x
        for _ in range(times):
            z = norm(z) + x
        return other(z) * 3.0

    f = compile(f)
    for call in range(CALLS):
        seen(*pulled(f(floats(5, 3, seed=call), counts[call]), norm.weight, other.bias))
        seen(state(norm), state(other))
    return seen


@program
def statistics_are_replaced_reset_written_and_loaded(compile):
    seen = Seen()
    norm, model = normed()
    begin = copy.deepcopy(model.state_dict())

    def f(x, call):
        if call == 5:
            norm.reset_running_stats()
        z = model(x)
        if call == 7:
            norm.running_mean.zero_()
        if call == 9:
            norm.running_var = autograd.ones(4)
        if call == 11:
            norm.running_var.mul_(0.5)
        if call == 13:
            model.load_state_dict(begin)
        if call == 15:
            norm.running_mean.data = autograd.ones(4) * 2.0
        return (z * z).sum()

    f = compile(f)
    for call in range(CALLS):
        if call == 17:
            norm.momentum = 0.5
        seen(*pulled(f(floats(5, 3, seed=call), call), *model.parameters()), state(model))
    return seen


@program
def layers_with_statistics_change_their_mode(compile):
    seen = Seen()
    norm, model = normed(momentum=None)
    second = nn.Sequential(nn.InstanceNorm1d(2, affine=True, track_running_stats=True), nn.BatchNorm1d(2))

    def f(x, call):
        z = model(x)
        norm.train(call % 3 != 1)
        z = second(model(x * 0.5).reshape(5, 2, 1).expand(5, 2, 3)) + z.reshape(5, 2, 1)
        norm.train(True)
        return z

    f = compile(f)
    for call in range(CALLS):
        with autograd.set_grad_enabled(call % 5 != 4):
            seen(*pulled(f(floats(5, 3, seed=call), call), *model.parameters()), state(model), state(second))
    return seen


@program
def something_fails_after_statistics_have_moved(compile):
    seen = Seen()
    _, model = normed()

    def f(x, fails):
        z = model(x)
        if fails == 1:
            raise KeyError("in the middle")
        if fails == 2:
            z = z @ x
        return z + 1.0

    f = compile(f)
    for call in range(CALLS):
        seen(caught(f, floats(5, 3, seed=call), call // 3 % 3), state(model))
    return seen


@program
def statistics_are_returned_and_kept(compile):
    seen, kept = Seen(), []
    norm, model = normed()

    def f(x, drop):
        z = model(x)
        kept.append(norm.running_mean * 1.0)
        return None if drop else (z, norm.running_mean, norm.num_batches_tracked * 2)

    f = compile(f)
    for call in range(CALLS):
        found = f(floats(5, 3, seed=call), call % 6 == 5)
        if found is not None:
            seen(found[1] is norm.running_mean, found[1].tolist(), found[2])
        seen(kept[-1], state(model))
        if found is not None:
            seen(*pulled(found[0], *model.parameters()))
    return seen


@program
def networks_of_convolutions_with_statistics_learn(compile):
    seen = Seen()
    model = nn.Sequential(
        nn.Conv2d(1, 2, 3, padding=1), nn.BatchNorm2d(2), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(0.2),
        nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3, momentum=0.2), nn.ReLU(), nn.Flatten(), nn.Linear(12, 4),
        nn.BatchNorm1d(4, affine=False), nn.ReLU(), nn.Linear(4, 3),
    )  # fmt: skip
    optimiser = nn.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    loss_of = nn.CrossEntropyLoss()
    loss_at = compile(lambda x, y: loss_of(model(x), y))
    labels = autograd.tensor([0, 1, 2, 1])
    for call in range(CALLS):
        optimiser.zero_grad()
        loss = loss_at(floats(4, 1, 8, 8, seed=call), labels)
        loss.backward()
        optimiser.step()
        seen(loss)
    seen(state(model))
    return seen
