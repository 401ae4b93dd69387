"""Warnings of mistakes that beginners make and no error reports: the program runs, and learns badly.

Each is given once per process. `nn.learner_warnings(False)` or WENGERT_LEARNER_WARNINGS=0 in the environment turns
them off; to turn off one, filter `nn.LearnerWarning` by its message as usual.
"""

from __future__ import annotations

import inspect
import os
import sys
import warnings
from collections import Counter
from typing import Any

from autograd import Tensor
from autograd.extend import array_of, note_use, user_frame

_on = os.environ.get("WENGERT_LEARNER_WARNINGS", "1").lower() not in ("0", "off", "false", "no")
_given: set[str] = set()
_looks: Counter[str] = Counter()


class LearnerWarning(UserWarning):
    """The program runs, but most likely does not do what its author thinks."""


def learner_warnings(on: bool = True) -> None:
    """Turn the warnings for learners on or off. Turned on, each may be given once more."""
    global _on
    _on = bool(on)
    _given.clear()
    _looks.clear()


def due(key: str) -> bool:
    """May the warning `key` still be given? Ask before looking closely."""
    return _on and key not in _given


def glance(key: str, times: int = 32) -> bool:
    """`due`, but only the first few times that it is asked: for looks at values, which cost time."""
    _looks[key] += 1
    return _looks[key] <= times and due(key)


def warn_once(key: str, message: str) -> None:
    """Give the warning `key`, unless it was given before, and point at the user's line."""
    if not due(key):
        return
    _given.add(key)
    frame = user_frame()
    warnings.warn_explicit(
        f"{message} (nn.learner_warnings(False) turns such warnings off)",
        LearnerWarning,
        frame.f_code.co_filename,
        frame.f_lineno,
        frame.f_globals.get("__name__"),
    )


# ------------------------------------------------------------------------------------------------ raw pixels as input


def look_at_input(module: Any, args: tuple[Any, ...]) -> None:
    """Warn if the first thing that a layer with a weight matrix or a filter is given while training are raw pixels."""
    weight = module.__dict__.get("weight")
    x = args[0] if args else None
    if not (isinstance(weight, Tensor) and isinstance(x, Tensor) and module.training and due("pixels")):
        return
    if weight.ndim < 2 or x.requires_grad or x.dtype.kind != "f" or x.ndim == 0:
        return  # computed values are no data
    values = array_of(x)
    values = values[: MANY // max(1, values[:1].size) + 1]
    if values.size < 64:
        return
    top = values.max()
    if 100 < top <= 255 and values.min() >= 0 and not (values % 1).any():
        warn_once(
            "pixels",
            f"{type(module).__name__}: the input consists of whole numbers from 0 to {top:.0f}: raw pixels? Training "
            "goes wrong with values that large: scale them first, x / 255",
        )


MANY = 1 << 14  # values that are looked at


# -------------------------------------------------------------------------------------------- gradients never cleared


def note_step(p: Any) -> None:
    """Note that an optimiser has moved `p`, and warn if backward keeps adding to gradients that were used before."""
    global trained
    trained = True
    if note_use(p.grad) > 3:
        warn_once(
            "zero_grad",
            "optimizer.step: backward() adds to gradients that earlier steps have used already: is "
            "optimizer.zero_grad() missing in the loop? Each step then follows the sum of all gradients so far",
        )


# ------------------------------------------------------------------------------------- evaluating in training mode

trained = False
"""Has an optimiser made a step in this process?"""


def warn_of_training_mode(module: Any) -> None:
    """For dropout and batch norm that run in training mode without recording: is this an evaluation?"""
    if not trained or not due("eval"):
        return
    from autograd import checkpoint  # few programs use it

    running = inspect.unwrap(checkpoint).__code__

    frame: Any = sys._getframe(1)
    while frame is not None:  # a checkpointed part of a training step runs without recording, too
        if frame.f_code is running:
            return
        frame = frame.f_back
    warn_once(
        "eval",
        f"{type(module).__name__} runs in training mode under no_grad(): if this is an evaluation, call model.eval() "
        "before it, and model.train() before training goes on",
    )
