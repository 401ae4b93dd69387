"""The expressions of the other files with something odd in them: empty sizes, huge numbers, NaN, other dtypes.

Each draw changes one thing of an expression. Both libraries must then give the same, or ours must say why not: an error
of the library's own, never one that NumPy, Numba or Python has met inside. The draws are the same every time.
"""

from __future__ import annotations

import os
import random
import re
import signal
import tempfile
import warnings
from collections.abc import Iterator

import torch

import autograd
import nn as ours_nn
from autograd.errors import AutogradError

from . import functional, losses
from .compare import Check, difference, evaluate

DRAWS = 4
"""Of each expression."""

SECONDS = 20
"""For one of them."""

_NUMBER = re.compile(r"(?<![\w.'])\d+(?![\w.'])")
_MAKER = re.compile(r"\b[XPUQDZN]\(([^()]*)\)")
_SIZES = ("0", "1", "7")
_SETTINGS = ("0", "-1", "100", str(2**62))


def odd(text: str, rng: random.Random) -> str:
    """The expression with one thing changed."""
    makers = list(_MAKER.finditer(text))
    inside = [(m.start(), m.end()) for m in re.finditer(r"\b[A-Z]\([^()]*\)", text)]
    numbers = list(_NUMBER.finditer(text))
    kind = rng.choice(("number", "number", "number", "integers", "turned", "special", "fewer"))
    if kind == "number" and numbers:
        found = rng.choice(numbers)
        size = any(start <= found.start() < stop for start, stop in inside)
        return text[: found.start()] + rng.choice(_SIZES if size else _SETTINGS) + text[found.end() :]
    if not makers:
        return text
    found = rng.choice(makers)
    sizes = found.group(1)
    changed = {
        "integers": f"I(3, {sizes})",
        "turned": f"{found.group()}.flip(0)",
        "special": f"({found.group()} * C([float('{rng.choice(('inf', 'nan', '-inf'))}')]))",
        "fewer": found.group().replace(sizes, sizes.partition(", ")[2]),
    }.get(kind, found.group())
    return text[: found.start()] + changed + text[found.end() :]


def oddness(text: str) -> str:
    """What differs; an error of ours that says why is as good as a result."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        error = evaluate(text, autograd, ours_nn, "float32", 1).error
    if isinstance(error, AutogradError):
        return ""
    if error is not None:
        return f"an error that is not the library's own, {type(error).__name__}: {error}"
    print("ours", end="", flush=True)
    return difference(text, "float32", 1)


def apart(text: str) -> str:
    """`oddness` in a process of its own, which may crash, or go on for ever. That PyTorch does is no matter of ours."""
    with tempfile.TemporaryFile("w+") as answers:
        child = os.fork()
        if not child:
            os.dup2(answers.fileno(), 1)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            signal.alarm(SECONDS)
            print(oddness(text), end="", flush=True)
            os._exit(0)
        status = os.waitpid(child, 0)[1]
        answers.seek(0)
        known, answer = answers.read().partition("ours")[1:] if status else ("", answers.read().removeprefix("ours"))
    if not status:
        return answer
    return "" if known else f"ours ends with signal {os.WTERMSIG(status)}"


def _checks(_: list[str]) -> Iterator[Check]:
    torch.set_num_threads(1)
    for text in (*functional.functional(), *losses.losses()):
        rng = random.Random(text)
        for drawn in sorted({odd(text, rng) for _ in range(DRAWS)} - {text}):
            yield f"odd: {drawn}", lambda e=drawn: apart(e)


FAMILIES = {"odd": _checks}
