"""L-BFGS with an optional line search."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from autograd import Tensor, enable_grad
from autograd.errors import SettingError
from autograd.extend import array_of, check_writable, shape_of, wrap

from .optimizer import Array, Closure, Group, Optimizer, State, numbers, settings


class LBFGS(Optimizer):
    """Newton's method with an inverse Hessian that is built from the last few steps. Nocedal 1980; all in memory.

    lr                 length of the steps, where no line search decides
    max_iter           iterations per `step()`
    max_eval           evaluations of the closure per `step()`; default max_iter * 5 // 4
    tolerance_grad     stop when no element of the gradient is larger
    tolerance_change   stop when neither the loss nor any parameter changes by more
    history_size       number of steps that are remembered
    line_search_fn     None, or "strong_wolfe"

    One group of parameters only. `step(closure)` needs the closure.
    """

    repeats = True

    shaped_state = False

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        max_eval = max_iter * 5 // 4 if max_eval is None else max_eval
        super().__init__(params, settings(locals()))
        if len(self.param_groups) != 1:
            raise SettingError("LBFGS doesn't support per-parameter options (parameter groups)")

    def check(self, group: Group) -> None:
        super().check(group)
        if group["line_search_fn"] not in (None, "strong_wolfe"):
            raise SettingError(f"only 'strong_wolfe' is supported, got {group['line_search_fn']!r}")

    # ---------------------------------------------------------------------------- all parameters as one vector

    def _flat_gradient(self) -> Array:
        return np.concatenate(
            [
                (np.zeros(p.numel(), p.dtype) if p.grad is None else array_of(p.grad).reshape(-1))
                for p in self.param_groups[0]["params"]
            ]
        )

    def _flat(self) -> Array:
        return np.concatenate([array_of(p).reshape(-1) for p in self.param_groups[0]["params"]])

    def _place(self, x: Array) -> None:
        start = 0
        for p in self.param_groups[0]["params"]:
            stop = start + p.numel()
            check_writable("LBFGS.step", p)
            array_of(p)[...] = x[start:stop].reshape(shape_of(p))
            start = stop

    def _restored(self, name: str, value: Any, p: Any) -> Any:
        """PyTorch keeps the numbers among these as Tensors with one element, and the scratch memory `al` too."""
        if name in ("func_evals", "n_iter"):
            return int(value)
        if name in ("t", "prev_loss", "H_diag"):
            return value if value is None else float(value)
        if name == "ro":
            return [float(each) for each in value]
        return super()._restored(name, value, p)

    # ------------------------------------------------------------------------------------------------- stepping

    def step(self, closure: Closure | None = None) -> Any:
        """Run up to `max_iter` iterations. Returns what the closure returned at the start."""
        if closure is None:
            raise TypeError("LBFGS.step needs a closure that clears the gradients, calls backward and returns the loss")
        if self._pre_hooks:
            closure = self._before(closure) or closure
        group = numbers(self.param_groups[0])
        state = self.state[group["params"][0]]
        with enable_grad():
            first = closure()
        self._iterate(group, state, closure, _value(first))
        self._moved(group["params"], closure)
        return first

    def _iterate(self, group: Group, state: State, closure: Closure, loss: float) -> None:
        lr, max_iter, max_eval = group["lr"], group["max_iter"], group["max_eval"]
        smallest = group["tolerance_change"]
        state.setdefault("func_evals", 0)
        state.setdefault("n_iter", 0)
        state["func_evals"] += 1
        evaluations = 1
        g = self._flat_gradient()

        def evaluate(x: Array, d: Array, t: float) -> tuple[float, Array]:
            self._place(x + t * d)
            with enable_grad():
                value = _value(closure())
            return value, self._flat_gradient()

        for iteration in range(1, max_iter + 1):
            if np.abs(g).max(initial=0) <= group["tolerance_grad"]:
                break
            state["n_iter"] += 1
            d = self._direction(state, g, group["history_size"])
            t = min(1.0, 1.0 / float(np.abs(g).sum())) * lr if state["n_iter"] == 1 else lr
            slope = float(g @ d)
            before = loss
            state.update(d=wrap(d), t=t, prev_flat_grad=wrap(np.array(g)), prev_loss=loss)
            if slope > -smallest:
                break
            x = self._flat()
            if group["line_search_fn"] is not None:
                start = Point(0.0, loss, g, slope)
                found, count = strong_wolfe(partial(evaluate, x, d), start, t, d, smallest, max_eval - evaluations)
                t, loss, g = found.t, found.f, found.g
                self._place(x + t * d)
                state["t"] = t
            elif iteration != max_iter:
                loss, g = evaluate(x, d, t)
                count = 1
            else:  # where the loss changes between calls, the gradient here would be of no use later
                self._place(x + t * d)
                count = 0
            evaluations += count
            state["func_evals"] += count
            if evaluations >= max_eval or np.abs(t * d).max() <= smallest or abs(loss - before) < smallest:
                break

    @staticmethod
    def _direction(state: State, g: Array, history_size: int) -> Array:
        """Minus the approximate inverse Hessian times g: the two loops of Nocedal 1980."""
        if state["n_iter"] == 1:
            state.update(old_dirs=[], old_stps=[], ro=[], H_diag=1.0)
            return -g
        ys, ss, ro = state["old_dirs"], state["old_stps"], state["ro"]
        y = g - array_of(state["prev_flat_grad"])
        s = array_of(state["d"]) * state["t"]
        curvature = float(y @ s)
        if curvature > 1e-10:
            if len(ys) == history_size:
                for memory in (ys, ss, ro):
                    memory.pop(0)
            ys.append(wrap(y))
            ss.append(wrap(s))
            ro.append(1.0 / curvature)
            state["H_diag"] = curvature / float(y @ y)
        q = -g
        weights = [0.0] * len(ys)
        for i in reversed(range(len(ys))):
            weights[i] = float(array_of(ss[i]) @ q) * ro[i]
            q -= weights[i] * array_of(ys[i])
        q *= state["H_diag"]
        for i in range(len(ys)):
            q += (weights[i] - float(array_of(ys[i]) @ q) * ro[i]) * array_of(ss[i])
        return q


def _value(loss: Any) -> float:
    return float(loss.detach() if isinstance(loss, Tensor) else loss)


# ------------------------------------------------------------------------------------------------------ line search


class Point(NamedTuple):
    """A place on the line x + t d: the step t, the loss f, the gradient g, and the slope g . d."""

    t: float
    f: float
    g: Array
    slope: float


def cubic_minimum(a: Point, b: Point, low: float, high: float) -> float:
    """Where the cubic through two points with their slopes is smallest, within [low, high]."""
    if a.t > b.t:
        a, b = b, a
    d1 = a.slope + b.slope - 3 * (a.f - b.f) / (a.t - b.t)
    square = d1 * d1 - a.slope * b.slope
    if not square >= 0:
        return (low + high) / 2
    d2 = math.sqrt(square)
    span = b.slope - a.slope + 2 * d2
    if span == 0:
        return (low + high) / 2
    return min(max(b.t - (b.t - a.t) * ((b.slope + d2 - d1) / span), low), high)


def strong_wolfe(
    evaluate: Callable[[float], tuple[float, Array]], start: Point, t: float, d: Array, tolerance: float, most: int = 25
) -> tuple[Point, int]:
    """A point on the line that lowers the loss enough and is flat enough (Nocedal & Wright 2006, algorithms 3.5, 3.6).

    Returns it and the number of evaluations.  start: where t = 0.  t: the first step to try.  most: evaluations.
    """
    line = _Line(evaluate, start, d, most)
    bracket = line.bracket(t)
    return bracket[0] if len(bracket) == 1 else line.narrow(bracket, tolerance), line.tried


class _Line:
    """The loss along a direction `d` from `start`, and what has been tried there."""

    low_enough, flat_enough = 1e-4, 0.9  # c1 and c2: shares of the slope at the start

    def __init__(self, evaluate: Callable[[float], tuple[float, Array]], start: Point, d: Array, most: int) -> None:
        self.evaluate, self.start, self.d = evaluate, start, d
        self.tried, self.turns = 0, most  # evaluations so far, and how many turns are left

    def at(self, t: float) -> Point:
        f, g = self.evaluate(t)
        self.tried += 1
        return Point(t, f, g, float(g @ self.d))

    def too_high(self, point: Point) -> bool:
        return point.f > self.start.f + self.low_enough * point.t * self.start.slope

    def flat(self, point: Point) -> bool:
        return abs(point.slope) <= -self.flat_enough * self.start.slope

    def bracket(self, t: float) -> list[Point]:
        """Walk on from `t` until a point that is low and flat enough lies between two, or is met: that comes alone."""
        previous, point, first = self.start, self.at(t), self.turns
        while self.turns > 0:
            if self.too_high(point) or (self.turns < first - 1 and point.f >= previous.f):
                return [previous, point]
            if self.flat(point):
                return [point]
            if point.slope >= 0:
                return [previous, point]
            step = cubic_minimum(previous, point, point.t + 0.01 * (point.t - previous.t), point.t * 10)
            previous, point = point, self.at(step)
            self.turns -= 1
        return [self.start, point]

    def narrow(self, bracket: list[Point], tolerance: float) -> Point:
        """Move the ends of the bracket towards each other; the best point at the end."""
        low = 0 if bracket[0].f <= bracket[1].f else 1  # the better end
        stuck = False
        size = float(np.abs(self.d).max())
        while self.turns > 0:
            left, right = sorted((bracket[0].t, bracket[1].t))
            if (right - left) * size < tolerance:
                break
            step, stuck = _well_inside(cubic_minimum(bracket[0], bracket[1], left, right), left, right, stuck)
            point = self.at(step)
            self.turns -= 1
            if self.too_high(point) or point.f >= bracket[low].f:
                bracket[1 - low] = point
                low = 0 if bracket[0].f <= bracket[1].f else 1
                continue
            done = self.flat(point)
            if not done and point.slope * (bracket[1 - low].t - bracket[low].t) >= 0:
                bracket[1 - low] = bracket[low]
            bracket[low] = point
            if done:
                break
        return bracket[low]


def _well_inside(step: float, left: float, right: float, stuck: bool) -> tuple[float, bool]:
    """A step that is hardly inside is accepted once, not twice: then it is moved. And: was it hardly inside?"""
    margin = 0.1 * (right - left)
    if not min(right - step, step - left) < margin:
        return step, False
    if stuck or step >= right or step <= left:
        return (right - margin if abs(step - right) < abs(step - left) else left + margin), False
    return step, True
