"""Writing a file all or nothing: under another name first, and given its own when it is safely on disk."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Callable
from typing import Any

try:
    import fcntl
except ImportError:  # Windows, which does not delete what is open
    fcntl = None  # type: ignore[assignment]

Path = str | os.PathLike[str]


def replace_file(path: Path, write: Callable[[Any], Any]) -> None:
    """Write a file beside `path`, wait until it is on disk, and give it that name, with the mode and owner of the old.

    What is no regular file (a device, a pipe) is not replaced but written to.
    """
    target = os.path.realpath(path)  # through a link: replace what it points to
    old = None
    with contextlib.suppress(OSError):
        old = os.stat(target)
    if old is not None and not stat.S_ISREG(old.st_mode):
        with open(target, "wb") as file:
            write(_Stream(file))
        return
    folder, name = os.path.split(target)
    _remove_leftovers(folder, name)
    file = _temporary(folder, name)
    try:
        with file:
            write(file)
            file.flush()
            if old is not None:
                _take_over(file, old)
            os.fsync(file.fileno())
            if os.name == "posix":
                os.replace(file.name, target)  # while locked: nobody takes it for a leftover
        if os.name != "posix":  # Windows renames closed files only
            os.replace(file.name, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.remove(file.name)
        raise
    with contextlib.suppress(OSError):  # the new name itself; not every system can do that
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


class _Stream:
    """A file that can only be written on: what a device says of its place means nothing."""

    def __init__(self, file: Any) -> None:
        self.write = file.write
        self.flush = file.flush


def _take_over(file: Any, old: os.stat_result) -> None:
    """Give a file the owner, group and mode of the one that it replaces, as far as this user may."""
    if os.name != "posix":
        return
    with contextlib.suppress(OSError):
        os.fchown(file.fileno(), old.st_uid, old.st_gid)
    with contextlib.suppress(OSError):
        os.fchmod(file.fileno(), stat.S_IMODE(old.st_mode))


def _temporary(folder: str, name: str) -> Any:
    """A new file to write to, locked as long as it is open: who finds it unlocked knows that its writer has died."""
    while True:
        path, file = os.path.join(folder, f".{name}.{os.urandom(6).hex()}.tmp"), None
        try:
            file = open(path, "xb")  # noqa: SIM115 - the caller's
            if fcntl is None:
                return file
            with contextlib.suppress(OSError):  # a file system without locks
                fcntl.flock(file, fcntl.LOCK_EX)
            if os.fstat(file.fileno()).st_nlink:
                return file
        except BaseException:  # such as Ctrl-C
            if file is not None:
                file.close()
            with contextlib.suppress(OSError):
                os.remove(path)
            raise
        file.close()  # removed as a leftover between the lines above


def _remove_leftovers(folder: str, name: str) -> None:
    """Remove what processes that were killed while saving to `name` have left behind."""
    with contextlib.suppress(OSError):
        for other in os.listdir(folder):
            if not (other.startswith(f".{name}.") and other.endswith(".tmp") and len(other) == len(name) + 18):
                continue
            with (
                contextlib.suppress(OSError),
                open(os.path.join(folder, other), "rb", opener=_waiting_for_nobody) as file,
            ):
                if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    continue  # somebody's pipe that has such a name
                if fcntl is not None:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # raises if its writer is alive
                    os.remove(file.name)
            if fcntl is None:
                with contextlib.suppress(OSError):
                    os.remove(os.path.join(folder, other))  # raises if it is open


def _waiting_for_nobody(path: str, flags: int) -> int:
    """Opens a file; a pipe too, where nobody has opened its other end."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
