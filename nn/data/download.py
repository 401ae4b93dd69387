"""Where data sets lie, and how they get there."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from autograd.errors import DataError
from autograd.folders import user_folder

MAX_BYTES = 1 << 28
"""No data set we fetch has a larger file."""


def data_root(root: str | Path | None = None) -> Path:
    """The data folder: `root` if given, else $WENGERT_DATA, else `wengert` in the user's cache folder."""
    if root is not None:
        return Path(root).expanduser()
    if os.environ.get("WENGERT_DATA"):
        return Path(os.environ["WENGERT_DATA"]).expanduser()
    return user_folder() / "wengert"


def find(root: Path, folders: Sequence[str], name: str) -> Path | None:
    """The first of root/folder/name and root/folder/name.gz that exists."""
    for folder in folders:
        for candidate in (root / folder / name, root / folder / f"{name}.gz"):
            try:
                if candidate.exists():
                    return candidate
            except OSError as error:
                raise DataError(f"{candidate}: cannot be read: {error.strerror or error}") from error
    return None


def fetch(
    urls: Sequence[str],
    path: str | Path,
    check: Callable[[Path], None],
    *,
    timeout: float = 10.0,
    deadline: float = 600.0,
    max_bytes: int = MAX_BYTES,
) -> None:
    """Download to `path` from the first of `urls` that delivers what `check` accepts.

    The bytes go to a temporary file in the same folder; `check(file)` raises DataError if they are not what they should
    be; only then the file gets its name. So `path` is either absent or complete, whatever happens.

    timeout    seconds without an answer after which a mirror is given up
    deadline   seconds one mirror may take altogether
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        import tempfile  # here: it takes 4 ms to import, and most runs find their data

        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise DataError(f"{path}: cannot be written: {error.strerror or error}") from error
    os.close(handle)
    part = Path(name)
    failures = []
    try:
        for url in urls:
            try:
                _download(url, part, timeout, deadline, max_bytes)
                check(part)
            except (OSError, ValueError) as error:  # urllib's errors are OSErrors, a DataError is a ValueError
                reason = str(getattr(error, "reason", error)).replace(str(part), "the file")
                failures.append(f"{urlsplit(url).netloc or url}: {reason or type(error).__name__}")
                continue
            part.chmod(0o644)
            os.replace(part, path)
            return
    finally:
        part.unlink(missing_ok=True)
    raise DataError(f"cannot download {path.name}: " + "; ".join(failures))


def _download(url: str, part: Path, timeout: float, deadline: float, max_bytes: int) -> None:
    """Download in a thread that is left to itself after `deadline`, whatever it waits for: names, headers, bytes."""
    import threading

    ended = threading.Event()
    failures: list[BaseException] = []

    with part.open("wb") as file:  # closed at the deadline: what comes later goes nowhere

        def run() -> None:
            try:
                _receive(url, file, timeout, max_bytes, ended)
            except BaseException as error:
                failures.append(error)

        thread = threading.Thread(target=run, name=f"download of {part.name}", daemon=True)
        thread.start()
        try:
            thread.join(max(deadline, 0))
        finally:
            ended.set()
        late = thread.is_alive()
    if late:
        raise TimeoutError(f"not finished after {deadline:g} s")
    if failures:
        raise failures[0]


def _receive(url: str, file: Any, timeout: float, max_bytes: int, ended: Any) -> None:
    from http.client import HTTPException  # here: networking takes longer to import than the rest of the package
    from urllib.error import HTTPError
    from urllib.request import HTTPRedirectHandler, Request, build_opener

    class Redirects(HTTPRedirectHandler):
        def redirect_request(self, request: Any, answer: Any, *about: Any) -> Any:
            try:
                _check_scheme(about[-1])
            except ValueError:
                answer.close()
                raise
            return super().redirect_request(request, answer, *about)

    _check_scheme(url)
    size = 0
    try:
        request = Request(url, headers={"User-Agent": "wengert"})
        with build_opener(Redirects).open(request, timeout=timeout) as answer:
            announced = answer.headers.get("Content-Length")
            while block := answer.read1(1 << 16):  # what has come, however little
                if ended.is_set():
                    return
                size += len(block)
                if size > max_bytes:
                    raise OSError(f"more than {max_bytes} bytes")
                file.write(block)
    except HTTPError as error:  # it holds the connection
        error.close()
        raise
    except HTTPException as error:
        raise OSError(f"broken answer ({type(error).__name__}: {error})") from error
    if announced is not None and announced.isdigit() and int(announced) != size:
        raise OSError(f"{size} bytes came, {announced} were announced")


def _check_scheme(url: str) -> None:
    if not url.lower().startswith(("http://", "https://")):
        raise ValueError(f"only http and https are fetched, not {urlsplit(url).scheme or url!r}")
