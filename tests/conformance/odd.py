"""The comparisons of the other files with something odd in them: empty sizes, huge numbers, NaN, other dtypes.

Each draw changes one thing of an expression, or of a layer and what it is given. Both libraries must then give the same,
or ours must say why not: an error of the library's own, never one that NumPy, Numba or Python has met inside. The one
exception is Python's MemoryError, which says what did not fit. The draws are the same every time.
"""

from __future__ import annotations

import os
import random
import re
import resource
import signal
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator

import torch

import autograd
import nn as ours_nn
from autograd.errors import AutogradError

from . import functional, layers, losses, more, ops
from .compare import Check, Checks, Inputs, difference, evaluate

DRAWS = 4
"""Of each expression."""

SECONDS = 150
"""Of computing, for one of them; ten times as much if it only waits."""

MEMORY = 12 << 30
"""Bytes of addresses that one of them may use."""

_NUMBER = re.compile(r"(?<![\w.'])(?<!e-)\d+(?![\w.'])")
_MAKER = re.compile(r"\b[XPUQDZN]\(([^()]*)\)")
_SIZES = ("0", "1", "7")
_SETTINGS = ("0", "-1", "100", str(2**62))
_SPECIAL = ("inf", "nan", "-inf")
_INFINITE = "inf"
_NARROW = ("int32", "uint8", "int8", "int16")
_ABSENT = re.compile(r"has no attribute|unexpected keyword|missing \d required|wanted ints")
_DERIVATIVE = re.compile(r"(step \d: )?gradient")
OURS = "ours: "
"""Said when our part is over."""

_BETWEEN = ": "
"""Stands between a layer and its inputs."""


def _number(text: str, found: re.Match[str], choices: tuple[str, ...], rng: random.Random) -> str:
    return text[: found.start()] + rng.choice(choices) + text[found.end() :]


def odd(text: str, rng: random.Random) -> str:
    """The expression with one thing changed."""
    makers = list(_MAKER.finditer(text))
    inside = [(m.start(), m.end()) for m in re.finditer(r"\b[A-Z]\([^()]*\)", text)]
    numbers = list(_NUMBER.finditer(text))
    kind = rng.choice(("number", "number", "number", "integers", "bools", "narrow", "turned", "special", "fewer"))
    if kind == "number" and numbers:
        found = rng.choice(numbers)
        size = any(start <= found.start() < stop for start, stop in inside)
        return _number(text, found, _SIZES if size else _SETTINGS, rng)
    if not makers:
        return text
    found = rng.choice(makers)
    sizes = found.group(1)
    changed = {
        "integers": f"I(3, {sizes})",
        "bools": f"B({sizes})",
        "narrow": f"I(3, {sizes}).to(torch.{rng.choice(_NARROW)})",
        "turned": f"{found.group()}.flip(0)",
        "special": f"({found.group()} * C([float('{rng.choice(_SPECIAL)}')]))",
        "fewer": found.group().replace(sizes, sizes.partition(", ")[2]),
    }.get(kind, found.group())
    return text[: found.start()] + changed + text[found.end() :]


def odd_layer(text: str, rng: random.Random) -> str:
    """A layer and its inputs, with one thing of either changed."""
    made, *inputs = text.split(_BETWEEN)
    place = rng.randrange(len(inputs))
    kind = rng.choice(("setting", "setting", "size", "special", "fewer"))
    numbers = list(_NUMBER.finditer(made if kind == "setting" else inputs[place]))
    if kind == "setting" and numbers:
        made = _number(made, rng.choice(numbers), _SETTINGS, rng)
    elif inputs[place].startswith("lambda"):
        return text
    elif kind == "size" and numbers:
        inputs[place] = _number(inputs[place], rng.choice(numbers), _SIZES, rng)
    elif kind == "special":
        inputs[place] += f" @ {rng.choice(_SPECIAL)}"
    elif kind == "fewer":
        inputs[place] = inputs[place].partition(", ")[0].replace("I(", "I(3, ") + ",)"
    return _BETWEEN.join((made, *inputs))


# ------------------------------------------------------------------------------------------------------- comparing


def _told(error: Exception | None) -> str:
    """What is wrong with an error of ours: nothing, if it is the library's own, or none of its business."""
    if error is None or isinstance(error, AutogradError | MemoryError):
        return ""
    if type(error) in (AttributeError, TypeError) and _ABSENT.search(str(error)):
        return ""
    trace = error.__traceback__
    while trace is not None:
        # raised where inputs are made, or by the expression itself: a tuple's index, for example
        if trace.tb_frame.f_code in _MAKING or (
            trace.tb_next is None and trace.tb_frame.f_code.co_filename == "<string>"
        ):
            return ""
        trace = trace.tb_next
    return f"an error that is not the library's own, {type(error).__name__}: {error}"


_MAKING = {function.__code__ for function in (*vars(Inputs).values(), layers._arrays) if hasattr(function, "__code__")}
"""What makes the inputs of a comparison."""


def _meant(text: str, answer: str) -> str:
    """The difference, unless it is one of two kinds that are there on purpose, whatever the function.

    At an infinity PyTorch often gives NaN where there is a limit: where ours has a number, it counts (`compare.limits`).
    A derivative at NaN is nothing: PyTorch gives 0, NaN, or the slope of either side, as its loops happen to compare.
    """
    has_nan = "nan" in text or (_INFINITE in text and "Z(" in text)  # zeros times infinity
    return "" if has_nan and _DERIVATIVE.match(answer) else answer


def oddness(text: str) -> str:
    """What differs; an error of ours that says why is as good as a result."""
    error = evaluate(text, autograd, ours_nn, "float32", 1).error
    if error is not None:
        return _told(error)
    print(OURS, end="", flush=True)
    return _meant(text, difference(text, "float32", 1, _INFINITE in text))


def layer_oddness(text: str) -> str:
    """The same of a layer."""
    case = tuple(text.split(_BETWEEN))
    call = case[1] if case[1].startswith("lambda") else ""
    side = layers.Side(autograd, ours_nn, "float32")
    try:
        side.run(side.make(case[0]), call, layers._arrays(case[2:] if call else case[1:], "float32", 0))
    except Exception as error:
        return _told(error)
    print(OURS, end="", flush=True)
    return _meant(text, layers.layer_difference(case, "float32", _INFINITE in text))


class Apart:
    """`compare` in another process, which may crash, or go on for ever: then a new one takes over."""

    def __init__(self, compare: Callable[[str], str]) -> None:
        self.compare = compare
        self.child = 0

    def __call__(self, text: str) -> str:
        """What is said about `text`. That PyTorch crashes is no matter of ours."""
        if not self.child:
            self._start()
        self.questions.write(text + "\n")
        self.questions.flush()
        line = self.answers.readline()
        known = line.startswith(OURS)
        line = line.removeprefix(OURS)
        if line.endswith("\n"):
            return line.strip()
        status = os.waitpid(self.child, 0)[1]
        self.child = 0
        return "" if known else f"ours ends with signal {os.WTERMSIG(status)}"

    def _start(self) -> None:
        questions, self_questions = os.pipe()
        self_answers, answers = os.pipe()
        self.child = os.fork()
        if self.child:
            os.close(questions)
            os.close(answers)
            self.questions, self.answers = os.fdopen(self_questions, "w"), os.fdopen(self_answers)
            return
        os.close(self_questions)  # or the child would wait for itself
        sys.stdout = os.fdopen(answers, "w")  # libraries in C print to the other one
        for stream in (1, 2):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        warnings.simplefilter("ignore")
        for text in os.fdopen(questions):
            signal.alarm(10 * SECONDS)
            signal.setitimer(signal.ITIMER_PROF, SECONDS)
            print(self.compare(text.rstrip("\n")).replace("\n", " "), flush=True)
        os._exit(0)


def _checks(
    texts: Callable[[], Iterable[str]], change: Callable[[str, random.Random], str], compare: Callable[[str], str]
) -> Checks:
    def checks(_: list[str]) -> Iterator[Check]:
        torch.set_num_threads(1)
        apart = Apart(compare)
        for text in texts():
            rng = random.Random(text)
            for drawn in sorted({change(text, rng) for _ in range(DRAWS)} - {text}):
                yield f"odd: {drawn}", lambda e=drawn: apart(e)

    return checks


def _of_tensors() -> Iterator[str]:
    for family in ops.EXPRESSIONS:
        yield from ops.expressions(family)


FAMILIES = {
    "odd": _checks(lambda: (*functional.functional(), *losses.losses()), odd, oddness),
    "odd-more": _checks(more.more, odd, oddness),
    "odd-tensors": _checks(_of_tensors, odd, oddness),
    "odd-layers": _checks(lambda: map(_BETWEEN.join, layers.layers()), odd_layer, layer_oddness),
}
