"""Where compiled kernels are kept between processes: one file for each kernel that Python calls and types of arguments.

What other kernels call is part of their files (see `compiling`).

Numba's own disk cache looks only at the source file of the function itself, so that an edit of a helper in another file
leaves old machine code in use; it ignores NUMBA_BOUNDSCHECK; and two processes that write to it at once can file one's
code under the other's types. Here the name of a file says everything its contents depend on, so that nothing has to be
compared, locked or brought up to date: what is found under its name is right, and anything else is not found.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import hashlib
import inspect
import os
import pickle
import re
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from . import folders

_HERE = Path(__file__).absolute()
_PACKAGE = _HERE.parents[1]
started = time.time()
"""When kernels began to be imported, as `jit` says: of a file that was edited later nobody knows which text runs."""

_UNUSED = 60 * 24 * 3600.0
"""Seconds after which a file that no process has loaded is removed: 60 days."""


@functools.cache
def folder() -> Path | None:
    """The first that can be written to of $NUMBA_CACHE_DIR, our own __pycache__ and the user's cache folder."""
    from numba import config

    asked: Any = getattr(config, "CACHE_DIR", "")
    for path in folders.kernel_folders(asked or "", _PACKAGE):
        try:
            folders.make(path)
            if not folders.is_ours(path.stat(), path):
                continue
            probe = path / f".{uuid.uuid4().hex}"
            probe.touch()
            probe.unlink()
        except OSError:
            continue
        return path
    return None


_IMPORT = re.compile(r"\bimport\b[^(\n]*(?:\([^)]*\))?.*")
"""From the word to the end of its line, or of the line that closes its parentheses."""


def _statements(text: str) -> Iterator[ast.AST]:
    """What a source file consists of, its imports among it: mostly they alone, in a tenth of the time."""
    lines = []
    for word in _IMPORT.finditer(text):
        start = text.rfind("\n", 0, word.start()) + 1
        lines.append("?" if text.endswith("\\\n", 0, start) else text[start : word.end()].strip())
    alone = "\n".join(lines)
    if '"""' not in alone and "'''" not in alone:  # else some might be inside a string
        with contextlib.suppress(SyntaxError):  # a line that means nothing without others, or prose
            return ast.walk(ast.parse(alone))
    return ast.walk(ast.parse(text))


@functools.cache
def _root(folder: Path) -> Path:
    """Where the files of a folder are imported from: the folder that their outermost package is in."""
    return _root(folder.parent) if (folder / "__init__.py").exists() else folder


def _imported(text: str, file: Path) -> Iterator[Path]:
    """What a source file imports from its own outermost package and from this one, as paths that lack their ".py".

    An imported name may be a module, or something that a module or the `__init__` of a package has: all are given.
    """
    root = _root(file.parent)
    own = file.relative_to(root).parts[0]
    for node in _statements(text):
        if isinstance(node, ast.Import):
            level = 0
            names = ["." + alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            level = node.level
            module = f".{node.module}" if node.module else ""
            names = [module, *(f"{module}.{alias.name}" for alias in node.names)]
        else:
            continue
        for _, *parts in (name.split(".") for name in names):
            if level:
                yield file.parents[level - 1].joinpath(*parts)
            elif parts[0] in (own, _PACKAGE.name):
                yield (root if parts[0] == own else _PACKAGE.parent).joinpath(*parts)


@functools.cache
def _inside(folder: Path) -> frozenset[str]:
    try:
        return frozenset(os.listdir(folder))
    except OSError:
        return frozenset()


def _files(path: Path) -> Iterator[Path]:
    """The module and the package of a name, where there are such."""
    beside = _inside(path.parent)
    if f"{path.name}.py" in beside:
        yield path.with_name(f"{path.name}.py")
    if path.name in beside and "__init__.py" in _inside(path):
        yield path / "__init__.py"


@functools.cache
def _read(file: Path) -> tuple[bytes, frozenset[Path]]:
    """A source file, and the files that it imports. Of the `__init__` of a package that only explains it: nothing."""
    text = file.read_text(encoding="utf-8")
    if file.name == "__init__.py" and all(isinstance(node, ast.Expr) for node in ast.parse(text).body):
        return b"", frozenset()
    return text.encode(), frozenset(each for path in set(_imported(text, file)) for each in _files(path))


@functools.cache
def _sources(file: Path) -> str:
    """A digest of a source file and of all files that it imports, directly or not."""
    found: set[Path] = set()
    ahead = {file, _HERE.with_name("jit.py"), _HERE}
    while ahead:
        found |= ahead
        ahead = {path for each in ahead for path in _read(each)[1]} - found
    digest = hashlib.sha256()
    for path in sorted(found):
        digest.update(_read(path)[0] + b"\0")
        if started < path.stat().st_mtime <= time.time():
            digest.update(uuid.uuid4().bytes)  # edited since we were imported: nobody knows which text we run
    return digest.hexdigest()[:20]


_SETTINGS = ("BOUNDSCHECK", "OPT", "LOOP_VECTORIZE", "SLP_VECTORIZE", "DEBUGINFO_DEFAULT")


def _digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:20]


def _closed_over(function: Any) -> tuple[object, ...]:
    """What the variables are that a function takes from the one around it: of a kernel its name, sources and variables.

    Not the kernel itself, which changes when it is compiled.
    """
    found: list[object] = []
    for cell in function.__closure__ or ():
        value = cell.cell_contents
        inner = getattr(value, "python", None)
        if inner is None:
            from numba.core import serialize

            dumps: Any = serialize.dumps
            found.append(dumps(value))
        else:
            found.append((inner.__module__, inner.__qualname__, _sources(_file(inner)), _closed_over(inner)))
    return tuple(found)


def _file(function: Callable[..., Any]) -> Path:
    return Path(inspect.getfile(function)).absolute()


class Cache:
    """What a dispatcher of Numba wants from a cache; the methods are those of numba.core.caching._Cache."""

    def __init__(self, function: Callable[..., Any], options: dict[str, Any]) -> None:
        """Raises OSError where no folder can be written to or the source is not a file."""
        import llvmlite
        import numba
        import numpy

        home = folder()
        if home is None:
            raise OSError("no folder can be written to")
        file = _file(function)
        self.cache_path = str(home)
        inside = _PACKAGE in file.parents
        module = ".".join(file.with_suffix("").relative_to(_PACKAGE if inside else file.parent).parts)
        self._name = f"{module}.{re.sub('[^0-9A-Za-z_.]', '', function.__qualname__)}"
        self._sources = _sources(file)
        self._about = (
            str(file),
            _closed_over(function),
            sorted(options.items()),
            sys.implementation.cache_tag,
            [module.__version__ for module in (numba, llvmlite, numpy)],
            [getattr(numba.config, setting, None) for setting in _SETTINGS],
        )

    def _path(self, signature: Any, target: Any) -> Path:
        """Function - types, machine, versions and settings - sources."""
        about = _digest(signature, target.magic_tuple(), self._about)
        return Path(self.cache_path, f"{self._name}-{about}-{self._sources}.nbc")

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """The compiled function for these types, or None."""
        from numba.core import compiler

        rebuild: Any = compiler.CompileResult._rebuild
        target_context.refresh()
        path = self._path(sig, target_context.codegen())
        content = folders.read(path)
        if content is None or _check(path, content[32:]) != content[:32]:  # a crash of the system, a damaged disk
            return None
        with contextlib.suppress(OSError):
            os.utime(path)
        return rebuild(target_context, *pickle.loads(content[32:]))

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep the compiled function. Where that fails, as on a full disk, the kernel works all the same."""
        from numba.core import serialize

        dumps: Any = serialize.dumps
        if data.lifted or data.library.has_dynamic_globals:  # it holds addresses of this process
            return
        content = dumps(data._reduce())
        path = self._path(sig, data.codegen)
        with contextlib.suppress(OSError):
            folders.write(path, _check(path, content) + content)
        with contextlib.suppress(OSError):
            _clean(path)

    def enable(self) -> None:
        """It always is."""

    def disable(self) -> None:
        """Numba does this only for functions that it inlines by itself."""

    def flush(self) -> None:
        """Nothing is held back."""


def _check(path: Path, content: bytes) -> bytes:
    """What stands before the content, and differs if it was written under another name."""
    return hashlib.sha256(path.name.encode() + content).digest()


def _clean(path: Path) -> None:
    """Remove what a new file replaces: those from older sources, and those of anything that is no longer used."""
    replaced = path.name.rpartition("-")[0] + "-"
    for other in path.parent.iterdir():
        if other.suffix not in (".nbc", ".tmp") or other == path:
            continue
        older = other.suffix == ".nbc" and other.name.startswith(replaced)
        if older or other.stat().st_mtime < time.time() - _UNUSED:
            other.unlink(missing_ok=True)
