"""In which module each operation ran: hooks look on while a function is captured."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ..modes import state
from ..program.text.naming import held_by
from .description import Module


class Owners:
    """What is known after a capture.

    modules      in the order in which they were entered for the first time, outer ones before inner ones
    paths        id of a step -> path of the innermost module that it ran in
    parameters   id of a Tensor -> where its module keeps it
    """

    def __init__(self) -> None:
        self.modules: dict[str, Module] = {}
        self.paths: dict[int, str] = {}
        self.parameters: dict[int, str] = {}
        self.kept: list[Any] = []  # the steps, so that their ids stay their own


def modules_in(function: Any) -> dict[str, Any]:
    """Path -> module, of all modules that a function is, is a method of, or closes over."""
    found: dict[str, Any] = {}
    for name, value in held_by(function).items():
        if isinstance(value, type) or not hasattr(value, "register_forward_pre_hook"):
            continue
        for path, module in value.named_modules():
            whole = ".".join(part for part in (name if name != "self" else "", path) if part)
            if not any(module is other for other in found.values()):
                found[whole or type(module).__name__] = module
    return found


@contextmanager
def watched(function: Callable[..., Any]) -> Iterator[Owners]:
    """A block in which `function` is captured; says in which modules its operations ran."""
    owners, handles, begun = Owners(), [], list[int]()
    for path, module in modules_in(function).items():
        for own, tensor in module.named_parameters(recurse=False):
            owners.parameters[id(tensor)] = f"{path}.{own}"
        for own, tensor in module.named_buffers(recurse=False):
            owners.parameters[id(tensor)] = f"{path}.{own}"

        def enter(module: Any, args: Any, path: str = path) -> None:
            owners.modules.setdefault(path, Module(path, type(module).__name__))
            begun.append(0 if state.capture is None else len(state.capture.steps))

        def leave(module: Any, args: Any, output: Any, path: str = path) -> None:
            first = begun.pop()
            for step in () if state.capture is None else state.capture.steps[first:]:
                owners.paths.setdefault(id(step), path)
                owners.kept.append(step)

        handles += [module.register_forward_pre_hook(enter), module.register_forward_hook(leave)]
    try:
        yield owners
    finally:
        for handle in handles:
            handle.remove()
