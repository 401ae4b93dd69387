"""Running statistics: Tensors that an operation sets, in their own memory, while what it gives is still promised.

The Tensor itself becomes the promise of its new values. Whoever looks at it has them computed, as of every promise;
when the function ends they are written to its memory. That can wait as long as nobody else has this memory: no view of
the Tensor, no array of NumPy's, no record. Else it does not wait.
"""

from __future__ import annotations

from sys import getrefcount
from typing import Any

import numpy as np

from ..tensors import core
from ..tensors.core import Core, wrap
from .promise import Coming, Promise

_memory_of = Core.__dict__["_array"].__get__


def rewritten(run: Any, op: Any, tensor: Any, inputs: tuple[Any, ...], settings: dict[str, Any]) -> bool:
    """See `Interpreter.rewritten`: False if the caller has to write now. `run` has then computed all that waited."""
    if tensor.dtype.kind != "f":  # a counter: nothing need wait for it, unless it was given to something
        if id(tensor) in run.places or type(tensor) is Promise:
            run.settle(f"{op.name} writes in place")
        return False
    waits = type(tensor) is Promise
    if run.bare or not (waits or _has_memory_alone(run, tensor)):
        run.settle(f"{op.name} writes in place")
        return False
    inputs = (tensor, *[x.promise if type(x) is Coming else x for x in inputs])
    run.rewriting = True
    try:
        result = run.call(op, inputs, settings, False)
    finally:
        run.rewriting = False
    if type(result) is Promise:
        _stand_in(run, tensor, result)
        return True
    if type(tensor) is Promise:  # of a run that has ended
        tensor.tolist()
    memory = _memory_of(tensor)
    memory[...] = result._array
    _taken_back(run, tensor, memory)
    slot = run.known.get(id(result))
    if slot is not None:
        run.rewrites.add(slot)
        run.remember(tensor, slot)
    return True


def _has_memory_alone(run: Any, tensor: Any) -> bool:
    """Can nobody see the memory of a Tensor but by the Tensor?"""
    if type(tensor) is not core.Tensor or id(tensor) in run.places or any(tensor is x for x in run.looked.values()):
        return False
    array = tensor._array
    if array.base is not None or not array.flags.c_contiguous or not array.flags.writeable:
        return False
    noted = sum([2 for then in run.then if type(then) is tuple and then[1] is array])  # by `_taken_back`
    del array
    return _references(tensor) - noted <= _ALONE


def _references(tensor: Any) -> int:
    return getrefcount(_memory_of(tensor))


_ALONE = _references(wrap(np.zeros(1)))
"""What `_references` says of an array that only its Tensor has."""


def _stand_in(run: Any, tensor: Any, result: Any) -> None:
    """Let a Tensor be the promise that `result` is."""
    slot, facts = result._slot, result._facts
    if type(tensor) is Promise:  # its former value is nobody's now
        result._slot, result._facts = tensor._slot, tensor._facts
        run.promises[tensor._slot] = result
        memory = tensor.__dict__["_memory"]
    else:
        memory = _memory_of(tensor)
        _taken_back(run, tensor, memory)
        run.standing.append(tensor)
        tensor.__class__ = Promise
    tensor.__dict__.update(_run=run, _slot=slot, _facts=facts, _memory=memory)
    run.promises[slot] = tensor
    run.rewrites.add(slot)


def stand_out(tensor: Any) -> None:
    """Let a Tensor that is a promise have the value again that it had before: nobody will compute the new one."""
    for name in ("_run", "_slot", "_facts", "_memory"):
        tensor.__dict__.pop(name, None)
    if type(tensor) is Promise:
        tensor.__class__ = core.Tensor


def _taken_back(run: Any, tensor: Any, memory: Any) -> None:
    """What a Tensor was, and was given to the operation as, is known by its array from now on."""
    number = run.places.pop(id(tensor), None)
    if number is not None:
        run.given[number] = before = wrap(memory)
        run.then[number] = before, memory, None
