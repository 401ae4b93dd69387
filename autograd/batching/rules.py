"""How operations run on mapped values: the rule of each, from what is declared of it.

A rule is a function (batch, op, given, on, settings) -> (results, what is kept). `given` are the inputs, of those that
are mapped (`on`) all slices: Tensors with one more axis in front. It computes with ordinary operations on Tensors, and
its results have that axis in front, too. `settings` are the op's; there may be mapped arrays among them.

An op whose inputs are broadcast works element by element, and so do NumPy's ufuncs: nothing has to be declared. Others
say of which kind they are, below, or have a rule in the file of their family. What has neither runs its formula, if it
has one; and if not, slice by slice.
"""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from ..extend import user_frame
from ..modes import state
from ..op import Op
from ..ops.shape import reshape, stack
from ..tensors.core import Core, array_of, wrap
from ..tensors.run import apply, apply_keeping
from . import arrays
from .mapped import named

Rule = Callable[..., Any]


def run(op: Op, inputs: Any, settings: dict[str, Any]) -> tuple[Any, Any]:
    """The op on Tensors: its results, and what it keeps."""
    return apply_keeping(op, *inputs, **settings) if op.keeps else (apply(op, *inputs, **settings), ())


def shape_of(x: Any) -> tuple[int, ...]:
    """The shape of a Tensor, an array or a number."""
    return tuple(x._array.shape) if isinstance(x, Core) else np.shape(x)


def rank(x: Any, on: bool) -> int:
    """Number of axes of a slice of `x`."""
    return 0 if x is None else len(shape_of(x)) - on


def lead(x: Any, ndim: int) -> Any:
    """All slices with axes of size 1 behind the first, so that there are `ndim`."""
    shape = shape_of(x)
    return x if len(shape) >= ndim else apply(reshape, x, shape=(shape[0], *[1] * (ndim - len(shape)), *shape[1:]))


def all_of(batch: Any, x: Any, on: bool) -> Any:
    """All slices of an input, be it mapped or not; None stays None."""
    return x if on or x is None else batch.whole(x)


def physical(batch: Any, settings: dict[str, Any], ndim: int) -> dict[str, Any]:
    """Settings with all slices of mapped arrays, aligned for broadcasting."""
    return {
        name: arrays.aligned(batch, value, ndim) if batch.holds(value) else value for name, value in settings.items()
    }


# ------------------------------------------------------------------------------------------------------------ kinds


def each(batch: Any, op: Op, given: Any, on: Any, settings: dict[str, Any]) -> Any:
    """Element by element; inputs of any shape that can be broadcast."""
    ndim = max(rank(x, held) for x, held in zip(given, on, strict=True))
    for value in settings.values():
        if isinstance(value, np.ndarray):
            ndim = max(ndim, value.ndim)
    if not op.broadcasts and not isinstance(op.forward, np.ufunc):
        given, on = [all_of(batch, x, held) for x, held in zip(given, on, strict=True)], [True] * len(on)
        settings = {name: _repeated(batch, value, ndim) for name, value in settings.items()} if settings else settings
    if settings and True not in on:  # a mask alone is mapped
        given, on = [batch.whole(given[0]), *given[1:]], [True, *on[1:]]
    inputs = [lead(x, ndim + 1) if held else x for x, held in zip(given, on, strict=True)]
    return run(op, inputs, physical(batch, settings, ndim + 1) if settings else settings)


def _repeated(batch: Any, value: Any, ndim: int) -> Any:
    """A setting that is an array for each element of a slice, for all slices: compiled twins want one shape."""
    if not isinstance(value, np.ndarray) or batch.holds(value) or value.ndim != ndim:
        return value
    return np.broadcast_to(value, (batch.size, *value.shape))


def along(batch: Any, op: Op, given: Any, on: Any, settings: dict[str, Any]) -> Any:
    """Along the axis, or the axes, that the setting `axis` names; all inputs have the same number of axes."""
    inputs = [all_of(batch, x, held) for x, held in zip(given, on, strict=True)]
    shape = shape_of(inputs[0])[1:]
    axis = settings.get("axis", op.defaults["axis"])
    settings = dict(settings)
    if not shape:
        inputs, settings["axis"] = [apply(reshape, x, shape=(batch.size, 1)) for x in inputs], 1
        if "shape" in settings:
            settings["shape"] = (batch.size, 1)
        z, kept = run(op, inputs, settings)
        return apply(reshape, z, shape=(batch.size,)), kept
    if axis is None and op.name in _FLAT:
        inputs = [apply(reshape, x, shape=(batch.size, int(np.prod(shape)))) for x in inputs]
        keep = settings.pop("keepdims", False)
        z, kept = run(op, inputs, {**settings, "axis": 1})
        rest = (shape if shape_of(z)[1:] else (1,) * len(shape)) if keep or shape_of(z)[1:] else ()
        return apply(reshape, z, shape=(batch.size, *rest)), kept
    settings["axis"] = arrays.moved(tuple(range(len(shape))) if axis is None else axis, len(shape))
    if "shape" in settings:
        settings["shape"] = (batch.size, *settings["shape"])
    return run(op, inputs, settings)


_FLAT = {"prod", "others", "softmax", "log_softmax"}
"""Those that take all elements together, where `axis` is None, and have no way to name several axes."""


def joined(batch: Any, op: Op, given: Any, on: Any, settings: dict[str, Any]) -> Any:
    """Several inputs along an axis, which may be a new one."""
    inputs = [all_of(batch, x, held) for x, held in zip(given, on, strict=True)]
    ndim = len(shape_of(inputs[0])) - 1 + (op.name == "stack")
    return run(op, inputs, {**settings, "axis": arrays.moved(settings["axis"], ndim)})


def matrix(batch: Any, op: Op, given: Any, on: Any, settings: dict[str, Any]) -> Any:
    """On the last axes, of each matrix or vector; the axes before them are those of a batch already."""
    inputs = [all_of(batch, x, held) for x, held in zip(given, on, strict=True)]
    if op.name == "solve":
        ndim = max(len(shape_of(x)) for x in inputs)
        inputs = [lead(x, ndim) for x in inputs]
    return run(op, inputs, settings)


def by_formula(batch: Any, op: Op, given: Any, on: Any, settings: dict[str, Any]) -> Any:
    """The op in primitives, each of which has a rule."""
    assert op.formula is not None
    inputs = [batch.wrapped(x) if held else x for x, held in zip(given, on, strict=True)]
    settings = {**{k: v for k, v in op.defaults.items() if k != "recorded"}, **settings}
    with inside(batch):
        z = op.formula(*inputs, **settings)
    return fronts(batch, z), ()


class inside:  # noqa: N801 - a block
    """A block that a batch sees, in a rule, which the interpreter around it sees."""

    def __init__(self, batch: Any) -> None:
        self.batch = batch

    def __enter__(self) -> None:
        self.before, state.interpreter = state.interpreter, self.batch

    def __exit__(self, *error: object) -> None:
        state.interpreter = self.before


def fronts(batch: Any, z: Any) -> Any:
    """All slices of one or several results."""
    return tuple([batch.whole(x) for x in z]) if isinstance(z, (tuple, list)) else batch.whole(z)


_told: set[str] = set()


def one_by_one(batch: Any, op: Op, given: Any, on: Any, settings: dict[str, Any]) -> Any:
    """Slice by slice, where there is no rule. Says so once for each op."""
    if op.name not in _told:
        _told.add(op.name)
        frame = user_frame()
        warnings.warn_explicit(
            f"vmap: the operation {op.name!r} has no batch rule (`batch=`) and runs slice by slice",
            UserWarning,
            frame.f_code.co_filename,
            frame.f_lineno,
        )
    results = []
    for index in range(batch.size):
        inputs = [x[index] if held else x for x, held in zip(given, on, strict=True)]
        results.append(run(op, inputs, {name: batch.slice_of(value, index) for name, value in settings.items()}))
    values = [z for z, _ in results]
    kept = _stacked([k for _, k in results])
    if op.outputs == 1:
        return apply(stack, *values, axis=0), kept
    return tuple([apply(stack, *parts, axis=0) for parts in zip(*values, strict=True)]), kept


def _stacked(parts: list[Any]) -> Any:
    first = parts[0]
    if isinstance(first, tuple):
        return tuple([_stacked(list(each)) for each in zip(*parts, strict=True)])
    return None if first is None else wrap(np.stack([array_of(x) for x in parts]))


# ------------------------------------------------------------------------------------------------ which op has which

KINDS: dict[str, Rule] = {
    **named(
        "relu leaky_relu hardtanh hardsigmoid hardswish threshold hardshrink softshrink elu softplus logsigmoid silu "
        "mish gelu gelu_tanh softsign tanhshrink dropout keep ceil floor trunc rint round frac sign nan_to_num to "
        "pow_number rsqrt reciprocal sigmoid logit erf erfc erfinv erfcx sinc lgamma polygamma ndtr ndtri log_ndtr "
        "airy_ai airy_ai_slope bessel_j0 bessel_j1 bessel_y0 bessel_y1 entr i0 i0e i1 i1e k0 k0e k1 k1e spherical_j0 "
        "binary_cross_entropy binary_cross_entropy_with_logits huber",
        each,
    ),
    **named(
        "sum nansum mean prod var std share amax amin logsumexp vector_norm cumsum cumprod logcumsumexp diff diff_back "
        "shift recurrence running_top others flip roll repeat segment_sum split unbind take_along add_along softmax "
        "log_softmax windows add_windows",
        along,
    ),
    **named("cat stack", joined),
    **named(
        "inv inv_or_nan det slogdet cofactor cholesky eigh svd svdvals with_values pinv qr lu solve tril triu clone",
        matrix,
    ),
}
"""Ops of the library that are of one of these kinds and do not broadcast."""

_FAMILIES = ("shapes", "picking", "products", "layers", "losses")
"""Files with rules of single ops."""

_rules: dict[Op, Rule] = {}


def rule_of(op: Op) -> Rule:
    """The batch rule of an op."""
    rule = _rules.get(op)
    if rule is None:
        rule = _rules[op] = _found(op)
    return rule


def _found(op: Op) -> Rule:
    if op.batch is not None:
        own = op.batch
        return _NAMED[own] if isinstance(own, str) else own
    for family in _FAMILIES:
        rules = importlib.import_module(f"autograd.batching.{family}").RULES
        if op.name in rules:
            rule: Rule = rules[op.name]
            return rule
    if op.name in KINDS:
        return KINDS[op.name]
    if op.broadcasts or (isinstance(op.forward, np.ufunc) and op.forward.signature is None):
        return each
    return by_formula if op.formula is not None else one_by_one


_NAMED: dict[str, Rule] = {"each": each, "along": along, "matrix": matrix, "joined": joined, "formula": by_formula}
"""What `op(..., batch="each")` stands for."""
