"""Optimisers and schedules that go on from somewhere, groups as programs give them. Numbers printed by PyTorch 2.13.

The kind: something that a program put into an optimiser (a key, a name, a Tensor, a saved state) and that is lost, or
changes what the next steps do.
"""

from __future__ import annotations

import numpy as np
import pytest

import autograd as torch
import nn
from autograd.errors import SettingError
from nn import optim
from nn.optim import lr_scheduler as s

RESUMED = {  # the rates at last_epoch = 9 and the 3 steps after it, from 0.05 with an initial rate of 0.1
    "StepLR": (lambda o, n: s.StepLR(o, 5, 0.5, last_epoch=n), [0.025, 0.025, 0.025, 0.025]),
    "MultiStepLR": (lambda o, n: s.MultiStepLR(o, [10, 12], 0.5, last_epoch=n), [0.025, 0.025, 0.0125, 0.0125]),
    "ConstantLR": (lambda o, n: s.ConstantLR(o, 0.5, 11, last_epoch=n), [0.05, 0.1, 0.1, 0.1]),
    "LinearLR": (
        lambda o, n: s.LinearLR(o, 0.5, 1.0, 12, last_epoch=n),
        [0.05, 0.0522727273, 0.0545454545, 0.0545454545],
    ),
    "ExponentialLR": (lambda o, n: s.ExponentialLR(o, 0.9, last_epoch=n), [0.05, 0.045, 0.0405, 0.03645]),
    "PolynomialLR": (lambda o, n: s.PolynomialLR(o, 20, 2.0, last_epoch=n), [0.05, 0.0405, 0.032, 0.0245]),
    "CosineAnnealingLR": (
        lambda o, n: s.CosineAnnealingLR(o, 20, last_epoch=n),
        [0.05, 0.0421782767, 0.0345491503, 0.027300475],
    ),
    "CosineAnnealingWarmRestarts": (
        lambda o, n: s.CosineAnnealingWarmRestarts(o, 4, 2, last_epoch=n),
        [0.0853553391, 0.0691341716, 0.05, 0.0308658284],
    ),
    "OneCycleLR": (
        lambda o, n: s.OneCycleLR(o, 1.0, total_steps=40, last_epoch=n),
        [0.9817718381, 1.0, 0.9968592488, 0.9874764921],
    ),
    "CyclicLR": (lambda o, n: s.CyclicLR(o, 0.1, 1.0, 10, last_epoch=n), [1.0, 0.91, 0.82, 0.73]),
    "LambdaLR": (
        lambda o, n: s.LambdaLR(o, lambda t: 0.95**t, last_epoch=n),
        [0.0598736939, 0.0568800092, 0.0540360088, 0.0513342083],
    ),
    "MultiplicativeLR": (
        lambda o, n: s.MultiplicativeLR(o, lambda t: 0.95, last_epoch=n),
        [0.05, 0.0475, 0.045125, 0.04286875],
    ),
}


def _optimizer(**group):
    return optim.SGD([{"params": [nn.Parameter(np.ones(2))], **group}], lr=0.05, momentum=0.9)


def test_schedules_made_with_last_epoch():
    cycle = {"max_lr": 1.0, "min_lr": 1e-3, "base_momentum": 0.85, "max_momentum": 0.95}
    for name, (make, expected) in RESUMED.items():
        opt = _optimizer(initial_lr=0.1, **cycle)
        schedule = make(opt, 9)
        rates = []
        for _ in range(4):
            rates.append(opt.param_groups[0]["lr"])
            opt.step()
            schedule.step()
        np.testing.assert_allclose(rates, expected, rtol=1e-8, err_msg=name)
        with pytest.raises(KeyError, match=r"param 'initial_lr' is not specified in param_groups\[0\]"):
            make(_optimizer(), 9)


def test_step_to_an_epoch():
    for make, epoch, rate in (
        (lambda o: s.StepLR(o, 5, 0.5), 12, 0.0125),
        (lambda o: s.MultiStepLR(o, [10, 12], 0.5), 11, 0.025),
        (lambda o: s.ConstantLR(o, 0.5, 11), 3, 0.025),
        (lambda o: s.LinearLR(o, 0.5, 1.0, 10), 5, 0.0375),
        (lambda o: s.ExponentialLR(o, 0.9), 3, 0.05 * 0.9**3),
        (lambda o: s.PolynomialLR(o, 20, 2.0), 10, 0.0125),
        (lambda o: s.CosineAnnealingLR(o, 20), 10, 0.025),
        (lambda o: s.LambdaLR(o, lambda t: 1 / (1 + t)), 4, 0.01),
    ):
        opt = _optimizer()
        schedule = make(opt)
        opt.step()
        with pytest.warns(UserWarning, match="The epoch parameter in `scheduler.step"):
            schedule.step(epoch)
        np.testing.assert_allclose([opt.param_groups[0]["lr"], *schedule.get_last_lr()], rate, rtol=1e-12)
        assert schedule.last_epoch == epoch


def test_rates_that_are_tensors_stay_and_are_used():
    p = nn.Parameter(np.ones(2))
    rate = torch.tensor(0.5, dtype=torch.float64)
    for make in (optim.SGD, optim.Adam, optim.RMSprop, optim.LBFGS, optim.Adagrad, optim.NAdam, optim.ASGD):
        q, r = nn.Parameter(np.ones(2)), nn.Parameter(np.ones(2))
        one, other = make([q], lr=rate.clone()), make([r], lr=0.5)
        for opt, x in ((one, q), (other, r)):

            def closure(x=x):
                x.grad = torch.tensor([0.3, 0.6], dtype=x.dtype)
                return torch.tensor(1.0)

            for _ in range(2):
                opt.step(closure)
        assert isinstance(one.param_groups[0]["lr"], torch.Tensor)
        np.testing.assert_array_equal(q.detach().numpy(), r.detach().numpy(), err_msg=make.__name__)
    opt = optim.SGD([p], lr=rate)
    p.grad = torch.ones(2, dtype=p.dtype)
    opt.step()
    assert p.tolist() == [0.5, 0.5]
    rate.fill_(0.25)  # the program's own Tensor, which the optimiser reads at each step
    opt.step()
    assert p.tolist() == [0.25, 0.25]
    schedule = s.ExponentialLR(opt, 0.5)
    schedule.step()
    assert opt.param_groups[0]["lr"] is rate
    assert rate.item() == 0.125
    assert schedule.get_last_lr()[0].item() == 0.125
    fresh = optim.SGD([p], lr=1.0)
    fresh.load_state_dict(opt.state_dict())
    fresh.step()
    assert p.tolist() == [0.125, 0.125]
    with pytest.raises(SettingError, match="Tensor lr must be 1-element"):
        optim.SGD([p], lr=torch.ones(2))


def test_groups_keep_what_programs_put_into_them():
    model = nn.Linear(2, 1)
    opt = optim.Adam(model.named_parameters(), lr=0.1)
    assert opt.param_groups[0]["param_names"] == ["weight", "bias"]
    assert opt.state_dict()["param_groups"][0]["param_names"] == ["weight", "bias"]
    opt.add_param_group({"params": [("extra", nn.Parameter(np.ones(1)))], "mine": 5})
    assert opt.param_groups[1]["mine"] == 5
    assert opt.param_groups[1]["lr"] == 0.1
    saved = opt.state_dict()
    twin = optim.Adam([{"params": list(model.parameters())}, {"params": [nn.Parameter(np.ones(1))]}])
    twin.load_state_dict(saved)
    assert twin.param_groups[1]["mine"] == 5
    assert twin.param_groups[0]["param_names"] == ["weight", "bias"]
    with pytest.raises(SettingError, match="cannot add param group without names"):
        opt.add_param_group({"params": [nn.Parameter(np.ones(1))]})
    with pytest.raises(SettingError, match="Some param names are missing"):
        optim.SGD([("a", model.weight), model.bias])
    groups = optim.SGD([{"params": (p for p in model.parameters())}, {"params": []}]).param_groups
    assert [len(group["params"]) for group in groups] == [2, 0]


def test_hooks_of_steps_and_states():
    p = nn.Parameter(np.ones(1))
    opt = optim.SGD([p], lr=0.1)
    seen = []
    opt.register_step_pre_hook(lambda o, args, kwargs: seen.append(("before", len(args), kwargs)))
    opt.register_step_post_hook(lambda o, args, kwargs: seen.append(("after", len(args), kwargs)))
    opt.step()
    opt.step(lambda: torch.tensor(1.0))
    assert seen == [("before", 1, {}), ("after", 1, {}), ("before", 2, {}), ("after", 2, {})]
    handle = opt.register_step_pre_hook(lambda o, args, kwargs: ((o, lambda: torch.tensor(7.0)), {}))
    assert opt.step().item() == 7
    handle.remove()
    opt.register_state_dict_pre_hook(lambda o: seen.append("saving"))
    opt.register_state_dict_post_hook(lambda o, state: {**state, "note": 1})
    opt.register_load_state_dict_pre_hook(lambda o, state: {k: v for k, v in state.items() if k != "note"})
    opt.register_load_state_dict_post_hook(lambda o: seen.append("loaded"))
    saved = opt.state_dict()
    assert saved["note"] == 1
    opt.load_state_dict(saved)
    assert seen[-2:] == ["saving", "loaded"]


def test_lbfgs_loads_what_pytorch_saves():
    """Its numbers are 0-d arrays there, and it keeps scratch memory that we do not need."""
    state = {
        "func_evals": 3,
        "n_iter": 2,
        "al": [np.array(1.3835456916342619), None, None],
        "d": np.array([-0.5315925795621861, 0.26877478329612486]),
        "t": 0.5,
        "old_dirs": [np.array([-16.487666377314813, 2.124312789351851])],
        "old_stps": [np.array([-0.3958333333333333, 0.10416666666666666])],
        "ro": [np.array(0.14819973212233753)],
        "H_diag": np.array(0.02441652885875071),
        "prev_flat_grad": np.array([21.512333622685187, -7.875687210648149]),
        "prev_loss": 13.516167911482448,
    }
    group = {"lr": 0.5, "max_iter": 3, "max_eval": 3, "history_size": 100, "line_search_fn": None, "params": [0]}
    p = nn.Parameter(np.array([1.3383703768855737, -0.7614459416852709]))
    opt = optim.LBFGS([p])
    opt.load_state_dict({"state": {0: state}, "param_groups": [group]})

    def closure():
        opt.zero_grad()
        loss = (p**4).sum() + (p[0] - p[1]) ** 2
        loss.backward()
        return loss

    opt.step(closure)
    np.testing.assert_allclose(p.detach().numpy(), [0.8825401583002169, -0.40754151323039667], rtol=1e-12)
