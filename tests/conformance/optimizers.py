"""Optimisers and learning rate schedules to compare, and the comparisons."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy import ndarray as Array

import autograd
import nn.optim

from .compare import Check, plain

COMMON = ("", "lr=0.03", "weight_decay=0.1", "maximize=True", "lr=0.01, weight_decay=0.05, maximize=True")
ADAM = (
    *COMMON,
    "amsgrad=True",
    "betas=(0.8, 0.99)",
    "eps=0.1",
    "amsgrad=True, weight_decay=0.1, betas=(0.5, 0.9)",
    "amsgrad=True, maximize=True",
    "lr=0.0",
)
SETTINGS = {
    "SGD": (*COMMON, "momentum=0.9", "momentum=0.9, nesterov=True", "momentum=0.9, dampening=0.3", "momentum=0.9, weight_decay=0.1", "momentum=0.5, nesterov=True, weight_decay=0.1, maximize=True", "momentum=0.9, dampening=0.5, maximize=True", "momentum=0.0, weight_decay=0.5"),
    "Adam": (*ADAM, "decoupled_weight_decay=True, weight_decay=0.1"),
    "AdamW": (*ADAM, "weight_decay=0.0", "weight_decay=0.5, lr=0.1"),
    "Adamax": (*COMMON, "betas=(0.8, 0.99)", "eps=0.1", "betas=(0.5, 0.9), weight_decay=0.1"),
    "NAdam": (*COMMON, "betas=(0.8, 0.99)", "eps=0.1", "momentum_decay=0.1", "decoupled_weight_decay=True, weight_decay=0.1", "momentum_decay=0.0, betas=(0.5, 0.9)"),
    "RAdam": (*COMMON, "betas=(0.8, 0.99)", "betas=(0.9, 0.7)", "eps=0.1", "decoupled_weight_decay=True, weight_decay=0.1"),
    "RMSprop": (*COMMON, "alpha=0.5", "momentum=0.9", "centered=True", "eps=0.1", "centered=True, momentum=0.9, weight_decay=0.1", "alpha=0.9, momentum=0.5, maximize=True"),
    "Adagrad": (*COMMON, "lr_decay=0.1", "initial_accumulator_value=0.5", "eps=0.1", "lr_decay=0.01, weight_decay=0.1, initial_accumulator_value=0.1", "lr=0.5, maximize=True"),
    "Adadelta": (*COMMON, "rho=0.5", "eps=0.1", "rho=0.95, weight_decay=0.1, lr=0.5"),
    "ASGD": (*COMMON, "lambd=0.1", "alpha=0.5", "t0=5", "t0=3, lambd=0.01, alpha=0.9"),
    "Rprop": ("", "lr=0.03", "maximize=True", "etas=(0.3, 1.5)", "step_sizes=(1e-3, 0.05)", "lr=0.1, etas=(0.2, 1.1)"),
    "LBFGS": ("", "lr=0.1", "max_iter=3", "history_size=2", "line_search_fn='strong_wolfe'", "lr=0.5, line_search_fn='strong_wolfe', max_iter=5", "max_eval=3", "tolerance_grad=0.5", "tolerance_change=0.1", "line_search_fn='strong_wolfe', history_size=1, max_iter=4"),
}  # fmt: skip


def optimizers() -> list[tuple[str, str, str]]:
    """(name, settings, how the parameters are given) of every comparison."""
    cases = []
    for name, settings in SETTINGS.items():
        for setting in settings:
            for groups in ("one",) if name == "LBFGS" else ("one", "two", "named"):
                cases.append((name, setting, groups))
    return cases


class Problem:
    """A bumpy function of a matrix and a vector, with a third parameter that nothing depends on."""

    def __init__(self, library: Any, parameter: Any, dtype: str) -> None:
        rng = np.random.default_rng(11)
        self.library = library
        self.w = parameter(library.tensor(rng.standard_normal((3, 4)).astype(dtype)))
        self.b = parameter(library.tensor(rng.standard_normal(3).astype(dtype)))
        self.unused = parameter(library.tensor(np.ones(2, dtype)))
        self.x = library.tensor(rng.standard_normal((6, 4)).astype(dtype))
        self.y = library.tensor(rng.standard_normal((6, 3)).astype(dtype))

    def loss(self) -> Any:
        z = (self.x @ self.w.t() + self.b).tanh() - self.y
        return (z * z).mean() + 0.1 * (3 * self.w).sin().sum() + 0.01 * (self.b**4).sum()

    def groups(self, how: str) -> list[Any]:
        if how == "one":
            return [self.w, self.b, self.unused]
        if how == "named":
            return [{"params": [self.w, self.unused], "lr": 0.004}, {"params": self.b}]
        return [
            {"params": [self.w], "weight_decay": 0.02} if how == "two" else {"params": [self.w]},
            {"params": [self.b, self.unused], "lr": 0.02},
        ]


def _minimised(
    library: Any, optim: Any, parameter: Any, case: tuple[str, str, str], dtype: str
) -> tuple[list[Array], Any, Any]:
    name, settings, how = case
    problem = Problem(library, parameter, dtype)
    groups = problem.groups("one" if name == "Rprop" else how)
    optimizer = eval(
        f"make(groups{', ' if settings else ''}{settings})", {"make": getattr(optim, name), "groups": groups}
    )
    path = []

    def closure() -> Any:
        optimizer.zero_grad()
        loss = problem.loss()
        loss.backward()
        return loss

    for _ in range(20):
        if name == "LBFGS":
            path.append(plain(optimizer.step(closure)).copy())
        else:
            closure()
            optimizer.step()
        path += [plain(problem.w).copy(), plain(problem.b).copy()]
    return [*path, plain(problem.unused)], optimizer, problem


IGNORED_SETTINGS = {"foreach", "fused", "capturable", "differentiable"}


def optimizer_difference(case: tuple[str, str, str], dtype: str) -> str:
    """What differs in 20 steps, in the layout of the state, or after moving PyTorch's state into ours."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected, theirs, their_problem = _minimised(torch, torch.optim, torch.nn.Parameter, case, dtype)
        try:
            got, ours, problem = _minimised(autograd, nn.optim, nn.Parameter, case, dtype)
            tolerance = 1e-6 if dtype == "float64" else 2e-3
            for step, (x, y) in enumerate(zip(got, expected)):
                if x.dtype != y.dtype or not np.allclose(x, y, tolerance, tolerance):
                    return f"after step {step // 2}: {x.ravel()[:4]} {x.dtype}, PyTorch {y.ravel()[:4]} {y.dtype}"
            own, saved = ours.state_dict(), theirs.state_dict()
            if list(own) != list(saved):
                return f"state_dict has {list(own)}, PyTorch's {list(saved)}"
            idle = {
                i for i, p in enumerate(p for group in theirs.param_groups for p in group["params"]) if p.grad is None
            }
            if set(own["state"]) - idle != set(saved["state"]) - idle:  # PyTorch's Adagrad makes state for all at once
                return f"state of parameters {list(own['state'])}, PyTorch {list(saved['state'])}"
            for number in own["state"]:
                a, b = own["state"][number], saved["state"][number]
                if case[0] != "LBFGS" and set(a) != {k for k in b if b[k] is not None or k in a}:
                    return f"state of parameter {number}: {sorted(a)}, PyTorch {sorted(b)}"
            for a, b in zip(own["param_groups"], saved["param_groups"]):
                if set(a) != set(b) - IGNORED_SETTINGS:
                    return f"group: {sorted(a)}, PyTorch {sorted(set(b) - IGNORED_SETTINGS)}"
                if a["params"] != b["params"]:
                    return f"parameter numbers {a['params']}, PyTorch {b['params']}"
            if case[0] == "LBFGS":
                return _after_loading(ours, problem, theirs, their_problem, saved, tolerance)
            if case[0] != "LBFGS":
                ours.load_state_dict(_arrays(saved))
                for optimizer, side in ((ours, problem), (theirs, None)):
                    for group in optimizer.param_groups:
                        for p in group["params"]:
                            if p.grad is not None:
                                library = autograd if side else torch
                                p.grad = library.tensor(np.full(tuple(p.shape), 0.3, dtype))
                    optimizer.step()
                x, y = (plain(o.param_groups[0]["params"][0]) for o in (ours, theirs))
                if not np.allclose(x, y, tolerance, tolerance):
                    return f"one step after loading PyTorch's state: {x.ravel()[:4]}, PyTorch {y.ravel()[:4]}"
        except Exception as error:
            return f"ours raises {type(error).__name__}: {error}"
    return ""


def _after_loading(ours: Any, problem: Any, theirs: Any, their_problem: Any, saved: Any, tolerance: float) -> str:
    """LBFGS: what differs in a step from PyTorch's state, and in PyTorch's step from ours."""
    ours.load_state_dict(_arrays(saved))
    for optimizer, side in ((ours, problem), (theirs, their_problem)):

        def closure(optimizer: Any = optimizer, side: Any = side) -> Any:
            optimizer.zero_grad()
            loss = side.loss()
            loss.backward()
            return loss

        optimizer.step(closure)
    x, y = plain(problem.w), plain(their_problem.w)
    return (
        ""
        if np.allclose(x, y, tolerance, tolerance)
        else f"a step after loading: {x.ravel()[:4]}, PyTorch {y.ravel()[:4]}"
    )


def _arrays(value: Any) -> Any:
    """Nested containers with arrays instead of Tensors."""
    if isinstance(value, dict):
        return {k: _arrays(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_arrays(v) for v in value]
    return plain(value).copy() if isinstance(value, torch.Tensor) else value


# ------------------------------------------------------------------------------------------------------ schedules

SGD = "optim.SGD([{'params': [p]}, {'params': [q], 'lr': 0.5}], lr=0.1, momentum=0.9)"
SCHEDULES = (
    "StepLR(opt, 30)", "StepLR(opt, 7, 0.5)", "StepLR(opt, step_size=1, gamma=0.9)", "MultiStepLR(opt, [10, 20, 20, 50])", "MultiStepLR(opt, [30, 80], 0.5)", "MultiStepLR(opt, [1])", "ConstantLR(opt)", "ConstantLR(opt, 0.5, 20)",
    "ConstantLR(opt, factor=0.1, total_iters=1)", "LinearLR(opt)", "LinearLR(opt, 0.1, 1.0, 30)", "LinearLR(opt, 1.0, 0.0, 50)", "LinearLR(opt, start_factor=0.25, end_factor=0.5, total_iters=1)", "ExponentialLR(opt, 0.9)", "ExponentialLR(opt, gamma=0.99)",
    "PolynomialLR(opt)", "PolynomialLR(opt, 60, 2.0)", "PolynomialLR(opt, total_iters=100, power=0.5)", "CosineAnnealingLR(opt, 20)", "CosineAnnealingLR(opt, 100, 0.01)", "CosineAnnealingLR(opt, T_max=7, eta_min=0.05)", "CosineAnnealingLR(opt, 1)",
    "CosineAnnealingWarmRestarts(opt, 10)", "CosineAnnealingWarmRestarts(opt, 5, 2)", "CosineAnnealingWarmRestarts(opt, T_0=3, T_mult=3, eta_min=0.01)", "OneCycleLR(opt, 1.0, total_steps=120)", "OneCycleLR(opt, [1.0, 2.0], epochs=12, steps_per_epoch=10, pct_start=0.2)",
    "OneCycleLR(opt, 1.0, 101, anneal_strategy='linear')", "OneCycleLR(opt, 1.0, 110, three_phase=True, div_factor=10.0, final_div_factor=100.0)", "OneCycleLR(opt, 1.0, 101, cycle_momentum=False)", "OneCycleLR(opt, 1.0, 101, base_momentum=0.5, max_momentum=0.99)",
    "CyclicLR(opt, 0.1, 1.0, 10)", "CyclicLR(opt, 0.1, 1.0, 5, 20, mode='triangular2')", "CyclicLR(opt, [0.1, 0.2], [1.0, 2.0], step_size_up=7, mode='exp_range', gamma=0.99)", "CyclicLR(opt, 0.1, 1.0, 10, cycle_momentum=False)",
    "CyclicLR(opt, 0.1, 1.0, 10, scale_fn=lambda x: 0.9 ** x, scale_mode='iterations')", "CyclicLR(opt, 0.1, 1.0, 10, base_momentum=0.1, max_momentum=0.7)", "LambdaLR(opt, lambda t: 0.95 ** t)", "LambdaLR(opt, [lambda t: 1 / (1 + t), lambda t: 0.5])",
    "LambdaLR(opt, lambda t: min(1.0, (t + 1) / 10))", "MultiplicativeLR(opt, lambda t: 0.95)", "MultiplicativeLR(opt, [lambda t: 0.9, lambda t: 1.0])", "SequentialLR(opt, [s.LinearLR(opt, 0.1, total_iters=10), s.CosineAnnealingLR(opt, 90)], [10])",
    "SequentialLR(opt, [s.ConstantLR(opt, 0.1, 5), s.ExponentialLR(opt, 0.9), s.StepLR(opt, 10)], milestones=[5, 40])", "ChainedScheduler([s.ConstantLR(opt, 0.1, 5), s.ExponentialLR(opt, 0.9)])", "ChainedScheduler([s.LinearLR(opt), s.StepLR(opt, 20), s.MultiStepLR(opt, [40])])",
    "ReduceLROnPlateau(opt)", "ReduceLROnPlateau(opt, 'max', 0.5, 3)", "ReduceLROnPlateau(opt, patience=0, cooldown=2)", "ReduceLROnPlateau(opt, factor=0.2, threshold=0.1, threshold_mode='abs', patience=2)", "ReduceLROnPlateau(opt, min_lr=[0.01, 0.02], patience=1)", "ReduceLROnPlateau(opt, 'max', eps=0.2, threshold_mode='rel', patience=1)",
)  # fmt: skip
"""Schedulers of an optimiser `opt`; `s` is the module of schedulers."""


DERIVED = {"use_beta1", "mode_worse", "default_min_lr"}
"""Entries of PyTorch's state that follow from the settings."""


def schedule_difference(schedule: str) -> str:
    """What differs in the learning rates (and momenta) of 100 steps, or in state_dict and get_last_lr."""
    seen = []
    for library, optim, parameter in ((torch, torch.optim, torch.nn.Parameter), (autograd, nn.optim, nn.Parameter)):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                p, q = parameter(library.ones(2)), parameter(library.ones(3))
                opt = eval(SGD, {"optim": optim, "p": p, "q": q})
                scheduler = eval(f"s.{schedule}", {"s": optim.lr_scheduler, "opt": opt})
                metrics = np.random.default_rng(3).standard_normal(100) + np.linspace(3, 0, 100)
                rows = []
                for t in range(100):
                    rows.append([x for group in opt.param_groups for x in (float(group["lr"]), group["momentum"])])
                    rows[-1] += [float(x) for x in scheduler.get_last_lr()]
                    opt.step()
                    scheduler.step(*([float(metrics[t])] if "Plateau" in schedule else []))
                seen.append((np.array(rows), set(scheduler.state_dict())))
            except Exception as error:
                seen.append((np.zeros(0), {f"{type(error).__name__}: {error}"}))
    (expected, their_keys), (got, keys) = seen
    if got.shape != expected.shape:
        return f"ours {keys}, PyTorch {their_keys}"
    if not np.allclose(got, expected, 1e-9, 1e-12):
        step = int(np.argmax(np.any(~np.isclose(got, expected, 1e-9, 1e-12), axis=1)))
        return f"step {step}: {got[step]}, PyTorch {expected[step]}"
    missing = {key for key in their_keys if not key.startswith("_")} - keys - DERIVED
    return f"state_dict lacks {sorted(missing)}" if missing else ""


# -------------------------------------------------------------------------------------------- resumed schedules

RESUMED = (
    "StepLR(opt, 7, 0.5, last_epoch={})", "MultiStepLR(opt, [10, 20, 20, 50], last_epoch={})", "ConstantLR(opt, 0.5, 20, last_epoch={})", "LinearLR(opt, 0.1, 1.0, 30, last_epoch={})", "ExponentialLR(opt, 0.9, last_epoch={})", "PolynomialLR(opt, 60, 2.0, last_epoch={})", "CosineAnnealingLR(opt, 20, 0.01, last_epoch={})", "CosineAnnealingLR(opt, 100, last_epoch={})",
    "CosineAnnealingWarmRestarts(opt, 10, last_epoch={})", "CosineAnnealingWarmRestarts(opt, 5, 2, last_epoch={})", "OneCycleLR(opt, 1.0, total_steps=120, last_epoch={})", "CyclicLR(opt, 0.1, 1.0, 10, last_epoch={})", "LambdaLR(opt, lambda t: 0.95 ** t, last_epoch={})", "MultiplicativeLR(opt, lambda t: 0.95, last_epoch={})",
)  # fmt: skip
WAYS = ("fresh", "missing", "loaded", "state", "epoch", "tensor", "get")
"""A schedule made with `last_epoch=` in a new program; without initial_lr; after loading the optimiser's state; after
loading its own state; stepped to an epoch; with Tensors as learning rates."""


def resumed() -> list[tuple[str, int, str]]:
    """(schedule, last epoch, way) of every comparison."""
    return [(text, last, way) for text in RESUMED for last in (0, 1, 5, 9, 20, 29) for way in WAYS]


def _resumed(library: Any, optim: Any, parameter: Any, case: tuple[str, int, str]) -> Any:
    text, last, way = case
    p, q = parameter(library.ones(2)), parameter(library.ones(3))
    scope = {"optim": optim, "p": p, "q": q, "s": optim.lr_scheduler}
    opt = eval(SGD, scope)
    if way == "tensor":
        for group in opt.param_groups:
            group["lr"] = library.tensor(group["lr"], dtype=library.float64)
    fresh = f"s.{text}".replace(", last_epoch={}", "")
    first = None
    if way in ("loaded", "state", "epoch", "tensor", "get"):
        first = eval(fresh, {**scope, "opt": opt})
        for _ in range(last):
            opt.step()
            first.step()
    elif way == "fresh":
        for group, extra in zip(opt.param_groups, (0.0, 0.3)):
            group["initial_lr"] = group["lr"] + extra
            group |= {"max_lr": 1.0, "min_lr": 1e-3, "base_momentum": 0.85, "max_momentum": 0.95}
            group["initial_lr"] = group["initial_lr"]
    if way in ("fresh", "missing"):
        scheduler = eval(f"s.{text}".format(last), {**scope, "opt": opt})
    elif way in ("loaded", "state"):
        again = eval(SGD, scope)
        scheduler = None
        if way == "loaded":
            again.load_state_dict(opt.state_dict())
            scheduler = eval(f"s.{text}".format(last), {**scope, "opt": again})
        else:
            scheduler = eval(fresh, {**scope, "opt": again})
            again.load_state_dict(opt.state_dict())
            scheduler.load_state_dict(first.state_dict())
        opt = again
    else:
        scheduler = first
    rows = []
    for t in range(40):
        rows.append([float(x) for g in opt.param_groups for x in (g["lr"], g["momentum"], g["initial_lr"])])
        rows[-1] += [float(x) for x in scheduler.get_last_lr()] + [scheduler.last_epoch, float(scheduler.base_lrs[0])]
        rows[-1] += [float(isinstance(g["lr"], (torch.Tensor, autograd.Tensor))) for g in opt.param_groups]
        opt.step()
        if way == "epoch" and t % 3 == 2:
            scheduler.step((7 * t + last) % 50)
        else:
            scheduler.step()
    return np.array(rows)


def resumed_difference(case: tuple[str, int, str]) -> str:
    """What differs in 40 steps of a schedule that goes on from somewhere."""
    seen: list[Any] = []
    for library, optim, parameter in ((torch, torch.optim, torch.nn.Parameter), (autograd, nn.optim, nn.Parameter)):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                seen.append(_resumed(library, optim, parameter, case))
            except Exception as error:
                seen.append(f"{type(error).__name__}: {error}")
    expected, got = seen
    if isinstance(expected, str) or isinstance(got, str):
        kinds = [x.split(":")[0] if isinstance(x, str) else "none" for x in seen]
        return (
            ""
            if kinds[0] == kinds[1] or (kinds[0] == "ValueError" and kinds[1] == "SettingError")
            else f"ours {got if isinstance(got, str) else 'fine'}, PyTorch {expected if isinstance(expected, str) else 'fine'}"
        )
    if not np.allclose(got, expected, 1e-9, 1e-12):
        step = int(np.argmax(np.any(~np.isclose(got, expected, 1e-9, 1e-12), axis=1)))
        return f"step {step}: {got[step]}, PyTorch {expected[step]}"
    return ""


def given_back(name: str) -> str:
    """What differs after PyTorch has loaded the state of our optimiser, as a nest of arrays, and both go on."""

    def theirs_of(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: theirs_of(v) for k, v in value.items()}
        if isinstance(value, list):
            return [theirs_of(v) for v in value]
        return torch.tensor(plain(value)) if isinstance(value, autograd.Tensor) else value

    x = autograd.tensor([1.0, 2.0, 3.0], dtype=autograd.float64, requires_grad=True)
    y = torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64, requires_grad=True)
    settings = {"momentum": 0.9} if name in ("SGD", "RMSprop") else {}
    ours, theirs = getattr(nn.optim, name)([x], **settings), getattr(torch.optim, name)([y], **settings)

    def step(optimizer: Any, parameter: Any) -> None:
        def closure() -> Any:
            optimizer.zero_grad()
            loss = ((parameter**2).sum() - 1) ** 2
            loss.backward()
            return loss

        optimizer.step(closure)

    try:
        for _ in range(3):
            step(ours, x)
        with torch.no_grad():
            y.copy_(torch.tensor(plain(x)))
        theirs.load_state_dict(theirs_of(ours.state_dict()))
        for _ in range(2):
            step(ours, x)
            step(theirs, y)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "" if np.allclose(plain(x), plain(y), 1e-9, 1e-12) else f"ours {plain(x)}, PyTorch {plain(y)}"


def _optimizers(dtypes: list[str]) -> Iterator[Check]:
    for case in optimizers():
        for dtype in dtypes if case[0] != "LBFGS" else ["float64"]:
            what = f"{case[0]}({case[1]}), {case[2]} [{dtype}]"
            yield what, lambda c=case, d=dtype: optimizer_difference(c, d)


def _schedulers(_: list[str]) -> Iterator[Check]:
    for text in SCHEDULES:
        yield text, lambda s=text: schedule_difference(s)


def _of_resumed(_: list[str]) -> Iterator[Check]:
    for case in resumed():
        yield str(case), lambda c=case: resumed_difference(c)
    for name in SETTINGS:
        yield f"{name}: PyTorch loads our state", lambda n=name: given_back(n)


FAMILIES = {"optimizers": _optimizers, "schedulers": _schedulers, "resumed": _of_resumed}
