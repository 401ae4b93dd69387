"""torch.utils: data sets, checkpoints and hooks, which stand elsewhere here.

    checkpoint.py data.py dlpack.py hooks.py tensorboard.py    PyTorch's paths (no need to read this first)

The rule: names only; what they mean stands in `autograd.recompute`, `nn.data` and `autograd.tensors`.
"""

from __future__ import annotations

from typing import Any

from ..later import later


def set_module(obj: Any, mod: str) -> None:
    """Say that `obj` belongs to the module named `mod`."""
    obj.__module__ = mod


later(
    __name__,
    {
        "checkpoint": "autograd.utils.checkpoint",
        "data": "nn.data",
        "dlpack": "autograd.utils.dlpack",
        "hooks": "autograd.utils.hooks",
        "tensorboard": "nn.tensorboard",
    },
)
