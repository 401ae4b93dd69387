"""A convolution and its two gradients, compiled against plain, where nothing outside of arrays may be touched."""

from __future__ import annotations

import numpy as np

from kernels.conv import plain
from kernels.machine.fast import SIZES

from ..canary import at_the_edge, bordered


def arrays(rng, dtype, x, w, size):
    shapes = {"x": x, "w": w, "z": (x[0], w[0], *size), "bias": w[:1], "shift": (x[1],)}
    return {name: rng.standard_normal(shape).astype(dtype) for name, shape in shapes.items()}


def three(settings, size, x, w, z, bias, shift):
    return (
        plain.conv(x, w, bias, *settings, 1, size),
        plain.conv_input_grad(z, w, shift, *settings, 1, x.shape[2:]),
        plain.conv_weight_grad(z, x, *settings, 1, w.shape[2:]),
    )


def agree(monkeypatch, given, settings, size):
    """Compiled, with inputs at the edge of memory that may be read and borders around results, and plain."""
    monkeypatch.setattr(SIZES["conv"], "least", 1 << 62)
    expected = three(settings, size, **given)
    monkeypatch.setattr(SIZES["conv"], "least", 1)
    for side in ("start", "end"):
        edged = {name: at_the_edge(array, side) for name, array in given.items()}
        results = three(settings, size, **edged)
        for got, wanted in zip(results, expected, strict=True):
            assert got.dtype == wanted.dtype
            tolerance = 1e-5 if got.dtype == np.float32 else 1e-13
            np.testing.assert_allclose(got, wanted, rtol=0, atol=tolerance * max(1.0, np.abs(wanted).max()))
        with bordered():
            for got, first in zip(three(settings, size, **edged), results, strict=True):
                np.testing.assert_array_equal(got, first)
