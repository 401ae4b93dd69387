"""Averages of parameters over training."""

from __future__ import annotations

import numpy as np
import pytest

import autograd
import nn
from autograd.errors import SettingError
from nn.optim.swa_utils import SWALR, AveragedModel, get_ema_avg_fn, update_bn


def step(model, rng):
    with autograd.no_grad():
        for parameter in model.parameters():
            parameter.copy_(autograd.tensor(rng.standard_normal(tuple(parameter.shape)).astype(np.float32)))


def test_the_equal_average(rng):
    model = nn.Linear(3, 2)
    averaged = AveragedModel(model)
    seen = []
    for _ in range(4):
        step(model, rng)
        averaged.update_parameters(model)
        seen.append(model.weight.detach().numpy().copy())
    np.testing.assert_allclose(averaged.module.weight.detach(), np.mean(seen, 0), rtol=1e-5)
    assert averaged.n_averaged.item() == 4
    assert list(averaged.state_dict()) == ["n_averaged", "module.weight", "module.bias"]
    x = autograd.ones(1, 3)
    np.testing.assert_array_equal(averaged(x).detach(), averaged.module(x).detach())


def test_the_moving_average_and_buffers(rng):
    model = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    copied = AveragedModel(model, avg_fn=get_ema_avg_fn(0.9))
    averaged = AveragedModel(model, avg_fn=get_ema_avg_fn(0.9), use_buffers=True)
    weight = mean = None
    for _ in range(3):
        step(model, rng)
        model(autograd.tensor(rng.standard_normal((8, 3)).astype(np.float32)))
        copied.update_parameters(model)
        averaged.update_parameters(model)
        now = model[0].weight.detach().numpy().copy()
        weight = now if weight is None else 0.9 * weight + 0.1 * now
        running = model[1].running_mean.numpy().copy()
        mean = running if mean is None else 0.9 * mean + 0.1 * running
    np.testing.assert_allclose(copied.module[0].weight.detach(), weight, rtol=1e-5)
    np.testing.assert_array_equal(copied.module[1].running_mean, model[1].running_mean)
    np.testing.assert_allclose(averaged.module[1].running_mean, mean, rtol=1e-5)
    with pytest.raises(SettingError, match="decay"):
        get_ema_avg_fn(1.5)


def test_statistics_of_batch_norms_anew(rng):
    model = nn.Sequential(nn.BatchNorm1d(3)).eval()
    x = rng.standard_normal((4, 8, 3)).astype(np.float32)
    update_bn([(autograd.tensor(batch), None) for batch in x], model)
    np.testing.assert_allclose(model[0].running_mean, x.mean((0, 1)), rtol=1e-5)
    np.testing.assert_allclose(model[0].running_var, x.var(1, ddof=1).mean(0), rtol=1e-5)
    assert model[0].momentum == 0.1
    assert not model.training
    update_bn([], nn.Linear(2, 2))


@pytest.mark.parametrize(
    ("strategy", "share"), [("linear", lambda t: t), ("cos", lambda t: (1 - np.cos(np.pi * t)) / 2)]
)
def test_annealing(strategy, share):
    update = nn.optim.SGD([nn.Parameter([1.0])], lr=1.0)
    schedule = SWALR(update, swa_lr=0.2, anneal_epochs=4, anneal_strategy=strategy)
    for epoch in range(1, 8):
        update.step()
        schedule.step()
        t = share(min(1.0, epoch / 4))
        assert update.param_groups[0]["lr"] == pytest.approx(t * 0.2 + 1 - t)
    at_once = nn.optim.SGD([nn.Parameter([1.0])], lr=1.0)
    SWALR(at_once, swa_lr=0.2, anneal_epochs=0)
    assert at_once.param_groups[0]["lr"] == 0.2


def test_settings_that_make_no_sense():
    update = nn.optim.SGD([nn.Parameter([1.0])], lr=1.0)
    with pytest.raises(SettingError, match="anneal_strategy"):
        SWALR(update, 0.1, anneal_strategy="steep")
    with pytest.raises(SettingError, match="anneal_epochs"):
        SWALR(update, 0.1, anneal_epochs=-1)
    with pytest.raises(SettingError, match="1 groups, got 2"):
        SWALR(update, [0.1, 0.2])
