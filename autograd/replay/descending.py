"""A loss of which only the gradients are wanted: its value and they are computed at once, without a record on the tape.

`loss.backward()` in a compiled function is mostly the end of a path: nothing else that was promised is still referred
to, or only what has no gradient, such as running statistics. Then a record, and a walk back that finds it, would be
made for nothing.
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
        live = run.live()
        if not loss._facts.tracked or loss._slot not in live:
            return False
        variant = run.memory.variant(run.at, live, ())
        if not variant.descends or not run.computed(variant.descend, [run.promises[slot] for slot in live]):
            return False
        run.memory.note(run.at, "a walk back", len(run.promises))
        run.begin()
    return True
