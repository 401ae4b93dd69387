"""A record: one operation that ran, and what its way back needs. And the leaves, where a walk back ends.

What refers to what decides whether memory is ever freed, so it is fixed here:

    Tensor -> Record -> records of its inputs, or Leaf          Leaf -> weak reference to its Tensor
    Tape   -> every Record not yet replayed                     Record -> arrays, shapes, numbers; never a Tensor

There is no cycle.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from types import CodeType, FrameType
from typing import Any, TypeAlias

import numpy as np

from .errors import GraphError
from .lines import outer, place, user_files

Shape: TypeAlias = tuple[int, ...]
Node: TypeAlias = "Record | Leaf"
Cotangents: TypeAlias = dict[Any, Any]
"""Node -> the cotangent collected so far: an array, a Tensor under create_graph, a list for several outputs."""

CONSUMED: Any = type("Consumed", (), {"__repr__": lambda self: "<consumed>"})()
"""Stands in `Record.saved` once the record has been replayed and its arrays have been let go."""

SECOND_BACKWARD = (
    "Trying to backward through the graph a second time (or directly access saved tensors after they have already "
    "been freed). Saved intermediate values of the graph are freed when you call .backward() or autograd.grad(). "
    "Specify retain_graph=True if you need to backward through the graph a second time"
)


class Leaf:
    """Where a walk ends: a Tensor that the user made and that requires grad."""

    __slots__ = ("__weakref__", "after", "dtype", "hooks", "shape", "tensor")

    def __init__(self, tensor: Any, shape: Shape, dtype: np.dtype[Any]) -> None:
        self.shape = shape
        self.dtype = dtype
        self.tensor = weakref.ref(tensor)
        self.hooks: dict[int, Callable[..., Any]] | None = None  # on the cotangent, before it is added to .grad
        self.after: dict[int, Callable[..., Any]] | None = None  # on the tensor, after .grad was written


class Record:
    """One operation that ran: how to push a cotangent back through it, and what that needs.

    plan     an `op.Plan`: which rules, for which inputs
    inputs   the nodes of the inputs that need a gradient: one node, or a tuple of several. They stay after replay, so
             that a later walk knows what lies behind; None once the record was rewound past or lies behind a mark
    saved    exactly what the rules asked for: one value, or a tuple; `CONSUMED` after replay
    shape    of the output;   dtype  of the output
    code, lasti   where in the user's program: resolved to file and line only when somebody asks
    """

    __slots__ = ("code", "dtype", "inputs", "lasti", "plan", "saved", "shape")
    plan: Any
    inputs: Any
    saved: Any
    shape: Shape
    dtype: np.dtype[Any]
    code: CodeType
    lasti: int

    @classmethod
    def at(cls, frame: FrameType, plan: Any, inputs: Any, saved: Any, shape: Any, dtype: np.dtype[Any]) -> Record:
        """A record of what ran in `frame`, or where the user's program has called that."""
        if frame.f_code.co_filename not in user_files:
            frame = outer(frame)
        record = cls()
        record.plan, record.inputs, record.saved = plan, inputs, saved
        record.shape, record.dtype = shape, dtype
        record.code, record.lasti = frame.f_code, frame.f_lasti
        return record

    @classmethod
    def like(cls, other: Record, plan: Any, inputs: Any, saved: Any, shape: Any, dtype: np.dtype[Any]) -> Record:
        """A record of what ran at the same place as another one."""
        record = cls()
        record.plan, record.inputs, record.saved = plan, inputs, saved
        record.shape, record.dtype = shape, dtype
        record.code, record.lasti = other.code, other.lasti
        return record

    @property
    def op(self) -> str:
        """Name of the operation."""
        return str(self.plan.name)

    @property
    def parents(self) -> tuple[Node, ...]:
        """The nodes of the inputs that need a gradient, in the order of the inputs."""
        if self.inputs is None:
            return ()
        return self.inputs if type(self.inputs) is tuple else (self.inputs,)

    @property
    def consumed(self) -> bool:
        """True once a backward has replayed this record without `retain_graph`."""
        return self.saved is CONSUMED

    @property
    def line(self) -> str:
        """The line of the program that ran the operation, as "folder/file.py:42"."""
        return place(self.code, self.lasti)

    def arrays(self) -> Iterator[np.ndarray[Any, Any]]:
        """The arrays that this record keeps alive for backward."""
        stack = [self.saved]
        while stack:
            value = stack.pop()
            if isinstance(value, np.ndarray):
                yield value
            elif isinstance(value, (tuple, list)):
                stack.extend(reversed(value))

    @property
    def nbytes(self) -> int:
        """Bytes of the arrays that this record keeps alive (an array kept by two records counts in both)."""
        return sum(array.nbytes for array in self.arrays())

    def __repr__(self) -> str:
        return f"<{self.op} {self.dtype} {self.shape} at {self.line}>"


class Mark:
    """A place on the tape, made by `Tape.mark`."""

    __slots__ = ()


def accumulate(cotangents: Cotangents, node: Any, g: Any, owned: set[Any]) -> None:
    """Add `g` to what has been collected for `node`. `Plan.step` has the same, written out.

    The first cotangent is taken as it is, by reference. The second is added out of place; the sum belongs to nobody
    else, which `owned` says, so that further ones are added into it.
    """
    held = cotangents.get(node)
    if held is None:
        cotangents[node] = g
    elif isinstance(held, np.ndarray) and isinstance(g, (np.ndarray, np.generic)):
        if node in owned:
            np.add(held, g, held)
        else:
            cotangents[node] = np.asarray(held + g)
            owned.add(node)
    else:  # Tensors, under create_graph
        cotangents[node] = held + g
        owned.discard(node)


def unreachable(node: Record) -> GraphError:
    """The error for a record that a backward must go through and cannot."""
    if node.consumed:
        return GraphError(f"{SECOND_BACKWARD}: {node.op} at {node.line} has already been replayed")
    return GraphError(
        f"backward: {node.op} at {node.line} is not on this thread's tape; run forward and backward in the same thread"
    )


def note_where(error: BaseException) -> None:
    """Add to an error that a rule has raised on the way back which operation that was, and where it ran."""
    trace, record = error.__traceback__, None
    while trace is not None:
        frame = trace.tb_frame
        if frame.f_code.co_name in ("step", "pull", "push"):
            record = frame.f_locals.get("record")
        trace = trace.tb_next
    if record is not None and record.line not in str(error) and not getattr(error, "__notes__", None):
        error.add_note(f"in the way back through {record.op}, which ran at {record.line}")
