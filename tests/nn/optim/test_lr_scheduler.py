"""Schedules against the rates that PyTorch 2.13 computes over 100 steps, and how they are saved and misused."""

import warnings

import numpy as np
import pytest

import nn
from autograd.errors import SettingError
from nn import optim
from nn.optim import lr_scheduler

AT = [0, 1, 4, 9, 19, 39, 59, 99]  # steps at which the rates are compared
METRICS = np.cumsum(np.random.default_rng(0).standard_normal(100)).tolist()


def optimizer(kind="SGD"):
    p, q = nn.Parameter(np.ones(1)), nn.Parameter(np.ones(1))
    groups = [{"params": [p]}, {"params": [q], "lr": 0.03}]
    return optim.SGD(groups, lr=0.1, momentum=0.9) if kind == "SGD" else optim.Adam(groups, lr=0.1)


def run(opt, schedule, steps, start=0):
    """Rates of both groups and momentum of the first, after each step."""
    rows = []
    for t in range(start, start + steps):
        opt.step()
        if isinstance(schedule, lr_scheduler.ReduceLROnPlateau):
            schedule.step(METRICS[t])
        else:
            schedule.step()
        first = opt.param_groups[0]
        rows.append([*schedule.get_last_lr(), first["betas"][0] if "betas" in first else first["momentum"]])
    return rows


# what makes it, then (rate of group 0, rate of group 1, momentum) at each of AT
RUNS = [
    (
        lambda o: lr_scheduler.LambdaLR(o, lambda t: 0.95**t),
        [
            [0.095, 0.0285, 0.9],
            [0.09025, 0.027075, 0.9],
            [0.07737809375, 0.023213428125, 0.9],
            [0.05987369392384, 0.01796210817715, 0.9],
            [0.03584859224085, 0.01075457767226, 0.9],
            [0.01285121565651, 0.003855364696953, 0.9],
            [0.004606979898695, 0.001382093969609, 0.9],
            [0.0005920529220334, 0.00017761587661, 0.9],
        ],
    ),
    (
        lambda o: lr_scheduler.LambdaLR(o, [lambda t: 0.95**t, lambda t: 1 / (1 + t)]),
        [
            [0.095, 0.015, 0.9],
            [0.09025, 0.01, 0.9],
            [0.07737809375, 0.005, 0.9],
            [0.05987369392384, 0.002727272727273, 0.9],
            [0.03584859224085, 0.001428571428571, 0.9],
            [0.01285121565651, 0.0007317073170732, 0.9],
            [0.004606979898695, 0.0004918032786885, 0.9],
            [0.0005920529220334, 0.0002970297029703, 0.9],
        ],
    ),
    (
        lambda o: lr_scheduler.MultiplicativeLR(o, lambda t: 0.9 + 0.01 * (t % 7)),
        [
            [0.091, 0.0273, 0.9],
            [0.08372, 0.025116, 0.9],
            [0.0695286228, 0.02085858684, 0.9],
            [0.04677238736432, 0.0140317162093, 0.9],
            [0.02408738195513, 0.00722621458654, 0.9],
            [0.005439393463617, 0.001631818039085, 0.9],
            [0.001241249191223, 0.0003723747573668, 0.9],
            [6.672865848962e-05, 2.001859754689e-05, 0.9],
        ],
    ),
    (
        lambda o: lr_scheduler.StepLR(o, 7, 0.5),
        [
            [0.1, 0.03, 0.9],
            [0.1, 0.03, 0.9],
            [0.1, 0.03, 0.9],
            [0.05, 0.015, 0.9],
            [0.025, 0.0075, 0.9],
            [0.003125, 0.0009375, 0.9],
            [0.000390625, 0.0001171875, 0.9],
            [6.103515625e-06, 1.8310546875e-06, 0.9],
        ],
    ),
    (
        lambda o: lr_scheduler.MultiStepLR(o, [3, 3, 10, 50], 0.5),
        [
            [0.1, 0.03, 0.9],
            [0.1, 0.03, 0.9],
            [0.025, 0.0075, 0.9],
            [0.0125, 0.00375, 0.9],
            [0.0125, 0.00375, 0.9],
            [0.0125, 0.00375, 0.9],
            [0.00625, 0.001875, 0.9],
            [0.00625, 0.001875, 0.9],
        ],
    ),
    (
        lambda o: lr_scheduler.ConstantLR(o, 0.25, 10),
        [
            [0.025, 0.0075, 0.9],
            [0.025, 0.0075, 0.9],
            [0.025, 0.0075, 0.9],
            [0.1, 0.03, 0.9],
            [0.1, 0.03, 0.9],
            [0.1, 0.03, 0.9],
            [0.1, 0.03, 0.9],
            [0.1, 0.03, 0.9],
        ],
    ),
    (
        lambda o: lr_scheduler.LinearLR(o, 0.1, 0.8, 20),
        [
            [0.0135, 0.00405, 0.9],
            [0.017, 0.0051, 0.9],
            [0.0275, 0.00825, 0.9],
            [0.045, 0.0135, 0.9],
            [0.08, 0.024, 0.9],
            [0.08, 0.024, 0.9],
            [0.08, 0.024, 0.9],
            [0.08, 0.024, 0.9],
        ],
    ),
    (
        lambda o: lr_scheduler.LinearLR(o),
        [
            [0.04666666666667, 0.014, 0.9],
            [0.06, 0.018, 0.9],
            [0.1, 0.03, 0.9],
            [0.1, 0.03, 0.9],
            [0.1, 0.03, 0.9],
            [0.1, 0.03, 0.9],
            [0.1, 0.03, 0.9],
            [0.1, 0.03, 0.9],
        ],
    ),
    (
        lambda o: lr_scheduler.ExponentialLR(o, 0.97),
        [
            [0.097, 0.0291, 0.9],
            [0.09409, 0.028227, 0.9],
            [0.08587340257, 0.025762020771, 0.9],
            [0.07374241268949, 0.02212272380685, 0.9],
            [0.05437943429267, 0.0163138302878, 0.9],
            [0.02957122873991, 0.008871368621974, 0.9],
            [0.01608066690216, 0.004824200070647, 0.9],
            [0.004755250792541, 0.001426575237762, 0.9],
        ],
    ),
    (
        lambda o: lr_scheduler.CosineAnnealingLR(o, 13, 0.001),
        [
            [0.09856161996259, 0.02957865635268, 0.9],
            [0.09433007326983, 0.02833911237197, 0.9],
            [0.06805294190861, 0.02064177086212, 0.9],
            [0.01344871796553, 0.004646594151519, 0.9],
            [0.05646656567264, 0.0172477818637, 0.9],
            [0.00243838003741, 0.001421343647322, 0.9],
            [0.03294705809139, 0.01035822913788, 0.9],
            [0.07861920496319, 0.0237369388276, 0.9],
        ],
    ),
    (
        lambda o: lr_scheduler.CosineAnnealingLR(o, 40),
        [
            [0.09984586668666, 0.029953760006, 0.9],
            [0.09938441702976, 0.02981532510893, 0.9],
            [0.09619397662556, 0.02885819298767, 0.9],
            [0.08535533905933, 0.0256066017178, 0.9],
            [0.05, 0.015, 0.9],
            [0.0, 0.0, 0.9],
            [0.05, 0.015, 0.9],
            [0.05, 0.015, 0.9],
        ],
    ),
    (
        lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, 7, 2, 0.001),
        [
            [0.09509795896117, 0.02856404858459, 0.9],
            [0.08136274519201, 0.02454060212695, 0.9],
            [0.01963725480799, 0.006459397873048, 0.9],
            [0.08920065838217, 0.02683655649579, 0.9],
            [0.002241068347, 0.001363545273364, 0.9],
            [0.02416441221249, 0.007785534890528, 0.9],
            [0.09087026301348, 0.02732563259991, 0.9],
            [0.002934592563718, 0.001566698831796, 0.9],
        ],
    ),
    (
        lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, 9),
        [
            [0.0969846310393, 0.02909538931179, 0.9],
            [0.08830222215595, 0.02649066664678, 0.9],
            [0.04131759111665, 0.012395277335, 0.9],
            [0.0969846310393, 0.02909538931179, 0.9],
            [0.08830222215595, 0.02649066664678, 0.9],
            [0.05868240888335, 0.017604722665, 0.9],
            [0.025, 0.0075, 0.9],
            [0.0969846310393, 0.02909538931179, 0.9],
        ],
    ),
    (
        lambda o: lr_scheduler.OneCycleLR(o, [0.5, 0.1], 110),
        [
            [0.02115566559867, 0.004231133119735, 0.9497592363336],
            [0.02461153270322, 0.004922306540645, 0.9490392640202],
            [0.04833889655639, 0.009667779311279, 0.9440960632174],
            [0.1266631440753, 0.02533262881506, 0.927778511651],
            [0.3518440237676, 0.07036880475352, 0.8808658283817],
            [0.48680080537, 0.09736016107399, 0.8526398494854],
            [0.3538543378355, 0.07077086756709, 0.8792292493499],
            [0.01666780307718, 0.003333560615436, 0.9466668260519],
        ],
    ),
    (
        lambda o: lr_scheduler.OneCycleLR(
            o, 0.5, epochs=11, steps_per_epoch=10, three_phase=True, anneal_strategy="linear", pct_start=0.2
        ),
        [
            [0.04285714285714, 0.04285714285714, 0.9452380952381],
            [0.06571428571429, 0.06571428571429, 0.9404761904762],
            [0.1342857142857, 0.1342857142857, 0.9261904761905],
            [0.2485714285714, 0.2485714285714, 0.902380952381],
            [0.4771428571429, 0.4771428571429, 0.8547619047619],
            [0.06571428571429, 0.06571428571429, 0.9404761904762],
            [0.01462740298507, 0.01462740298507, 0.95],
            [0.002688298507463, 0.002688298507463, 0.95],
        ],
    ),
    (
        lambda o: lr_scheduler.CyclicLR(o, 0.01, 0.2, 8),
        [
            [0.03375, 0.03375, 0.8875],
            [0.0575, 0.0575, 0.875],
            [0.12875, 0.12875, 0.8375],
            [0.1525, 0.1525, 0.825],
            [0.105, 0.105, 0.85],
            [0.2, 0.2, 0.8],
            [0.105, 0.105, 0.85],
            [0.105, 0.105, 0.85],
        ],
    ),
    (
        lambda o: lr_scheduler.CyclicLR(o, [0.01, 0.02], [0.2, 0.3], 8, 15, "triangular2"),
        [
            [0.03375, 0.055, 0.8875],
            [0.0575, 0.09, 0.875],
            [0.12875, 0.195, 0.8375],
            [0.1746666666667, 0.2626666666667, 0.8133333333333],
            [0.048, 0.076, 0.88],
            [0.048, 0.076, 0.88],
            [0.0385, 0.062, 0.885],
            [0.021875, 0.0375, 0.89375],
        ],
    ),
    (
        lambda o: lr_scheduler.CyclicLR(o, 0.01, 0.2, 8, mode="exp_range", gamma=0.98),
        [
            [0.033275, 0.033275, 0.88775],
            [0.055619, 0.055619, 0.87599],
            [0.11734059462, 0.11734059462, 0.8435049502],
            [0.1264328749815, 0.1264328749815, 0.8387195394834],
            [0.07342275731673, 0.07342275731673, 0.8666196014122],
            [0.09468307675068, 0.09468307675068, 0.8554299596049],
            [0.03826754855575, 0.03826754855575, 0.8851223428654],
            [0.02259885781, 0.02259885781, 0.8933690222053],
        ],
    ),
    (
        lambda o: lr_scheduler.PolynomialLR(o, 50, 2.0),
        [
            [0.09604, 0.028812, 0.9],
            [0.09216, 0.027648, 0.9],
            [0.081, 0.0243, 0.9],
            [0.064, 0.0192, 0.9],
            [0.036, 0.0108, 0.9],
            [0.004, 0.0012, 0.9],
            [0.0, 0.0, 0.9],
            [0.0, 0.0, 0.9],
        ],
    ),
    (
        lambda o: lr_scheduler.PolynomialLR(o),
        [
            [0.08, 0.024, 0.9],
            [0.06, 0.018, 0.9],
            [0.0, 0.0, 0.9],
            [0.0, 0.0, 0.9],
            [0.0, 0.0, 0.9],
            [0.0, 0.0, 0.9],
            [0.0, 0.0, 0.9],
            [0.0, 0.0, 0.9],
        ],
    ),
    (
        lambda o: lr_scheduler.SequentialLR(
            o,
            [
                lr_scheduler.ConstantLR(o, 0.1, 20),
                lr_scheduler.ExponentialLR(o, 0.9),
                lr_scheduler.CosineAnnealingWarmRestarts(o, 5),
                lr_scheduler.CosineAnnealingLR(o, 10),
            ],
            [20, 40, 60],
        ),
        [
            [0.01, 0.003, 0.9],
            [0.01, 0.003, 0.9],
            [0.01, 0.003, 0.9],
            [0.01, 0.003, 0.9],
            [0.1, 0.03, 0.9],
            [0.1, 0.03, 0.9],
            [0.1, 0.03, 0.9],
            [0.1, 0.03, 0.9],
        ],
    ),
    (
        lambda o: lr_scheduler.SequentialLR(
            o,
            [
                lr_scheduler.LinearLR(o, 0.1, 1.0, 5),
                lr_scheduler.MultiplicativeLR(o, lambda t: 0.95),
                lr_scheduler.LinearLR(o, 0.5, 1, 10),
                lr_scheduler.StepLR(o, 4),
            ],
            [5, 30, 50],
        ),
        [
            [0.028, 0.0084, 0.9],
            [0.046, 0.0138, 0.9],
            [0.0779, 0.02337, 0.9],
            [0.06027753503125, 0.01808326050937, 0.9],
            [0.03609038682944, 0.01082711604883, 0.9],
            [0.1, 0.03, 0.9],
            [0.001, 0.0003, 0.9],
            [1e-13, 3e-14, 0.9],
        ],
    ),
    (
        lambda o: lr_scheduler.ChainedScheduler(
            [lr_scheduler.ConstantLR(o, 0.1, 20), lr_scheduler.ExponentialLR(o, 0.9), lr_scheduler.StepLR(o, 10, 0.9)]
        ),
        [
            [0.009, 0.0027, 0.9],
            [0.0081, 0.00243, 0.9],
            [0.0059049, 0.00177147, 0.9],
            [0.0031381059609, 0.00094143178827, 0.9],
            [0.009847709021836, 0.002954312706551, 0.9],
            [0.0009697737297875, 0.0002909321189363, 0.9],
            [9.550049507968e-05, 2.86501485239e-05, 0.9],
            [9.261387130998e-07, 2.778416139299e-07, 0.9],
        ],
    ),
    (
        lambda o: lr_scheduler.ReduceLROnPlateau(o, patience=3, cooldown=2, min_lr=[0.001, 0.01]),
        [
            [0.1, 0.03, 0.9],
            [0.1, 0.03, 0.9],
            [0.1, 0.03, 0.9],
            [0.01, 0.01, 0.9],
            [0.001, 0.01, 0.9],
            [0.001, 0.01, 0.9],
            [0.001, 0.01, 0.9],
            [0.001, 0.01, 0.9],
        ],
    ),
    (
        lambda o: lr_scheduler.ReduceLROnPlateau(o, "max", 0.5, 2, 0.01, "abs"),
        [
            [0.1, 0.03, 0.9],
            [0.1, 0.03, 0.9],
            [0.1, 0.03, 0.9],
            [0.1, 0.03, 0.9],
            [0.00625, 0.001875, 0.9],
            [9.765625e-05, 2.9296875e-05, 0.9],
            [1.52587890625e-06, 4.57763671875e-07, 0.9],
            [1.192092895508e-08, 1.430511474609e-08, 0.9],
        ],
    ),
]


@pytest.mark.parametrize(("make", "expected"), RUNS)
def test_rates_are_pytorchs(make, expected):
    opt = optimizer()
    rows = run(opt, make(opt), 100)
    np.testing.assert_allclose([rows[t] for t in AT], expected, rtol=1e-11, atol=1e-15)


@pytest.mark.parametrize("make", [row[0] for row in RUNS])
def test_the_groups_have_the_rates_that_are_reported(make):
    opt = optimizer("Adam")
    schedule = make(opt)
    run(opt, schedule, 7)
    assert [group["lr"] for group in opt.param_groups] == schedule.get_last_lr()


@pytest.mark.parametrize("make", [row[0] for row in RUNS])
def test_resuming_goes_on_identically(make, tmp_path):
    opt = optimizer()
    schedule = make(opt)
    run(opt, schedule, 30)
    nn.save({"opt": opt.state_dict(), "schedule": schedule.state_dict()}, tmp_path / "half.npz")
    expected = run(opt, schedule, 40, 30)
    half = nn.load(tmp_path / "half.npz")
    opt = optimizer()
    schedule = make(opt)
    opt.load_state_dict(half["opt"])
    schedule.load_state_dict(half["schedule"])
    assert run(opt, schedule, 40, 30) == expected


def test_warm_restarts_take_fractions_of_epochs():
    opt = optim.SGD([nn.Parameter(np.ones(1))], lr=0.1)
    schedule = lr_scheduler.CosineAnnealingWarmRestarts(opt, 3, 2)
    rates = []
    for t in range(60):
        opt.step()
        schedule.step(t / 4)
        rates.append(opt.param_groups[0]["lr"])
    expected = [
        0.1,
        0.05,
        0.1,
        0.08535533905933,
        0.05,
        0.01464466094067,
        0.1,
        0.09619397662556,
        0.08535533905933,
        0.06913417161825,
    ]
    np.testing.assert_allclose(rates[::6], expected, rtol=1e-11)


def test_stepping_before_the_optimizer_warns():
    schedule = lr_scheduler.StepLR(optimizer(), 2)
    with pytest.warns(UserWarning, match=r"`lr_scheduler.step\(\)` before `optimizer.step\(\)`"):
        schedule.step()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        schedule.step()


def test_starting_in_the_middle_needs_initial_rates():
    with pytest.raises(KeyError, match="'initial_lr' is not specified"):
        lr_scheduler.StepLR(optimizer(), 2, last_epoch=5)


def test_one_cycle_ends():
    opt = optimizer()
    schedule = lr_scheduler.OneCycleLR(opt, 0.5, total_steps=5)
    run(opt, schedule, 5)
    with pytest.raises(SettingError, match=r"Tried to step 6 times\. The specified number of total steps is 5"):
        run(opt, schedule, 1)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda o: lr_scheduler.LambdaLR(o, [lambda t: 1.0]), "Expected 2 lr_lambdas, but got 1"),
        (lambda o: lr_scheduler.ConstantLR(o, 2.0), "between 0 and 1"),
        (lambda o: lr_scheduler.LinearLR(o, 0.0), "greater than 0"),
        (lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, 0), "Expected positive integer T_0"),
        (lambda o: lr_scheduler.OneCycleLR(o, 0.1), "You must define either total_steps"),
        (lambda o: lr_scheduler.OneCycleLR(o, [0.1], 5), "expected 2 values for max_lr, got 1"),
        (lambda o: lr_scheduler.CyclicLR(o, 0.1, 0.2, mode="square"), "mode is invalid"),
        (lambda o: lr_scheduler.ReduceLROnPlateau(o, "best"), "mode best is unknown"),
        (lambda o: lr_scheduler.ReduceLROnPlateau(o, factor=1.0), "Factor should be < 1.0"),
        (lambda o: lr_scheduler.SequentialLR(o, [lr_scheduler.StepLR(o, 1)], [3]), "one more than the number"),
        (lambda o: lr_scheduler.ChainedScheduler([]), "expects at least one scheduler"),
        (lambda o: lr_scheduler.ChainedScheduler([lr_scheduler.StepLR(optimizer(), 1)], o), "same optimizer"),
    ],
)
def test_settings_are_checked(make, message):
    with pytest.raises(SettingError, match=message):
        make(optimizer())
