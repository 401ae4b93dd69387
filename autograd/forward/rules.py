"""Push rules: the tangent of a result from those of the inputs.

A push rule is a function (op, inputs, tangents, z, settings, kept) -> tangent of z, None if that is 0. Of `tangents`
those that are 0 are None. Rules compute with ordinary operations on Tensors. Most are derived from what is declared:

    each       of an operation that works element by element, the rule that pulls a cotangent back multiplies it by the
               derivative. So it does with a tangent
    linear     a linear operation is its own derivative
    bilinear   of an operation that is linear in each of its inputs: the operation with each of them replaced in turn
    reduced    of one that gives a number for a group of elements: its gradient, times the tangents, summed
    formula    of one that has a formula: what its primitives give

What is none of them is pulled back twice: a cotangent u pulled back is linear in u, and its derivative by u, pulled
back along x', is the tangent of z (J. Townsend, 2017).
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import engine
from ..modes import state
from ..op import Op
from ..ops import reduce
from ..ops.shape import expand
from ..tensors.core import Core, array_of, wrap
from ..tensors.run import apply
from ..tracing import trace

Push = Callable[..., Any]

levels: list[Any] = []
"""What makes a level of forward mode: `level` puts it here."""


def shape_of(x: Any) -> tuple[int, ...]:
    """The shape of a Tensor, an array or a number."""
    return tuple(x._array.shape) if isinstance(x, Core) else np.shape(x)


def total(parts: Any) -> Any:
    """The sum of those that are not None; None if none is left."""
    found = None
    for part in parts:
        if part is not None:
            found = part if found is None else found + part
    return found


def zeros_like(x: Any) -> Any:
    """Zeros of the shape and dtype of a Tensor or an array."""
    array = x._array if isinstance(x, Core) else array_of(x)
    return wrap(np.zeros(array.shape, array.dtype))


def spread_to(t: Any, shape: tuple[int, ...]) -> Any:
    """A tangent repeated to the shape of a result."""
    return t if shape_of(t) == shape else apply(expand, t, shape=shape)


def constants(xs: Any) -> bool:
    """Do only arrays matter: is there nobody who differentiates or maps over what is computed from these?"""
    if state.interpreter is not None:
        return False
    for x in xs:  # noqa: SIM110 - this is asked at every operation, and `all` takes twice as long
        if isinstance(x, Core) and x._node is not None:
            return False
    return True


def rule_given(op: Op, k: int, dz: Any, inputs: Any, z: Any, settings: Any, kept: Any) -> Any:
    """What the rule for input number `k` gives for `dz`, on arrays if all are constants, else on Tensors."""
    plan = op.plan((k,))
    plain = constants((dz, *inputs, z))
    values = [x._array if isinstance(x, Core) and plain else x for x in inputs]
    out = z._array if plain and isinstance(z, Core) else z
    saved = plan.save(values, out, settings, kept)
    g = plan.given(0, dz._array if plain else dz, saved)
    if op.joint is not None:
        g = g[k]
    return wrap(g) if plain or not isinstance(g, Core) else g


# ------------------------------------------------------------------------------------------------------------ kinds


def elementwise(op: Op, inputs: Any, tangents: Any, z: Any, settings: Any, kept: Any) -> Any:
    """Each derivative times its tangent."""
    if z._node is None and constants(tangents) and constants(inputs):
        return _elementwise_arrays(op, inputs, tangents, z._array, settings, kept)
    out = shape_of(z)
    return total(
        rule_given(op, k, spread_to(t, out), inputs, z, settings, kept)
        for k, t in enumerate(tangents)
        if t is not None and op.differentiable(k)
    )


def _elementwise_arrays(op: Op, inputs: Any, tangents: Any, z: Any, settings: Any, kept: Any) -> Any:
    """The same where only arrays matter."""
    arrays = [x._array if isinstance(x, Core) else x for x in inputs]
    found = None
    for k, t in enumerate(tangents):
        if t is None or not op.differentiable(k):
            continue
        plan, dz = op.plan((k,)), t._array
        if dz.shape != z.shape:
            dz = np.broadcast_to(dz, z.shape)
        g = plan.given(0, dz, plan.save(arrays, z, settings, kept))
        if op.joint is not None:
            g = g[k]
        if g is dz and dz is not t._array:  # repeated: nobody could write to it
            g = dz.copy()
        found = g if found is None else found + g
    return None if found is None else wrap(found)


def linear(op: Op, inputs: Any, tangents: Any, z: Any, settings: Any, kept: Any) -> Any:
    """The operation on tangents; zeros stand for those that are 0."""
    given = [zeros_like(x) if t is None else t for x, t in zip(inputs, tangents, strict=True)]
    return apply(op, *given, **settings)


def of_first(op: Op, inputs: Any, tangents: Any, z: Any, settings: Any, kept: Any) -> Any:
    """The operation on the tangent of the first input, with the other inputs as they are: indices."""
    return None if tangents[0] is None else apply(op, tangents[0], *inputs[1:], **settings)


def bilinear(op: Op, inputs: Any, tangents: Any, z: Any, settings: Any, kept: Any) -> Any:
    """The operation with the tangent in the place of each input, in turn. A bias is one input more, and is added."""
    factors = [k for k, name in enumerate(op.inputs[: len(inputs)]) if name != "bias"]
    if op.variadic:
        factors = list(range(len(inputs)))
    parts: list[Any] = []
    bias = tangents[2] if len(inputs) > 2 and not op.variadic else None
    for k in factors:
        if tangents[k] is not None:
            given = [tangents[k] if j == k else inputs[j] for j in factors]
            if bias is not None and not parts:
                given.append(bias)
                bias = None
            elif len(inputs) > len(factors):
                given.append(None)
            parts.append(apply(op, *given, **settings))
    if bias is not None:
        rest = [1] * (len(shape_of(z)) - 2)
        if op.name.endswith("_each"):  # (slices, channels)
            channels: Any = (shape_of(bias)[0], 1, -1, *rest[1:])
        else:
            channels = (1, -1, *rest) if op.name.startswith("conv") else shape_of(bias)
        parts.append(spread_to(bias.reshape(channels), shape_of(z)))
    return total(parts)


def reduced(op: Op, inputs: Any, tangents: Any, z: Any, settings: Any, kept: Any) -> Any:
    """The gradient of each result by its elements, times their tangents."""
    one = wrap(np.ones_like(z._array))
    g = rule_given(op, 0, one, inputs, z, settings, kept)
    axis, keepdims = settings.get("axis"), settings.get("keepdims", False)
    return apply(reduce.sum, g * tangents[0], axis=axis, keepdims=keepdims)


def by_formula(op: Op, inputs: Any, tangents: Any, z: Any, settings: Any, kept: Any) -> Any:
    """What the primitives of the formula give."""
    assert op.formula is not None
    settings = {**{k: v for k, v in op.defaults.items() if k != "recorded"}, **settings}
    with levels[0]() as level:
        given = [x if t is None else level.dual(x, t) for x, t in zip(inputs, tangents, strict=True)]
        found = op.formula(*given, **settings)
    if op.outputs == 1:
        return level.tangent(found)
    return [level.tangent(part) for part in found]


def pulled_twice(op: Op, inputs: Any, tangents: Any, z: Any, settings: Any, kept: Any) -> Any:
    """Through the rules that pull back, whatever they are."""
    pushed = through_rules(lambda *given: apply(op, *given, **settings), inputs, tangents)
    return pushed[0] if op.outputs == 1 else pushed


def through_rules(function: Callable[..., Any], inputs: Any, tangents: Any) -> list[Any]:
    """The tangents of the floating point results of a function, by pulling back twice."""
    before, state.tape = state.tape, state.home
    try:
        own = [x if t is None else _variable(x) for x, t in zip(inputs, tangents, strict=True)]
        found = function(*own)
        parts = found if isinstance(found, (tuple, list)) else (found,)
        outs = [z for z in parts if isinstance(z, Core) and z._array.dtype.kind == "f"]
        probes = [_variable(wrap(np.zeros_like(z._array))) for z in outs]
        wanted = [x for x, t in zip(own, tangents, strict=True) if t is not None]
        ends = [(z, u) for z, u in zip(outs, probes, strict=True) if z._node is not None]
        options: Any = {"create_graph": True, "materialize_grads": True}
        pulled = engine.grad([z for z, _ in ends], wanted, [u for _, u in ends], **options)
        pairs = [(g, t) for g, t in zip(pulled, [t for t in tangents if t is not None], strict=True) if g._node]
        graph: Any = {"create_graph": before is not None, "materialize_grads": True}
        pushed = engine.grad([g for g, _ in pairs], probes, [t for _, t in pairs], **graph)
    finally:
        state.tape = before
    return list(pushed)


def _variable(x: Any) -> Any:
    return trace(x if isinstance(x, Core) else wrap(array_of(x)))


def none(op: Op, inputs: Any, tangents: Any, z: Any, settings: Any, kept: Any) -> Any:
    """The result does not depend on the inputs in a way that has a derivative."""
    return None if op.outputs == 1 else [None] * len(z)


# ------------------------------------------------------------------------------------------------ which op has which

_LINEAR = (
    "reshape expand transpose flip roll clone tile repeat segment_sum split unbind diagonal diagonal_embed tril triu "
    "restride windows add_windows getitem put zero_at add_to set_at cat stack embedding unfold fold avg_pool resample "
    "avg_spread resample_back pad_edges fold_edges put_winners max_unpool sum mean cumsum diff diff_back to dropout "
    "nll running_average"
)
_BILINEAR = (
    "matmul linear conv conv_input_grad conv_weight_grad einsum cross linear_each conv_each conv_input_grad_each "
    "conv_weight_grad_each"
)

PUSHES: dict[str, Push] = {
    **dict.fromkeys(_LINEAR.split(), linear),
    **dict.fromkeys(_BILINEAR.split(), bilinear),
    **dict.fromkeys(["nansum", "prod", "var", "std", "amax", "amin", "logsumexp", "vector_norm", "median"], reduced),
    **dict.fromkeys(("take_along", "add_along", "keep"), of_first),
}
"""Operations of the library that are of one of these kinds; those that have a rule of their own are in `single`."""

_ELEMENTWISE = (
    "relu leaky_relu hardtanh hardsigmoid hardswish threshold hardshrink softshrink elu softplus logsigmoid silu mish "
    "gelu gelu_tanh softsign tanhshrink ceil floor trunc rint round frac sign nan_to_num pow_number rsqrt reciprocal "
    "sigmoid logit erf erfc erfinv erfcx sinc lgamma polygamma ndtr ndtri log_ndtr airy_ai airy_ai_slope bessel_j0 "
    "bessel_j1 bessel_y0 bessel_y1 entr i0 i0e i1 i1e k0 k0e k1 k1e spherical_j0 binary_cross_entropy "
    "binary_cross_entropy_with_logits huber"
)
PUSHES |= dict.fromkeys(_ELEMENTWISE.split(), elementwise)

_pushes: dict[Op, Push] = {}


def push_of(op: Op) -> Push:
    """The push rule of an op."""
    found = _pushes.get(op)
    if found is None:
        found = _pushes[op] = _found(op)
    return found


def _found(op: Op) -> Push:
    if op.push is not None:
        return _NAMED[op.push] if isinstance(op.push, str) else op.push
    single: dict[str, Push] = importlib.import_module("autograd.forward.single").RULES  # written with this file
    if op.name in single:
        return single[op.name]
    if op.name in PUSHES:
        return PUSHES[op.name]
    if not any(op.differentiable(k) for k in range(len(op.inputs))):
        return none
    if op.broadcasts or (isinstance(op.forward, np.ufunc) and op.forward.signature is None):
        return elementwise
    return by_formula if op.formula is not None else pulled_twice


_NAMED: dict[str, Push] = {
    "each": elementwise,
    "linear": linear,
    "bilinear": bilinear,
    "reduced": reduced,
    "formula": by_formula,
}
"""What `op(..., push="each")` stands for."""
