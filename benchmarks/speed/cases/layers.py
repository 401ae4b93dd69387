"""Lone operations: forward, and backward to a gradient for every input and every weight."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from . import reference
from .case import Array, Case, Data, Library, Program, differentiated, normal

Inputs = Callable[[Data], list[Array]]


def _operation(
    name: str,
    what: str,
    make: Callable[[Library], Callable[..., Any]],
    inputs: Inputs,
    weights: list[tuple[int, ...]],
    out: tuple[int, ...] | None,
    expected: reference.Reference,
    pure: bool = True,
    **settings: Any,
) -> Case:
    """make(library) gives a function; `weights` are its parameters' shapes, `out` its output's (None: a loss).

    It is `pure` if it keeps nothing from one call to the next.
    """

    def arrays(data: Data) -> tuple[list[Array], list[Array], list[Array]]:
        values = [normal(100 + i, *shape) / math.sqrt(math.prod(shape[1:])) for i, shape in enumerate(weights)]
        values = [value.astype(np.float32) for value in values]
        return inputs(data), values, [normal(200, *out)] if out else []

    def build(library: Library, data: Data) -> Program:
        lib = library.lib
        own, values, seeds = arrays(data)
        layer = make(library)
        tensors = [lib.tensor(array, requires_grad=True) for array in own]
        parameters = list(layer.parameters()) if weights else []  # type: ignore[attr-defined]
        for parameter, value in zip(parameters, values, strict=True):
            with lib.no_grad():
                parameter.copy_(lib.tensor(value))
        wanted = {f"gradient {number}": x for number, x in enumerate([*tensors, *parameters], 1)}
        run = library.compile(lambda *inputs: layer(*inputs), pure)
        return differentiated(library, run, tensors, wanted, lib.tensor(seeds[0]) if seeds else None)

    def slowly(data: Data) -> dict[str, Array]:
        own, values, seeds = arrays(data)
        found = expected(*[array.astype(np.float64) for array in (*own, *values, *seeds)])
        names = ["output", *(f"gradient {number}" for number in range(1, len(found)))]
        return dict(zip(names, found, strict=True))

    return Case(name, what, build, slowly, **settings)


def _bytes(x: int, w: int, z: int, again: bool) -> float:
    """Forward reads inputs and weights, writes z. Backward reads dz, perhaps the inputs again, writes gradients."""
    return 4.0 * (x + w + z + z + x + w + again * (x + w))


def _conv(
    name: str,
    n: int,
    c: int,
    k: int,
    size: int,
    kernel: int,
    padding: int = 0,
    stride: int = 1,
    groups: int = 1,
    scaling: bool = False,
) -> Case:
    shape = (n, c, size, size)
    p = (size + 2 * padding - kernel) // stride + 1
    w = (k, c // groups, kernel, kernel)
    out = (n, k, p, p)
    extras = [f"stride {stride}"] * (stride > 1) + ["depthwise"] * (groups > 1)
    return _operation(
        name,
        ", ".join([f"convolution {kernel}x{kernel}, {c} to {k}, {size}x{size}, batch {n}", *extras]),
        lambda lib: lib.nn.Conv2d(c, k, kernel, stride=stride, padding=padding, groups=groups),
        lambda data: [data.pictures(*shape) if c <= 3 else normal(0, *shape)],
        [w, (k,)],
        out,
        reference.conv(stride, padding, groups),
        flops=3 * 2.0 * math.prod(out) * math.prod(w[1:]),
        bytes=_bytes(math.prod(shape), math.prod(w) + k, math.prod(out), again=True),
        scaling=scaling,
    )


def _pool(name: str, what: str, make: Any, n: int, c: int, size: int, p: int, expected: reference.Reference) -> Case:
    shape, out = (n, c, size, size), (n, c, p, p)
    return _operation(
        name,
        f"{what} on {n}x{c}x{size}x{size}",
        make,
        lambda data: [data.pictures(*shape)],
        [],
        out,
        expected,
        bytes=_bytes(math.prod(shape), 0, math.prod(out), again=False),
    )


def _norm(
    name: str,
    what: str,
    make: Any,
    shape: tuple[int, ...],
    width: int,
    expected: reference.Reference,
    pure: bool = True,
) -> Case:
    return _operation(
        name,
        f"{what} on {'x'.join(map(str, shape))}",
        make,
        lambda data: [3 * normal(0, *shape) + 1],
        [(width,), (width,)],
        shape,
        expected,
        pure,
        bytes=_bytes(math.prod(shape), 2 * width, math.prod(shape), again=True),
    )


def _cross_entropy(rows: int, classes: int) -> Case:
    labels = np.random.default_rng(1).integers(0, classes, rows)

    def make(library: Library) -> Callable[[Any], Any]:
        target = library.lib.tensor(labels)
        loss = library.nn.CrossEntropyLoss()
        return lambda x: loss(x, target)

    return _operation(
        f"cross-entropy-{rows}x{classes}",
        f"softmax and cross-entropy of {rows}x{classes}",
        make,
        lambda data: [2 * normal(0, rows, classes)],
        [],
        None,
        reference.cross_entropy(labels),
        bytes=_bytes(rows * classes, 0, 0, again=True),
    )


def _ctc(frames: int, count: int, classes: int, length: int) -> Case:
    labels = np.random.default_rng(1).integers(1, classes, (count, length))

    def make(library: Library) -> Callable[[Any], Any]:
        lib, functional = library.lib, library.nn.functional
        target = lib.tensor(labels)
        lengths = lib.tensor(np.full(count, frames)), lib.tensor(np.full(count, length))
        return lambda x: functional.ctc_loss(functional.log_softmax(x, -1), target, *lengths)

    return _operation(
        "ctc",
        f"log-softmax and CTC loss, {frames} frames of {count} sequences, {classes} classes, {length} labels",
        make,
        lambda data: [2 * normal(0, frames, count, classes)],
        [],
        None,
        reference.ctc(labels),
        bytes=_bytes(frames * count * classes, 0, 0, again=True),
    )


def _attention(name: str, n: int, heads: int, length: int, width: int, causal: bool) -> Case:
    shape = (n, heads, length, width)
    size = math.prod(shape)

    def make(library: Library) -> Callable[..., Any]:
        return lambda q, k, v: library.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=causal)

    return _operation(
        name,
        f"{'causal ' if causal else ''}attention, {n}x{heads} heads, {length} positions of {width}",
        make,
        lambda data: [normal(seed, *shape) for seed in range(3)],
        [],
        shape,
        reference.attention(causal),
        # two products forward; four backward; a causal one needs half of each
        flops=6 * 2.0 * size * length * (0.5 if causal else 1),
        bytes=_bytes(3 * size, 0, size, again=True),
    )


def _dropout(rows: int, width: int) -> Case:
    """Which elements are dropped is each library's own business: compared is what holds for any choice."""

    def build(library: Library, data: Data) -> Program:
        array, seed = 1 + np.abs(normal(0, rows, width)), normal(200, rows, width)
        x, dz = library.lib.tensor(array, requires_grad=True), library.lib.tensor(seed)
        layer = library.nn.Dropout(0.5)
        run = library.compile(lambda x: layer(x), pure=False)

        def step() -> Any:
            x.grad = None
            z = run(x)
            z.backward(dz)
            return z

        def values() -> dict[str, Any]:
            for _ in range(library.compile.calls):
                z = step()
            factor = z.detach().numpy() / array
            return {
                "the factors are 0 and 2": np.unique(factor.round(5)),
                "half are kept": float(abs((factor > 0).mean() - 0.5) < 0.005),
                "the gradient has the same factors": float(np.allclose(x.grad.numpy(), factor * seed, rtol=1e-5)),
            }

        return Program(step, values)

    def expected(data: Data) -> dict[str, Any]:
        return {
            "the factors are 0 and 2": np.array([0.0, 2.0]),
            "half are kept": 1.0,
            "the gradient has the same factors": 1.0,
        }

    traffic = _bytes(rows * width, 0, rows * width, again=False)
    return Case("dropout", f"dropout of one half of {rows}x{width}", build, expected, bytes=traffic)


LAYERS = [
    _conv("conv-3x3-64", 16, 64, 64, 56, 3, padding=1, scaling=True),
    _conv("conv-3x3-256", 32, 256, 256, 14, 3, padding=1),
    _conv("conv-5x5-32", 64, 32, 32, 14, 5, padding=2),
    _conv("conv-5x5-images", 64, 1, 20, 28, 5),
    _conv("conv-7x7-stride-2", 32, 3, 64, 64, 7, padding=3, stride=2),
    _conv("conv-1x1", 64, 64, 64, 28, 1),
    _conv("conv-depthwise", 64, 64, 64, 28, 3, padding=1, groups=64),
    _pool(
        "max-pool-2x2",
        "max-pooling 2x2",
        lambda lib: lib.nn.MaxPool2d(2),
        64,
        32,
        28,
        14,
        reference.max_pool(2, 2),
    ),
    _pool(
        *("max-pool-3x3", "max-pooling 3x3, stride 2, padding 1", lambda lib: lib.nn.MaxPool2d(3, 2, 1)),
        *(64, 64, 28, 14, reference.max_pool(3, 2, 1)),
    ),
    _pool(
        "avg-pool-2x2",
        "average pooling 2x2",
        lambda lib: lib.nn.AvgPool2d(2),
        64,
        32,
        28,
        14,
        reference.avg_pool(2),
    ),
    _norm(
        *("batch-norm", "batch normalisation", lambda lib: lib.nn.BatchNorm2d(32), (64, 32, 28, 28), 32),
        reference.normalise((0, 2, 3), (32, 1, 1)),
        pure=False,
    ),
    _norm(
        *("batch-norm-relu", "batch normalisation and ReLU in a Sequential"),
        lambda lib: lib.nn.Sequential(lib.nn.BatchNorm2d(32), lib.nn.ReLU()),
        *((64, 32, 28, 28), 32, reference.normalise((0, 2, 3), (32, 1, 1), relu=True)),
        pure=False,
    ),
    _norm(
        *("layer-norm", "layer normalisation", lambda lib: lib.nn.LayerNorm(256), (512, 256), 256),
        reference.normalise((1,), (256,)),
    ),
    _norm(
        *("layer-norm-3d", "layer normalisation", lambda lib: lib.nn.LayerNorm(256), (16, 128, 256), 256),
        reference.normalise((2,), (256,)),
    ),
    _cross_entropy(64, 10),
    _cross_entropy(64, 1000),
    _cross_entropy(2048, 65),
    _ctc(50, 16, 30, 20),
    _dropout(64, 9216),
    _attention("attention-causal", 16, 6, 64, 64, causal=True),
    _attention("attention", 4, 8, 256, 64, causal=False),
]
