"""`odeint`: the solution of a system of ordinary differential equations, differentiated by the adjoint method."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import numpy as np
from ..hips.primitives import primitive
from ..hips.rules import defvjp_argnums
from ..hips.walks import make_vjp_of
from ..misc.flatten import flatten
from .special import scipy

__all__ = ["odeint"]


@primitive
def _solved(func: Callable[..., Any], y0: Any, t: Any, args: tuple[Any, ...], options: Any) -> Any:
    return scipy("integrate").odeint(func, y0, t, args, **options)


def odeint(func: Callable[..., Any], y0: Any, t: Any, args: tuple[Any, ...] = (), **options: Any) -> Any:
    """y at the times t, of shape (times, numbers of y), where dy/dt = func(y, t, *args) and y(t[0]) = y0. Needs SciPy.

    Differentiated by y0, t and args without keeping the steps: the adjoint equation is solved backwards from one time
    to the one before (L. Pontryagin et al., 1962; R. Chen et al., 2018, appendix B).
    """
    return _solved(func, y0, t, tuple(args), options)


def _rule(argnums: tuple[int, ...], ans: Any, given: tuple[Any, ...], kwargs: Any) -> Callable[[Any], Any]:
    func, y0, t, args, options = given
    flat, unflatten = flatten(args)
    size = len(y0)

    def slope(y: Any, at: Any, flat: Any) -> Any:
        return func(y, at, *unflatten(flat))

    def backwards(state: Any, at: Any, flat: Any) -> Any:
        """How y, its cotangent, and those of the time and the parameters change as time runs back."""
        pull, dy = make_vjp_of(lambda x: slope(*x), (state[:size], -at, flat))
        da, dt, dp = pull(state[size : 2 * size])
        return np.concatenate([-dy, da, np.reshape(dt, (1,)), dp])

    def pull(g: Any) -> Any:
        a, time_total, by_time = g[-1], 0.0, []
        by_parameters = np.zeros(np.shape(flat))
        for i in range(len(t) - 1, 0, -1):
            moved = np.dot(slope(ans[i], t[i], flat), g[i])
            by_time.append(moved)
            time_total = time_total - moved
            state = np.concatenate([ans[i], a, np.reshape(time_total, (1,)), by_parameters])
            state = odeint(backwards, state, np.array([-t[i], -t[i - 1]]), (flat,), **options)[1]
            a = state[size : 2 * size] + g[i - 1]
            time_total, by_parameters = state[2 * size], state[2 * size + 1 :]
        by_time.append(time_total)
        whole = {1: a, 2: np.array(by_time[::-1]), 3: unflatten(by_parameters)}
        return [whole[number] for number in argnums]

    return pull


defvjp_argnums(_solved, _rule)
