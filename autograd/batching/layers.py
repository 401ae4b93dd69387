"""Batch rules of convolution, pooling, normalisation, attention and recurrent layers.

Where only their input is mapped, the slices are one larger batch. Where weights are, the slices of a convolution are
groups of channels.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..ops import each, norm
from ..ops.activation import relu
from ..ops.pool import Windows, max_pool
from ..tensors.run import apply, apply_keeping
from .mapped import exchanged, named
from .rules import Rule, all_of, by_formula, inside, lead, rank, run, shape_of

# ---------------------------------------------------------------------------------------------------- one larger batch


def merged(x: Any) -> Any:
    """The first two axes as one."""
    shape = shape_of(x)
    return x.reshape(shape[0] * shape[1], *shape[2:])


def apart(batch: Any, z: Any) -> Any:
    """The first axis as slices, and what belongs to each."""
    shape = shape_of(z)
    return z.reshape(batch.size, shape[0] // batch.size, *shape[1:])


def _as_one(batch: Any, op: Any, given: Any, on: Any, settings: Any) -> Any:
    """An op of one input that treats the examples of a batch alike."""
    return apart(batch, apply(op, merged(given[0]), **settings)), ()


# ---------------------------------------------------------------------------------------------------------- convolution


_EACH = {
    "conv": each.conv_each,
    "conv_input_grad": each.conv_input_grad_each,
    "conv_weight_grad": each.conv_weight_grad_each,
}


def _of_each(batch: Any, op: Any, given: Any, on: Any, settings: Any) -> Any:
    """Slices of slices."""
    wholes = [all_of(batch, x, held) for x, held in zip(given, on, strict=True)]
    return apart(batch, apply(op, *[None if x is None else merged(x) for x in wholes], **settings)), ()


def _conv(batch: Any, op: Any, given: Any, on: Any, settings: Any) -> Any:
    x, w, bias = (*given, None)[:3]
    x_on, w_on, bias_on = (*on, False)[:3]
    x = all_of(batch, x, x_on)
    if w_on and op.name == "conv":
        return apply(each.conv_each, x, w, all_of(batch, bias, bias_on), **settings), ()
    if not w_on and op.name != "conv_weight_grad":
        z = apart(batch, apply(op, merged(x), w, None if bias_on else bias, **settings))
    else:
        z = apply(_EACH[op.name], x, all_of(batch, w, w_on), **settings)
    if bias is None or not (bias_on or w_on):
        return z, ()
    shape = (*shape_of(bias)[:-1], *[1] * bias_on, shape_of(bias)[-1], *[1] * (len(shape_of(z)) - 3))
    return z + bias.reshape(shape), ()


# -------------------------------------------------------------------------------------------------------------- pooling


def _last_axes(batch: Any, op: Any, given: Any, on: Any, settings: Any) -> Any:
    if "shape" in settings:
        settings = {**settings, "shape": (batch.size, *settings["shape"])}
    return run(op, given, settings)


# -------------------------------------------------------------------------------------------------------- normalisation


def _normalise(batch: Any, op: Any, given: Any, on: Any, settings: Any) -> Any:
    x, w, b = given
    view, axes, affine = settings["view"], settings["axes"], settings["affine"]
    x = all_of(batch, x, on[0])
    if 0 in axes:
        front = {"view": (batch.size, *view), "axes": tuple([a + 1 for a in axes]), "affine": (1, *affine)}
    else:  # slices as more rows
        front = {"view": (batch.size * view[0], *view[1:])}
    scaled = not on[1] and not on[2]
    z, kept = run(op, [x, w, b] if scaled else [x, None, None], {**settings, **front})
    if 0 not in axes:
        kept = tuple([k.reshape(batch.size, view[0], *k.shape[1:]) for k in kept])
    if scaled:
        return z, kept
    z = z.reshape(batch.size, *view)
    for p, held, plus in ((w, on[1], False), (b, on[2], True)):
        if p is not None:
            p = p.reshape(batch.size, *affine) if held else p.reshape(affine)
            z = z + p if plus else z * p
    return z.reshape(shape_of(x)), kept


def _batch_norm_relu(batch: Any, op: Any, given: Any, on: Any, settings: Any) -> Any:
    """The operations that it stands for, one after the other; what it keeps is for running statistics."""
    if settings.get("mean") is not None:
        z, _ = by_formula(batch, op, given, on, settings)
        return z, ((None, None), *[None] * (len(op.keeps) - 1))
    x, w, b = [batch.wrapped(x) if held else x for x, held in zip(given, on, strict=True)]
    samples, channels, *rest = shape_of(x)
    view, affine = (samples, channels, math.prod(rest)), (1, channels, 1)
    own = {"view": view, "axes": (0, 2), "affine": affine, "size": (channels,), "eps": settings["eps"], "centred": True}
    with inside(batch):
        z, (mean, var, rstd) = apply_keeping(norm.normalise, x, w, b, **own)
        used, var = (mean.reshape(channels), rstd.reshape(channels)), var.reshape(channels)
        z = apply(relu, z)
        if "window" not in settings:
            kept: Any = used, var
        else:
            window = settings["window"]
            out = (rest[0] // window[0], rest[1] // window[1])
            z, kept = apply(max_pool, z, windows=Windows(window, window, (0, 0), (1, 1), out)), (used, var, None)
    return batch.whole(z), exchanged(kept, lambda part: None if part is None else batch.whole(part))


def _scale_shift(batch: Any, op: Any, given: Any, on: Any, settings: Any) -> Any:
    if on[1] or on[2] or any(batch.holds(value) for value in settings.values()):
        return by_formula(batch, op, given, on, settings)
    return apart(batch, apply(op, merged(given[0]), *given[1:], **settings)), ()


# ------------------------------------------------------------------------------------------------------ attention, RNNs


def _attention(batch: Any, op: Any, given: Any, on: Any, settings: Any) -> Any:
    if batch.holds(settings.get("bias")):
        return by_formula(batch, op, given, on, settings)
    ndim = max(rank(x, held) for x, held in zip(given, on, strict=True)) + 1
    return run(op, [lead(all_of(batch, x, held), ndim) for x, held in zip(given, on, strict=True)], settings)


def _recurrent(batch: Any, op: Any, given: Any, on: Any, settings: Any) -> Any:
    """Slices as sequences of one batch, if the weights are the same. Sequence i of slice b has the number i * B + b."""
    states = len(given) - 5
    if any(on[1 + states :]) or any(batch.holds(value) for value in settings.values()):
        return by_formula(batch, op, given, on, settings)

    def together(x: Any) -> Any:
        return merged(x.permute(1, 0, *range(2, len(shape_of(x)))))

    inputs = [together(all_of(batch, x, held)) for x, held in zip(given[: 1 + states], on, strict=False)]
    if "sizes" in settings:
        settings = {**settings, "sizes": np.asarray(settings["sizes"]) * batch.size}
    found = apply(op, *inputs, *given[1 + states :], **settings)

    def parted(z: Any) -> Any:
        rows, *rest = shape_of(z)
        return z.reshape(rows // batch.size, batch.size, *rest).permute(1, 0, *range(2, 2 + len(rest)))

    return (tuple([parted(z) for z in found]) if isinstance(found, tuple) else parted(found)), ()


def _running_average(batch: Any, op: Any, given: Any, on: Any, settings: Any) -> Any:
    return run(op, [all_of(batch, x, held) for x, held in zip(given, on, strict=True)], settings)


RULES: dict[str, Rule] = {
    **named("conv conv_input_grad conv_weight_grad", _conv),
    **named("unfold fold", _as_one),
    **named("max_pool avg_pool avg_spread", _last_axes),
    **named("linear_each conv_each conv_input_grad_each conv_weight_grad_each", _of_each),
    "normalise": _normalise,
    "scale_shift": _scale_shift,
    **named("batch_norm_relu batch_norm_relu_max_pool", _batch_norm_relu),
    "attention": _attention,
    **named("lstm gru rnn lstm_cell gru_cell rnn_cell", _recurrent),
    "running_average": _running_average,
}
