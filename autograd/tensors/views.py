"""From an array that looks into the memory of a Tensor to the Tensor of it: what methods that give views end with.

`run.apply` does the same for any op, and is asked where an interpreter wants to see what runs.
"""

from __future__ import annotations

import sys
from typing import Any

from ..modes import state
from ..op import Op
from ..plan import COMPONENT, Plan
from ..records import Record
from .core import link_view, wrap


def _view_of(source: Any, z: Any, plan: Plan, saved: Any, name: str, setting: Any) -> Any:
    """The Tensor for `z`, which looks into the memory of `source`, recorded if that needs a gradient.

    Called by a function that a method calls, which is where the user's program is looked for.

    plan            that of the op that made it, for its only input
    saved           what the plan keeps
    name, setting   the op's only setting; or "", and all of them
    """
    out = wrap(z)
    node, tape = source._node, state.tape
    if node is not None and tape is not None:
        out._node = record = Record.at(sys._getframe(3), plan, node, saved, z.shape, z.dtype)
        tape.append(record, z, (source._array,), {name: setting} if name else setting)
    link_view(out, source)
    return out


def _views_of(source: Any, pieces: tuple[Any, ...], op: Op, settings: dict[str, Any]) -> tuple[Any, ...]:
    """The same for the pieces that an op with many results has taken a Tensor apart into."""
    outs = tuple(map(wrap, pieces))
    node, tape = source._node, state.tape
    if node is not None and tape is not None and pieces:
        arrays, shapes, dtype = (source._array,), tuple([z.shape for z in pieces]), pieces[0].dtype
        plan = op.plan((0,))
        whole = Record.at(sys._getframe(3), plan, node, plan.save(arrays, pieces, settings, ()), shapes, dtype)
        tape.append(whole, pieces, arrays, settings)
        for index, out in enumerate(outs):
            z = out._array
            out._node = Record.like(whole, COMPONENT, whole, (index, len(pieces)), z.shape, dtype)
            tape.append(out._node, z)
    for out in outs:
        link_view(out, source)
    return outs


view_of, views_of = (_view_of, _views_of) if Op.views is None else Op.views()
