"""The way back through an op, as one reads it: what is kept, the rules, and how what they give is added up.

A rule says by the names of its parameters what it needs. A `Plan` is made for each op and each set of inputs that need
a gradient: it keeps what the rules of these inputs ask for, and applies them when a cotangent comes back. `fast.plan`
does the same by code that is compiled for each plan; a test holds the two against each other for every op.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .broadcast import unbroadcast
from .errors import ShapeError
from .products import computed
from .records import Cotangents, Record, accumulate

Function = Callable[..., Any]

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
        return x.to(dtype)
    with np.errstate(over="ignore"):  # what does not fit into float16 is inf there, as the result of any operation
        return x.astype(dtype)


class Plan:
    """The way back through an op to the inputs at the positions `wanted`.

    rules    one per wanted input, or a single one for all if `joint`
    needs    for each rule, the names of what it asks for
    names    what is saved for them, by name, in order: input names, z, shapes, dtypes, settings, and what the op keeps
    private  for each name, may the user overwrite it after the op ran? (`Op.private`.) Empty if the op has none
    lasting  does a record keep no arrays, so that it can be replayed as often as one likes?
    """

    opaque = False  # True where backward also reaches values that are no inputs of the record: see checkpoint

    def __init__(self, op: Any, wanted: tuple[int, ...]) -> None:
        self.op = op
        self.name = op.name
        self.wanted = wanted
        self.joint = op.joint is not None
        self.variadic = op.variadic
        self.rules = [op.joint] if op.joint else [op.rules[op.inputs[index]] for index in wanted]
        self.needs = [parameters(rule) for rule in self.rules]
        self.into = {
            index: op.into[name] for index in wanted if (name := op.inputs[index * (not self.variadic)]) in op.into
        }
        asked = [*self.needs, *(parameters(rule, skip=2) for rule in self.into.values())]
        ruled = {name for need in asked for name in need}
        if op.formula is not None:  # which is run again where a derivative is recorded
            asked.append((*op.inputs, *(name for name in op.defaults if name != "recorded")))
        self.names = tuple(dict.fromkeys(name for need in asked for name in need if name != "wanted"))
        self.lasting = all(self._keeps_no_array(name) for name in self.names)
        free = {*op.private, *(name for name in op.inputs if name not in ruled)}
        self.private = tuple(name in free for name in self.names) if not free.isdisjoint(self.names) else ()

    def _keeps_no_array(self, name: str) -> bool:
        if name.endswith(("_shape", "_dtype")):
            return True
        return name in self.op.defaults and name not in self.op.arrays

    # -- what is kept

    def save(self, inputs: Any, z: Any, settings: dict[str, Any], kept: tuple[Any, ...]) -> Any:
        """What `Record.saved` holds: one value if there is one name, else a tuple."""
        values = tuple([self._value(name, inputs, z, settings, kept) for name in self.names])
        return values[0] if len(values) == 1 else values

    def _value(self, name: str, inputs: Any, z: Any, settings: dict[str, Any], kept: tuple[Any, ...]) -> Any:
        """What a rule asks for under `name`."""
        op = self.op
        known = {op.inputs[0][1:]: inputs} if self.variadic else dict(zip(op.inputs, inputs, strict=False))
        if name == "z":
            return z
        if name in known:
            return known[name]
        if name.endswith(("_shape", "_dtype")) and name[:-6] in known:
            of = known[name[:-6]]
            return tuple([x.shape for x in of]) if self.variadic else of.shape if name.endswith("shape") else of.dtype
        if name in op.keeps:
            return kept[op.keeps.index(name)]
        if name in op.defaults:
            return settings.get(name, op.defaults[name])
        raise self.unknown(name)

    def unknown(self, name: str) -> TypeError:
        """The error for a rule that asks for what there is not."""
        op = self.op
        return TypeError(
            f"op {self.name!r}: a rule asks for {name!r}, which is no input ({', '.join(op.inputs)}), no output (z), "
            f"no shape or dtype (x_shape, x_dtype), no setting ({', '.join(op.defaults)}) and not among what it keeps "
            f"({', '.join(op.keeps)})"
        )

    # -- the way back

    def step(self, dz: Any, record: Record, cotangents: Cotangents, owned: set[Any]) -> None:
        """Apply the rules to `dz` and what the record saved, and add what they give to its inputs."""
        self.pull(dz, record, record.saved, cotangents, owned)

    def pull(
        self,
        dz: Any,
        record: Record,
        saved: Any,
        cotangents: Cotangents,
        owned: set[Any],
        needed: set[int] | None = None,
        together: Any = None,
    ) -> None:
        """`step` with `saved` as arrays or Tensors, and perhaps to some inputs only: those whose node's id is `needed`.

        together   what the rules give for all inputs, if it is known already
        """
        op = self.op
        if op.outputs != 1 and not op.partial:
            dz = filled(dz, record)
        if together is None and self.joint:
            together = self.given(0, dz, saved)
            if op.own is not None:
                op.own.all(record, together)
        for position, (index, node) in enumerate(zip(self.wanted, record.parents, strict=True)):
            if needed is not None and id(node) not in needed:
                continue
            g = self.given(position, dz, saved) if together is None else together[index]
            if g is None and op.partial:
                continue
            if op.own is not None:
                g = op.own.one(record, self.input(index), g, node, dz)
            if g.shape != node.shape:
                if not op.broadcasts:
                    raise wrong_shape(record, self.input(index), g, node)
                g = unbroadcast(g, node.shape)
            accumulate(cotangents, node, g, owned)

    def input(self, index: int) -> str:
        """What the input at a position is called in messages."""
        return f"{self.op.inputs[0][1:]}[{index}]" if self.variadic else str(self.op.inputs[index])

    def push(
        self,
        dz: Any,
        record: Record,
        cotangents: Cotangents,
        owned: set[Any],
        needed: set[int] | None,
        tensor: Function,
    ) -> None:
        """`pull` of a cotangent that is a Tensor: what the record saved comes to the rules as Tensors of the graph."""
        if self.op.own is not None:
            self.op.own.twice(record)
        self.pull(dz, record, self.lift(record, tensor), cotangents, owned, needed)

    def given(self, position: int, dz: Any, saved: Any) -> Any:
        """What the rule at `position` gives for `dz`."""
        rule = self.rules[position]
        known = dict(zip(self.names, saved if len(self.names) != 1 else (saved,), strict=True), wanted=self.wanted)
        arguments = [known[name] for name in self.needs[position]]
        if self.widens(rule) and dz.dtype == HALF:
            return computed(in_single(rule, dz, *arguments))
        return computed(rule(dz, *arguments))

    def widens(self, rule: Function | None) -> bool:
        """Does float16 take the rule in single precision? Not where there is nothing to round, or only once."""
        op = self.op
        code = getattr(rule, "__code__", _PLAIN)
        return not (op.outputs != 1 or op.view or code.co_code in SIMPLE or "x_dtype" in code.co_varnames)

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


_PLAIN = (lambda dz: dz).__code__
SIMPLE = tuple(
    rule.__code__.co_code for rule in (lambda dz: dz, lambda dz: -dz, lambda dz, x: dz * x, lambda dz, x: dz / x)
)
"""Bytecode of rules that only combine their arguments, in order."""


def wrong_shape(record: Record, name: str, g: Any, node: Any) -> ShapeError:
    """The error for a rule whose cotangent does not fit its input."""
    return ShapeError(
        f"{record.op}: the rule for {name} returned a cotangent of shape {tuple(g.shape)} for an input of shape "
        f"{node.shape}{_repeated(record, name, tuple(g.shape), node.shape)}; recorded at {record.line}"
    )


def _repeated(record: Record, name: str, got: tuple[int, ...], wanted: tuple[int, ...]) -> str:
    """What to do about it where the operation has broadcast the input."""
    z, extra = record.shape, len(record.shape) - len(wanted)
    if z == wanted or type(z) is not tuple or extra < 0 or any(a not in (1, b) for a, b in zip(wanted, z[extra:])):
        return ""
    axes = [axis for axis, size in enumerate(z) if axis < extra or wanted[axis - extra] != size]
    sums = f"sum over {'axis' if len(axes) == 1 else 'axes'} {', '.join(map(str, axes))}"
    how = f": {name} was broadcast to {z}, so its gradient is the {sums} of what goes back to {z}"
    if record.plan.op.broadcasts:
        return f"{how}; the engine does it for a rule that returns {z}"
    return f"{how}; with op(..., broadcasts=True) the engine does it"


def filled(parts: list[Any], record: Record) -> tuple[Any, ...]:
    """Cotangents of an op with several outputs, with zeros for the outputs that nothing depends on."""
    shapes: Any = record.shape
    return tuple(
        np.zeros(shape, record.dtype) if part is None else part for part, shape in zip(parts, shapes, strict=True)
    )


def parameters(rule: Function | None, skip: int = 1) -> tuple[str, ...]:
    """Names of a rule's parameters after the cotangent."""
    code = getattr(rule, "__code__", None)
    if code is None:
        raise TypeError(f"a rule must be a Python function, so that its parameters can be read; got {rule!r}")
    names: tuple[str, ...] = code.co_varnames[skip : code.co_argcount + code.co_kwonlyargcount]
    return names


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
