"""Where in the user's program an operation ran: the innermost frame that is no part of Wengert.

A record keeps the frame's code object and instruction, which costs nothing; file and line are looked up when somebody
asks.
"""

from __future__ import annotations

import sys
import threading
from types import CodeType, FrameType
from typing import Any

_folders: tuple[str, ...] = (__file__.rsplit("lines.py", 1)[0], "<op ")

user_files: set[str] = set()
"""Files that have run operations and are no part of Wengert: recorded lines point into these."""

_library_files: set[str] = set()
_rules: set[str] = set()  # of the library's files those that rules are written out in, see `fast.plan`


def add_library_folder(folder: str) -> None:
    """Count the files below `folder` as ours, so that recorded lines point at their caller instead."""
    global _folders
    _folders += (folder,)
    user_files.clear()


class _Walks(threading.local):
    """Per thread: where in the user's program the walks back under way were started, the latest last."""

    def __init__(self) -> None:
        self.started: list[FrameType] = []


walks = _Walks()
"""Filled where many operations are to come that a walk runs by itself: `outer` need not look for each."""


def outer(frame: FrameType) -> FrameType:
    """The innermost frame at or above `frame` that belongs to the user's program."""
    found: FrameType | None = frame
    while found is not None:
        filename = found.f_code.co_filename
        if filename in user_files:
            return found
        if filename not in _library_files:
            if not filename.startswith(_folders):
                user_files.add(filename)
                return found
            _library_files.add(filename)
            if filename.startswith("<op rules"):
                _rules.add(filename)
        if filename in _rules and walks.started:  # a rule, which nobody but a walk has called
            return walks.started[-1]
        found = found.f_back
    return frame


def place(code: CodeType, lasti: int) -> str:
    """ "folder/file.py:42" for an instruction of a code object; "In [3]:2" for the second line of a notebook's cell."""
    number = code.co_firstlineno
    for start, end, line in code.co_lines():
        if start <= lasti < end and line is not None:
            number = line
            break
    cell = _cell(code.co_filename)
    if cell is not None:
        return f"In [{cell}]:{number}"
    return "/".join(code.co_filename.replace("\\", "/").split("/")[-2:]) + f":{number}"


def _cell(file: str) -> Any:
    """The number that a notebook shows at the cell which it compiled under the name of a file; None for other files."""
    notebook: Any = sys.modules.get("IPython")
    shell = None if notebook is None else notebook.get_ipython()
    return None if shell is None else getattr(shell.compile, "_filename_map", {}).get(file)
