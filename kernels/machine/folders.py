"""Where this system keeps what programs can make again."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
import uuid
import warnings
from collections.abc import Iterator
from pathlib import Path

_OWNER = os.stat(__file__).st_uid
"""Whose code this is: who can write what runs anyway can write what is made of it."""

_told: set[str] = set()


def is_ours(about: os.stat_result, what: object) -> bool:
    """Can only this user, the owner of this package and the system's have written this? If not, that is said once.

    Compiled code is run as it is found, so that who can write it can do whatever this user can.
    """
    if os.name != "posix":
        return True
    folder = stat.S_ISDIR(about.st_mode)
    foreign = about.st_uid not in (os.geteuid(), _OWNER, 0)
    if not foreign and (folder or not about.st_mode & (stat.S_IWGRP | stat.S_IWOTH)):
        return True
    if not _told:
        _told.add(str(what))
        who = "belongs to another user" if foreign else "can be written by other users"
        warnings.warn(f"wengert: {what} {who}: nothing is taken from there", RuntimeWarning, stacklevel=2)
    return False


def make(folder: Path) -> None:
    """Make a folder that only this user can enter, if it is not there. OSError if that cannot be."""
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)


def read(file: Path) -> bytes | None:
    """What is in a file of ours; None if there is none, or one that is not."""
    try:
        handle = os.open(file, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except OSError:
        return None
    with open(handle, "rb") as opened:
        about = os.fstat(handle)
        if not stat.S_ISREG(about.st_mode) or not is_ours(about, file):
            return None
        return opened.read()


def write(file: Path, content: bytes) -> None:
    """Put it in place of the file, all or nothing, for this user alone. OSError if that cannot be."""
    new = file.with_suffix(f".{uuid.uuid4().hex}.tmp")
    try:
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
            opened.write(content)
        new.replace(file)
    except OSError:
        with contextlib.suppress(OSError):
            new.unlink(missing_ok=True)
        raise


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
