"""The gradients of a Program, as a Program: it is run again, recorded, and walked back, and all of that captured."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..engine import cotangents_of
from ..modes import enable_grad
from ..tensors.core import Core, new_leaf, wrap
from .running import run
from .steps import leaves
from .storage import raw


def vjp_of(program: Any, captured: Callable[..., Any]) -> Any:
    """See `Program.vjp`."""
    inputs = [wrap(program.examples[slot]) for slot in program.inputs]
    with _left_alone(program):
        seeds = [wrap(np.ones_like(raw(z))) for z in _differentiable(program, inputs)]
    count = len(inputs)

    def gradients(*values: Any) -> Any:
        found, leaves_in = _run(program, values[:count])
        result = program.packed(found)
        outs = [z for z in leaves(result) if isinstance(z, Core) and z._node is not None]
        owners = [program.slots[slot].value for slot in program.sources[1]]
        arrived = cotangents_of(outs, list(values[count:]))
        to_inputs = tuple([_arrived(arrived, x) for x in leaves_in if x._node is not None])
        return result, to_inputs, tuple([_arrived(arrived, x) for x in owners])

    gradients.__name__ = f"gradients of {program.name}"
    with _left_alone(program):
        return captured(gradients, (*inputs, *seeds), open_walks=True)


def _run(program: Any, values: tuple[Any, ...]) -> tuple[list[Any], list[Any]]:
    """The values of all slots, and the inputs that they were computed from, recorded."""
    own = []
    for slot, value in zip(program.inputs, values, strict=True):
        x: Any = value.detach()
        if slot in program.sources[0]:
            new_leaf(x)
        own.append(x)
    with enable_grad():
        return run(program, own), own


def _differentiable(program: Any, inputs: list[Any]) -> list[Any]:
    found, _ = _run(program, tuple(inputs))
    return [z for z in leaves(program.packed(found)) if isinstance(z, Core) and z._node is not None]


def _arrived(cotangents: dict[Any, Any], x: Any) -> Any:
    g = cotangents.get(x._node)
    if g is None:
        return wrap(np.zeros(x.shape, x.dtype))
    return wrap(g if g.dtype == x.dtype else g.astype(x.dtype))


@contextmanager
def _left_alone(program: Any) -> Iterator[None]:
    """A block in which the program may run without leaving traces: what it writes to and draws from is put back."""
    owned = [slot.value for slot in program.slots if slot.kind == "parameter" and slot.number in program.written]
    before = [(raw(x), raw(x).copy(order="K")) for x in owned]
    now = [(generator, generator.rng.bit_generator.state) for generator, _ in program.states]
    for generator, state in program.states:
        generator.rng.bit_generator.state = state
    try:
        yield
    finally:
        for array, values in before:
            array[...] = values
        for generator, state in now:
            generator.rng.bit_generator.state = state
