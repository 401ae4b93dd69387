"""Signatures as type checkers read them: of methods and functions, with all the names their arguments go by.

What the run time reads off a call (`axis` for `dim`, `out`, in-place twins, methods that are imported when they are
first called) stands here in words: signatures that a checker can hold a call against.
"""

from __future__ import annotations

import inspect
import keyword
import re
import typing
from collections.abc import Callable
from inspect import Parameter
from typing import Any

from autograd.tensors import method as methods
from autograd.tensors import out

HEAD = """\
import builtins
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Literal, Self, TypeVar, overload

import numpy as np
from numpy import ndarray as Array

from autograd.tensors.decompose import EighResult, LstsqResult, QRResult, SVDResult
from autograd.tensors.rare.factors import LUFactorExResult, LUFactorResult, LUResult
from autograd.tensors.results import MinMax, ValuesIndices
from autograd.tensors.solve import SlogdetResult
from autograd.tensors.rare.systems import CholeskyExResult, InvExResult, SolveExResult
"""

RESULTS = set(re.findall(r"\w+Result\b", HEAD))
_ALWAYS = ("Handle", "None", "Size", "Tensor", "dict", "dtype", "list", "tuple", "set", "str", "bytes", "type")
KNOWN = {*re.findall(r"\w+", HEAD), *_ALWAYS}
"""Names that the head of a stub knows; what an annotation says in other words is Any there."""
BUILTINS = re.compile(r"(?<![.\w])(bool|int|float|complex|object)\b")
EMPTY = Parameter.empty
_METHOD = methods.method(lambda: None).__code__


class Form:
    """One way to call a function: parameters after the first, and what comes back."""

    def __init__(self, parameters: list[Parameter], result: str) -> None:
        self.parameters = parameters
        self.result = result

    def with_names(self, spellings: dict[str, list[str]], extra: list[str]) -> list[Form]:
        """This form with further names of its parameters: beside it where they may be left out, else in its place."""
        names = {p.name for p in self.parameters}
        beside, instead = [], []
        for p in self.parameters:
            for other in spellings.get(p.name, ()):
                if other not in names and not keyword.iskeyword(other):
                    again = p.replace(name=other, kind=Parameter.KEYWORD_ONLY)
                    required = p.default is EMPTY and p.kind is not Parameter.VAR_POSITIONAL
                    (instead if required else beside).append((p.name, again))
        beside += [("", Parameter(name, Parameter.KEYWORD_ONLY, default=None, annotation="Any")) for name in extra]
        forms = [Form(_sorted([*self.parameters, *(again for _, again in beside)]), self.result)]
        for number in range(max((sum(name == old for old, _ in instead) for name, _ in instead), default=0)):
            chosen: dict[str, Parameter] = {}
            for old, _ in instead:
                options = [each for name, each in instead if name == old]
                chosen[old] = options[min(number, len(options) - 1)]
            renamed = [chosen.get(p.name, p) for p in self.parameters]
            first = min(index for index, p in enumerate(self.parameters) if p.name in chosen)
            renamed[first + 1 :] = [
                p.replace(kind=Parameter.KEYWORD_ONLY) if p.kind is Parameter.POSITIONAL_OR_KEYWORD else p
                for p in renamed[first + 1 :]
            ]
            forms.append(Form(_sorted([*renamed, *(again for _, again in beside)]), self.result))
        return forms

    def text(self, name: str, first: str) -> str:
        """`def name(first, ...) -> ...: ...`."""
        parts = [first] if first else []
        starred = False
        for index, p in enumerate(self.parameters):
            if p.kind is Parameter.VAR_POSITIONAL:
                starred = True
            elif p.kind is Parameter.KEYWORD_ONLY and not starred:
                parts.append("*")
                starred = True
            star = {Parameter.VAR_POSITIONAL: "*", Parameter.VAR_KEYWORD: "**"}.get(p.kind, "")
            default = "" if p.default is EMPTY else f" = {_default(p.default)}"
            parts.append(f"{star}{p.name}: {annotation(p.annotation)}{default}")
            kinds = [other.kind for other in self.parameters[index : index + 2]]
            if p.kind is Parameter.POSITIONAL_ONLY and kinds[1:] != [p.kind]:
                parts.append("/")
        return f"def {name}({', '.join(parts)}) -> {self.result}: ..."


def _sorted(parameters: list[Parameter]) -> list[Parameter]:
    rank = {kind: number for number, kind in enumerate(type(Parameter.KEYWORD_ONLY))}
    return sorted(parameters, key=lambda p: rank[p.kind])


def _default(value: Any) -> str:
    return repr(value) if isinstance(value, (bool, int, float, str, type(None))) and value == value else "..."


def annotation(said: Any, of_tensor: bool = False) -> str:
    """An annotation in the words of the stub. `of_tensor`: of a result, where Self and T are the Tensor."""
    if said is EMPTY or not isinstance(said, str):
        return "Any"
    text = said.replace("np.bool_", "np.bool")
    text = re.sub(r"\bCore\b", "Tensor", text)
    text = re.sub(r"\bT\b", "Tensor" if of_tensor else "Any", text)
    if of_tensor:
        text = re.sub(r"\bSelf\b", "Tensor", text)
    text = BUILTINS.sub(r"builtins.\1", text)
    unknown = set(re.findall(r"(?<![.\w'\"])[A-Za-z_]\w*", re.sub(r"'[^']*'|\"[^\"]*\"", "", text))) - KNOWN
    return "Any" if unknown else text


def forms(
    function: Callable[..., Any], name: str, *, in_place: bool = False, bound: bool = True, of_package: bool = False
) -> list[Form]:
    """The ways to call `function`, without its first parameter if it is `bound` to a Tensor or has one as input."""
    overloads = typing.get_overloads(inspect.unwrap(function)) or [inspect.unwrap(function)]
    spelled = _spelled(function, name)
    takes = getattr(function, "takes", ())
    takes_out = "out" in takes or (name in out.NAMES and not in_place and (of_package or _is_method(function)))
    extra = ["out"] if takes_out else []
    extra += [each for each in ("layout", "pin_memory", "memory_format") if each in takes]
    found: list[Form] = []
    for each in overloads:
        signature = inspect.signature(each)
        parameters = list(signature.parameters.values())[1 if bound else 0 :]
        known = {p.name for p in parameters}
        result = "Self" if in_place else annotation(signature.return_annotation, of_tensor=True)
        found += Form(parameters, result).with_names(spelled, [one for one in extra if one not in known])
    return found


def _chain(function: Any) -> list[Any]:
    chain = [function]
    while hasattr(chain[-1], "__wrapped__"):
        chain.append(chain[-1].__wrapped__)
    return chain


def _is_method(function: Any) -> bool:
    return any(getattr(each, "__code__", None) is _METHOD for each in _chain(function))


def _spelled(function: Any, name: str) -> dict[str, list[str]]:
    """Parameter -> its other names."""
    if not _is_method(function):
        return {}
    table: dict[str, list[str]] = {}
    own = methods._SPELLED.get(inspect.unwrap(function).__name__, {})
    for other, ours in [*methods._SPELLINGS.items(), *own.items()]:
        table.setdefault(ours, []).append(other)
    return table


def written(name: str, ways: list[Form], first: str, doc: str | None, indent: str = "") -> list[str]:
    """The lines of a function in a stub; its summary is what editors show."""
    summary = (doc or "").strip().split("\n\n")[0].replace("\n", " ") if doc else ""
    summary = re.sub(r"\s+", " ", summary).replace("\\", "\\\\").replace('"""', "'''")
    lines = []
    texts = list(dict.fromkeys(way.text(name, first) for way in ways))
    for text in texts:
        if len(texts) > 1:
            lines.append(f"{indent}@overload")
        lines.append(indent + text)
    if summary and len(texts) == 1:
        lines[-1] = lines[-1].removesuffix(" ...")
        lines.append(f'{indent}    """{summary}{" " if summary.endswith(chr(34)) else ""}"""')
    return lines
