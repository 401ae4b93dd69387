"""What the values of a program are called.

Arguments have the names of the function's parameters. Of a module's parameters, the weight and the bias of its first
layer are w1 and b1, and so on. What steps compute is h1, h2, ...; the gradient of h1 is d_h1. A scalar that is the only
result is the loss.
"""

from __future__ import annotations

import inspect
import keyword
import re
from typing import Any

from ...records import Leaf
from ..steps import leaves


def argument_names(function: Any, arguments: Any, at: type) -> list[str]:
    """A name for each Tensor in the arguments of a function, in order."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    names = [parameter.name for parameter in parameters if parameter.kind in kinds]
    found = []
    for position, argument in enumerate(arguments):
        inside = [leaf for leaf in leaves(argument) if type(leaf) is at]
        name = names[position] if position < len(names) else f"x{position + 1}"
        alone = len(inside) == 1
        found += [name if alone else f"{name}_{number + 1}" for number in range(len(inside))]
    return found


def held_by(function: Any) -> dict[str, Any]:
    """What a function knows beside its arguments, by name: itself (""), its `self`, what it closes over, globals."""
    held: dict[str, Any] = {"": function, "self": getattr(function, "__self__", None)}
    inner = inspect.unwrap(function)
    code = getattr(inner, "__code__", None)
    if code is not None:
        values = [cell.cell_contents for cell in inner.__closure__ or () if _filled(cell)]
        held |= dict(zip(code.co_freevars, values, strict=False))
        held |= {name: inner.__globals__[name] for name in code.co_names if name in inner.__globals__}
    return held


def closed_over(function: Any) -> dict[int, str]:
    """The names under which a function knows the Tensors that it closes over: id -> name."""
    found: dict[int, str] = {}
    layers: dict[str, int] = {}
    for name, value in held_by(function).items():
        if hasattr(value, "_node"):
            found.setdefault(id(value), name)
        for kind in ("named_parameters", "named_buffers"):
            if callable(getattr(value, kind, None)) and not isinstance(value, type):
                for path, tensor in getattr(value, kind)():
                    layer, _, own = path.rpartition(".")
                    number = layers.setdefault(f"{name}.{layer}", len(layers) + 1)
                    short = {"weight": "w", "bias": "b"}.get(own, own)
                    found.setdefault(id(tensor), f"{short}{number}")
        if isinstance(value, (list, tuple)) and len(value) < 100:
            for number, x in enumerate(value):
                if hasattr(x, "_node"):
                    found.setdefault(id(x), f"{name}{number + 1}")
    return found


def _filled(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018
    except ValueError:
        return False
    return True


def names_of(program: Any) -> dict[int, str]:
    """Slot -> name, each of them once. Constants of one element have none: they are written as they are."""
    names: dict[int, str] = {}
    taken = {"np", "rng", "forward", "backward", "kept", "math"}

    def give(slot: int, wanted: str) -> None:
        wanted = re.sub(r"\W", "_", wanted) or "x"
        wanted = f"_{wanted}" if keyword.iskeyword(wanted) or wanted[0].isdigit() else wanted
        name, number = wanted, 2
        while name in taken:
            name, number = f"{wanted}_{number}", number + 1
        taken.add(name)
        names[slot] = name

    for slot, name in zip(program.inputs, program.argument_names, strict=True):
        give(slot, name)
    numbers = {"w": 0, "b": 0, "c": 0}
    for slot in program.slots:
        if slot.kind == "parameter":
            leaf = isinstance(slot.value._node, Leaf)
            letter = "c" if not leaf else "w" if len(slot.shape) > 1 else "b"
            numbers[letter] += 1
            give(slot.number, program.names.get(id(slot.value), f"{letter}{numbers[letter]}"))
        elif slot.kind == "constant" and slot.value.size != 1:
            numbers["c"] += 1
            give(slot.number, f"c{numbers['c']}")
    alone = program.outputs[0] if len(program.outputs) == 1 and not program.slots[program.outputs[0]].shape else None
    count = 0
    for step in program.steps:
        for slot in step.outputs:
            source = program.slots[slot].of
            if source is not None and source in names:
                give(slot, f"d_{names[source]}")
            elif slot == alone or (program.loss is not None and slot == program.loss):
                give(slot, "loss")
            else:
                count += 1
                give(slot, f"h{count}")
        hidden = getattr(step.op, "keeps", ())
        for number, slot in enumerate(step.kept):
            own = hidden[number] if len(hidden) == len(step.kept) else f"kept{number + 1}"
            give(slot, f"{names[step.outputs[0]]}_{own}" if step.outputs else own)
    return names
