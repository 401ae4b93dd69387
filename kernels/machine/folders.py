"""Where this system keeps what programs can make again."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path


def user_folder() -> Path:
    """The folder of the user's caches on this system. RuntimeError, if the user has no home."""
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return Path(local) if local else Path.home() / "AppData" / "Local"
    cache = os.environ.get("XDG_CACHE_HOME")
    return Path(cache) if cache and Path(cache).is_absolute() else Path.home() / ".cache"


def kernel_folders(asked: str, package: Path) -> Iterator[Path]:
    """Where compiled kernels, and what was chosen for this machine, may be kept, in order: `asked`, if it is not empty;
    the package's __pycache__; the user's cache folder."""
    if asked:
        yield Path(asked).absolute()
    yield package / "__pycache__"
    try:
        yield user_folder() / "wengert" / "kernels"
    except RuntimeError:
        return
