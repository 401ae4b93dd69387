"""What is there only for speed. Whoever deletes this folder, and its line in `autograd/__init__`, has the same engine,
slower.

    plan.py      the rules of each op as one straight-line function (`CompiledPlan.source` shows it), no loop over them
    pushing.py   the same for a gradient that is itself recorded
    calls.py     the same for functions and operators: from a call to a record
    several.py   ops of several inputs, from `apply` to a record
    views.py     the same for methods whose result looks into the memory of their Tensor
    tape.py      the walk back without questions where there is nothing to ask; when to sweep; gradients without a copy
    runs.py      what is written as two operations as one, where nobody will see the value between
    waiting.py   one product in the place of many, for gradients of weights

Read what it stands for first: `autograd.plan`, `autograd.tensors.calls`, `autograd.tapes`.
The rule: nothing here decides what is computed, and nobody outside asks for it. The compiled twins of functions on
arrays (`kernels.machine.fast`) run only with it, too.

It is installed from here when `autograd` is imported, unless the environment has WENGERT_PLAIN=1. Tests hold it against
what it stands for, and run the table of ops and the standard models without it.
"""

from __future__ import annotations

import os
from typing import Any

from kernels.machine import fast

from ..crowd import crowd
from ..modes import state
from ..op import Op
from .plan import CompiledPlan
from .tape import FastTape

INSTALLED = os.environ.get("WENGERT_PLAIN", "0") == "0"


def _compile_call(*what: Any) -> Any:
    from .calls import compile_call  # stands above Tensor, which does not exist yet

    return compile_call(*what)


def _call_of(op: Op, keeping: bool) -> Any:
    from .calls import call_of

    return call_of(op, keeping)


def _views() -> Any:
    from .views import view_of, views_of

    return view_of, views_of


if INSTALLED:
    Op.way_back = CompiledPlan
    Op.compile_call, Op.call_of = staticmethod(_compile_call), staticmethod(_call_of)
    Op.views = staticmethod(_views)
    type(state).new_tape = FastTape
    state.home = state.tape = FastTape()
    crowd.replaced(state.home)
else:
    fast.off()
