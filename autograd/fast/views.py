"""What methods that give views end with, written out: records are filled in place, and the tape is asked nothing twice.

`tensors.views` says what is done, and is what one reads.
"""

from __future__ import annotations

import sys
from typing import Any

from ..lines import outer, user_files
from ..modes import state
from ..op import Op
from ..plan import COMPONENT, Plan
from ..records import Record
from ..tensors import core
from ..tensors.core import link_view, new, wrap


def view_of(source: Any, z: Any, plan: Plan, saved: Any, name: str, setting: Any) -> Any:
    """See `tensors.views`."""
    out = new(core.Tensor)
    out._array = z
    node, tape = source._node, state.tape
    if node is None or tape is None:
        out._node = None
    else:
        out._node = record = Record()
        record.plan = plan
        record.inputs = node
        record.saved = saved
        record.shape = z.shape
        record.dtype = z.dtype
        frame = sys._getframe(3)
        code = frame.f_code
        if code.co_filename not in user_files:
            frame = outer(frame)
            code = frame.f_code
        record.code = code
        record.lasti = frame.f_lasti
        records = tape.records
        records.append(record)
        if len(records) > tape.limit:
            tape.overflow(z, (source._array,), {name: setting} if name else setting)
    link_view(out, source)
    return out


def views_of(source: Any, pieces: tuple[Any, ...], op: Op, settings: dict[str, Any]) -> tuple[Any, ...]:
    """See `tensors.views`."""
    node, tape = source._node, state.tape
    outs = []
    if node is None or tape is None or not pieces:
        for z in pieces:
            out = wrap(z)
            link_view(out, source)
            outs.append(out)
        return tuple(outs)
    arrays, count = (source._array,), len(pieces)
    plan, dtype = op.plan((0,)), pieces[0].dtype
    shapes = tuple([z.shape for z in pieces])
    whole = Record.at(sys._getframe(3), plan, node, plan.save(arrays, pieces, settings, ()), shapes, dtype)
    tape.append(whole, pieces, arrays, settings)
    records = tape.records
    for index, z in enumerate(pieces):
        out = new(core.Tensor)
        out._array = z
        out._node = part = Record()
        part.plan = COMPONENT
        part.inputs = whole
        part.saved = (index, count)
        part.shape = z.shape
        part.dtype = dtype
        part.code = whole.code
        part.lasti = whole.lasti
        records.append(part)
        if len(records) > tape.limit:
            tape.overflow(z)
        link_view(out, source)
        outs.append(out)
    return tuple(outs)
