"""How an op runs on Tensors and gets onto the tape.

Take the arrays out of the Tensors, run the op's function on them, and, if one of the Tensors needs a gradient, append a
record that holds what the rules will ask for. That is all; `fast.calls` compiles it for the ops that small programs
spend their time in.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from numpy import ndarray as Array

from ..lines import outer
from ..modes import state
from ..op import Op
from ..plan import COMPONENT
from ..records import Record
from .core import Core, array_of, get_default_dtype, node_of, note_view, wrap


def apply(op: Op, *inputs: Any, **settings: Any) -> Any:
    """Run `op` on Tensors, arrays and numbers, and record it if one of them needs a gradient.

    inputs     None stands for an input that is not there, such as a bias. Numbers and arrays are constants. Dtypes and
               shapes are not looked at: what does not fit is for the caller to refuse, or for the op
    settings   the op's, by keyword
    Returns a Tensor, or a tuple of Tensors where the op has several results.

    >>> from autograd import tensor
    >>> from autograd.ops import linalg
    >>> w = tensor([[1.0, 2.0]], requires_grad=True)
    >>> apply(linalg.linear, np.ones((3, 2), np.float32), w, None).shape
    Size([3, 1])
    """
    if op.call is not None:
        return op.call(*inputs, **settings)
    return plainly(op, *inputs, **settings)[0]


Core._apply = staticmethod(apply)


def apply_keeping(op: Op, *inputs: Any, **settings: Any) -> tuple[Any, tuple[Any, ...]]:
    """`apply`, and the arrays that the op keeps for its rules (`Op.keeps`): not to be written to.

    >>> from autograd.op import op
    >>> halves = op("halves_demo", lambda x: (np.exp(x / 2) ** 2, np.exp(x / 2)), keeps=("half",),
    ...             dx=lambda dz, half: dz * half * half)
    >>> z, (half,) = apply_keeping(halves, np.zeros(2))
    >>> z.tolist(), half.tolist()
    ([1.0, 1.0], [1.0, 1.0])
    """
    if state.interpreter is not None:
        found: tuple[Any, tuple[Any, ...]] = state.interpreter.call(op, inputs, settings, True)
        return found
    if op.call_keeping is not None:
        return op.call_keeping(*inputs, **settings)
    return plainly(op, *inputs, **settings)


def plainly(op: Op, *inputs: Any, **settings: Any) -> tuple[Any, tuple[Any, ...]]:
    """`apply_keeping`, as one reads it."""
    if state.interpreter is not None:
        found = state.interpreter.call(op, inputs, settings, False)
        return found, ()
    arrays: list[Any] = []
    nodes: list[Any] = []  # of the inputs that need a gradient
    wanted: list[int] = []  # the positions of these inputs
    foreign = False  # is there an array of the user's, who may refill it before backward?
    alike = len(op.inputs) == 1 and op.differentiable(0)  # has each of them a rule? There may be hundreds
    for index, x in enumerate(inputs):
        if isinstance(x, Core):
            arrays.append(x._array)
            node = x._node
            if node is not None and (alike or (len(op.inputs) > 1 and op.differentiable(index))):
                nodes.append(node)
                wanted.append(index)
        elif type(x) is np.ndarray:
            arrays.append(x)
            foreign = True
        else:
            arrays.append(None if x is None else array_of(x))
    if op.floating:
        arrays = [floating(array) for array in arrays]
    tape = state.tape
    recorded = tape is not None and len(nodes) > 0
    if foreign and recorded:
        for index, x in enumerate(inputs):
            if type(x) is np.ndarray:
                arrays[index] = state.home.took(arrays[index], outer(sys._getframe(1)))
    kept: tuple[Any, ...] = ()
    if op.keeps or op.single:
        z, kept = op.compute(arrays, settings, recorded)
    else:
        z = op.choose(*arrays, **settings)
    if op.outputs == 1 and type(z) is not np.ndarray:
        z = np.asarray(z)
    record = _recorded(op, arrays, nodes, wanted, z, settings, kept) if recorded else None
    if op.outputs == 1:
        out = wrap(z, record)
        if op.view:
            note_view(out, inputs[0])
        return out, kept
    outs = tuple([wrap(part) for part in z]) if record is None else outputs(record, z)
    if op.view:
        for out in outs:
            note_view(out, inputs[0])
    return outs, kept


def floating(array: Array) -> Array:
    """The array itself, or integers and truth values as the default floating dtype."""
    return array if array.dtype.kind == "f" else array.astype(get_default_dtype())


def _recorded(
    op: Op,
    arrays: list[Any],
    nodes: list[Any],
    wanted: list[int],
    z: Any,
    settings: dict[str, Any],
    kept: tuple[Any, ...] = (),
) -> Record:
    """The record of an op that computed `z` from `arrays`; those at the positions `wanted` have `nodes`."""
    plan = op.plan(tuple(wanted))
    if plan.private:
        state.home.private = True
    shape = z.shape if op.outputs == 1 else tuple([part.shape for part in z])
    dtype = z.dtype if op.outputs == 1 else z[0].dtype if z else get_default_dtype()
    saved = plan.save(arrays, z, settings, kept)
    record = Record.at(sys._getframe(2), plan, nodes[0] if len(nodes) == 1 else tuple(nodes), saved, shape, dtype)
    state.home.append(record, z, arrays, settings)
    return record


def record_call(op: Op, inputs: tuple[Any, ...], z: Array, **settings: Any) -> Record | None:
    """Record that `op` computed `z` without running it: for values that were written in place."""
    nodes = [node_of(x) for x in inputs]
    wanted = [index for index, node in enumerate(nodes) if node is not None and op.differentiable(index)]
    if not wanted or state.tape is None:
        return None
    return _recorded(op, [array_of(x) for x in inputs], [nodes[index] for index in wanted], wanted, z, settings)


def output(record: Record, index: int, count: int, z: Array) -> Record:
    """The record that takes output number `index` out of one that computed `count` of them."""
    part = Record.like(record, COMPONENT, record, (index, count), z.shape, z.dtype)
    state.home.append(part, z)
    return part


def outputs(record: Record, values: tuple[Array, ...]) -> tuple[Any, ...]:
    """Tensors for the values of a record that computed several."""
    return tuple([wrap(z, output(record, index, len(values), z)) for index, z in enumerate(values)])
