"""Small inputs through both ways to compute: NumPy, and the compiled loops that otherwise only large inputs reach.

Which way is taken is decided by sizes, so a full product of small settings would never see a compiled loop. Here every
threshold is moved: to one element, or beyond anything. A module that took its threshold from another has its own.
"""

from __future__ import annotations

import importlib

import pytest

from kernels.machine import jit

THRESHOLDS = (
    "kernels.attention.plain.WORTH_COMPILING",
    "kernels.recurrent.cells.FEW",
    "kernels.recurrent.cells.WORTH_COMPILING",
    "kernels.recurrent.cells.WORTH_THREADS",
    "kernels.conv.plain.WORTH_COMPILING",
    "kernels.pointwise.dropout.WORTH_COMPILING",
    "kernels.along.gather.WORTH_COMPILING",
    "kernels.norm.plain.WORTH_COMPILING",
    "kernels.pool.plain.WORTH_COMPILING",
    "kernels.along.scan.WORTH_COMPILING",
    "kernels.softmax.plain.WORTH_COMPILING",
    "autograd.ops.conv.WORTH_COMPILING",
    "autograd.ops.fused.WORTH_COMPILING",
    "autograd.ops.index.WORTH_COMPILING",
    "autograd.ops.recurrent.WORTH_COMPILING",
    "autograd.ops.reduce.LARGE",
    "autograd.ops.special.WORTH_COMPILING",
    "autograd.ops.activation.WORTH_COMPILING",
    "autograd.products.LARGE",
)


@pytest.fixture(params=["numpy", "compiled"])
def way(request, monkeypatch):
    """The name of the way that everything in this test is computed."""
    if request.param == "compiled" and not jit.ENABLED:
        pytest.skip("nothing is compiled")
    for name in THRESHOLDS:
        module, threshold = name.rsplit(".", 1)
        monkeypatch.setattr(importlib.import_module(module), threshold, 1 if request.param == "compiled" else 1 << 62)
    return request.param
