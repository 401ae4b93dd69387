"""In a notebook, tuples, lists and dictionaries of Tensors are shown as pictures and tables."""

from __future__ import annotations

import sys
from typing import Any


def show_batches(tensor: type) -> None:
    """Tell the IPython that runs this program, if one does, how to show them. Other lists stay as they are."""
    found: Any = sys.modules.get("IPython")
    shell = None if found is None else found.get_ipython()
    if getattr(shell, "kernel", None) is not None:
        from ..displays.batches import install  # here: most programs run in no notebook

        install(shell, tensor)
