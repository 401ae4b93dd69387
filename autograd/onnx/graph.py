"""An ONNX graph under way."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray as Array

from ..errors import CaptureError
from ..extras import extra

OPSET, IR = 20, 9
"""The version of ONNX's operators that files ask for (Gelu came with it), and of the format that goes with it."""


class Graph:
    """Nodes, and the values that they read and write, by name."""

    def __init__(self) -> None:
        self.onnx = extra("onnx", "onnx", "autograd.onnx")
        self.nodes: list[Any] = []
        self.constants: dict[str, Array] = {}
        self.taken: set[str] = set()
        self.same: dict[tuple[Any, ...], str] = {}
        self.ranks: dict[str, int] = {}

    def name(self, wanted: str) -> str:
        """A name that nobody has."""
        found, number = wanted, 1
        while found in self.taken:
            number += 1
            found = f"{wanted}_{number}"
        self.taken.add(found)
        return found

    def constant(self, value: Any, dtype: Any = None, wanted: str = "constant") -> str:
        """The name of a constant array; equal ones are one."""
        array = np.ascontiguousarray(np.asarray(value, dtype)).reshape(np.shape(value))
        key = (array.dtype.str, array.shape, array.tobytes()) if array.size <= 64 else (id(value),)
        if key not in self.same:
            self.same[key] = self.name(wanted)
            self.constants[self.same[key]] = array
        return self.same[key]

    def weight(self, name: str, array: Array) -> str:
        """A weight, under its own name."""
        self.taken.add(name)
        self.constants[name] = array
        return name

    def node(self, op: str, *inputs: str | None, outputs: int = 1, **attributes: Any) -> Any:
        """Add a node; the name of what it computes, or a list of them."""
        names = [self.name(f"{op.lower()}") for _ in range(outputs)]
        given = [each or "" for each in inputs]
        while given and not given[-1]:
            given.pop()
        self.nodes.append(self.onnx.helper.make_node(op, given, names, name=names[0], **attributes))
        return names[0] if outputs == 1 else names

    def cast(self, x: str, dtype: Any) -> str:
        """`x` in another dtype."""
        return str(self.node("Cast", x, to=self.kind(dtype)))

    def kind(self, dtype: Any) -> int:
        """ONNX's number of a dtype."""
        try:
            return int(self.onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))
        except (KeyError, ValueError):
            raise CaptureError(f"export: ONNX has no dtype {dtype}") from None

    def reshape(self, x: str, shape: Any) -> str:
        """`x` in another shape."""
        return str(self.node("Reshape", x, self.constant(list(shape), np.int64)))
