"""The names of autograd.utils, for type checkers. Written by `python -m tests.stubs`."""

from ..later import later as later
from autograd.utils import checkpoint as checkpoint
from nn import data as data
from autograd.utils import dlpack as dlpack
from autograd.utils import hooks as hooks
from nn import tensorboard as tensorboard
import builtins
from collections.abc import Callable
from typing import Any
def set_module(obj: Any, mod: str) -> None:
    """Say that `obj` belongs to the module named `mod`."""
