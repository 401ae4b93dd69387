"""Compares by machine how everything public is called: positions, keywords, defaults.

Functions that PyTorch writes in Python are compared by `inspect.signature`. Those that it writes in C++ have schemas, one
for each way to call them; each must be callable here by position and by keyword.
"""

from __future__ import annotations

import ast
import inspect
import operator
import re
from collections.abc import Iterator
from typing import Any

import torch
import torch.distributions
import torch.utils.data

import autograd

SKIPPED = {"names", "dimname", "dimnames"}
"""Types of named dimensions, which are not here."""

DECIDED: dict[str, str] = {}
"""Function, or "function: argument" -> why it is called differently here."""

PLACES: dict[str, tuple[Any, str]] = {
    "torch": (torch, "aten::"),
    "torch.Tensor": (torch.Tensor, "aten::"),
    "torch.linalg": (torch.linalg, "aten::linalg_"),
    "torch.special": (torch.special, "aten::special_"),
    "torch.nn.functional": (torch.nn.functional, "aten::"),
}
"""Where functions written in C++ stand, and how their schemas are called."""

TYPES = {"Tensor", "Number", "number", "Optional[Tensor]", "List[Tensor]", "List[int]", "int", "float"}


def ours(where: str) -> Any:
    """Our object for PyTorch's dotted name; None if there is none."""
    here: Any = autograd
    for part in where.split(".")[1:]:
        here = getattr(here, part, None)
        if here is None:
            return None
    return here


def builtin_names() -> Iterator[tuple[str, str]]:
    """(place, name) of every function written in C++ that exists on both sides."""
    for place, (theirs, prefix) in PLACES.items():
        here = ours(place)
        for name in sorted(dir(theirs)):
            if name.startswith("_") or here is None or getattr(here, name, None) is None:
                continue
            value = getattr(theirs, name)
            if callable(value) and not isinstance(value, type) and schemas(prefix + name):
                try:
                    inspect.signature(value)
                except (TypeError, ValueError):
                    yield place, name


def schemas(name: str) -> list[Any]:
    """The ways in which Python code may call an operator."""
    found = []
    for schema in torch._C._jit_get_schemas_for_operator(name):
        arguments = schema.arguments
        kinds = [str(a.type) for a in arguments]
        if any("Dimname" in str(a.type) or a.name == "names" for a in arguments) or re.search("Dimname", str(schema)):
            continue
        if (
            kinds
            and kinds[0]
            in ("str", "int", "float", "bool", "complex", "t[]", "Scalar", "List[t]", "List[bool]", "Dict[str, t]")
            and arguments[0].name in ("a", "self", "l")
        ):
            continue
        if (
            schema.overload_name in ("str", "t", "int", "float", "complex", "bool")
            or "Scalar_Scalar" in schema.overload_name
        ):
            continue
        if any(
            a.name == "self"
            and str(a.type) in ("number", "List[int]", "List[float]", "List[complex]", "List[bool]", "str")
            for a in arguments
        ):
            continue
        found.append(schema)
    return found


class Placeholder:
    """Stands for an argument when only the form of a call matters."""


def parameters(function: Any) -> inspect.Signature | None:
    """The signature, or None if Python cannot tell."""
    try:
        return inspect.signature(function)
    except (TypeError, ValueError):
        return None


def builtin_difference(place: str, name: str) -> str:
    """Each form of a call that PyTorch takes and ours does not."""
    here = getattr(ours(place), name)
    signature = parameters(here)
    if signature is None:
        return "no signature"
    method = place == "torch.Tensor"
    wrapped = getattr(here, "__wrapped__", None) is not None
    problems: list[str] = []
    own = dict(signature.parameters)
    if any(p.kind is p.VAR_KEYWORD for p in own.values()):
        return ""
    takes_any = any(p.kind is p.VAR_POSITIONAL for p in own.values())
    for schema in schemas(PLACES[place][1] + name):
        arguments = [a for a in schema.arguments]
        outs = [a.name for a in arguments if a.is_out]
        if method and outs:
            continue
        plain = [a for a in arguments if not a.is_out]
        if schema.overload_name.endswith("out") and not outs:
            continue
        positional = [a for a in plain if not a.kwarg_only]
        for index, a in enumerate(plain):
            shown = "input" if a.name == "self" and not method else a.name
            if method and a.name == "self":
                continue
            mine = own.get(shown)
            if mine is None and shown == "input" and wrapped:
                continue
            if mine is None:
                problems.append(f"no argument {shown}")
                continue
            if not a.kwarg_only and not takes_any:
                place_of = list(own).index(shown)
                if mine.kind is mine.KEYWORD_ONLY:
                    problems.append(f"{shown} by keyword only, PyTorch's argument {index}")
                elif place_of != index and not method:
                    problems.append(f"{shown} is argument {place_of}, PyTorch's {index}")
                elif method and place_of != index:
                    problems.append(f"{shown} is argument {place_of}, PyTorch's {index}")
            if a.has_default_value() and mine.default is not mine.empty and not outs:
                default, given = a.default_value, mine.default
                if default != given and not (default is None and given in (False, ())) and str(default) != str(given):
                    problems.append(f"default {shown}={given!r}, PyTorch {default!r}")
            elif a.has_default_value() and mine.default is mine.empty and mine.kind is not mine.VAR_POSITIONAL:
                problems.append(f"{shown} must be given, PyTorch's default {a.default_value!r}")
        if not takes_any and len(positional) > sum(p.kind is not p.KEYWORD_ONLY for p in own.values()):
            problems.append(f"{len(positional)} positional arguments: {[a.name for a in positional]}")
        if outs and "out" not in own and not takes_out(place, name):
            problems.append("no argument out")
    if schemas_make_new(place, name):
        for option in ("dtype", "layout", "device", "pin_memory", "requires_grad"):
            if option not in own and not wrapped:
                problems.append(f"no argument {option}")
    return "; ".join(dict.fromkeys(problems))


def schemas_make_new(place: str, name: str) -> bool:
    """Does the function make Tensors of a layout that is given?"""
    return any(a.name == "layout" for s in schemas(PLACES[place][1] + name) for a in s.arguments)


def takes_out(place: str, name: str) -> bool:
    """Do the functions that `method` makes take `out=` here?"""
    try:
        from autograd.tensor import out
    except ImportError:
        return False
    return name in out.NAMES
