"""Ops of several inputs, compiled: what `tensors.run.apply_keeping` does in loops, written out for each of the inputs.

For Tensors and None; whatever else an op is given, the readable form takes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..op import Op

Function = Callable[..., Any]

TEXT = """\
def function({inputs}, **settings):
    try:
{taken}    except AttributeError:
        return rest({given}, **settings)
    tape = state.tape
    recorded = tape is not None and not ({untracked})
    {value}
    if type(z) is not ndarray:
        z = asarray(z)
    out = new(Tensor)
    out._array = z
    if not recorded:
        out._node = None
{inside}        return {result}
    out._node = record = Record()
{known}    else:
        wanted, record.inputs = those_of({each})
        record.plan = plan = op.plan(wanted)
        record.saved = plan.save({arrays}, z, settings, {kept})
    record.shape = z.shape
    record.dtype = z.dtype
    frame = getframe(1)
    if frame.f_code.co_filename not in user_files:
        frame = outer(frame)
    record.code = frame.f_code
    record.lasti = frame.f_lasti
    records = tape.records
    records.append(record)
{private}    if len(records) > tape.limit:
        tape.overflow(z, {arrays}, settings)
{view}    return {result}
"""

_TAKEN = """\
        if x{0} is None:
            {none}
        elif type(x{0}) is ndarray:
            return rest({inputs}, **settings)
        else:
            {take}
"""


_KNOWN = """\
    {word} {tracked}:
        record.plan = plan_{number}
        record.inputs = {nodes}
        record.saved = {saved}
"""


def fits(op: Op) -> bool:
    """Has this op several inputs, each by name, with rules for some of them, and one output?"""
    rules = any(map(op.differentiable, range(len(op.inputs))))
    return len(op.inputs) > 1 and op.outputs == 1 and not op.variadic and not op.floating and rules


def fill(op: Op, keeping: bool) -> tuple[str, dict[str, Any]]:
    """The text for an op, and what it refers to. `keeping`: with what the op keeps in the result."""
    ruled = tuple(index for index in range(len(op.inputs)) if op.differentiable(index))
    inputs = "x0, " + ", ".join(f"x{index}=None" for index in range(1, len(op.inputs)))
    given = ", ".join(f"x{index}" for index in range(len(op.inputs)))
    arrays = ", ".join(f"a{index}" for index in range(len(op.inputs)))
    nodes = [f"n{index}" for index in ruled]
    taken = ""
    for index in range(len(op.inputs)):
        names = [f"a{index}", f"n{index}"] if index in ruled else [f"a{index}"]
        take = "; ".join(f"{to} = x{index}.{slot}" for to, slot in zip(names, ("_array", "_node"), strict=False))
        none = " = ".join(names) + " = None"
        taken += _TAKEN.format(index, none=none, take=take, inputs=given)
    known, plans = _known(op, ruled)
    kept = bool(op.keeps or op.single)
    text = TEXT.format(
        inputs=inputs,
        given=given,
        taken=taken,
        untracked=" and ".join(f"{node} is None" for node in nodes),
        known=known,
        each=", ".join(nodes),
        arrays=f"({arrays})",
        value=f"z, kept = compute(({arrays}), settings, recorded)" if kept else f"z = choose({arrays}, **settings)",
        kept="kept" if kept else "()",
        inside="        note_view(out, x0)\n" if op.view else "",
        view="    note_view(out, x0)\n" if op.view else "",
        private="    tape.private = True\n" if op.private else "",
        result=f"out, {'kept' if kept else '()'}" if keeping else "out",
    )

    def those_of(*nodes: Any) -> tuple[tuple[int, ...], Any]:
        """Positions and nodes of the inputs that need a gradient, where not all do."""
        pairs = [(index, node) for index, node in zip(ruled, nodes, strict=True) if node is not None]
        found = tuple([node for _, node in pairs])
        return tuple([index for index, _ in pairs]), found[0] if len(found) == 1 else found

    return text, {"given": given, "op": op, "defaults": op.defaults, "those_of": those_of, **plans}


def _known(op: Op, ruled: tuple[int, ...]) -> tuple[str, dict[str, Any]]:
    """Text for the inputs that mostly need a gradient: all; all but the first, in a first layer; all but the last."""
    text, plans = "", {}
    for number, wanted in enumerate(dict.fromkeys((ruled, ruled[1:], ruled[:-1]))):
        if not wanted:
            continue
        plan: Any = op.plan(wanted)
        plans[f"plan_{number}"] = plan
        nodes = [f"n{index}" for index in wanted]
        text += _KNOWN.format(
            word="elif" if text else "if",
            number=number,
            tracked=" and ".join(f"n{index} is {'not ' * (index in wanted)}None" for index in ruled),
            nodes=nodes[0] if len(nodes) == 1 else f"({', '.join(nodes)})",
            saved=plan.saved_text({name: f"a{index}" for index, name in enumerate(op.inputs)}),
        )
    return text, plans
