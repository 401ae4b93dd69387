"""Declarations of operations that are not the library's: what they must say, and what is meant where they say nothing.

Inputs are parameters by position, settings parameters by name; a rule asks for what there is. An input without a rule
is no mistake yet, for it may always be a constant: the gradient that comes to it raises. Where none is meant to go, as
to an index, the declaration says `dindex=None`. What functions and rules return is looked at by `own`.
"""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .errors import NoRuleError
from .own import Own, kind, listed, where

Function = Callable[..., Any]

TAKEN = ("z", "dz", "wanted")
"""Names that mean something else in a rule: the result, its cotangent, and the positions of inputs."""


def declared(op: Any, given: dict[str, Any]) -> None:
    """Look at an operation that was just declared with the rules `given`, and see to it that it is looked at later."""
    _inputs(op)
    _names(op, given)
    for key, rule in _rules(op):
        _asks(op, key, rule)
    if op.joint is not None and any(rule is not None for rule in op.rules.values()):
        raise TypeError(
            f"op {op.name!r}: wanted one joint rule, or one for each input, got both: joint and {_keys(given)}"
        )
    if op.formula is not None and not callable(op.formula):
        raise TypeError(f"op {op.name!r}: formula=: wanted a function, got {kind(op.formula)}")
    if op.variadic and op.joint is None:
        op.rules.pop(op.inputs[0][1:], None)
        if op.inputs[0][1:] not in [key[1:] for key in given]:
            op.joint = _missing(op, op.inputs[0][1:])
    elif op.joint is None:
        for name in op.inputs:
            if name not in op.rules:
                op.rules[name] = _missing(op, name)
    op.own = Own(op)
    if op.fast is None:
        op.choose = op.own.choose


def _missing(op: Any, name: str) -> Function:
    """The rule of an input that has none."""

    def no_rule(dz: Any) -> Any:
        how = f"joint=lambda dz, {name}: (...)" if op.variadic else f"d{name}=lambda dz, {name}: ..."
        raise NoRuleError(
            f"{op.name}: backward came to its input {name}, for which the declaration has no rule: add {how}, or "
            f"d{name}=None if no gradient is meant to go there"
        )

    return no_rule


def options(name: Any, forward: Any, rules: dict[str, Any], flags: Sequence[str]) -> None:
    """Look at what `op` was given, before anything is made of it. `rules` are all options that are no flags."""
    if not isinstance(name, str):
        raise TypeError(f"op: wanted a name first, as in op('cube', lambda x: x**3, ...), got {kind(name)}")
    if not callable(forward):
        raise TypeError(f"op {name!r}: wanted a function on arrays, got {kind(forward)}")
    strange = sorted(key for key in rules if not key.startswith("d"))
    if strange:
        near = difflib.get_close_matches(strange[0], flags, 1)
        meant = f"; did you mean {near[0]}?" if near else ""
        raise TypeError(f"op {name!r}: rules are named d + input, got {listed(strange)}{meant}")


def _inputs(op: Any) -> None:
    """Are all parameters of the function inputs, by position, or settings, by name?"""
    forward = op.forward
    who = f"op {op.name!r}: "
    if isinstance(forward, np.ufunc):
        if forward.nin != len(op.inputs) or forward.nout != op.outputs:
            raise TypeError(
                f"{who}wanted rules (or None) for all {forward.nin} inputs of np.{forward.__name__}, which are named "
                f"by them, got {listed([f'd{name}' for name in op.inputs])}"
            )
        return
    for one in inspect.signature(forward).parameters.values():
        place = f", {where(forward)}"
        if one.kind is one.VAR_KEYWORD:
            raise TypeError(f"{who}wanted settings by name, as in lambda x, *, power=2: ..., got **{one.name}{place}")
        if one.kind is one.KEYWORD_ONLY or one.default is one.empty:
            continue
        if one.default is not None or one.name not in op.rules:
            raise TypeError(
                f"{who}wanted inputs in front and settings behind a *, as in lambda x, *, "
                f"{one.name}={one.default!r}: ..., got {one.name}={one.default!r} among the inputs{place}"
            )
    if not op.inputs:
        raise TypeError(f"{who}wanted a function with an input, got {where(forward)}")
    if op.variadic and op.rules.get(op.inputs[0][1:]) is not None:
        name = op.inputs[0][1:]
        raise TypeError(f"{who}wanted one rule for any number of inputs, joint=lambda dz, {name}: (...), got d{name}")


def _names(op: Any, given: dict[str, Any]) -> None:
    """Do names mean one thing each, and rules belong to inputs?"""
    names = [name.lstrip("*") for name in op.inputs]
    every = [*names, *op.defaults, *op.keeps]
    for name in every:
        if name in TAKEN:
            raise TypeError(f"op {op.name!r}: wanted other names than {listed(TAKEN)}, which rules use, got {name}")
        if every.count(name) > 1:
            raise TypeError(f"op {op.name!r}: wanted names that mean one thing each, got {name} twice")
    strange = [key for key in given if key[1:] not in names]
    if strange:
        settings = [key[1:] for key in strange if key[1:] in op.defaults]
        why = f"; {listed(settings)} is a setting" if settings else ""
        raise TypeError(
            f"op {op.name!r}: rules for {[key[1:] for key in strange]}, but its inputs are {op.inputs}{why}"
        )


def _rules(op: Any) -> list[tuple[str, Any]]:
    rules = [(f"d{name}", rule) for name, rule in op.rules.items() if rule is not None]
    return rules if op.joint is None else [*rules, ("joint", op.joint)]


def _asks(op: Any, key: str, rule: Any) -> None:
    """Is this a Python function, and is all known that it asks for?"""
    code = getattr(rule, "__code__", None)
    if code is None:
        raise TypeError(
            f"op {op.name!r}: {key}=: wanted a Python function, whose parameters say what it needs, as in "
            f"lambda dz, x: ..., got {rule!r}"
        )
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    if not code.co_argcount and not code.co_flags & inspect.CO_VARARGS:
        raise TypeError(f"op {op.name!r}: {key}=: wanted the cotangent dz as first parameter, got {where(rule)}")
    inputs = [name.lstrip("*") for name in op.inputs]
    known = {
        *inputs,
        "z",
        *op.keeps,
        *op.defaults,
        *(f"{name}_{what}" for name in inputs for what in ("shape", "dtype")),
    }
    if key == "joint":
        known.add("wanted")
    for name in names[1:]:
        if name not in known:
            raise TypeError(
                f"op {op.name!r}: {key}= asks for {name!r}, which is no input ({listed(inputs)}), no output (z), no "
                f"shape or dtype ({inputs[0]}_shape, {inputs[0]}_dtype), no setting ({listed(op.defaults)}) and not "
                f"among what it keeps ({listed(op.keeps)})"
            )


def _keys(given: dict[str, Any]) -> str:
    return listed([key for key in given if given[key] is not None])
