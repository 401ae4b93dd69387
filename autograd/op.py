"""How an operation is declared, and how its rules become code.

An op is a function on arrays with one rule per input, side by side:

    mul  = op("mul", np.multiply, broadcasts=True, dx=lambda dz, y: dz * y, dy=lambda dz, x: dz * x)
    tanh = op("tanh", np.tanh, dx=lambda dz, z: dz * (1 - z * z))

A rule's parameters say what is kept for backward, and only what the rules of inputs that need a gradient ask for is
kept. After the cotangent `dz` they are inputs by name (`x`, `y`), the output (`z`), shapes (`x_shape`) or settings
(keyword-only parameters of the function). Rules are written in NumPy's functions and in other ops, never in place,
so the same rule runs on arrays in `backward()` and on Tensors under `create_graph`.

For every op and every set of inputs that need a gradient, the rules are compiled into one straight-line function
(`Plan.step`); `print(ops.mul.plan((0, 1)).source)` shows it. A loop over rules would cost half as much again per op.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache, cached_property
from textwrap import indent
from types import CodeType
from typing import Any, overload

import numpy as np

from kernels import elementwise

from .broadcast import unbroadcast
from .errors import ShapeError
from .products import FEW, Owned, Product, computed
from .tapes import Cotangents, Record, accumulate

Array = np.ndarray[Any, Any]
Function = Callable[..., Any]

registry: dict[str, Op] = {}
"""Every op by name. `tests/cases.py` has a case for each."""


HALF, SINGLE = np.dtype(np.float16), np.dtype(np.float32)


def in_single(function: Function, *inputs: Any, **settings: Any) -> Any:
    """function(*inputs, **settings) with float16 widened to float32 on the way in, and narrowed on the way out."""
    wide = [_cast(x, SINGLE) if getattr(x, "dtype", None) is HALF else x for x in inputs]
    return _narrowed(function(*wide, **settings))


def _narrowed(z: Any) -> Any:
    if isinstance(z, (tuple, list)):
        return tuple([_narrowed(part) for part in z])
    return _cast(computed(z), HALF) if getattr(z, "dtype", SINGLE) is SINGLE and z is not None else z


def _cast(x: Any, dtype: np.dtype[Any]) -> Any:
    if not isinstance(x, (np.ndarray, np.generic)):  # a Tensor
        return registry["to"](x, dtype=dtype)
    with np.errstate(over="ignore"):  # what does not fit into float16 is inf there, as the result of any operation
        return x.astype(dtype)


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
    broadcasts  the inputs are broadcast against each other; the engine undoes it on each cotangent
    floating    integer input is taken as the default floating dtype first, as PyTorch does for sin, sqrt, ...
    view        the output shares the input's memory
    kinks       has points without a derivative, or is no analytic function: the checker then avoids complex steps
    single      float16 is computed in single precision and rounded once: for functions whose intermediate results may
                not fit into float16, or would lose digits there. Of rules this holds for all that combine anything
    anew        (inputs, settings) -> the same for running `forward` on other inputs, where only part of these is
                meant, or the rule differentiates another function: used by the checker alone
    large       what to call instead of `forward` when the first input is large: the same, in threads
    private     inputs that may be overwritten after the op ran: a record that kept one is given a copy just before. For
                inputs that PyTorch, which computes the same in another way, does not keep; and for all that only the
                formula asks for
    """

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
        large: Function | None = None,
        private: tuple[str, ...] = (),
        keeps: tuple[str, ...] = (),
        formula: Function | None = None,
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
        self.large = large
        self.private = private
        self.keeps = keeps
        self.formula = formula
        self.inputs, self.defaults = _signature(forward, rules)
        self.told = "recorded" in self.defaults
        self.variadic = self.inputs[:1] != () and self.inputs[0].startswith("*")
        self.plans: dict[tuple[int, ...], Plan] = {}
        self.call: Function | None = None  # what runs it on a Tensor, if it has one input; compiled when first needed
        self.__doc__ = forward.__doc__
        self.__name__ = name

    def __call__(self, *inputs: Any, **settings: Any) -> Any:
        """The value for arrays; the same, recorded, if one of the inputs is a Tensor."""
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
            z = in_single(self.forward, *arrays, **settings)
        else:
            z = self.forward(*arrays, **settings)
        if self.told:
            settings.pop("recorded", None)
        if not self.keeps:
            return z, ()
        return (z[0], z[1:]) if self.outputs == 1 else (z[: self.outputs], z[self.outputs :])

    def plan(self, wanted: tuple[int, ...]) -> Plan:
        """How to go back through this op to the inputs at the positions `wanted`."""
        plan = self.plans.get(wanted)
        if plan is None:
            plan = self.plans[wanted] = Plan(self, wanted)
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


def op(
    name: str,
    forward: Function | None = None,
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
    large: Function | None = None,
    private: tuple[str, ...] = (),
    keeps: tuple[str, ...] = (),
    formula: Function | None = None,
    **rules: Function | None,
) -> Any:
    """Declare an op: directly, or as a decorator of its forward function. Rules are named d + input: dx, dy, dw.

    >>> double = op("double_demo", lambda x: x + x, dx=lambda dz: 2 * dz)
    >>> double.inputs, double(np.ones(2)).tolist()
    (('x',), [2.0, 2.0])
    """

    def declare(function: Function) -> Op:
        if any(not key.startswith("d") for key in rules):
            raise TypeError(f"op {name!r}: rules are named d + input, got {sorted(rules)}")
        made = Op(
            name,
            function,
            {key[1:]: rule for key, rule in rules.items()},
            joint=joint,
            into=into,
            products=products,
            broadcasts=broadcasts,
            floating=floating,
            view=view,
            kinks=kinks,
            outputs=outputs,
            single=single,
            anew=anew,
            large=large,
            private=private,
            keeps=keeps,
            formula=formula,
        )
        unknown = [key for key in made.rules if key not in made.inputs]
        if unknown:
            raise TypeError(f"op {name!r}: rules for {unknown}, but its inputs are {made.inputs}")
        registry[name] = made
        return made

    return declare if forward is None else declare(forward)


def _signature(forward: Function, rules: dict[str, Any]) -> tuple[tuple[str, ...], dict[str, Any]]:
    """Names of the positional inputs and defaults of the settings. A ufunc's inputs are named by its rules."""
    if isinstance(forward, np.ufunc):
        return tuple(rules) or ("x", "y")[: forward.nin], {}
    inputs, defaults = [], {}
    for parameter in inspect.signature(forward).parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY:
            defaults[parameter.name] = parameter.default
        elif parameter.kind is parameter.VAR_POSITIONAL:
            inputs.append("*" + parameter.name)
        else:
            inputs.append(parameter.name)
    return tuple(inputs), defaults


# ------------------------------------------------------------------------------------------- rules become code


class Plan:
    """The way back through an op to the inputs at the positions `wanted`.

    names    what is saved, by name, in order
    save     (inputs, z, settings, kept) -> what `Record.saved` holds: one value if there is one name, else a tuple
    step     (dz, record, cotangents, owned): runs the rules and adds the results up
    pulls    one function (dz, saved) -> cotangent per wanted input; a single one that returns a tuple if `joint`
    source   the text that `step` is compiled from

    All functions are compiled when they are first called: a program uses few of the ops that it imports.
    """

    save: Function
    step: Function
    opaque = False  # True where backward also reaches values that are no inputs of the record: see checkpoint
    private: tuple[bool, ...]  # for each name, is it one of `Op.private`? Empty if the op has none
    lasting: bool  # does a record keep no arrays, so that it can be replayed as often as one likes?

    def __init__(self, op: Op, wanted: tuple[int, ...]) -> None:
        self.op = op
        self.name = op.name
        self.wanted = wanted
        self.joint = op.joint is not None
        self.variadic = op.variadic
        self.rules = [op.joint] if op.joint else [op.rules[op.inputs[index]] for index in wanted]
        self.needs = [_parameters(rule) for rule in self.rules]
        self.into = {
            index: op.into[name] for index in wanted if (name := op.inputs[index * (not self.variadic)]) in op.into
        }
        asked = [*self.needs, *(_parameters(rule, skip=2) for rule in self.into.values())]
        ruled = {name for need in asked for name in need}
        if op.formula is not None:  # which is run again where a derivative is recorded
            asked.append((*op.inputs, *(name for name in op.defaults if name != "recorded")))
        self.names = tuple(dict.fromkeys(name for need in asked for name in need if name != "wanted"))
        self.lasting = all(self._keeps_no_array(name) for name in self.names)
        free = {*op.private, *(name for name in op.inputs if name not in ruled)}
        self.private = tuple(name in free for name in self.names) if not free.isdisjoint(self.names) else ()
        self.save, self.step = self._first_save, self._first_step

    def _keeps_no_array(self, name: str) -> bool:
        if name.endswith(("_shape", "_dtype")):
            return True
        return name in self.op.defaults and name not in _ARRAY_SETTINGS

    def _first_save(self, inputs: Any, z: Any, settings: dict[str, Any], kept: tuple[Any, ...]) -> Any:
        text = f"save = lambda inputs, z, settings, kept: {self.saved_text(self._inputs_text())}"
        self.save = _run(text, {"defaults": self.op.defaults})["save"]
        return self.save(inputs, z, settings, kept)

    def _first_step(self, dz: Any, record: Record, cotangents: Cotangents, owned: set[Any]) -> None:
        many = self.variadic and self.joint and len(self.wanted) > 8
        self.step = self._step_of_many if many else _run(self.source, self._scope())["step"]
        self.step(dz, record, cotangents, owned)

    def _step_of_many(self, dz: Any, record: Record, cotangents: Cotangents, owned: set[Any]) -> None:
        """`step` as a loop: compiling a text per number of inputs would cost more than it saves."""
        parts = self.pulls[0](dz, record.saved)
        for index, node in zip(self.wanted, record.parents, strict=True):
            g = parts[index]
            if g.shape != node.shape:
                raise wrong_shape(record, f"{self.op.inputs[0][1:]}[{index}]", g, node)
            accumulate(cotangents, node, g, owned)

    @cached_property
    def pulls(self) -> tuple[Function, ...]:
        return tuple(self._compile_pull(rule, need) for rule, need in zip(self.rules, self.needs, strict=True))

    def expression(self, name: str, inputs: dict[str, str], z: str, settings: str) -> str:
        """Python text for the value that a rule asks for under `name`, given the text of what it is taken from."""
        if name == "z":
            return z
        if name in inputs:
            return inputs[name]
        if name.endswith("_shape") and name[:-6] in inputs:
            if self.variadic:
                return f"tuple([x.shape for x in {inputs[name[:-6]]}])"
            return f"{inputs[name[:-6]]}.shape"
        if name.endswith("_dtype") and name[:-6] in inputs:
            return f"{inputs[name[:-6]]}.dtype"
        if name in self.op.keeps:
            return f"kept[{self.op.keeps.index(name)}]"
        if name in self.op.defaults:
            return f"{settings}.get({name!r}, defaults[{name!r}])"
        raise TypeError(
            f"op {self.name!r}: a rule asks for {name!r}, which is no input ({', '.join(self.op.inputs)}), no output "
            f"(z), no shape or dtype (x_shape, x_dtype), no setting ({', '.join(self.op.defaults)}) and not among what "
            f"it keeps ({', '.join(self.op.keeps)})"
        )

    def saved_text(self, inputs: dict[str, str], z: str = "z", settings: str = "settings") -> str:
        """Python text that builds `Record.saved`."""
        parts = [self.expression(name, inputs, z, settings) for name in self.names]
        return parts[0] if len(parts) == 1 else "(" + "".join(part + ", " for part in parts) + ")"

    def _inputs_text(self) -> dict[str, str]:
        if self.variadic:
            return {self.op.inputs[0][1:]: "inputs"}
        return {name: f"inputs[{index}]" for index, name in enumerate(self.op.inputs)}

    def _compile_pull(self, rule: Function | None, need: tuple[str, ...]) -> Function:
        value = f"rule(dz{self._arguments(need)})"
        if self.widens(rule):
            value = f"({value} if dz.dtype != HALF else in_single(rule, dz{self._arguments(need)}))"
        if self.op.products:
            value = f"computed({value})"
        text = f"def pull(dz, saved):\n{self._unpack()}    return {value}\n"
        scope = {"rule": rule, "wanted": self.wanted, "computed": computed, "HALF": HALF, "in_single": in_single}
        return _run(text, scope)["pull"]  # type: ignore[no-any-return]

    def widens(self, rule: Function | None) -> bool:
        """Does float16 take the rule in single precision? Not where there is nothing to round, or only once."""
        op = self.op
        code = getattr(rule, "__code__", _PLAIN)
        return not (op.outputs != 1 or op.view or code.co_code in _WRITTEN_OUT or "x_dtype" in code.co_varnames)

    def _unpack(self) -> str:
        return f"    {', '.join(self.names)} = saved\n" if self.names else ""

    def _arguments(self, need: tuple[str, ...]) -> str:
        return "".join(f", {name}" for name in need)

    def _scope(self) -> dict[str, Any]:
        scope = dict(_STEP_SCOPE, wanted=self.wanted, rule=self.rules[0])
        for position, index in enumerate(self.wanted):
            scope[f"dn{index}"] = None if self.joint else self.rules[position]
            scope[f"into_n{index}"] = self.into.get(index)
        return scope

    @cached_property
    def source(self) -> str:
        op = self.op
        nodes = [f"n{index}" for index in self.wanted]
        lines = [f"{', '.join(nodes)} = record.inputs"]
        if self.names:
            lines.append(f"{', '.join(self.names)} = record.saved")
        if op.broadcasts:
            lines.append("shape = record.shape")
        if op.outputs != 1:
            lines.append("dz = filled(dz, record)")
        if self.joint:
            arguments = f"dz{self._arguments(self.needs[0])}"
            if self.widens(self.rules[0]):
                lines.append(f"cotangent = rule({arguments}) if dz.dtype is not HALF else in_single(rule, {arguments})")
            else:
                lines.append(f"cotangent = rule({arguments})")
        for position, (index, node) in enumerate(zip(self.wanted, nodes, strict=True)):
            if index in self.into:
                need = _parameters(self.into[index], skip=2)
                lines += _INTO.format(n=node, arguments=self._arguments(need)).splitlines()
                continue
            if self.joint:
                lines.append(f"g = cotangent[{index}]")
            else:
                call = _call(f"d{node}", self.rules[position], self.needs[position])
                if self.widens(self.rules[position]):
                    wide = f"in_single(d{node}, dz{self._arguments(self.needs[position])})"
                    call = f"{call} if dz.dtype is not HALF else {wide}"
                lines.append(f"g = {call}")
            name = f"{op.inputs[0][1:]}[{index}]" if self.variadic else op.inputs[index]
            fit = _FIT if op.broadcasts else _CHECK
            text = fit + _ACCUMULATE
            if op.products and op.inputs[index] in op.products:
                text = _PRODUCT + indent(text, "    ")
            lines += text.format(n=node, name=repr(name)).splitlines()
        return "def step(dz, record, cotangents, owned):\n" + "".join(f"    {line}\n" for line in lines)

    def lift(self, record: Record, tensor: Function) -> Any:
        """`record.saved` with inputs and output as Tensors of the graph, made by tensor(array, node)."""
        saved = (record.saved,) if len(self.names) == 1 else record.saved
        nodes = dict(zip(self.wanted, record.parents, strict=True))

        def lifted(name: str, value: Any) -> Any:
            if name == "z":  # several outputs stay arrays: a rule that needs them as Tensors computes them again
                return tensor(value, record) if self.op.outputs == 1 else value
            if self.variadic and name == self.op.inputs[0][1:]:
                return tuple(tensor(x, nodes[i]) if i in nodes else x for i, x in enumerate(value))
            if name in self.op.inputs:
                index = self.op.inputs.index(name)
                return tensor(value, nodes[index]) if index in nodes else value
            return value

        values = tuple(lifted(name, value) for name, value in zip(self.names, saved, strict=True))
        return values[0] if len(values) == 1 else values


_ARRAY_SETTINGS = frozenset(("mask", "counts", "place", "target", "share", "total"))
"""Settings that are arrays, or hold some, which a record should let go when it was replayed."""


def _call(name: str, rule: Any, need: tuple[str, ...]) -> str:
    """Python text that applies a rule; the commonest rules are written out, which saves a call."""
    template = _WRITTEN_OUT.get(rule.__code__.co_code)
    if template is not None and len(need) == template.count("{") - 1:
        return template.format("dz", *need)
    return f"{name}(dz{''.join(f', {part}' for part in need)})"


_WRITTEN_OUT = {
    (lambda dz: dz).__code__.co_code: "{0}",
    (lambda dz: -dz).__code__.co_code: "negative({0})",
    (lambda dz, x: dz * x).__code__.co_code: "(multiply if dz.size < LARGE else large_multiply)({0}, {1})",
    (lambda dz, x: dz / x).__code__.co_code: "(divide if dz.size < LARGE else large_divide)({0}, {1})",
}
"""Bytecode of a rule that only combines its arguments in order -> the same on arrays."""


_PLAIN = (lambda dz: dz).__code__


_FIT = """\
if shape != {n}.shape:
    g = unbroadcast(g, {n}.shape)
"""
_CHECK = """\
if g.shape != {n}.shape:
    raise wrong_shape(record, {name}, g, {n})
"""
_PRODUCT = """\
waits = owned.__class__ is Owned and g.__class__ is Product and {n} in cotangents and {n}.__class__ is not Record
if waits and len(g.left) < FEW:
    owned.wait({n}, g, cotangents)
else:
    g = computed(g)
"""
_ACCUMULATE = """\
if {n} in cotangents:
    if {n} in owned:
        total = cotangents[{n}]
        add(total, g, total)
    else:
        cotangents[{n}] = asarray(cotangents[{n}] + g)
        owned.add({n})
else:
    cotangents[{n}] = g
"""
_INTO = """\
if {n} not in owned:
    cotangents[{n}] = array(cotangents[{n}]) if {n} in cotangents else zeros({n}.shape, dz.dtype)
    owned.add({n})
into_{n}(cotangents[{n}], dz{arguments})
"""


def wrong_shape(record: Record, name: str, g: Any, node: Any) -> ShapeError:
    """The error for a rule whose cotangent does not fit its input."""
    return ShapeError(
        f"{record.op}: the rule for {name} returned a cotangent of shape {g.shape} for an input of shape {node.shape}; "
        f"recorded at {record.line}"
    )


def filled(parts: list[Any], record: Record) -> tuple[Any, ...]:
    """Cotangents of an op with several outputs, with zeros for the outputs that nothing depends on."""
    shapes: Any = record.shape
    return tuple(
        np.zeros(shape, record.dtype) if part is None else part for part, shape in zip(parts, shapes, strict=True)
    )


_STEP_SCOPE: dict[str, Any] = {
    "add": np.add,
    "__name__": __name__,  # whom warnings are attributed to
    "array": np.array,
    "asarray": np.asarray,
    "computed": computed,
    "divide": np.divide,
    "FEW": FEW,
    "HALF": HALF,
    "Owned": Owned,
    "Product": Product,
    "Record": Record,
    "filled": filled,
    "in_single": in_single,
    "LARGE": elementwise.LARGE,
    "large_divide": elementwise.divide,
    "large_multiply": elementwise.multiply,
    "multiply": np.multiply,
    "negative": np.negative,
    "unbroadcast": unbroadcast,
    "wrong_shape": wrong_shape,
    "zeros": np.zeros,
}


def _parameters(rule: Function | None, skip: int = 1) -> tuple[str, ...]:
    """Names of a rule's parameters after the cotangent."""
    code = getattr(rule, "__code__", None)
    if code is None:
        raise TypeError(f"a rule must be a Python function, so that its parameters can be read; got {rule!r}")
    names: tuple[str, ...] = code.co_varnames[skip : code.co_argcount + code.co_kwonlyargcount]
    return names


@cache
def compiled(text: str, name: str) -> CodeType:
    """Compiled once per text: most ops share a handful of patterns."""
    return compile(text, name, "exec")


def _run(text: str, scope: dict[str, Any]) -> dict[str, Any]:
    exec(compiled(text, "<op rules>"), scope)
    return scope


class Component:
    """Plan of the record that takes output number `saved[0]` out of a record with several outputs."""

    name = "output"
    op = None
    joint = False
    opaque = False
    lasting = True
    private = ()
    wanted = (0,)
    names = ("index", "count")

    @staticmethod
    def step(dz: Any, record: Record, cotangents: Cotangents, owned: set[Any]) -> None:
        index, count = record.saved
        parts = cotangents.get(record.inputs)
        if parts is None:  # no setdefault: it would make the list again for each of the outputs
            parts = cotangents[record.inputs] = [None] * count
        parts[index] = dz


COMPONENT = Component()
