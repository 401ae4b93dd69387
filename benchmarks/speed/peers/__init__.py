"""What the suite can be timed beside. Only the worker that runs in a library's environment imports its file.

    plain.py           numbers for libraries that do not spell things as PyTorch does          read this first
    ours.py with_torch.py with_jax.py with_hips.py with_mygrad.py    one file per library

The rule: a file has `prepare(threads)`, which limits the library to that many threads and returns its name and version,
and `program(case, data)`, the case as a Program, or None where the library cannot express it.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

OURS = "wengert"
PEERS = {"torch": "with_torch", "jax": "with_jax", "autograd-hips": "with_hips", "mygrad": "with_mygrad"}


def load(name: str, root: str) -> ModuleType:
    """The file for the library `name`. A peer does not see our folder: HIPS' package is called `autograd` like ours."""
    if name == OURS:
        return importlib.import_module(f"{__name__}.ours")
    sys.path[:] = [folder for folder in sys.path if folder not in ("", root)]
    return importlib.import_module(f"{__name__}.{PEERS[name]}")
