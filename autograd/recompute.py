"""`checkpoint`: keep the arguments of a call, and run it again when its gradient is asked for."""

from __future__ import annotations

import functools
import importlib
import inspect
import sys
from collections.abc import Callable
from typing import Any

from .custom import Context, record_outputs
from .engine import push
from .modes import state
from .random import default_generator
from .records import Cotangents, Record, accumulate
from .tensors.core import Core, float32, node_of, wrap


class _CheckpointPlan:
    """Plan of a checkpointed call: runs it again, recording, and replays that."""

    op = None
    joint = False
    opaque = True  # parameters that the function reaches by itself are no inputs of the record
    lasting = False
    private = ()
    names = ()
    name = "checkpoint"

    @staticmethod
    def step(dz: Any, record: Record, cotangents: Cotangents, owned: set[Any]) -> None:
        function, args, kwargs, random_state, _ = record.saved
        inputs = [wrap(x[0], x[1]) if type(x) is _Kept else x for x in args]
        tape = state.home
        now = default_generator.get_state()
        if random_state is not None:
            default_generator.set_state(random_state)
        before, state.tape = state.tape, tape
        mark = tape.mark()
        try:
            outputs = function(*inputs, **kwargs)
        finally:
            state.tape = before
            if random_state is not None:
                default_generator.set_state(now)
        parts = dz if isinstance(dz, list) else [dz]
        outs = outputs if isinstance(outputs, (tuple, list)) else [outputs]
        seeds: Cotangents = {}
        for z, part in zip([z for z in outs if isinstance(z, Core)], parts, strict=True):
            if part is not None and z._node is not None:
                seeds[z._node] = seeds[z._node] + part if z._node in seeds else part
        graph = any(isinstance(part, Core) for part in parts)
        tape.replay(seeds, retain=graph, until=mark, step=push if graph else None)
        tape.records.remove(mark)
        for node, g in seeds.items():
            accumulate(cotangents, node, g, owned)


class _Kept(tuple[Any, Any]):
    """An argument of a checkpointed call: its array and its node."""

    __slots__ = ()


def checkpoint(
    function: Callable[..., Any],
    *args: Any,
    use_reentrant: bool | None = None,
    preserve_rng_state: bool = True,
    **kwargs: Any,
) -> Any:
    """function(*args, **kwargs), keeping only its arguments: backward runs it again for what it computed.

    Trades one more forward of `function` for the memory of its intermediate values. Dropout draws the same numbers both
    times if `preserve_rng_state`. `use_reentrant` is PyTorch's argument and makes no difference here.
    """
    transformed = state.interpreter is not None and state.interpreter.transforms
    if state.tape is None or state.capture is not None or transformed:
        return function(*args, **kwargs)
    random_state = default_generator.get_state() if preserve_rng_state else None
    before, state.tape = state.tape, None
    try:
        outputs = function(*args, **kwargs)
    finally:
        state.tape = before
    several = isinstance(outputs, (tuple, list))
    outs = list(outputs) if several else [outputs]
    nodes = tuple([node for x in args if (node := node_of(x)) is not None])
    record = Record.at(sys._getframe(1), _CheckpointPlan, nodes, (), (), float32)
    results = record_outputs(record, outs, args, kwargs, Context(()))
    kept = [_Kept((x._array, x._node)) if isinstance(x, Core) else x for x in args]
    arrays = tuple(x._array for x in args if isinstance(x, Core))
    record.saved = (function, kept, kwargs, random_state, arrays)
    return type(outputs)(results) if several else results[0]


@functools.wraps(checkpoint)
def either(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """As above; given nothing but a function that needs arguments, HIPS/autograd's: a function that does it."""
    if not args and not kwargs and _needs_arguments(function):
        return importlib.import_module("autograd.hips.operators").checkpoint(function)
    return checkpoint(function, *args, **kwargs)


def _needs_arguments(function: Callable[..., Any]) -> bool:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return False
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return any(each.kind in kinds and each.default is each.empty for each in parameters)
