"""Small inputs through both ways to compute: NumPy, and the compiled loops that otherwise only large inputs reach.

Which way is taken is decided by sizes, so a full product of small settings would never see a compiled loop. Here every
threshold is moved: to one element, or beyond anything.
"""

from __future__ import annotations

import importlib

import pytest

from kernels.machine import fast, jit

THRESHOLDS = ("kernels.recurrent.plain.FEW",)


@pytest.fixture(params=["numpy", "compiled"])
def way(request, monkeypatch):
    """The name of the way that everything in this test is computed."""
    if request.param == "compiled" and not jit.ENABLED:
        pytest.skip("nothing is compiled")
    for size in fast.SIZES.values():
        monkeypatch.setattr(size, "least", 1 if request.param == "compiled" else fast.NEVER)
    for name in THRESHOLDS:
        module, threshold = name.rsplit(".", 1)
        monkeypatch.setattr(importlib.import_module(module), threshold, 1 if request.param == "compiled" else 1 << 62)
    return request.param
