"""Files of ours back, as functions on Tensors."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..errors import CheckpointError
from ..extras import extra
from ..tensors.core import wrap
from .words import WORDS


class Loaded:
    """The computation in an ONNX file: call it with Tensors or arrays.

    weights   name -> Tensor; they require a gradient where they are floating point, so it can be trained on
    inputs, outputs   their names

    `state_dict()` is that of the module that was exported, bit for bit, for `module.load_state_dict`.
    """

    def __init__(self, model: Any) -> None:
        onnx = extra("onnx", "onnx", "autograd.onnx.load")
        self.weights: dict[str, Any] = {}
        self._constants: dict[str, Any] = {}
        self._rest = {each.key: each.value for each in model.metadata_props}.get("wengert")
        if self._rest is None:
            raise CheckpointError("it was not written by autograd.onnx.export")
        named = {entry[1] for entry in json.loads(self._rest)["state"]}
        for each in model.graph.initializer:
            array = np.array(onnx.numpy_helper.to_array(each))
            if each.name in named or each.name.startswith("weight"):
                self.weights[each.name] = wrap(array).requires_grad_(array.dtype.kind == "f")
            else:
                self._constants[each.name] = wrap(array)
        self._nodes = [
            (node.op_type, [*node.input], [*node.output], dict(_attributes(onnx, node))) for node in model.graph.node
        ]
        missing = sorted({op for op, *_ in self._nodes} - WORDS.keys())
        if missing:
            raise CheckpointError(f"it has operations that are not read here: {', '.join(missing)}")
        self.inputs = [each.name for each in model.graph.input]
        self.outputs = [each.name for each in model.graph.output]

    def __call__(self, *inputs: Any) -> Any:
        """The result; a tuple, if there are several."""
        if len(inputs) != len(self.inputs):
            raise TypeError(f"wanted {len(self.inputs)} inputs, {', '.join(self.inputs)}, got {len(inputs)}")
        given = [x if hasattr(x, "requires_grad") else wrap(np.asarray(x)) for x in inputs]
        values = {"": None, **self._constants, **self.weights, **dict(zip(self.inputs, given, strict=True))}
        for op, reads, fills, attributes in self._nodes:
            found = WORDS[op]([values[name] for name in reads], attributes, len(fills))
            for name, value in zip(fills, found if isinstance(found, (list, tuple)) else [found], strict=True):
                values[name] = value
        results = tuple([values[name] for name in self.outputs])
        return results[0] if len(results) == 1 else results

    def parameters(self) -> Iterator[Any]:
        """What an optimiser moves."""
        return (weight for weight in self.weights.values() if weight.requires_grad)

    def state_dict(self) -> dict[str, Any]:
        """The state of the module that was exported, with the weights as they are now."""
        found = {}
        for name, first, dtype, shape, data in json.loads(self._rest or "{}")["state"]:
            if first is not None:
                found[name] = self.weights[first].detach()
            else:
                found[name] = wrap(np.frombuffer(base64.b64decode(data), dtype).reshape(shape).copy())
        return found

    def __repr__(self) -> str:
        return f"Loaded({len(self._nodes)} nodes, {', '.join(self.inputs)} -> {', '.join(self.outputs)})"


def _attributes(onnx: Any, node: Any) -> Iterator[tuple[str, Any]]:
    for each in node.attribute:
        value = onnx.helper.get_attribute_value(each)
        yield each.name, value.decode() if isinstance(value, bytes) else value


def load(f: str | os.PathLike[str]) -> Loaded:
    """The computation in a file that `export` wrote. Raises CheckpointError for others."""
    onnx = extra("onnx", "onnx", "autograd.onnx.load")
    try:
        model = onnx.load(os.fspath(f))
        onnx.checker.check_model(model)
        return Loaded(model)
    except OSError:
        raise
    except CheckpointError as error:
        raise CheckpointError(f"load: {os.fspath(f)}: {error}") from None
    except Exception as error:  # whatever the reader of that package stumbles over
        raise CheckpointError(f"load: {os.fspath(f)} is damaged or no ONNX file: {error}") from error
