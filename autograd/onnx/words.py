"""What the words of ONNX are on Tensors, as far as `autograd.onnx.export` writes them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import api
from ..extras import extra
from ..ops import activation, conv, linalg, piecewise, pool
from ..tensors.einsum import einsum
from ..tensors.join import cat
from ..tensors.run import apply

Word = Callable[[list[Any], dict[str, Any], int], Any]


def _numbers(x: Any) -> list[int]:
    return [int(n) for n in np.atleast_1d(x.detach().numpy())]


def _of(function: Callable[..., Any]) -> Word:
    return lambda xs, a, n: function(*xs)


def _op(op: Any, **names: str) -> Word:
    """An op of ours, whose settings are attributes of these names."""
    return lambda xs, a, n: apply(op, *xs, **{ours: a[theirs] for ours, theirs in names.items()})


def _cast(xs: list[Any], a: dict[str, Any], n: int) -> Any:
    dtype = extra("onnx", "onnx", "autograd.onnx.load").helper.tensor_dtype_to_np_dtype(a["to"])
    return xs[0].to(dtype)


def _reduced(function: Callable[..., Any]) -> Word:
    def reduce(xs: list[Any], a: dict[str, Any], n: int) -> Any:
        axes = tuple(_numbers(xs[1])) if len(xs) > 1 else tuple(range(xs[0].ndim))
        return function(xs[0], axes, bool(a.get("keepdims", 1))) if axes else xs[0]

    return reduce


def _prod(x: Any, axes: tuple[int, ...], keep: bool) -> Any:
    for axis in sorted(axes, reverse=True):
        x = x.prod(axis, keepdim=keep)
    return x


def _slice(xs: list[Any], a: dict[str, Any], n: int) -> Any:
    x, *sides = xs
    starts, ends, axes, steps = (_numbers(side) for side in sides)
    index: list[Any] = [slice(None)] * x.ndim
    backwards = []
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        if step < 0:
            backwards.append(axis)
            continue
        index[axis] = slice(start, end, step)
    return api.flip(x[tuple(index)], tuple(backwards)) if backwards else x[tuple(index)]


def _gather(xs: list[Any], a: dict[str, Any], n: int) -> Any:
    index: list[Any] = [slice(None)] * (a.get("axis", 0) % xs[0].ndim)
    return xs[0][(*index, xs[1])]


def _split(xs: list[Any], a: dict[str, Any], n: int) -> Any:
    return xs[0].split(_numbers(xs[1]), a["axis"])


def _unsqueeze(xs: list[Any], a: dict[str, Any], n: int) -> Any:
    x = xs[0]
    for axis in sorted(_numbers(xs[1])):
        x = x.unsqueeze(axis)
    return x


def _pad(xs: list[Any], a: dict[str, Any], n: int) -> Any:
    from ..ops.pad import pad, pad_edges

    sides = _numbers(xs[1])
    widths = tuple(zip(sides[: len(sides) // 2], sides[len(sides) // 2 :], strict=True))
    mode = {"reflect": "reflect", "edge": "replicate", "wrap": "circular"}.get(a.get("mode", "constant"))
    if mode is not None:
        return apply(pad_edges, xs[0], widths=widths, mode=mode)
    return apply(pad, xs[0], widths=widths, value=float(xs[2].item()))


def _gemm(xs: list[Any], a: dict[str, Any], n: int) -> Any:
    return apply(linalg.linear, *xs, *[None] * (3 - len(xs)))


def _conv(xs: list[Any], a: dict[str, Any], n: int) -> Any:
    x, w, bias = [*xs, None][:3]
    half = len(a["pads"]) // 2
    parts = zip(x.shape[2:], a["pads"], a["kernel_shape"], a["dilations"], a["strides"], strict=False)
    size = tuple([(m + 2 * pad - gap * (k - 1) - 1) // step + 1 for m, pad, k, gap, step in parts])
    return apply(conv.conv, x, w, bias, size=size, **_window(a, half))


def _window(a: dict[str, Any], half: int) -> dict[str, Any]:
    return {
        "stride": tuple(a["strides"]),
        "padding": tuple(a["pads"][:half]),
        "dilation": tuple(a["dilations"]),
        "groups": a["group"],
    }


def _transposed(xs: list[Any], a: dict[str, Any], n: int) -> Any:
    x, w, bias = [*xs, None][:3]
    half = len(a["pads"]) // 2
    more = a["output_padding"]
    parts = zip(x.shape[2:], a["strides"], a["pads"], a["dilations"], a["kernel_shape"], more, strict=False)
    size = tuple([(m - 1) * step - 2 * pad + gap * (k - 1) + 1 + rest for m, step, pad, gap, k, rest in parts])
    return apply(conv.conv_input_grad, x, w, bias, size=size, **_window(a, half))


def _max_pool(xs: list[Any], a: dict[str, Any], n: int) -> Any:
    half = len(a["pads"]) // 2
    size, stride, padding, dilation = (tuple(a[name]) for name in ("kernel_shape", "strides", "pads", "dilations"))
    parts = zip(xs[0].shape[2:], size, stride, padding[:half], dilation, strict=True)
    spans = [(n + 2 * pad - gap * (k - 1) - 1, step, n + pad) for n, k, step, pad, gap in parts]
    out = [span // step + 1 for span, step, _ in spans]
    if a.get("ceil_mode"):  # one window more where it begins within the image or before it
        more = [-(-span // step) + 1 for span, step, _ in spans]
        out = [m - ((m - 1) * step >= end) for m, (_, step, end) in zip(more, spans, strict=True)]
    windows = pool.Windows(size, stride, padding[:half], dilation, tuple(out))
    return apply(pool.max_pool, xs[0], windows=windows)


def _avg_pool(xs: list[Any], a: dict[str, Any], n: int) -> Any:
    size, stride, pads = (tuple(a[name]) for name in ("kernel_shape", "strides", "pads"))
    padding, ends = pads[: len(size)], pads[len(size) :]
    parts = zip(xs[0].shape[2:], size, stride, padding, ends, strict=True)
    out = tuple([(m + pad + end - k) // step + 1 for m, k, step, pad, end in parts])
    settings = {"size": size, "stride": stride, "padding": padding, "out": out, "divisor": math.prod(size)}
    return apply(pool.avg_pool, xs[0], **settings)


def _arg(function: Callable[..., Any]) -> Word:
    return lambda xs, a, n: function(xs[0], a["axis"], bool(a["keepdims"]))


def _hard_sigmoid(xs: list[Any], a: dict[str, Any], n: int) -> Any:
    return apply(activation.hardsigmoid, xs[0])


def _gelu(xs: list[Any], a: dict[str, Any], n: int) -> Any:
    return apply(activation.gelu if a["approximate"] == "none" else activation.gelu_tanh, xs[0])


def _prelu(xs: list[Any], a: dict[str, Any], n: int) -> Any:
    x, w = xs
    return api.where(x > 0, x, x * w)


def _clip(xs: list[Any], a: dict[str, Any], n: int) -> Any:
    return apply(piecewise.clamp, *xs)


def _trilu(xs: list[Any], a: dict[str, Any], n: int) -> Any:
    return xs[0].triu(int(xs[1].item())) if a["upper"] else xs[0].tril(int(xs[1].item()))


def _cumsum(xs: list[Any], a: dict[str, Any], n: int) -> Any:
    axis = int(xs[1].item())
    x = api.flip(xs[0], (axis,)) if a["reverse"] else xs[0]
    x = x.cumsum(axis)
    return api.flip(x, (axis,)) if a["reverse"] else x


_ELEMENTWISE = {
    "Abs": "abs", "Acos": "acos", "Acosh": "acosh", "Add": "add", "And": "logical_and", "Asin": "asin",
    "Asinh": "asinh", "Atan": "atan", "Atanh": "atanh", "Ceil": "ceil", "Cos": "cos", "Cosh": "cosh", "Div": "div",
    "Equal": "eq", "Erf": "erf", "Exp": "exp", "Floor": "floor", "Greater": "gt", "GreaterOrEqual": "ge",
    "IsInf": "isinf", "IsNaN": "isnan", "Less": "lt", "LessOrEqual": "le", "Log": "log", "MatMul": "matmul",
    "Max": "maximum", "Min": "minimum", "Mul": "mul", "Neg": "neg", "Not": "logical_not", "Or": "logical_or",
    "Pow": "pow", "Reciprocal": "reciprocal", "Relu": "relu", "Round": "round", "Sigmoid": "sigmoid",
    "Sign": "sign", "Sin": "sin", "Sinh": "sinh", "Sqrt": "sqrt", "Sub": "sub", "Tan": "tan", "Tanh": "tanh",
    "Where": "where", "Xor": "logical_xor",
}  # fmt: skip

WORDS: dict[str, Word] = {
    **{word: _of(getattr(api, name)) for word, name in _ELEMENTWISE.items()},
    "ArgMax": _arg(api.argmax),
    "ArgMin": _arg(api.argmin),
    "AveragePool": _avg_pool,
    "Cast": _cast,
    "Clip": _clip,
    "Concat": lambda xs, a, n: cat(xs, a["axis"]),
    "Conv": _conv,
    "ConvTranspose": _transposed,
    "CumSum": _cumsum,
    "BitwiseAnd": _of(api.bitwise_and),
    "BitwiseNot": _of(api.bitwise_not),
    "BitwiseOr": _of(api.bitwise_or),
    "BitwiseXor": _of(api.bitwise_xor),
    "Einsum": lambda xs, a, n: einsum(a["equation"], *xs),
    "Elu": lambda xs, a, n: apply(activation.elu, xs[0], alpha=a["alpha"]),
    "Expand": lambda xs, a, n: xs[0].expand(_numbers(xs[1])),
    "Gather": _gather,
    "GatherElements": lambda xs, a, n: api.gather(xs[0], a["axis"], xs[1]),
    "Gelu": _gelu,
    "Gemm": _gemm,
    "HardSigmoid": _hard_sigmoid,
    "HardSwish": lambda xs, a, n: apply(activation.hardswish, xs[0]),
    "Identity": lambda xs, a, n: xs[0],
    "LeakyRelu": lambda xs, a, n: apply(activation.leaky_relu, xs[0], slope=a["alpha"]),
    "LogSoftmax": lambda xs, a, n: api.log_softmax(xs[0], a["axis"]),
    "MaxPool": _max_pool,
    "Mish": lambda xs, a, n: apply(activation.mish, xs[0]),
    "PRelu": _prelu,
    "Pad": _pad,
    "ReduceL1": _reduced(lambda x, axes, keep: x.abs().sum(axes, keepdim=keep)),
    "ReduceL2": _reduced(lambda x, axes, keep: (x * x).sum(axes, keepdim=keep).sqrt()),
    "ReduceLogSumExp": _reduced(lambda x, axes, keep: api.logsumexp(x, axes, keep)),
    "ReduceMax": _reduced(lambda x, axes, keep: x.amax(axes, keep)),
    "ReduceMean": _reduced(lambda x, axes, keep: x.mean(axes, keepdim=keep)),
    "ReduceMin": _reduced(lambda x, axes, keep: x.amin(axes, keep)),
    "ReduceProd": _reduced(_prod),
    "ReduceSum": _reduced(lambda x, axes, keep: x.sum(axes, keepdim=keep)),
    "Reshape": lambda xs, a, n: xs[0].reshape(_numbers(xs[1])),
    "Slice": _slice,
    "Softmax": lambda xs, a, n: api.softmax(xs[0], a["axis"]),
    "Softplus": lambda xs, a, n: apply(activation.softplus, xs[0], beta=1.0, threshold=20.0),
    "Softsign": lambda xs, a, n: xs[0] / (1 + xs[0].abs()),
    "Split": _split,
    "Tile": lambda xs, a, n: xs[0].repeat(_numbers(xs[1])),
    "Transpose": lambda xs, a, n: xs[0].permute(a["perm"]),
    "Trilu": _trilu,
    "Unsqueeze": _unsqueeze,
}
