"""`Plan.push` as one straight-line function: the rules of an op on Tensors, where the gradient is itself recorded.

The rules run one operation after the other, each with a record of its own. What stands around them here is what
`Plan.lift` and `Plan.pull` do, written out for each plan.
"""

from __future__ import annotations

from collections.abc import Callable
from textwrap import indent
from typing import Any

from ..broadcast import unbroadcast
from ..generated import compiled
from ..plan import HALF, SIMPLE, in_single, wrong_shape
from ..records import accumulate
from ..tensors import core

Function = Callable[..., Any]


def fits(plan: Any) -> bool:
    """Has this op of the library one output, inputs by name, and a rule for each of them?"""
    op = plan.op
    return op.own is None and op.outputs == 1 and op.formula is None and not (op.variadic or op.partial or plan.joint)


def made(plan: Any) -> Function:
    """The function of a plan that `fits`."""
    scope: dict[str, Any] = {
        "HALF": HALF,
        "__name__": __name__,  # whom warnings are attributed to
        "accumulate": accumulate,
        "in_single": in_single,
        "shape_of": _shape_of,
        "unbroadcast": unbroadcast,
        "wanted": plan.wanted,
        "wrong_shape": wrong_shape,
    }
    for position, index in enumerate(plan.wanted):
        scope[f"d{index}"] = plan.rules[position]
    exec(compiled(source(plan), "rules"), scope)
    function: Function = scope["push"]
    return function


def source(plan: Any) -> str:
    """The text of it."""
    op = plan.op
    lines = [", ".join(f"n{index}" for index in plan.wanted) + " = record.inputs"]
    if plan.names:
        lines.append(", ".join(plan.names) + " = record.saved")
    for name in plan.names:
        if name == "z":
            lines.append("z = tensor(z, record)")
        elif name in op.inputs and op.inputs.index(name) in plan.wanted:
            lines.append(f"{name} = tensor({name}, n{op.inputs.index(name)})")
    for position, index in enumerate(plan.wanted):
        lines.append(f"if needed is None or id(n{index}) in needed:")
        lines.append(f"    g = {_call(plan, position)}")
        text = (_FIT if op.broadcasts else _CHECK) + _ADD
        lines += indent(text.format(n=f"n{index}", name=repr(op.inputs[index])), "    ").splitlines()
    head = "def push(dz, record, cotangents, owned, needed, tensor):\n"
    return head + "".join(f"    {line}\n" for line in lines)


def _call(plan: Any, position: int) -> str:
    """Python text that applies a rule; the commonest rules are written out."""
    rule, need = plan.rules[position], plan.needs[position]
    template = _WRITTEN_OUT.get(rule.__code__.co_code)
    if template is not None and len(need) == template.count("{") - 1:
        return template.format("dz", *need)
    arguments = ", ".join(("dz", *need))
    call = f"d{plan.wanted[position]}({arguments})"
    if plan.widens(rule):
        return f"{call} if dz.dtype != HALF else in_single(d{plan.wanted[position]}, {arguments})"
    return call


def _shape_of(g: Any) -> Any:
    """`g.shape`; of a Tensor without making a `Size`."""
    return g._array.shape if g.__class__ is core.Tensor else g.shape


_WRITTEN_OUT = dict(zip(SIMPLE, ("{0}", "-{0}", "{0} * {1}", "{0} / {1}"), strict=True))
"""Bytecode of a rule that only combines its arguments in order -> the same on Tensors."""

_FIT = """\
if shape_of(g) != {n}.shape:
    g = unbroadcast(g, {n}.shape)
"""
_CHECK = """\
if shape_of(g) != {n}.shape:
    raise wrong_shape(record, {name}, g, {n})
"""
_ADD = """\
if {n} in cotangents:
    accumulate(cotangents, {n}, g, owned)
else:
    cotangents[{n}] = g
"""
