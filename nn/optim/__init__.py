"""Optimisers and learning rate schedules."""

import importlib
from typing import Any

from . import lr_scheduler
from .adadelta import Adadelta
from .adagrad import Adagrad
from .adam import Adam, AdamW
from .adamax import Adamax
from .asgd import ASGD
from .lbfgs import LBFGS
from .nadam import NAdam
from .optimizer import Optimizer
from .radam import RAdam
from .rmsprop import RMSprop
from .rprop import Rprop
from .sgd import SGD

_LATER = {"Adafactor": "adafactor", "Muon": "muon"}


def __getattr__(name: str) -> Any:
    """What few programs use is imported when it is first asked for."""
    if name in _LATER:
        return getattr(importlib.import_module(f"{__name__}.{_LATER[name]}"), name)
    if name in ("adamw", "swa_utils"):
        return importlib.import_module(f"{__name__}.{name}")
    if name.startswith("__"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    raise importlib.import_module("autograd.names.absent").missing(__name__, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATER, "swa_utils"})
