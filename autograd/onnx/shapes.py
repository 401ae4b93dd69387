"""What sums, other shapes and parts are in ONNX's words."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import CaptureError
from .graph import Graph
from .nodes import Site, like, writer


@writer("sum", "mean", "amax", "amin", "prod", "logsumexp", "vector_norm")
def _reduce(g: Graph, s: Site) -> str:
    kinds = {"sum": "Sum", "mean": "Mean", "amax": "Max", "amin": "Min", "prod": "Prod", "logsumexp": "LogSumExp"}
    kind = kinds.get(s.op)
    if s.op == "vector_norm":
        kind = {1: "L1", 2: "L2"}.get(s.settings["p"])
        if kind is None:
            raise CaptureError(f"export: ONNX has no norm of order {s.settings['p']}")
    axis = s.settings.get("axis")
    axes = None if axis is None else [axis] if isinstance(axis, (int, np.integer)) else list(axis)
    x = s.names[0] if s.dtypes[0] == s.out_dtype else g.cast(s.names[0], s.out_dtype)
    keep = int(s.settings.get("keepdims", False))
    return str(g.node(f"Reduce{kind}", x, None if axes is None else g.constant(axes, np.int64), keepdims=keep))


@writer("reshape", "restride")
def _reshape(g: Graph, s: Site) -> str:
    if s.op == "restride":
        raise CaptureError("export: ONNX has no strides; copy the Tensor first: x.contiguous()")
    return g.reshape(s.names[0], s.settings["shape"])


@writer("transpose")
def _transpose(g: Graph, s: Site) -> str:
    return str(g.node("Transpose", s.names[0], perm=[int(axis) for axis in s.settings["axes"]]))


@writer("expand")
def _expand(g: Graph, s: Site) -> str:
    return str(g.node("Expand", s.names[0], g.constant(list(s.out_shape), np.int64)))


@writer("cat")
def _cat(g: Graph, s: Site) -> str:
    return str(g.node("Concat", *s.names, axis=s.settings["axis"]))


@writer("stack")
def _stack(g: Graph, s: Site) -> str:
    axes = g.constant([s.settings["axis"]], np.int64)
    return str(g.node("Concat", *[g.node("Unsqueeze", x, axes) for x in s.names], axis=s.settings["axis"]))


@writer("split")
def _split(g: Graph, s: Site) -> Any:
    sizes = [int(size) for size in s.settings["sizes"]]
    found = g.node("Split", s.names[0], g.constant(sizes, np.int64), outputs=len(sizes), axis=s.settings["axis"])
    return [found] if len(sizes) == 1 else found


@writer("unbind")
def _unbind(g: Graph, s: Site) -> Any:
    axis = s.settings["axis"]
    return [g.node("Gather", s.names[0], g.constant(i, np.int64), axis=axis) for i in range(s.shapes[0][axis])]


@writer("tile")
def _tile(g: Graph, s: Site) -> str:
    reps = [int(each) for each in s.settings["reps"]]
    x = s.names[0]
    if len(reps) > len(s.shapes[0]):
        x = g.reshape(x, [1] * (len(reps) - len(s.shapes[0])) + list(s.shapes[0]))
    return str(g.node("Tile", x, g.constant([1] * (len(s.out_shape) - len(reps)) + reps, np.int64)))


@writer("einsum")
def _einsum(g: Graph, s: Site) -> str:
    operands, result = s.settings["spec"]
    return str(g.node("Einsum", *s.names, equation=f"{','.join(operands)}->{result}"))


@writer("flip")
def _flip(g: Graph, s: Site) -> str:
    axes = s.settings["axis"]
    axes = [axes] if isinstance(axes, int) else list(axes)
    ends = np.iinfo(np.int64).min
    sides = [g.constant([value] * len(axes), np.int64) for value in (-1, ends, -1)]
    return str(g.node("Slice", s.names[0], sides[0], sides[1], g.constant(axes, np.int64), sides[2]))


@writer("pad")
def _pad(g: Graph, s: Site) -> str:
    widths = s.settings["widths"]
    sides = [before for before, _ in widths] + [after for _, after in widths]
    return str(g.node("Pad", s.names[0], g.constant(sides, np.int64), like(g, s, s.settings.get("value", 0))))


_MODES = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}


@writer("pad_edges")
def _pad_edges(g: Graph, s: Site) -> str:
    widths = s.settings["widths"]
    sides = [before for before, _ in widths] + [after for _, after in widths]
    return str(g.node("Pad", s.names[0], g.constant(sides, np.int64), mode=_MODES[s.settings["mode"]]))


@writer("np.argmax", "np.argmin")
def _arg(g: Graph, s: Site) -> str:
    """The first place of the largest or smallest; without an axis, in all of them in a row."""
    (x, *more), settings = s.settings["args"], s.settings["kwargs"]
    axis = more[0] if more else settings.get("axis")
    word = "ArgMax" if s.op == "np.argmax" else "ArgMin"
    if axis is None:
        z = g.node(word, g.reshape(s.named(x), [-1]), axis=0, keepdims=0)
        return g.reshape(z, s.out_shape)
    return str(g.node(word, s.named(x), axis=int(axis), keepdims=int(settings.get("keepdims", False))))


@writer("cumsum")
def _cumsum(g: Graph, s: Site) -> str:
    reverse = int(s.settings.get("reverse", False))
    return str(g.node("CumSum", s.names[0], g.constant(s.settings["axis"], np.int64), reverse=reverse))


@writer("tril", "triu")
def _triangle(g: Graph, s: Site) -> str:
    return str(g.node("Trilu", s.names[0], g.constant(s.settings["k"], np.int64), upper=int(s.op == "triu")))


@writer("embedding")
def _embedding(g: Graph, s: Site) -> str:
    return str(g.node("Gather", s.names[0], s.named(s.settings["index"]), axis=0))


@writer("take_along")
def _take_along(g: Graph, s: Site) -> str:
    return str(g.node("GatherElements", *s.names[:2], axis=s.settings["axis"]))


@writer("getitem")
def _getitem(g: Graph, s: Site) -> str:
    """Slices and numbers at once, then arrays of indices one by one, then new axes."""
    index = s.settings["index"] if isinstance(s.settings["index"], tuple) else (s.settings["index"],)
    full = len(s.shapes[0]) - sum(each is not None and each is not ... for each in index)
    spread: list[Any] = []
    for each in index:
        spread += [slice(None)] * full if each is ... else [each]
    if not any(each is ... for each in index):
        spread += [slice(None)] * full
    x, axis, out = s.names[0], 0, 0
    starts, ends, axes, steps, gone, arrays, fresh = [], [], [], [], [], [], []
    for each in spread:
        if each is None:
            fresh.append(out)
            out += 1
            continue
        n = s.shapes[0][axis]
        if isinstance(each, slice):
            start, stop, step = each.indices(n)
            if (start, stop, step) != (0, n, 1):
                starts.append(start)
                ends.append(stop if stop >= 0 else np.iinfo(np.int64).min)
                axes.append(axis)
                steps.append(step)
            out += 1
        elif isinstance(each, (int, np.integer)) and not isinstance(each, bool):
            gone.append((axis, int(each) % n))
        else:
            arrays.append((axis, each))
            out += 1
        axis += 1
    if len(arrays) > 1 or (arrays and gone):
        raise CaptureError("export: more than one array as an index has no short word in ONNX")
    if axes:
        x = g.node("Slice", x, *[g.constant(each, np.int64) for each in (starts, ends, axes, steps)])
    for place, each in arrays:
        values = np.asarray(each if isinstance(each, list) else s.array(each))
        if values.dtype.kind == "b" or values.ndim != 1:
            raise CaptureError("export: as an index only one list of numbers has a word in ONNX")
        x = g.node("Gather", x, g.constant(values, np.int64), axis=place)
    for place, number in reversed(gone):
        x = g.node("Gather", x, g.constant(number, np.int64), axis=place)
    return str(g.node("Unsqueeze", x, g.constant(fresh, np.int64)) if fresh else x)


@writer("var", "std")
def _var(g: Graph, s: Site) -> str:
    """Sum of squared distances from the mean, over n - correction."""
    axis = s.settings.get("axis")
    places = range(len(s.shapes[0])) if axis is None else [axis] if isinstance(axis, int) else axis
    axes = [int(place) for place in places]
    count = int(np.prod([s.shapes[0][place] for place in axes], dtype=np.int64))
    named = g.constant(axes, np.int64)
    d = g.node("Sub", s.names[0], g.node("ReduceMean", s.names[0], named, keepdims=1))
    total = g.node("ReduceSum", g.node("Mul", d, d), named, keepdims=int(s.settings.get("keepdims", False)))
    z = g.node("Div", total, g.constant(max(count - s.settings.get("correction", 1), 0), s.out_dtype))
    return str(z if s.op == "var" else g.node("Sqrt", z))
