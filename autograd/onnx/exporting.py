"""From a function to a file, by way of its Program."""

from __future__ import annotations

import base64
import importlib.util
import json
import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..errors import CaptureError, SettingError
from ..extras import extra
from ..modes import no_grad
from ..op import Op
from ..program.operations import NumPyCall, Rewrite
from ..program.program import capture
from ..program.running import run
from ..program.steps import Hole
from ..tensors.core import Core, array_of
from . import layers as layers
from . import shapes as shapes
from .graph import IR, OPSET, Graph
from .nodes import WRITERS, Site

INDEXED = frozenset({"embedding", "nll", "cross_entropy"})
"""Operations with a setting that holds indices."""
EXPANDED = frozenset({"lstm", "gru", "rnn", "lstm_cell", "gru_cell", "rnn_cell", "batch_norm_relu"})


def export(
    model: Callable[..., Any],
    args: Any,
    f: str | os.PathLike[str],
    *,
    input_names: Sequence[str] | None = None,
    output_names: Sequence[str] | None = None,
    check: bool = True,
    tolerance: float = 1e-4,
) -> None:
    """Write what `model(*args)` computes to an ONNX file.

    model          a module, in evaluation mode, or another function of Tensors
    args           an example of its argument, or a tuple of several; the file takes inputs of these shapes
    check          where onnxruntime is installed, run the file on the example, and raise CaptureError if a result is
                   off by more than `tolerance` of its largest value

    Weights have their names of `state_dict` in the file. Raises CaptureError, naming it, for an operation that has no
    word in ONNX, and for Python that has decided by the value of an input.
    """
    onnx = extra("onnx", "onnx", "autograd.onnx.export")
    if not callable(model):
        raise SettingError(f"export: wanted a module or a function, got {type(model).__name__}")
    training = [name or "the model" for name, m in _modules(model) if m.training and _differs(m)]
    if training:
        raise SettingError(f"export: {training[0]} is in training mode: call model.eval() first")
    examples = args if isinstance(args, tuple) else (args,)
    with no_grad():
        program = capture(model, *examples)
        inside = {step.name for step in program.steps if isinstance(step.op, Op) and step.op.formula is not None}
        expanded = frozenset(name for name in inside if name in EXPANDED or name not in WRITERS)
        if expanded:
            whole = program
            program = capture(lambda *xs: whole.packed(run(whole, whole.bound(xs), expanded)), *examples)
    writing = _Writing(program, examples, dict(_tensors(model)), list(_saved(model)))
    made = writing.model(input_names, output_names)
    onnx.checker.check_model(made)
    if check:
        _compare(made, program, examples, tolerance)
    data = made.SerializeToString()
    path = os.fspath(f)
    with open(f"{path}.part", "wb") as file:
        file.write(data)
    os.replace(f"{path}.part", path)


def _modules(model: Any) -> Any:
    return model.named_modules() if hasattr(model, "named_modules") else ()


def _differs(module: Any) -> bool:
    """Does it compute something else in training?"""
    return "Dropout" in type(module).__name__ or "BatchNorm" in type(module).__name__


def _saved(model: Any) -> Any:
    """Names in a module's state_dict, in order."""
    return model.state_dict() if hasattr(model, "state_dict") else ()


def _tensors(model: Any) -> Any:
    """Names and Tensors of a module's parameters and buffers; of any other function, none."""
    for ways in ("named_parameters", "named_buffers"):
        if hasattr(model, ways):
            yield from getattr(model, ways)(remove_duplicate=False)


def _settled(program: Any) -> set[int]:
    """Slots that hang on constants alone, such as a mask that is made from a length: their values go into the file."""
    constants = {slot.number for slot in program.slots if slot.kind == "constant"}
    found = set(constants)
    for step in program.steps:
        if type(step.op).__name__ != "Draw" and not step.writes and found.issuperset(step.reads):
            found.update(step.fills)
    written = {step.inputs[position] for step in program.steps for position in step.writes}
    return set() if written & found else found - constants  # what is written to may be seen in others


class _Writing:
    """A program on its way to a graph."""

    def __init__(self, program: Any, examples: tuple[Any, ...], state: dict[str, Any], saved: list[str]) -> None:
        self.program, self.state, self.saved = program, state, saved
        self.g = Graph()
        self.made_by = {filled: step for step in program.steps for filled in step.fills}
        self.settled = _settled(program)
        if self.settled:
            with no_grad():
                self.values = program.trace(*examples)
        self.names: dict[int, str] = {}  # slot -> name in the graph
        self.used: dict[str, Any] = {}

    def model(self, input_names: Any, output_names: Any) -> Any:
        """The finished file, as onnx has it."""
        g, program, helper = self.g, self.program, self.g.onnx.helper
        needed = self._needed()
        self._check_guards()
        names = [*(input_names or [f"input_{n}" if n else "input" for n in range(len(program.inputs))])]
        if len(names) != len(program.inputs):
            raise SettingError(f"export: got {len(names)} input_names for {len(program.inputs)} inputs")
        for slot, name in zip(program.inputs, names, strict=True):
            self.names[slot] = g.name(name)
        for number, step in enumerate(program.steps):
            if number in needed:
                self._step(step)
        wanted = [*(output_names or [f"output_{n}" if n else "output" for n in range(len(program.outputs))])]
        if len(wanted) != len(program.outputs):
            raise SettingError(f"export: got {len(wanted)} output_names for {len(program.outputs)} results")
        outputs = []
        for slot, name in zip(program.outputs, wanted, strict=True):
            outputs.append(g.name(name))
            g.nodes.append(helper.make_node("Identity", [self._name(slot)], [outputs[-1]], name=outputs[-1]))
        ends = [
            [helper.make_tensor_value_info(name, g.kind(program.slots[slot].dtype), program.slots[slot].shape)
             for slot, name in zip(slots, named, strict=True)]
            for slots, named in ((program.inputs, names), (program.outputs, outputs))
        ]  # fmt: skip
        constants = [g.onnx.numpy_helper.from_array(array, name) for name, array in g.constants.items()]
        graph = helper.make_graph(g.nodes, program.name or "function", ends[0], ends[1], constants)
        made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="wengert")
        made.ir_version = IR
        helper.set_model_props(made, {"wengert": json.dumps(self._rest())})
        return made

    def _rest(self) -> dict[str, Any]:
        """What the state has beside the weights that are computed with: names in order, second names, and the rest."""
        entries = []
        for name in self.saved:
            tensor = self.state[name]
            array = array_of(tensor)
            first = next((each for each, used in self.used.items() if used is tensor), None)
            data = base64.b64encode(array.tobytes()).decode() if first is None else ""
            entries.append([name, first, array.dtype.str, list(array.shape), data])
        return {"state": entries}

    def _needed(self) -> set[int]:
        """Numbers of the steps that results hang on, and that are not of constants alone."""
        wanted, found = set(self.program.outputs), set()
        for number in range(len(self.program.steps) - 1, -1, -1):
            step = self.program.steps[number]
            written = {step.inputs[position] for position in step.writes}
            if wanted & ({*step.fills} | written) - self.settled:
                found.add(number)
                wanted |= {*step.reads}
        return found

    def _check_guards(self) -> None:
        """Only the library may have asked for values: whether indices are within bounds."""
        for guard in self.program.guards:
            if not self._is_bound(guard.slot):
                raise CaptureError(
                    f"export: {guard.line} asks for a value ({guard.how}), and Python may have decided by it: a file "
                    "holds one way only"
                )

    def _is_bound(self, slot: int) -> bool:
        """Is a value a constant; or the smallest or largest of some indices, or a comparison of it with a number?"""
        looked = {step.inputs[hole.position] for step in self.program.steps if step.name in INDEXED
                  for hole in step.settings.values() if isinstance(hole, Hole)}  # fmt: skip
        looked |= {step.inputs[1] for step in self.program.steps if step.name == "take_along"}
        if slot in self.settled:
            return True
        while slot in self.made_by and slot not in looked:
            step = self.made_by[slot]
            if not isinstance(step.op, NumPyCall) or len(step.reads) != 1 or step.reads[0] == slot:
                return False
            slot = step.reads[0]
        found = self.program.slots[slot]
        return found.kind == "constant" or (slot in looked and found.dtype.kind in "iu")

    def _name(self, slot: int) -> str:
        """The name of a slot; parameters and constants come into the graph when they are first asked for."""
        if slot not in self.names:
            found = self.program.slots[slot]
            if found.kind == "parameter":
                name = next((name for name, each in self.state.items() if each is found.value), None)
                if name is not None:
                    self.used[name] = found.value
                self.names[slot] = self.g.weight(name or self.g.name("weight"), array_of(found.value).copy(order="C"))
            elif found.kind == "constant" or slot in self.settled:
                self.names[slot] = self.g.constant(self._constant(slot))
            else:
                raise CaptureError(f"export: the value of slot {slot} is not known")
        return self.names[slot]

    def _step(self, step: Any) -> None:
        if type(step.op) is Rewrite and "index" not in step.settings and len(step.inputs) == 2:
            target, value = step.inputs
            self._check_views(step, target)
            self.names[target] = self._name(value)
            return
        write = WRITERS.get(step.name)
        if write is None:
            kind = "draws random numbers" if type(step.op).__name__ == "Draw" else "has no word in ONNX"
            where = f" at {step.lines[0]}" if step.places else ""
            raise CaptureError(f"export: the operation {step.name}{where} {kind}")
        slots = self.program.slots
        results = step.outputs or tuple({step.inputs[position] for position in step.writes})
        if not step.outputs:  # NumPy with out=...
            self._check_views(step, results[0])
        out = slots[results[0]]
        site = Site(
            step.name,
            [None if slot is None else self._name(slot) for slot in step.operands],
            [None if slot is None else slots[slot].shape for slot in step.operands],
            [None if slot is None else slots[slot].dtype for slot in step.operands],
            step.settings,
            out.shape,
            out.dtype,
            lambda value: self._array(step, value),
            lambda value: self._named(step, value),
        )
        found = write(self.g, site)
        for slot, name in zip(results, [found] if isinstance(found, str) else found, strict=True):
            self.names[slot] = name

    def _check_views(self, step: Any, target: int) -> None:
        """A value that is overwritten may be seen elsewhere, too: in parts of it, and in what it is a part of."""
        views = ("reshape", "transpose", "getitem", "split", "unbind", "expand", "detach", "diagonal")
        for other in self.program.steps:
            if other.name in views and (target in other.reads or target in other.outputs):
                raise CaptureError(f"export: {step.name} at {step.lines[0]} writes to a part of another Tensor")

    def _named(self, step: Any, value: Any) -> str:
        if isinstance(value, Hole):
            return self._name(step.inputs[value.position])
        return self.g.constant(value)

    def _array(self, step: Any, value: Any) -> Any:
        if not isinstance(value, Hole):
            return value
        slot = step.inputs[value.position]
        if self.program.slots[slot].kind != "constant" and slot not in self.settled:
            raise CaptureError(f"export: {step.name} at {step.lines[0]} has a setting that is computed")
        return self._constant(slot)

    def _constant(self, slot: int) -> Any:
        if self.program.slots[slot].kind == "constant":
            return self.program.slots[slot].value
        value = self.values[slot]
        return array_of(value) if isinstance(value, Core) else np.asarray(value)


def _compare(made: Any, program: Any, examples: tuple[Any, ...], tolerance: float) -> None:
    """Let onnxruntime run the file, where it is installed."""
    if importlib.util.find_spec("onnxruntime") is None:
        return
    onnxruntime = extra("onnxruntime", "onnx", "autograd.onnx.export")
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(made.SerializeToString(), options, providers=["CPUExecutionProvider"])
    bound = program.bound(examples)
    with no_grad():
        values = program.trace(*examples)
    given = {each.name: np.ascontiguousarray(array_of(x)) for each, x in zip(session.get_inputs(), bound, strict=True)}
    for slot, found in zip(program.outputs, session.run(None, given), strict=True):
        wanted = array_of(values[slot]) if isinstance(values[slot], Core) else np.asarray(values[slot])
        if found.shape != wanted.shape:
            raise CaptureError(
                f"export: onnxruntime computes the shape {found.shape} from this file, not {wanted.shape}"
            )
        off = np.abs(found.astype(np.float64) - wanted).max(initial=0.0)
        if not off <= 1e-6 + tolerance * np.abs(wanted.astype(np.float64)).max(initial=0.0):
            raise CaptureError(f"export: onnxruntime computes something else from this file: it is off by {off:.2g}")
