"""Transforms by forward mode: derivatives of a function along a direction, `jvp` and `linearize`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeVar, overload

import numpy as np

from .errors import GraphError, ShapeError
from .modes import state
from .tensors.core import operand, spec_of, wrap
from .tracing import Recording, leaves_no_records, leaves_of, pull, rebuild, trace
from .transforms import tensors_of, vjp, with_aux

R = TypeVar("R")
A = TypeVar("A")


@overload
def jvp(
    func: Callable[..., R],
    primals: tuple[Any, ...],
    tangents: tuple[Any, ...],
    *,
    strict: bool = False,
    has_aux: Literal[False] = False,
) -> tuple[R, R]: ...
@overload
def jvp(
    func: Callable[..., tuple[R, A]],
    primals: tuple[Any, ...],
    tangents: tuple[Any, ...],
    *,
    strict: bool = False,
    has_aux: Literal[True],
) -> tuple[R, R, A]: ...
@overload
def jvp(
    func: Callable[..., Any], primals: Any, tangents: Any, *, strict: bool = False, has_aux: bool
) -> tuple[Any, ...]: ...
@leaves_no_records
def jvp(
    func: Callable[..., Any],
    primals: tuple[Any, ...],
    tangents: tuple[Any, ...],
    *,
    strict: bool = False,
    has_aux: bool = False,
) -> Any:
    """(func(*primals), directional derivative along `tangents`).

    strict    raise where an output does not depend on the primals, instead of giving zeros
    has_aux   the function returns (outputs, anything); the result is (outputs, derivative, anything)

    Each operation carries the derivative along with its value, see `autograd.forward`: it costs about as much as the
    function once more, and keeps nothing.
    """
    for name, given in (("primals", primals), ("tangents", tangents)):
        if not isinstance(given, (tuple, list)):
            raise GraphError(f"jvp: Expected {name} to be a tuple: jvp(f, (x,), (v,)); got {type(given).__name__}")
    from .forward import Forward

    inputs, directions = [operand(x) for x in leaves_of(tuple(primals))], [operand(v) for v in leaves_of(tangents)]
    if len(inputs) != len(directions):
        raise ShapeError(f"jvp: wanted {len(inputs)} tangents, one per primal, got {len(directions)}")
    for index, (x, v) in enumerate(zip(inputs, directions, strict=True)):
        if x._array.shape != spec_of(v).shape:
            raise ShapeError(
                f"jvp: wanted tangents of the shapes of the primals; number {index} has shape {spec_of(v).shape}, its "
                f"primal {x._array.shape}"
            )
    if state.capture is not None:  # whose steps are values: what is carried along with them it does not see
        return _pulled_twice(func, primals, directions, strict, has_aux)
    with Recording([*inputs, *directions]) as recording:
        with Forward() as level:
            traced = rebuild(tuple(primals), [level.dual(x, v) for x, v in zip(inputs, directions, strict=True)])
            outputs, aux = with_aux("jvp", func(*traced), has_aux)
        outs = tensors_of("jvp", outputs)
        pushed = [level.tangent(z) for z in outs]
        if strict and any(t is None for t in pushed):
            raise GraphError("jvp: with strict=True every output must depend on the primals; one does not")
        pushed = [wrap(np.zeros_like(z._array)) if t is None else t for z, t in zip(outs, pushed, strict=True)]
        plain = [level.primal(z) for z in outs]
        rest = rebuild(aux, [level.primal(x) for x in leaves_of(aux)])
        results = rebuild(outputs, plain), rebuild(outputs, pushed), rest
        recording.look(results)
    values = recording.released(results)
    return values if has_aux else values[:2]


def linearize(func: Callable[..., R], *primals: Any) -> tuple[R, Callable[..., R]]:
    """(func(*primals), push): push(*tangents) is the directional derivative; the function runs once for all of them.

    >>> from autograd import tensor
    >>> value, push = linearize(lambda x: x * x, tensor(3.0))
    >>> push(tensor(1.0)), push(tensor(0.5))
    (tensor(6.), tensor(3.))
    """
    from .forward.linearized import Linearized, UnfitError

    inputs = [operand(x) for x in leaves_of(primals)]
    if state.capture is not None:  # as in `jvp`
        return _linearized_twice(func, primals)
    try:
        with Recording(inputs) as recording, Linearized() as level:
            outputs = func(*rebuild(primals, [level.dual(x, level.number()) for x in inputs]))
            outs = tensors_of("linearize", outputs)
            along = level.finished([level.tangent(z) for z in outs])
            plain = rebuild(outputs, [level.primal(z) for z in outs])
            recording.look(plain)
    except UnfitError:
        return _linearized_twice(func, primals)
    values = recording.released(plain)
    shapes, specs = [x._array.shape for x in inputs], [(z._array.shape, z._array.dtype) for z in outs]
    nest = rebuild(outputs, [wrap(np.zeros(())) for _ in outs])

    @leaves_no_records
    def push(*tangents: Any) -> Any:
        directions = [operand(v) for v in leaves_of(tangents)]
        if [v._array.shape for v in directions] != shapes:
            raise ShapeError(
                "linearize: wanted tangents of the shapes of the primals, "
                f"{shapes}, got {[v._array.shape for v in directions]}"
            )
        with Recording([*inputs, *directions]) as again:
            found = along(directions)
            moved = [wrap(np.zeros(*spec)) if t is None else t for t, spec in zip(found, specs, strict=True)]
            again.look(moved)
        return again.released(rebuild(nest, moved))

    return values, push


# ------------------------------------------------------------------------------------------ by reverse mode


def _pulled_twice(func: Any, primals: Any, directions: list[Any], strict: bool, has_aux: bool) -> Any:
    """`jvp` by reverse mode: a cotangent u pulled back is linear in u, so pulling tangents back through that gives the
    product with the Jacobian (J. Townsend, 2017). Costs about one second-order backward."""
    traced = trace(tuple(primals))
    inputs = leaves_of(traced)
    with Recording([*inputs, *directions]) as recording:
        outputs, aux = with_aux("jvp", func(*traced), has_aux)
        outs = tensors_of("jvp", outputs)
        if strict and any(z._node is None for z in outs):
            raise GraphError("jvp: with strict=True every output must depend on the primals; one does not")
        graph = recording.look((outputs, directions))
        probes = [trace(wrap(np.zeros_like(z._array))) for z in outs]
        pulled = pull(outs, list(probes), inputs, True)
        pushed = pull(pulled, directions, probes, graph)
    values = recording.released((outputs, rebuild(outputs, pushed), aux))
    return values if has_aux else values[:2]


def _linearized_twice(func: Any, primals: tuple[Any, ...]) -> Any:
    """`linearize` by reverse mode, as `_pulled_twice`."""
    outputs, pull_back = vjp(func, *primals)
    probes = rebuild(outputs, [wrap(np.zeros_like(z._array)) for z in leaves_of(outputs)])
    _, push_of = vjp(lambda *cotangents: pull_back(cotangents), *leaves_of(probes))

    def push(*tangents: Any) -> Any:
        return rebuild(outputs, leaves_of(push_of(tangents)))

    return outputs, push
