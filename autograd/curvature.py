"""Products of a vector with matrices of second derivatives, which are never made: each is a few passes.

hvp    the Hessian
gnvp   the Gauss-Newton matrix J.T @ H @ J, of a model with Jacobian J and a loss with Hessian H of its outputs. It is
       the Hessian without the model's own curvature, and positive semi-definite if the loss is convex
       (N. Schraudolph, 2002, "Fast curvature matrix-vector products for second-order gradient descent")
fvp    the empirical Fisher matrix: the mean of g @ g.T over the gradients g of single examples
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .directional import jvp
from .transforms import grad, vjp


def _tuple(x: Any) -> tuple[Any, ...]:
    return tuple(x) if isinstance(x, (tuple, list)) else (x,)


def hvp(func: Callable[..., Any], primals: Any, tangents: Any) -> Any:
    """(gradient, Hessian @ tangents) of a function that returns a scalar: forward mode over reverse mode.

    primals    the arguments, as a tuple; or a single one. tangents and results are as they are

    >>> from autograd import tensor
    >>> hvp(lambda x: (x**3).sum(), tensor([1.0, 2.0]), tensor([1.0, 1.0]))
    (tensor([ 3., 12.]), tensor([ 6., 12.]))
    """
    xs, vs = _tuple(primals), _tuple(tangents)
    gradient, product = jvp(grad(func, argnums=tuple(range(len(xs)))), xs, vs)
    return (gradient, product) if isinstance(primals, (tuple, list)) else (gradient[0], product[0])


def gnvp(model: Callable[..., Any], loss: Callable[[Any], Any], primals: Any, tangents: Any) -> Any:
    """(loss(model(*primals)), Gauss-Newton matrix @ tangents).

    model   a function of the primals; loss   a function of what it returns, which is a scalar

    >>> from autograd import tensor
    >>> gnvp(lambda w: w * tensor([1.0, 2.0]), lambda z: (z**2).sum(), tensor(3.0), tensor(1.0))
    (tensor(45.), tensor(10.))
    """
    xs, vs = _tuple(primals), _tuple(tangents)
    outputs, pull = vjp(model, *xs)
    moved = jvp(model, xs, vs)[1]
    curved = jvp(grad(loss), (outputs,), (moved,))[1]
    product = pull(curved)
    return loss(outputs), product if isinstance(primals, (tuple, list)) else product[0]


def fvp(losses: Callable[..., Any], primals: Any, tangents: Any) -> Any:
    """(losses, empirical Fisher matrix @ tangents) of a function that returns a loss per example: 1-d.

    >>> from autograd import tensor
    >>> fvp(lambda w: w * tensor([1.0, 2.0]), tensor(3.0), tensor(1.0))
    (tensor([3., 6.]), tensor(2.5000))
    """
    xs, vs = _tuple(primals), _tuple(tangents)
    values, pull = vjp(losses, *xs)
    along = jvp(losses, xs, vs)[1]
    product = pull(along / max(along.shape[0], 1))
    return values, product if isinstance(primals, (tuple, list)) else product[0]
