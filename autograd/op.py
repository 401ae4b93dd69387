"""How an operation is declared.

An op is a function on arrays with one rule per input, side by side:

    mul  = op("mul", np.multiply, broadcasts=True, dx=lambda dz, y: dz * y, dy=lambda dz, x: dz * x)
    tanh = op("tanh", np.tanh, dx=lambda dz, z: dz * (1 - z * z))

A rule's parameters say what is kept for backward, and only what the rules of inputs that need a gradient ask for is
kept. After the cotangent `dz` they are inputs by name (`x`, `y`), the output (`z`), shapes (`x_shape`) or settings
(keyword-only parameters of the function). Rules are written in NumPy's functions and in other ops, never in place,
so the same rule runs on arrays in `backward()` and on Tensors under `create_graph`.

How a record goes back through an op is in `plan`, which is what one reads next; `fast.plan` compiles that.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import sys
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, NamedTuple, overload

import numpy as np

from kernels.machine.fast import Fast, parameters

from .plan import HALF, Plan, in_single

Function = Callable[..., Any]


class Run(NamedTuple):
    """A fused operation that stands for two, one after the other; noted in the `runs` of the second one.

    `known` has all by name: the inputs and settings of both, and where the first has run, what it kept.

    op       the fused one
    when     when(known): is this a case that it has?
    finish   finish(known, z) with the value of the first, which may be overwritten: the value of both, and the inputs,
             the settings and what is kept (`Op.keeps`) of the fused one
    """

    op: Op
    when: Function
    finish: Function


class Way(NamedTuple):
    """How a value gets from a user's line to an operation that has `runs`: through these functions of the library.

    to          name of that operation
    passed      passed(make) hands a value on that nobody else has
    held        held(make) does the same while a local variable has it, too
    functions   those in between
    """

    to: str
    passed: Function
    held: Function
    functions: tuple[Any, ...] = ()


ways: list[Way] = []
"""All that are known. `fast.runs` tries each once, to learn how many references there are to a value then."""

more_ways: list[Callable[[], Any]] = []
"""Called before ways are tried for the first time: they import what declares more of them."""


class Registry(dict[str, "Op"]):
    """The ops by name. Of the files in `autograd/ops` those that few programs need are imported late: by what asks for
    them, and here, when a name is looked up that is not there yet or all are wanted."""

    whole = False

    def complete(self) -> None:
        """Import the files that nobody has asked for so far."""
        if not self.whole:
            self.whole = True
            folder = importlib.import_module("autograd.ops").__path__
            for file in pkgutil.iter_modules(folder):
                importlib.import_module(f"autograd.ops.{file.name}")

    def __missing__(self, name: str) -> Op:
        if self.whole:
            raise KeyError(name)
        self.complete()
        return self[name]

    def __contains__(self, name: object) -> bool:
        self.complete()
        return super().__contains__(name)

    def __iter__(self) -> Iterator[str]:
        self.complete()
        return super().__iter__()

    def items(self) -> Any:
        """Names and ops."""
        self.complete()
        return super().items()


registry = Registry()
"""The ops of the library, those of `autograd/ops/`, by name: an example of each is tested. Your own are not in it."""


class Op:
    """A function on arrays and the rules that differentiate it. Made by `op`.

    name        as it is shown on the tape
    forward     (*arrays, **settings) -> array; a tuple of arrays if `outputs` > 1 or `keeps` names some, the results
                first. It may have a setting `recorded`, which says whether the rules will be needed
    keeps       names of what `forward` returns after its results, for its rules alone
    formula     the same in primitive ops and NumPy's functions, for an op that is one for speed: its rules see arrays
                only, and where a derivative is itself recorded, the formula is differentiated in their place
    inputs      names of the positional parameters; a single "*xs" for any number
    rules       input name -> rule, or None where no derivative exists
    joint       one rule for all inputs: returns a cotangent (or None) per input; may ask for `wanted`, the indices
    into        input name -> rule(total, dz, ...) that adds into `total` in place: for gradients that are mostly zero
    products    inputs whose rule may return a `Product`, which is computed together with others of the same leaf
    partial     the joint rule is given None for outputs that nothing depends on, and may return None for inputs
    broadcasts  the inputs are broadcast against each other; the engine undoes it on each cotangent
    floating    integer input is taken as the default floating dtype first, as PyTorch does for sin, sqrt, ...
    view        the output shares the input's memory
    kinks       has points without a derivative, or is no analytic function: the checker then avoids complex steps
    single      float16 is computed in single precision and rounded once: for functions whose intermediate results may
                not fit into float16, or would lose digits there. Of rules this holds for all that combine anything
    anew        (inputs, settings) -> the same for running `forward` on other inputs, where only part of these is
                meant, or the rule differentiates another function: used by the checker alone
    arrays      names of settings that are arrays: what a record lets go, with its other arrays, when it was replayed
    fast        the compiled twins of `forward` and of rules, and from what size on they pay: see `kernels.machine.fast`
    runs        name of an operation -> what stands for it and this one on its result. (Empty at first: see `Run`)
    private     inputs that may be overwritten after the op ran: a record that kept one is given a copy just before. For
                inputs that PyTorch, which computes the same in another way, does not keep; and for all that only the
                formula asks for
    batch       how it runs with one more axis in front: "each" element by element, "along" the setting `axis`, "matrix"
                on the last axes, "formula" by its formula, or a function, see `batching.rules`; None: what broadcasts
                is "each", and the ops of the library are known there
    push        the tangent of the result in forward mode: "each", "linear", "bilinear", "reduced", "formula", or a
                function, see `forward.rules`; None: what broadcasts is "each", others are pulled back twice
    """

    way_back: type[Plan] = Plan
    """What makes the plans of all ops: `fast` puts a compiled one here."""

    compile_call: Function | None = None
    """What makes the functions and operators of ops: None for the readable ones, `fast` puts a compiler here."""

    call_of: Function | None = None
    """The same for what runs an op in the place of `apply` and `apply_keeping`."""

    views: Function | None = None
    """The same for the two functions that make Tensors of views."""

    def __init__(
        self,
        name: str,
        forward: Function,
        rules: dict[str, Function | None],
        *,
        joint: Function | None = None,
        into: dict[str, Function] | None = None,
        products: tuple[str, ...] = (),
        broadcasts: bool = False,
        floating: bool = False,
        view: bool = False,
        kinks: bool = False,
        outputs: int = 1,
        single: bool = False,
        anew: Function | None = None,
        arrays: tuple[str, ...] = (),
        fast: Fast | None = None,
        runs: dict[str, Run] | None = None,
        private: tuple[str, ...] = (),
        keeps: tuple[str, ...] = (),
        formula: Function | None = None,
        partial: bool = False,
        batch: Function | str | None = None,
        push: Function | str | None = None,
    ) -> None:
        self.name = name
        self.forward = forward
        self.rules = rules
        self.joint = joint
        self.into = into or {}
        self.products = products
        self.broadcasts = broadcasts
        self.floating = floating
        self.view = view
        self.kinks = kinks
        self.outputs = outputs
        self.single = single
        self.anew = anew
        self.arrays = arrays
        self.fast = fast
        self.runs = runs
        # `forward`, or what calls its compiled twin in its place where the inputs are large
        self.choose = forward if fast is None or fast.value is None else fast.value.beside(forward)
        self.private = private
        self.keeps = keeps
        self.formula = formula
        self.partial = partial
        self.batch = batch
        self.push = push
        self.own: Any = None  # what looks at an operation of a user's while it runs: see `own`
        self.inputs, self.defaults = _signature(forward, rules)
        self.told = "recorded" in self.defaults
        self.variadic = self.inputs[:1] != () and self.inputs[0].startswith("*")
        self.plans: dict[tuple[int, ...], Plan] = {}
        self.__doc__ = forward.__doc__
        self.__name__ = name

    def __call__(self, *inputs: Any, **settings: Any) -> Any:
        """The value for arrays; the same, recorded, if one of the inputs is a Tensor."""
        if self.own is not None:
            self.own.called(inputs)
        for x in inputs:
            if type(x) is not np.ndarray and hasattr(x, "_apply"):
                return x._apply(self, *inputs, **settings)
        return self.run(*inputs, **settings)

    def run(self, *arrays: Any, **settings: Any) -> Any:
        """The value for arrays."""
        return self.compute(arrays, settings, False)[0]

    def compute(self, arrays: Any, settings: dict[str, Any], recorded: bool) -> tuple[Any, tuple[Any, ...]]:
        """The value for arrays, and what `keeps` names."""
        if self.told and recorded:
            settings["recorded"] = True
        if self.single and arrays[0].dtype is HALF:
            z = in_single(self.choose, *arrays, **settings)
        else:
            z = self.choose(*arrays, **settings)
        if self.told:
            settings.pop("recorded", None)
        if not self.keeps:
            return z, ()
        return (z[0], z[1:]) if self.outputs == 1 else (z[: self.outputs], z[self.outputs :])

    @cached_property
    def call(self) -> Function | None:
        """What runs it on a Tensor faster than `apply` does, if there is such a thing."""
        return None if Op.call_of is None else Op.call_of(self, False)

    @cached_property
    def call_keeping(self) -> Function | None:
        """The same with what it keeps."""
        return None if Op.call_of is None else Op.call_of(self, True)

    def plan(self, wanted: tuple[int, ...]) -> Plan:
        """How to go back through this op to the inputs at the positions `wanted`."""
        plan = self.plans.get(wanted)
        if plan is None:
            plan = self.plans[wanted] = self.way_back(self, wanted)
        return plan

    def differentiable(self, position: int) -> bool:
        """Has the input at `position` a rule?"""
        if self.joint is not None:
            return True
        return self.rules.get(self.inputs[position]) is not None

    def __repr__(self) -> str:
        return f"<op {self.name}({', '.join(self.inputs)})>"


@overload
def op(name: str, forward: Function, **flags_and_rules: Any) -> Op: ...


@overload
def op(name: str, **flags_and_rules: Any) -> Callable[[Function], Op]: ...


def op(name: str, forward: Function | None = None, **options: Any) -> Any:
    """Declare an op: directly, or as a decorator of its forward function.

    options    those of `Op`, and the rules, which are named d + input: dx, dy, dw

    Inputs are positional parameters of the function, settings stand behind a `*`. A gradient that comes to an input
    without a rule raises; `dindex=None` says that none goes to `index`. What else is asked of an operation that is not
    the library's stands in `own`.

    >>> double = op("double_demo", lambda x: x + x, dx=lambda dz: 2 * dz)
    >>> double.inputs, double(np.ones(2)).tolist()
    (('x',), [2.0, 2.0])
    """
    rules = {key: options.pop(key) for key in list(options) if key not in _OPTIONS}

    where = sys._getframe(1).f_globals.get("__name__", "")

    def declare(function: Function) -> Op:
        known = where.startswith(("autograd.", "nn."))
        check = None if known else importlib.import_module("autograd.declared")
        if check is not None:
            check.options(name, function, rules, sorted(_OPTIONS))
        made = Op(name, function, {key[1:]: rule for key, rule in rules.items()}, **options)
        if check is not None:
            check.declared(made, rules)
        elif where.startswith("autograd.ops."):
            registry[name] = made
        return made

    return declare if forward is None else declare(forward)


_OPTIONS = frozenset(inspect.signature(Op).parameters)


def _signature(forward: Function, rules: dict[str, Any]) -> tuple[tuple[str, ...], dict[str, Any]]:
    """Names of the positional inputs and defaults of the settings. A ufunc's inputs are named by its rules."""
    if isinstance(forward, np.ufunc):
        return tuple(rules) or ("x", "y")[: forward.nin], {}
    return parameters(forward)
