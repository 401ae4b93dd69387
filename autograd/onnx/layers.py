"""What the operations of layers are in ONNX's words."""

from __future__ import annotations

from typing import Any

import numpy as np

from .graph import Graph
from .nodes import Site, writer


@writer("linear")
def _linear(g: Graph, s: Site) -> str:
    x, w, b = s.names
    if len(s.shapes[0]) == 2:
        return str(g.node("Gemm", x, w, b, transB=1))
    z = g.node("MatMul", x, g.node("Transpose", w, perm=[1, 0]))
    return str(z if b is None else g.node("Add", z, b))


def _window(s: Site) -> dict[str, Any]:
    stride, padding, dilation = (list(map(int, s.settings[name])) for name in ("stride", "padding", "dilation"))
    return {"strides": stride, "pads": padding * 2, "dilations": dilation}


@writer("conv")
def _conv(g: Graph, s: Site) -> str:
    """`size` may ask for fewer places than fit; it never does for a forward convolution of a layer."""
    return str(g.node("Conv", *s.names, kernel_shape=list(s.shapes[1][2:]), group=s.settings["groups"], **_window(s)))


@writer("conv_input_grad")
def _transposed(g: Graph, s: Site) -> str:
    """A transposed convolution is the gradient of a convolution to its input: `size` is that of the result."""
    window = _window(s)
    kernel, size = s.shapes[1][2:], s.settings["size"]
    steps, pads, gaps = window["strides"], s.settings["padding"], window["dilations"]
    parts = zip(s.shapes[0][2:], steps, pads, kernel, gaps, size, strict=True)
    more = [int(out - ((n - 1) * step - 2 * pad + gap * (k - 1) + 1)) for n, step, pad, k, gap, out in parts]
    return str(
        g.node(
            "ConvTranspose",
            *s.names,
            kernel_shape=list(kernel),
            group=s.settings["groups"],
            output_padding=more,
            **window,
        )
    )


@writer("max_pool")
def _max_pool(g: Graph, s: Site) -> str:
    w = s.settings["windows"]
    if not w.even:
        return _adaptive_max(g, s, w.out)
    parts = zip(s.shapes[0][2:], w.size, w.stride, w.padding, w.dilation, w.out, strict=True)
    floors = [(n + 2 * pad - gap * (k - 1) - 1) // step + 1 for n, k, step, pad, gap, _ in parts]
    return str(
        g.node(
            "MaxPool",
            s.names[0],
            kernel_shape=list(w.size),
            strides=list(w.stride),
            pads=list(w.padding) * 2,
            dilations=list(w.dilation),
            ceil_mode=int(floors != list(w.out)),
        )
    )


def _adaptive_max(g: Graph, s: Site, out: Any) -> str:
    """Windows of several sizes: along each axis the largest of each part, floor(i n / out) to ceil((i+1) n / out)."""
    x = s.names[0]
    for axis, (n, count) in enumerate(zip(s.shapes[0][2:], out, strict=True), 2):
        named, one = g.constant([axis], np.int64), g.constant([1], np.int64)
        found = []
        for i in range(count):
            sides = [g.constant([side], np.int64) for side in (i * n // count, -(-(i + 1) * n // count))]
            found.append(g.node("ReduceMax", g.node("Slice", x, *sides, named, one), named, keepdims=1))
        x = g.node("Concat", *found, axis=axis)
    return str(x)


@writer("avg_pool")
def _avg_pool(g: Graph, s: Site) -> str:
    """Means over whole windows; zeros are added at the ends for windows that reach beyond. Another divisor follows."""
    size, stride, padding, out = (list(map(int, s.settings[name])) for name in ("size", "stride", "padding", "out"))
    parts = zip(s.shapes[0][2:], size, stride, padding, out, strict=True)
    ends = [max((m - 1) * step + k - n - pad, pad) for n, k, step, pad, m in parts]
    pads = padding + ends
    z = g.node("AveragePool", s.names[0], kernel_shape=size, strides=stride, pads=pads, count_include_pad=1)
    area = int(np.prod(size))
    divisor = s.array(s.settings["divisor"])
    same = np.ndim(divisor) == 0 and divisor == area
    return str(z if same else g.node("Mul", z, g.constant(np.divide(area, divisor), s.out_dtype)))


@writer("scale_shift")
def _scale_shift(g: Graph, s: Site) -> str:
    """(x - mean) * rstd * w + b, channel by channel."""
    shape = [-1] + [1] * (len(s.shapes[0]) - 2)
    mean, rstd = (s.named(s.settings[name]) for name in ("mean", "rstd"))
    z = g.node("Mul", g.node("Sub", s.names[0], g.reshape(mean, shape)), g.reshape(rstd, shape))
    if s.names[1] is not None:
        z = g.node("Mul", z, g.reshape(s.names[1], shape))
    return str(z if s.names[2] is None else g.node("Add", z, g.reshape(s.names[2], shape)))


@writer("normalise")
def _normalise(g: Graph, s: Site) -> str:
    """Layer, group and RMS normalisation, as `autograd.ops.norm.normalise` tells it."""
    x, w, b = s.names
    axes = g.constant([int(axis) for axis in s.settings["axes"]], np.int64)
    d = g.reshape(x, s.settings["view"])
    if s.settings["centred"]:
        d = g.node("Sub", d, g.node("ReduceMean", d, axes, keepdims=1))
    variance = g.node("ReduceMean", g.node("Mul", d, d), axes, keepdims=1)
    z = g.node("Div", d, g.node("Sqrt", g.node("Add", variance, g.constant(s.settings["eps"], s.out_dtype))))
    if w is not None:
        z = g.node("Mul", z, g.reshape(w, s.settings["affine"]))
    if b is not None:
        z = g.node("Add", z, g.reshape(b, s.settings["affine"]))
    return g.reshape(z, s.out_shape)


@writer("prelu")
def _prelu(g: Graph, s: Site) -> str:
    x, w = s.names
    if s.shapes[1] == (1,) or len(s.shapes[0]) < 2:
        return str(g.node("PRelu", x, w))
    return str(g.node("PRelu", x, g.reshape(w, [-1] + [1] * (len(s.shapes[0]) - 2))))


@writer("resample")
def _resample(g: Graph, s: Site) -> str:
    """Along each axis a weighted sum of elements at given places."""
    x = s.names[0]
    for axis, taps in s.settings["taps"]:
        total = None
        for index, weight in taps:
            part = g.node("Gather", x, g.constant(s.array(index), np.int64), axis=axis)
            if weight is not None:
                shape = [-1] + [1] * (len(s.shapes[0]) - 1 - axis)
                factor = np.asarray(s.array(weight), s.out_dtype).reshape(shape)
                part = g.node("Mul", part, g.constant(factor))
            total = part if total is None else g.node("Add", total, part)
        x = total
    return str(x)


@writer("attention")
def _attention(g: Graph, s: Site) -> str:
    q, k, v = s.names[:3]
    rank = len(s.shapes[1])
    turned = [*range(rank - 2), rank - 1, rank - 2]
    scores = g.node("MatMul", q, g.node("Transpose", k, perm=turned))
    scores = g.node("Mul", scores, g.constant(s.settings["scale"], s.out_dtype))
    bias = s.settings.get("bias")
    if bias is not None:
        scores = g.node("Add", scores, s.named(bias))
    return str(g.node("MatMul", g.node("Softmax", scores, axis=rank - 1), v))
