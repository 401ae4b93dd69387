"""Fixed points x = f(a)(x), differentiated by a through the implicit function theorem."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..hips.primitives import primitive
from ..hips.rules import defvjp
from ..hips.spaces import vspace
from ..hips.walks import make_vjp_of

__all__ = ["fixed_point"]

Step = Callable[[Any], Callable[[Any], Any]]


def _iterated(step: Callable[[Any], Any], x: Any, distance: Callable[[Any, Any], Any], tol: float) -> Any:
    before, x = x, step(x)
    while distance(before, x) > tol:
        before, x = x, step(x)
    return x


@primitive
def fixed_point(f: Step, a: Any, x0: Any, distance: Callable[[Any, Any], Any], tol: float) -> Any:
    """The x with f(a)(x) = x that iterating from x0 finds: until distance(before, after) is at most tol.

    Its gradient by `a` is that of the equation, whatever the iteration did: with w = g + w df/dx, also found by
    iterating, it is w df/da (B. Christianson, 1994).
    """
    return _iterated(f(a), x0, distance, tol)


def _by_parameters(ans: Any, f: Step, a: Any, x0: Any, distance: Any, tol: float) -> Callable[[Any], Any]:
    def pull(g: Any) -> Any:
        by_a, _ = make_vjp_of(lambda a: f(a)(ans), a)
        by_x, _ = make_vjp_of(f(a), ans)
        space = vspace(ans)
        return by_a(_iterated(lambda w: space.add(g, by_x(w)), space.zeros(), distance, tol))

    return pull


defvjp(fixed_point, None, _by_parameters, None)
