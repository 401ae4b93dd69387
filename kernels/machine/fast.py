"""Where a compiled twin runs in the place of a plain function: the one decision, and the table of sizes it is made by.

A function on arrays is written in NumPy. What computes the same faster from some size on is its twin, and is declared
beside it, by name:

    @fast("kernels.pointwise.dropout:scaled_by_loop", at_least="dropout")
    def scaled(x, mask, scale):
        return x * ...

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
from typing import Any

import numpy as np

from . import jit

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


SIZES = {
    # NumPy takes about as long, and programs with tiny arrays need no compiler
    "activation": Size(512),
    "softmax": Size(512),
    "attention": Size(512),  # scores
    # loading a kernel takes a good part of a second, once
    "dropout": Size(2048),
    "rows": Size(2048),  # elements that are added to a table
    "pool": Size(2048),  # of the input
    "scan": Size(4096),
    "ctc": Size(1024),  # places of frames
    "norm": Size(1 << 13),
    "update": Size(1 << 14),  # of all parameters of a group
    "outer": Size(1 << 14),  # of the product of a column and a row
    "channel sums": Size(1 << 15),
    "conv": Size(1_000_000),  # multiplications
    # NumPy is as quick until threads help
    "arithmetic": Size(1 << 16),
    "sum": Size(1 << 18),
    "product": Size(1 << 18),  # multiplications from which on OpenBLAS would use its threads
    # a bit mask is faster than np.where, whose branches are mispredicted
    "keep": Size(2048, compiled=False),
}
"""Every size by name. Measured on a few machines; `move` sets one for the one at hand."""


def move(name: str, elements: int) -> None:
    """From now on the twins of that name run from so many elements on."""
    SIZES[name].elements = SIZES[name].least = elements


def off() -> None:
    """From now on no twin runs."""
    for size in SIZES.values():
        size.least = NEVER


class Twin:
    """What may run in the place of a plain function, and when."""

    def __init__(
        self,
        where: str | Function,
        size: Size,
        when: Function | None = None,
        count: Function | None = None,
        contiguous: bool = False,
        alike: bool = False,
        dtypes: str = "fd",
    ) -> None:
        self.name = where if isinstance(where, str) else f"{where.__module__}:{where.__name__}"
        self.size = size
        self.when = when
        self.count = count
        self.contiguous = contiguous
        self.alike = alike
        self.dtypes = dtypes
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

    def fits(self, arguments: tuple[Any, ...]) -> bool:
        """Are these arrays such that the twin has them, apart from their size?"""
        first = arguments[0]
        dtype = first.dtype
        if self.dtypes and dtype.char not in self.dtypes:
            return False
        if self.contiguous and not first.flags.c_contiguous:
            return False
        if len(arguments) == 1:
            return True
        shape = first.shape
        for x in arguments[1:]:
            if type(x) is not ndarray:
                continue
            if self.dtypes and x.dtype is not dtype and x.dtype != dtype and x.dtype.kind == "f":
                return False
            if self.alike and (x.shape != shape or x.dtype != dtype):
                return False
            if self.contiguous and not x.flags.c_contiguous:
                return False
        return True

    def beside(self, plain: Function, names: tuple[str, ...] | None = None) -> Function:
        """A function that is `plain` or the twin.

        `when` asks for the first array and, by name, for other arguments of `plain`, whose names in order are `names`.
        """
        size, count, fits = self.size, self.count, self.fits
        defaults = _defaults(plain)
        every = len(_keywords(plain)) if defaults else 0
        agrees = None if self.when is None else _asking(self.when, plain, names)
        counts = None if count is None else _asking(count, plain, names)

        def choose(*arguments: Any, **settings: Any) -> Any:
            x = arguments[0]
            if type(x) is ndarray:
                elements = x.size if counts is None else counts(arguments, settings)
                if elements >= size.least and fits(arguments) and (agrees is None or agrees(arguments, settings)):
                    return self.run(*arguments, **({**defaults, **settings} if len(settings) < every else settings))
            return plain(*arguments, **settings)

        functools.update_wrapper(choose, plain)
        choose.plain = self.plain = plain  # type: ignore[attr-defined]
        return choose


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


def _keywords(plain: Function) -> dict[str, Any]:
    """The settings of a function that are given by name, and their defaults."""
    return {} if isinstance(plain, np.ufunc) else parameters(plain)[1]


def _defaults(plain: Function) -> dict[str, Any]:
    """Those that need not be given: a twin is given all of them."""
    return {name: default for name, default in _keywords(plain).items() if default is not inspect.Parameter.empty}


def _names(function: Function) -> tuple[str, ...]:
    inputs, settings = parameters(function)
    return tuple([name.lstrip("*") for name in inputs]) + tuple(settings)


def _asking(question: Function, plain: Function, names: tuple[str, ...] | None) -> Function:
    """question(first argument, others by name) as a function of the arguments and settings that `plain` is given."""
    defaults = _defaults(plain)
    if names is None:
        names = _names(plain)
    wanted = _names(question)[1:]
    places = {name: names.index(name) for name in wanted}

    if not wanted:
        return lambda arguments, settings: question(arguments[0])
    if len(wanted) == 1 and wanted[0] in _keywords(plain):
        (name,) = wanted
        default = defaults.get(name)
        return lambda arguments, settings: question(arguments[0], settings.get(name, default))

    def ask(arguments: tuple[Any, ...], settings: dict[str, Any]) -> Any:
        given = [
            arguments[place] if place < len(arguments) else settings.get(name, defaults.get(name))
            for name, place in places.items()
        ]
        return question(arguments[0], *given)

    return ask


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
        more = {"when": when, "count": count, "contiguous": contiguous, "alike": alike, "dtypes": dtypes}
        self.value = None if where is None else Twin(where, self.size, **more)  # type: ignore[arg-type]
        module = where.split(":")[0] if isinstance(where, str) else ""
        self.rules = {
            name[1:]: Twin(rule if ":" in rule else f"{module}:{rule}", self.size, **more)  # type: ignore[arg-type]
            for name, rule in rules.items()
        }

    def __call__(self, plain: Function) -> Any:
        """The function that is `plain` or its twin."""
        assert self.value is not None
        return self.value.beside(plain)


fast = Fast
