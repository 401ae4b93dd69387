"""Functions that are made from text, and can be read: by `inspect.getsource(Tensor.exp)`, and in tracebacks.

Those that run operations can be made to ask first: once a program uses an interpreter of its own (`modes.state`), such
as `autograd.compile`, each begins with a line that looks for it. Programs that do not, have functions without it.
"""

from __future__ import annotations

import linecache
from collections.abc import Callable
from types import CodeType, FunctionType
from typing import Any
from weakref import WeakKeyDictionary

from kernels.machine.written import compiled

_made: WeakKeyDictionary[FunctionType, tuple[str, str]] = WeakKeyDictionary()  # that can ask: text and question
_asking = False


def made(text: str, name: str, scope: dict[str, Any], question: str = "") -> FunctionType:
    """The function `function` of a text, with the names in `scope`.

    question   lines that it begins with after `ask`
    """
    exec(compiled(_questioned(text, question) if _asking else text, name), scope)
    function: FunctionType = scope["function"]
    if question:
        _made[function] = text, question
    return function


def complete(function: FunctionType, text: str, name: str, question: str = "") -> str:
    """Give a function the code of a text, and perhaps a question, as `made` does. Returns what that text is then."""
    scope: dict[str, Any] = {}
    whole = _questioned(text, question) if _asking else text
    exec(compiled(whole, name), scope)
    function.__code__ = scope["function"].__code__
    if question:
        _made[function] = text, question
    return whole


def ask() -> None:
    """From now on all functions that were made with a question begin with it."""
    global _asking
    if _asking:
        return
    _asking = True
    for function, (text, question) in list(_made.items()):
        complete(function, text, "call", question)


def _questioned(text: str, question: str) -> str:
    head, body = text.split(":\n", 1)
    return f"{head}:\n{question}{body}"


def read_later(code: CodeType, text: Callable[[], str]) -> CodeType:
    """The same code, whose text is asked for when somebody reads it."""
    file = f"<op first> {len(linecache.cache)}"  # names that end in ">" are never looked for
    linecache.cache[file] = (text,)
    return code.replace(co_filename=file)
