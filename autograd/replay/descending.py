"""A loss of which only the gradients are wanted: its value and they are computed at once, without a record on the tape.

`loss.backward()` in a compiled function is mostly the end of a path: nothing else that was promised is still referred
to. Then a record, and a walk back that finds it, would be made for nothing.
"""

from __future__ import annotations

from typing import Any

from ..modes import state
from .promise import Promise


def descended(run: Any, loss: Any) -> bool:
    """See `Interpreter.descended`: False if nothing was done."""
    if type(loss) is not Promise or loss._run is not run or run.learning or run.looked:
        return False
    if run.mode is None or run.mode is not state.tape or run.home is not state.home or loss._facts.shape:
        return False
    with run.lock:
        if not loss._facts.tracked or run.live() != (loss._slot,):
            return False
        variant = run.memory.variant(run.at, (loss._slot,), ())
        if not variant.descends or not run.computed(variant.descend, [loss]):
            return False
        run.memory.note(run.at, "a walk back", len(run.promises))
        run.begin()
    return True
