"""Where in the user's program an operation ran: the innermost frame that is no part of Wengert.

A record keeps the frame's code object and instruction, which costs nothing; file and line are looked up when somebody
asks.
"""

from __future__ import annotations

from types import CodeType, FrameType

_folders: tuple[str, ...] = (__file__.rsplit("lines.py", 1)[0], "<op ")

user_files: set[str] = set()
"""Files that have run operations and are no part of Wengert: recorded lines point into these."""


_library_files: set[str] = set()


def add_library_folder(folder: str) -> None:
    """Count the files below `folder` as ours, so that recorded lines point at their caller instead."""
    global _folders
    _folders += (folder,)
    user_files.clear()


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
        found = found.f_back
    return frame


def place(code: CodeType, lasti: int) -> str:
    """ "folder/file.py:42" for an instruction of a code object."""
    number = code.co_firstlineno
    for start, end, line in code.co_lines():
        if start <= lasti < end and line is not None:
            number = line
            break
    return "/".join(code.co_filename.replace("\\", "/").split("/")[-2:]) + f":{number}"
