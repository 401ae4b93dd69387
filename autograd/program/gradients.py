"""The gradients of a Program, as a Program: it is run again, recorded, and walked back, and all of that captured."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..engine import cotangents_of
from ..modes import enable_grad, state
from ..tensors.core import Core, new_leaf, wrap
from .running import run
from .steps import leaves
from .storage import plain, raw


def vjp_of(program: Any, captured: Callable[..., Any], formulas: frozenset[str] = frozenset()) -> Any:
    """See `Program.vjp`. The operations of the names in `formulas` are replaced by their formulas."""
    inputs = [wrap(program.examples[slot]) for slot in program.inputs]
    with left_alone(program):
        seeds = [wrap(np.ones_like(plain(z))) for z in _differentiable(program, inputs, formulas)]
    count = len(inputs)

    turns: list[Any] = []

    def gradients(*values: Any) -> Any:
        found, leaves_in = _run(program, values[:count], formulas)
        result = program.packed(found)
        tensors = [z for z in leaves(result) if isinstance(z, Core)]
        turns.append((list(state.capture.steps), [state.capture.slot_of_tensor(z) for z in tensors]))
        outs = [z for z in leaves(result) if isinstance(z, Core) and z._node is not None]
        owners = [program.slots[slot].value for slot in program.sources[1]]
        arrived = cotangents_of(outs, list(values[count:]))
        to_inputs = tuple([_arrived(arrived, x) for x in leaves_in if x._node is not None])
        return result, to_inputs, tuple([_arrived(arrived, x) for x in owners])

    gradients.__name__ = f"gradients of {program.name}"
    with left_alone(program):
        made = captured(gradients, (*inputs, *seeds), open_walks=True)
    before, slots = turns[0]
    kept = {id(step) for step in before}
    made.turn = sum(id(step) in kept for step in made.steps)
    made.loss = slots[0] if len(slots) == 1 and not made.slots[slots[0]].shape else None
    made.names = program.names
    made.given = count
    given = [slot for slot in slots if made.slots[slot].tracked]
    made.results_of = tuple(given)
    made.argument_names = [*program.argument_names, *[f"d_{_short(made, slot)}" for slot in given]]
    return made


def _run(program: Any, values: tuple[Any, ...], formulas: frozenset[str]) -> tuple[list[Any], list[Any]]:
    """The values of all slots, and the inputs that they were computed from, recorded."""
    own = []
    for slot, value in zip(program.inputs, values, strict=True):
        x: Any = value.detach()
        if slot in program.sources[0]:
            new_leaf(x)
        own.append(x)
    with enable_grad():
        return run(program, own, formulas), own


def _differentiable(program: Any, inputs: list[Any], formulas: frozenset[str]) -> list[Any]:
    found, _ = _run(program, tuple(inputs), formulas)
    return [z for z in leaves(program.packed(found)) if isinstance(z, Core) and z._node is not None]


def _short(made: Any, slot: int) -> str:
    return "loss" if slot == made.loss else "out"


def _arrived(cotangents: dict[Any, Any], x: Any) -> Any:
    g = cotangents.get(x._node)
    if g is None:
        return wrap(np.zeros(x.shape, x.dtype))
    return wrap(g if g.dtype == x.dtype else g.astype(x.dtype))


@contextmanager
def left_alone(program: Any) -> Iterator[None]:
    """A block in which the program may run without leaving traces: what it writes to and draws from is put back."""
    owned = [slot.value for slot in program.slots if slot.kind == "parameter" and slot.number in program.written]
    before = [(raw(x), raw(x).copy(order="K")) for x in owned]
    now = [(generator, generator.rng.bit_generator.state) for generator, _ in program.states]
    for generator, then in program.states:
        generator.rng.bit_generator.state = then
    try:
        yield
    finally:
        for array, values in before:
            array[...] = values
        for generator, then in now:
            generator.rng.bit_generator.state = then
