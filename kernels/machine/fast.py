"""Where a compiled twin runs in the place of a plain function: the one decision, and the table of sizes it is made by.

A function on arrays is written in NumPy. What computes the same faster from some size on is its twin, and is declared
beside it, by name:

    @fast("kernels.norm.choose:scaled", at_least="norm")
    def scaled(x, s, t):
        return x * s + t

Whoever calls `scaled` gets one or the other; `scaled.plain` is the first. An operation says `fast=fast(...)`, where its
rules may have twins too: `fast("kernels.pointwise.activation:silu", dx="silu_grad", at_least="activation")`.

The twin runs if the first argument is an array (no Tensor), if there are so many elements (`SIZES`), if all floats
are of one dtype that it has (float32, float64), if arrays are contiguous or of one shape where it asks for that, and if
`when` agrees. Size, dtype and settings decide and nothing else, so that a program gives the same bits whenever it runs.
With NUMBA_DISABLE_JIT=1 no size is large enough.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import sys
from collections.abc import Callable
from typing import Any, NamedTuple, cast

import numpy as np

from . import choices, jit
from .written import compiled

Function = Callable[..., Any]

NEVER = sys.maxsize
ndarray = np.ndarray


class Size:
    """From how many elements on a twin pays. `least` is what is compared: `elements`, or `NEVER`."""

    __slots__ = ("compiled", "elements", "least")

    def __init__(self, elements: int, compiled: bool = True) -> None:
        self.elements = elements
        self.compiled = compiled
        self.least = elements if jit.ENABLED or not compiled else NEVER


_USUAL = {
    # below that calls cost more than what they compute, and programs with tiny arrays need no compiler
    "activation": Size(64),
    "softmax": Size(128),
    "norm": Size(32),  # NumPy takes a dozen calls: at 2,000 elements 6 times as long
    "gates": Size(64),  # hidden units of a step: a compiled pass over its gates takes a sixth of NumPy's time
    "sequence": Size(1024),  # gates of all steps
    "pool": Size(128),  # of the input
    "conv": Size(12_000),  # multiplications; what a window of one element multiplies counts a sixteenth
    # NumPy takes about as long
    "attention": Size(512),  # scores
    # loading a kernel takes a good part of a second, once
    "dropout": Size(2048),
    "rows": Size(2048),  # elements that are added to a table
    "scan": Size(1024),
    "step": Size(1 << 18),  # multiplications of a step, from which on OpenBLAS would use its threads
    "ctc": Size(1024),  # places of frames
    "update": Size(1 << 14),  # of all parameters of a group
    "outer": Size(1 << 14),  # of the product of a column and a row
    "channel sums": Size(1 << 15),
    # NumPy is as quick until threads help
    "arithmetic": Size(1 << 16),
    "sum": Size(1 << 18),
    "product": Size(1 << 18),  # multiplications from which on OpenBLAS would use its threads
    # NumPy's own goes from element to element
    "logaddexp": Size(512, compiled=False),
    # a bit mask is faster than np.where, whose branches are mispredicted
    "keep": Size(2048, compiled=False),
}

DEFAULTS = {name: size.elements for name, size in _USUAL.items()}
SIZES = {name: Size(choices.number(f"size {name}", size.elements), size.compiled) for name, size in _USUAL.items()}
"""Every size by name: what was chosen for this machine, or what was measured on a few. `move` sets one."""


def move(name: str, elements: int) -> None:
    """From now on the twins of that name run from so many elements on."""
    SIZES[name].elements = SIZES[name].least = elements


def off() -> None:
    """From now on no twin runs."""
    for size in SIZES.values():
        size.least = NEVER


class Questions(NamedTuple):
    """What is asked of the arguments before a twin runs: see `Fast`."""

    when: Function | None = None
    counted: Function | None = None
    contiguous: bool = False
    alike: bool = False
    dtypes: str = "fd"


class Twin:
    """What may run in the place of a plain function, and when."""

    def __init__(self, where: str | Function, size: Size, asks: Questions) -> None:
        self.name = where if isinstance(where, str) else f"{where.__module__}:{where.__name__}"
        self.size = size
        self.asks = asks
        self.run: Function = self._load if isinstance(where, str) else where
        self.plain: Function | None = None
        twins.setdefault(self.name, []).append(self)

    def _load(self, *arguments: Any, **settings: Any) -> Any:
        """`run` until it is known: most programs use few twins, and those that use none do not load Numba."""
        return self.loaded()(*arguments, **settings)

    def loaded(self) -> Function:
        """What runs, after it was imported."""
        if self.run == self._load:
            module, function = self.name.split(":")
            self.run = getattr(importlib.import_module(module), function)
        return self.run

    def beside(self, plain: Function, names: tuple[str, ...] | None = None) -> Function:
        """A function that is `plain` or the twin.

        `when` and `count` ask by name for other parameters, which are called `names`, in order, if not by their own.
        It is written out when it is first called, with the parameters of `plain`: `inspect.getsource` shows it then.
        """
        scope: dict[str, Any] = {"__name__": __name__}
        exec(compiled(_LATER, "choice"), scope)
        choose: Any = scope["choose"]

        def written(*arguments: Any, **settings: Any) -> Any:
            made: Any = self._written(plain, names, scope)
            choose.__defaults__, choose.__kwdefaults__ = made.__defaults__, made.__kwdefaults__
            choose.__code__ = made.__code__
            vars(choose).pop("__wrapped__", None)  # what is to be shown is the choice, no longer `plain`
            return choose(*arguments, **settings)

        scope["written"] = written
        functools.update_wrapper(choose, plain)
        choose.plain = self.plain = plain
        return cast(Function, choose)

    def _written(self, plain: Function, names: tuple[str, ...] | None, scope: dict[str, Any]) -> Any:
        """The same as text, with the parameters of `plain` and one question after the other."""
        parameters, keywords, defaults = _parameters(plain)
        named = dict(zip(names or parameters, parameters, strict=False))
        named.update((name, name) for name in keywords)
        scope.update(
            ndarray=ndarray, plain=plain, twin=self, bound=self.size, when=self.asks.when, count=self.asks.counted
        )
        assert scope.keys().isdisjoint([*parameters, *keywords]), f"{self.name}: a parameter has one of our names"
        text = _CHOOSE.format(
            parameters=_listed(parameters, keywords, defaults),
            tests="\n        and ".join(self._tests(parameters[0], _arrays(plain, parameters[1:]), named)),
            given=", ".join([*parameters, *(f"{name}={name}" for name in keywords)]),
        )
        made = dict(defaults)  # which are looked up where the function is made
        exec(compiled(text, "choice"), scope, made)
        return made["choose"]

    def _tests(self, x: str, others: list[str], named: dict[str, str]) -> list[str]:
        """Text for the questions about the first array and `others`. A Tensor is no array: it is asked nothing."""
        elements = f"{x}.size" if self.asks.counted is None else f"count({_asked(self.asks.counted, x, named)})"
        tests = [f"type({x}) is ndarray", f"{elements} >= bound.least"]
        if self.asks.dtypes:
            tests.append(f"{x}.dtype.char in {self.asks.dtypes!r}")
        if self.asks.contiguous:
            tests.append(f"{x}.flags.c_contiguous")
        for y in others:
            asked = []
            if self.asks.alike:
                asked.append(f"{y}.shape == {x}.shape and {y}.dtype == {x}.dtype")
            elif self.asks.dtypes:
                asked.append(f"({y}.dtype is {x}.dtype or {y}.dtype == {x}.dtype or {y}.dtype.kind != 'f')")
            if self.asks.contiguous:
                asked.append(f"{y}.flags.c_contiguous")
            if asked:
                tests.append(f"(type({y}) is not ndarray or {' and '.join(asked)})")
        if self.asks.when is not None:
            tests.append(f"when({_asked(self.asks.when, x, named)})")
        return tests


_LATER = """\
def choose(*arguments, **settings):
    return written(*arguments, **settings)
"""

_CHOOSE = """\
def choose({parameters}):
    if (
        {tests}
    ):
        return twin.run({given})
    return plain({given})
"""

twins: dict[str, list[Twin]] = {}
"""All that are declared, by name. A test compares each with its plain function."""


def parameters(function: Function) -> tuple[tuple[str, ...], dict[str, Any]]:
    """Names of the positional parameters, "*xs" for any number, and the settings, given by name, with their defaults.

    `inspect.signature` knows of more, and takes ten times as long, for hundreds of functions at import.
    """
    plain = inspect.unwrap(function)
    code = getattr(plain, "__code__", None)
    if code is None or code.co_flags & inspect.CO_VARKEYWORDS or hasattr(plain, "__signature__"):
        every = inspect.signature(function).parameters.values()
        settings = {one.name: one.default for one in every if one.kind is one.KEYWORD_ONLY}
        inputs = [one for one in every if one.name not in settings]
        return tuple(["*" * (one.kind is one.VAR_POSITIONAL) + one.name for one in inputs]), settings
    first, last = code.co_argcount, code.co_argcount + code.co_kwonlyargcount
    names, given = code.co_varnames, plain.__kwdefaults__ or {}
    inputs = names[:first] + (("*" + names[last],) if code.co_flags & inspect.CO_VARARGS else ())
    return inputs, {name: given.get(name, inspect.Parameter.empty) for name in names[first:last]}


def _parameters(plain: Function) -> tuple[tuple[str, ...], tuple[str, ...], dict[str, Any]]:
    """Those that may be given by position, those that may not, and defaults."""
    if isinstance(plain, np.ufunc):
        return ("x", "y")[: plain.nin], (), {}
    every = inspect.signature(plain).parameters.values()
    assert not any(one.kind in (one.VAR_POSITIONAL, one.VAR_KEYWORD) for one in every), "a twin has known parameters"
    keywords = tuple([one.name for one in every if one.kind is one.KEYWORD_ONLY])
    defaults = {one.name: one.default for one in every if one.default is not one.empty}
    return tuple([one.name for one in every if one.kind is not one.KEYWORD_ONLY]), keywords, defaults


def _arrays(plain: Function, parameters: tuple[str, ...]) -> list[str]:
    """Those that may be arrays, by their annotation, if they have one."""
    kinds = getattr(plain, "__annotations__", {})
    return [name for name in parameters if any(kind in str(kinds.get(name, "Any")) for kind in ("Any", "Array"))]


def _listed(parameters: tuple[str, ...], keywords: tuple[str, ...], defaults: dict[str, Any]) -> str:
    """The parameters as they stand in a `def`."""
    texts = [f"{name}={name}" if name in defaults else name for name in (*parameters, *keywords)]
    return ", ".join([*texts[: len(parameters)], *(["*"] if keywords else []), *texts[len(parameters) :]])


def _asked(question: Function, x: str, named: dict[str, str]) -> str:
    """The arguments of a question: the first array, and others by name."""
    wanted = tuple(inspect.signature(question).parameters)[1:]
    return ", ".join([x, *(named[name] for name in wanted)])


class Fast:
    """What is declared: a function that has a twin (as a decorator), or the twins of an operation and of its rules.

    where       the twin as "module:function", or the function itself; called with the same arguments
    at_least    the name of the size from which on it pays, in `SIZES`
    when        when(first array, others by name): is this a case that the twin has? The others are arguments of the
                plain function. Default: all are
    count       count(first array, others by name): what is compared with the size. Default: the elements of the first
    contiguous  the twin needs arrays without gaps
    alike       the twin needs arrays of one shape and dtype
    dtypes      characters of the dtypes that it has; "": any, and arrays may differ in theirs. (Integers may, always.)
    rules       d + input = the twin of that rule, as "module:function", or "function" of the same module
    """

    def __init__(
        self,
        where: str | Function | None = None,
        *,
        at_least: str,
        when: Function | None = None,
        count: Function | None = None,
        contiguous: bool = False,
        alike: bool = False,
        dtypes: str = "fd",
        **rules: str,
    ) -> None:
        self.size = SIZES[at_least]
        asks = Questions(when, count, contiguous, alike, dtypes)
        self.value = None if where is None else Twin(where, self.size, asks)
        module = where.split(":")[0] if isinstance(where, str) else ""
        self.rules = {
            name[1:]: Twin(rule if ":" in rule else f"{module}:{rule}", self.size, asks) for name, rule in rules.items()
        }

    def __call__(self, plain: Function) -> Any:
        """The function that is `plain` or its twin."""
        assert self.value is not None
        return self.value.beside(plain)


fast = Fast
