"""Planting faults: a rule of an op, or the step that runs its rules, is replaced for the length of a `with` block."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from autograd.fast.plan import CompiledPlan
from autograd.op import Op, registry
from autograd.plan import parameters
from autograd.products import computed

CACHED = ("source", "pulls")


def forget(plan: CompiledPlan) -> None:
    """Let a plan compile its rules again when it is next used."""
    for name in CACHED:
        plan.__dict__.pop(name, None)
    plan.step, plan.push = plan._first_step, plan._first_push


def altered(rule: Callable[..., Any], needs: tuple[str, ...], fault: Callable[..., Any]) -> Callable[..., Any]:
    """A rule with the same parameters that returns fault(what the rule returns, dz, what it needs by name)."""
    text = f"def altered(dz{''.join(', ' + name for name in needs)}):\n"
    text += f"    needs = {{{', '.join(f'{name!r}: {name}' for name in needs)}}}\n"
    text += f"    return fault(computed(rule(dz{''.join(', ' + name for name in needs)})), dz, needs)\n"
    scope: dict[str, Any] = {"rule": rule, "fault": fault, "computed": computed}
    exec(text, scope)
    return scope["altered"]


@contextmanager
def planted(name: str | Op, argument: str | None, fault: Callable[..., Any]) -> Iterator[None]:
    """A fault in the rule of op `name` for `argument` (None: in its joint rule), on arrays and Tensors alike."""
    op = registry[name] if isinstance(name, str) else name
    before = dict(op.plans), dict(op.rules), op.joint, dict(op.into)
    kept = [(plan, list(plan.rules), plan.into) for plan in op.plans.values()]
    if argument is None:
        op.joint = altered(op.joint, parameters(op.joint), fault)
    else:
        op.rules[argument] = altered(op.rules[argument], parameters(op.rules[argument]), fault)
        op.into = {}
    for plan in op.plans.values():
        plan.rules = [op.joint] if op.joint else [op.rules[op.inputs[i]] for i in plan.wanted]
        plan.into = {} if argument is not None else plan.into
        forget(plan)
    try:
        yield
    finally:
        made = [plan for wanted, plan in op.plans.items() if wanted not in before[0]]
        op.rules, op.joint, op.into = before[1], before[2], before[3]
        for plan, rules, into in kept:
            plan.rules, plan.into = rules, into
            forget(plan)
        for plan in made:  # compiled functions may hold it
            plan.rules = [op.joint] if op.joint else [op.rules[op.inputs[i]] for i in plan.wanted]
            forget(plan)


@contextmanager
def planted_step(name: str, wanted: tuple[int, ...], step: Callable[..., None]) -> Iterator[None]:
    """step(the right step, dz, record, cotangents, owned) in place of a compiled step."""
    plan = registry[name].plan(wanted)

    def right(dz: Any, record: Any, cotangents: Any, owned: Any) -> None:
        forget(plan)
        try:
            plan.step(dz, record, cotangents, owned)
        finally:
            plan.step = replaced

    def replaced(dz: Any, record: Any, cotangents: Any, owned: Any) -> None:
        step(right, dz, record, cotangents, owned)

    plan.step = replaced
    try:
        yield
    finally:
        forget(plan)


def array(x: Any) -> np.ndarray:
    return getattr(x, "_array", x)
