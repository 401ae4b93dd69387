"""Compares by machine how everything public is called: positions, keywords, defaults.

Functions that PyTorch writes in Python are compared by `inspect.signature`. Those that it writes in C++ have schemas, one
for each way to call them; each must be callable here by position and by keyword.
"""

from __future__ import annotations

import inspect
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
        arguments = list(schema.arguments)
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
                elif (place_of != index and not method) or (method and place_of != index):
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


# ------------------------------------------------------------------------------------------- functions in Python

PYTHON = (
    "torch torch.Tensor torch.nn torch.nn.functional torch.nn.init torch.nn.utils torch.nn.utils.parametrize "
    "torch.nn.utils.parametrizations torch.nn.utils.rnn torch.nn.utils.prune torch.optim torch.optim.lr_scheduler "
    "torch.optim.swa_utils torch.utils.data torch.utils.checkpoint torch.distributions torch.distributions.constraints torch.distributions.transforms torch.distributions.kl torch.linalg torch.special torch.func torch.autograd torch.autograd.functional torch.autograd.forward_ad torch.testing torch.random"
).split()
"""Modules whose functions and classes written in Python are compared."""


def attribute(root: Any, where: str) -> Any:
    """The object under a dotted name below `root`; None if there is none."""
    for part in where.split(".")[1:]:
        root = getattr(root, part, None)
        if root is None:
            return None
    return root


def python_names() -> Iterator[tuple[str, str]]:
    """(module, name) of everything public that has a signature on both sides, methods of classes included."""
    for place in PYTHON:
        theirs, here = attribute(torch, place), ours(place)
        if theirs is None or here is None:
            continue
        for name in sorted(dir(theirs)):
            mine, value = getattr(here, name, None), getattr(theirs, name, None)
            if name.startswith("_") or mine is None or not callable(value) or not callable(mine):
                continue
            module = getattr(value, "__module__", None) or ""
            if not module.startswith("torch"):
                continue
            yield place, name
            if isinstance(value, type) and isinstance(mine, type) and place != "torch":
                for attr in sorted(vars(value)):
                    if (
                        not attr.startswith("_")
                        and callable(getattr(mine, attr, None))
                        and callable(getattr(value, attr))
                    ):
                        yield f"{place}.{name}", attr


def shown(value: Any) -> str:
    return getattr(value, "__name__", None) or repr(value)


def python_difference(place: str, name: str) -> str:
    """What differs between two signatures: names, places and defaults; empty if a call means the same in both."""
    mine, theirs = parameters(getattr(ours(place), name)), parameters(getattr(attribute(torch, place), name))
    if mine is None or theirs is None:
        return ""
    own = mine.parameters
    if any(p.kind is p.VAR_KEYWORD for p in own.values()) and any(p.kind is p.VAR_POSITIONAL for p in own.values()):
        return ""
    anything = any(p.kind is p.VAR_POSITIONAL for p in own.values())
    problems = []
    order = [p.name for p in own.values()]
    for index, p in enumerate(theirs.parameters.values()):
        if p.kind in (p.VAR_KEYWORD, p.VAR_POSITIONAL):
            continue
        q = own.get(p.name)
        if q is None and index == 0 and p.name in ("self", "input"):
            continue
        if q is None:
            problems.append(f"no argument {p}")
            continue
        if p.kind is not p.KEYWORD_ONLY and not anything:
            if q.kind is q.KEYWORD_ONLY:
                problems.append(f"{p.name} by keyword only")
            elif order.index(p.name) != index:
                problems.append(f"{p.name} is argument {order.index(p.name)}, PyTorch's {index}")
        if p.default is not p.empty and shown(q.default) != shown(p.default) and q.default != p.default:
            problems.append(f"default {q}, PyTorch {p}")
    return "; ".join(problems)


def checks() -> Iterator[tuple[str, Any]]:
    """(name, comparison) of every function that both libraries have."""
    for places, difference in ((builtin_names, builtin_difference), (python_names, python_difference)):
        for place, name in places():
            yield f"{place}.{name}", lambda p=place, n=name, d=difference: undecided(p, n, d(p, n))


def undecided(place: str, name: str, text: str) -> str:
    """The differences of one function that are not in DECIDED."""
    return "; ".join(
        part
        for part in text.split("; ")
        if part and not any(re.fullmatch(p, f"{place}.{name}: {part}") for p in DECIDED)
    )
