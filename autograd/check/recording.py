"""One run of a function, with everything that is needed to run each of its operations again on its own."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any

import numpy as np
from numpy import ndarray as Array

from .. import engine
from ..custom import Function, _FunctionPlan
from ..modes import state
from ..plan import COMPONENT
from ..random import default_generator
from ..recompute import _CheckpointPlan
from ..records import CONSUMED, Leaf, Record
from ..tapes import Tape
from ..tensors.core import Core, new_leaf, wrap
from ..tensors.run import apply
from ..tracing import leaves_of

float64 = np.dtype(np.float64)


class OwnTape:
    """A `with` block whose operations go onto a tape of their own; the thread's stays as it is."""

    def __init__(self, tape: Tape | None = None, record: bool = True) -> None:
        self.tape = state.new_tape() if tape is None else tape
        self.record = record

    def __enter__(self) -> Tape:
        self.before = state.home, state.tape
        state.home = self.tape
        state.tape = self.tape if self.record else None
        return self.tape

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        state.home, state.tape = self.before


class Held:
    """A Tensor among the arguments of a call: its value then."""

    __slots__ = ("array",)

    def __init__(self, array: Array) -> None:
        self.array = array


def held(value: Any) -> Any:
    """A copy of what a call was given: later writes must not reach it."""
    if isinstance(value, Core):
        return Held(value._array.copy())
    if isinstance(value, np.ndarray):
        return value.copy()
    if type(value) in (tuple, list):
        return type(value)([held(part) for part in value])
    return value


def doubled(value: Any) -> Any:
    """The same in float64: arrays, dtypes, and what tuples, lists and dicts hold of them."""
    if isinstance(value, np.ndarray):
        return value.astype(float64) if value.dtype.kind == "f" else value
    if isinstance(value, np.dtype):
        return float64 if value.kind == "f" else value
    if type(value) in (tuple, list):
        return type(value)([doubled(part) for part in value])
    if type(value) is dict:
        return {key: doubled(part) for key, part in value.items()}
    return value


class Call:
    """A recorded operation with its inputs: it can be run again, and its rule applied again.

    index      position on the tape;  inside: within which other operation it ran (a checkpoint), or ""
    wanted     which of the inputs need a gradient;  names: what these are called
    inputs, settings, value   as they were
    """

    analytic = False

    def __init__(self, record: Record, value: Any, inputs: Any, settings: Any) -> None:
        self.record = record
        self.inputs = [held(x) for x in inputs]
        self.settings = {key: held(part) for key, part in (settings or {}).items()}
        self.value = held(value)
        self.index = 0
        self.inside = ""

    @property
    def op(self) -> str:
        return self.inside + self.record.op

    @property
    def line(self) -> str:
        """The line of the program that ran it, as "file.py:42"."""
        return self.record.line.rsplit("/", 1)[-1]

    @property
    def wanted(self) -> tuple[int, ...]:
        return tuple(self.record.plan.wanted)

    @property
    def names(self) -> list[str]:
        op = self.record.plan.op
        return [f"{op.inputs[0][1:]}[{i}]" if op.variadic else op.inputs[i] for i in self.wanted]

    def arrays(self) -> list[Array]:
        """The values of the inputs that need a gradient, in float64."""
        return [np.asarray(_array(self.inputs[i]), float64) for i in self.wanted]

    def run(self, arrays: Sequence[Array]) -> list[Array]:
        """The outputs for other values of these inputs. Float64 or complex."""
        inputs, settings = self._with(arrays)
        op = self.record.plan.op
        if op.name == "to" and arrays[0].dtype.kind == "c":
            return [arrays[0]]
        z = op.run(*inputs, **settings)
        return floating(z)

    def _with(self, arrays: Sequence[Array]) -> tuple[list[Any], dict[str, Any]]:
        op = self.record.plan.op
        inputs = [doubled(x) for x in self.inputs]
        for i, array in zip(self.wanted, arrays, strict=True):
            inputs[i] = array
        settings = doubled(self.settings)
        if op.anew is not None:
            changed, settings = op.anew(tuple(inputs), settings)
            inputs = list(changed)
        return inputs, settings

    def on_tensors(self, arrays: Sequence[Array]) -> tuple[list[Any], list[Any]]:
        """Run it on fresh leaves, recorded: the leaves and the floating point outputs."""
        inputs, settings = self._with(arrays)
        leaves = [leaf(inputs[i]) for i in self.wanted]
        for i, x in zip(self.wanted, leaves, strict=True):
            inputs[i] = x
        z = apply(self.record.plan.op, *inputs, **settings)
        return leaves, floating_tensors(z)

    def pull(self, arrays: Sequence[Array], weights: Sequence[Array]) -> list[Array]:
        """The gradients that the rule gives at these values."""
        with OwnTape():
            leaves, outs = self.on_tensors(arrays)
            return gradients(outs, leaves, weights)

    def pull_as_recorded(self, dz: Any) -> tuple[list[Array | None], dict[Any, Array]]:
        """What the record itself sends to each of its inputs (twice the same input counts as two), and elsewhere."""
        clone, stubs = self._clone()
        cotangents: dict[Any, Any] = {}
        with OwnTape(record=False):
            clone.plan.step(dz, clone, cotangents, set())
        sent = [cotangents.pop(stub, None) for stub in stubs]
        return sent, cotangents

    def _clone(self) -> tuple[Record, list[Leaf]]:
        record = self.record
        stubs = [stand_in(node.shape, node.dtype) for node in record.parents]
        inputs = stubs[0] if len(stubs) == 1 else tuple(stubs)
        clone = Record.like(record, record.plan, inputs, record.saved, record.shape, record.dtype)
        return clone, stubs

    def altered(self) -> bool:
        """Is the function that the rule differentiates another one than what the operation computes (`Op.anew`)?"""
        op = self.record.plan.op
        if op is None or op.anew is None:
            return False
        inputs = tuple(doubled(x) for x in self.inputs)
        changed, _ = op.anew(inputs, doubled(self.settings))
        return any(a is not b for a, b in zip(changed, inputs, strict=True))

    def repeats(self, outputs: Sequence[Array]) -> bool:
        """Is this what it gave when it was recorded?"""
        return True

    @property
    def consumed(self) -> bool:
        return self.record.saved is CONSUMED


class OpCall(Call):
    """Of an op of the table."""

    @property
    def analytic(self) -> bool:  # type: ignore[override]
        op = self.record.plan.op
        return not op.kinks

    def by(self, position: int) -> OneInput:
        """The same call with a gradient to one of its inputs: for an operation of whose rules another one raises."""
        return OneInput(self, self.wanted[position])


class OneInput(OpCall):
    """See `OpCall.by`. The record itself, whose rules give all gradients, is not looked at."""

    consumed = True

    def __init__(self, call: OpCall, index: int) -> None:
        vars(self).update(vars(call))
        self.only = index

    @property
    def wanted(self) -> tuple[int, ...]:
        return (self.only,)


class FunctionCall(Call):
    """Of a Function, or anything else that is run by calling it with Tensors."""

    random_state: Any = None  # of the generator when the operation before had run

    def __init__(self, record: Record, value: Any, inputs: Any, settings: Any) -> None:
        self._wanted = tuple(i for i, x in enumerate(inputs) if isinstance(x, Core) and x._node is not None)
        super().__init__(record, value, inputs, settings)

    @property
    def function(self) -> Callable[..., Any]:
        return self.record.plan.function.apply

    def _signature(self) -> list[str]:
        function = self.record.plan.function
        first = 0 if function.setup_context is not Function.setup_context else 1
        return _parameter_names(function.forward)[first:]

    @property
    def wanted(self) -> tuple[int, ...]:
        return self._wanted

    @property
    def names(self) -> list[str]:
        known = self._signature()
        return [known[i] if i < len(known) else f"argument {i}" for i in self.wanted]

    def repeats(self, outputs: Sequence[Array]) -> bool:
        value = _array(self.value)
        if self.random_state is None or not isinstance(value, np.ndarray) or len(outputs) != 1:
            return True
        got = outputs[0]
        return got.shape == value.shape and np.allclose(got, value, rtol=0.05, atol=0.05 * _size(value), equal_nan=True)

    def _call(self, tensors: Sequence[Any]) -> Any:
        """It draws the numbers that it drew when it was recorded."""
        now = default_generator.get_state()
        if self.random_state is not None:
            default_generator.set_state(self.random_state)
        try:
            return self._called(tensors)
        finally:
            default_generator.set_state(now)

    def _called(self, tensors: Sequence[Any]) -> Any:
        args = [wrap(doubled(x.array).copy()) if isinstance(x, Held) else x for x in self.inputs]
        for i, x in zip(self.wanted, tensors, strict=True):
            args[i] = x
        return self.function(*args, **self.settings)

    def run(self, arrays: Sequence[Array]) -> list[Array]:
        with OwnTape(record=False):
            z = self._call([wrap(x.copy()) for x in arrays])
        return floating(tuple(x._array for x in leaves_of(z) if isinstance(x, Core)))

    def on_tensors(self, arrays: Sequence[Array]) -> tuple[list[Any], list[Any]]:
        leaves = [leaf(x) for x in arrays]
        # a Function may write into its arguments, which a leaf does not allow
        return leaves, floating_tensors(self._call([x * 1.0 for x in leaves]))


def _size(x: Array) -> float:
    return float(np.abs(np.where(np.isfinite(x), x, 0)).max(initial=0))


class CheckpointCall(FunctionCall):
    """Of `checkpoint`: the function that it runs."""

    @property
    def function(self) -> Callable[..., Any]:
        return self._seeded

    def _seeded(self, *args: Any, **kwargs: Any) -> Any:
        function, _, _, random_state, _ = self.record.saved
        now = default_generator.get_state()
        if random_state is not None:
            default_generator.set_state(random_state)
        try:
            return function(*args, **kwargs)
        finally:
            default_generator.set_state(now)

    def _signature(self) -> list[str]:
        return _parameter_names(self.record.saved[0])

    def _clone(self) -> tuple[Record, list[Leaf]]:
        clone, stubs = super()._clone()
        function, args, kwargs, random_state, arrays = clone.saved
        waiting = iter(stubs)
        kept = [type(x)((x[0], next(waiting))) if i in self.wanted else x for i, x in enumerate(args)]
        clone.saved = (function, kept, kwargs, random_state, arrays)
        return clone, stubs


def _parameter_names(function: Any) -> list[str]:
    try:
        return list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return []


def _array(x: Any) -> Any:
    return x.array if isinstance(x, Held) else x


def stand_in(shape: Any, dtype: Any) -> Leaf:
    """A node for nobody's value: where cotangents of a single record end."""
    return Leaf(wrap(np.zeros((), dtype)), shape, dtype)


def leaf(array: Array) -> Any:
    """A Tensor of its own that requires grad."""
    out = wrap(np.array(array, order="C"))
    new_leaf(out)
    return out


def floating(z: Any) -> list[Array]:
    """The floating point arrays among what an op returned."""
    parts = z if isinstance(z, (tuple, list)) else (z,)
    return [array for part in parts if (array := np.asarray(part)).dtype.kind in "fc"]


def floating_tensors(z: Any) -> list[Any]:
    """The floating point Tensors in a nest."""
    return [x for x in leaves_of(z) if isinstance(x, Core) and x._array.dtype.kind == "f"]


def gradients(
    outs: Sequence[Any], leaves: Sequence[Any], weights: Sequence[Any], create_graph: bool = False, retain: bool = False
) -> list[Any]:
    """Gradients of the weighed sum of the outputs: arrays, or Tensors under create_graph; zeros for what is unused."""
    pairs = [(z, w) for z, w in zip(outs, weights, strict=True) if z._node is not None]
    if not pairs or not leaves:
        found: Any = [None] * len(leaves)
    else:
        found = engine.grad(
            [z for z, _ in pairs],
            leaves,
            [w if isinstance(w, Core) else wrap(np.array(w, z._array.dtype)) for z, w in pairs],
            retain_graph=retain or create_graph,
            create_graph=create_graph,
            allow_unused=True,
        )
    full = [wrap(np.zeros_like(x._array)) if g is None else g for g, x in zip(found, leaves, strict=True)]
    return full if create_graph else [g._array for g in full]


class Recording:
    """A run of a function: its outputs, and the calls on the way from leaves to outputs, in tape order."""

    def __init__(self, function: Callable[..., Any], args: Sequence[Any]) -> None:
        self.calls: list[Call] = []
        self._counter = 0
        self._random_state = default_generator.get_state()
        with OwnTape() as tape:
            tape.observe(self._watch)
            self.result = function(*args)
        tape.observe(None)
        self.tape = tape
        self.outputs = [x for x in leaves_of(self.result) if isinstance(x, Core) and x._array.dtype.kind == "f"]
        reached = self._reached()
        self.leaves = [node for node in reached if isinstance(node, Leaf)]
        self.calls = [call for call in self.calls if call.record in reached]
        self.calls += [inner for call in self.calls if isinstance(call, CheckpointCall) for inner in _inside(call)]
        self.calls.sort(key=lambda call: call.index)

    def _watch(self, record: Record, value: Any, inputs: Any, settings: Any) -> None:
        plan = record.plan
        if plan is COMPONENT:
            return
        kind: type[Call] = OpCall
        if isinstance(plan, _FunctionPlan):
            kind = FunctionCall
        elif plan is _CheckpointPlan:
            kind = CheckpointCall
        call = kind(record, value, inputs, settings)
        if isinstance(call, FunctionCall) and kind is FunctionCall:
            call.random_state = self._random_state
        self._random_state = default_generator.get_state()
        call.index = self._counter
        self._counter += 1
        self.calls.append(call)

    def _reached(self) -> dict[Any, None]:
        """The nodes that the outputs depend on."""
        stack = [z._node for z in self.outputs if z._node is not None]
        reached = dict.fromkeys(stack)
        while stack:
            node = stack.pop()
            if isinstance(node, Leaf):
                continue
            for parent in node.parents:
                if parent not in reached:
                    reached[parent] = None
                    stack.append(parent)
        return reached


def _inside(call: CheckpointCall) -> list[Call]:
    """The calls that a checkpointed function makes."""
    args = [
        leaf(_array(x)) if i in call.wanted else wrap(x.array) if isinstance(x, Held) else x
        for i, x in enumerate(call.inputs)
    ]
    inner = Recording(lambda *values: call.function(*values, **call.settings), args)
    for part in inner.calls:
        part.inside = f"checkpoint > {part.inside}"
        part.index = call.index
    return inner.calls
