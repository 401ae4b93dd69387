"""A warning about the other distribution that has an import package of our name."""

from __future__ import annotations

import os
import sys
import warnings


def hips_is_installed() -> bool:
    """Is HIPS/autograd among the installed distributions? Looks at folder names only: importlib.metadata is slow."""
    for folder in sys.path:
        try:
            names = os.listdir(folder or ".")
        except OSError:
            continue
        if any(name.startswith("autograd-") and name.endswith((".dist-info", ".egg-info")) for name in names):
            return True
    return False


def warn_about_hips() -> None:
    """Say once, at import, that HIPS/autograd is installed too: whichever stands first on the path hides the other."""
    if hips_is_installed():
        warnings.warn(
            "the distribution 'autograd' (HIPS/autograd) is installed beside Wengert; both have an import package "
            f"called autograd, and this is Wengert's, from {os.path.dirname(__file__)}. Keep them in separate "
            "environments.",
            stacklevel=3,
        )
