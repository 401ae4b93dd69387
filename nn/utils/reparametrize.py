"""Hooks that compute a weight before each forward: how they are hung on a module, and taken off again."""

from __future__ import annotations

from typing import Any, TypeVar

from autograd.errors import SettingError

from ..hooks import Hooks
from ..module import Module
from ..parameter import Parameter


class WeightHook:
    """A hook that sets the attribute `name` of its module.

    function   what the user calls to hang it up
    """

    function: str

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, module: Module, inputs: Any) -> None:
        raise NotImplementedError


H = TypeVar("H", bound=WeightHook)


def attach(module: Module, hook: WeightHook) -> Parameter:
    """Hang up a hook for the Parameter `hook.name`, which is taken out of the module and returned."""
    if _found(module, type(hook), hook.name) is not None:
        raise SettingError(f"Cannot register two {hook.function} hooks on the same parameter {hook.name}")
    weight = getattr(module, hook.name)
    if not isinstance(weight, Parameter):
        raise SettingError(f"{hook.function}: wanted a Parameter as {hook.name}, got {type(weight).__name__}")
    delattr(module, hook.name)
    module.register_forward_pre_hook(hook)
    return weight


def detach(module: Module, kind: type[H], name: str) -> H:
    """Take off the hook of class `kind` for the weight `name`, and return it."""
    found = _found(module, kind, name)
    if found is None:
        raise SettingError(f"{kind.function} of '{name}' not found in {module}")
    key, hook = found
    del module._own_hooks().forward_pre[key]
    return hook


def _found(module: Module, kind: type[H], name: str) -> tuple[int, H] | None:
    """The hook of class `kind` for the weight `name`, and its key."""
    if isinstance(module._hooks, Hooks):
        for key, entry in module._hooks.forward_pre.items():
            hook = entry.function
            if isinstance(hook, kind) and hook.name == name:
                return key, hook
    return None
