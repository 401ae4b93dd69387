"""What the suite can be timed beside. Only the worker that runs in a library's environment imports its file.

    plain.py           numbers for libraries that do not spell things as PyTorch does          read this first
    compiling.py       cases whose functions are compiled
    ours.py ours_compiled.py ours_frozen.py
    with_torch.py with_torch_compile.py with_jax.py with_hips.py with_mygrad.py    one file per library and way

The rule: a file has `prepare(threads)`, which limits the library to that many threads and returns its name and version,
and `program(case, data)`, the case as a Program, or None where the library cannot express it.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

OURS = "wengert"
COMPILED = {"compiled": "ours_compiled", "frozen": "ours_frozen"}
"""Our own other ways to run a case."""
PEERS = {
    "torch": "with_torch",
    "torch-compile": "with_torch_compile",
    "jax": "with_jax",
    "autograd-hips": "with_hips",
    "mygrad": "with_mygrad",
}


def load(name: str, root: str) -> ModuleType:
    """The file for the library `name`. A peer does not see our folder: HIPS' package is called `autograd` like ours."""
    own = {OURS: "ours", **COMPILED}
    if name in own:
        return importlib.import_module(f"{__name__}.{own[name]}")
    sys.path[:] = [folder for folder in sys.path if folder not in ("", root)]
    return importlib.import_module(f"{__name__}.{PEERS[name]}")
