"""Functions that users hang on a module: before and after `forward`, and around the way back."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from autograd import Tensor
from autograd.errors import ShapeError
from autograd.extend import Handle, apply, array_of, op, wrap

from .learner import look_at_input


class Hook(NamedTuple):
    """A user's function and how it wants to be called."""

    function: Callable[..., Any]
    with_kwargs: bool = False
    always_call: bool = False


class Hooks:
    """The hooks of one module, by kind, in calling order."""

    def __init__(self) -> None:
        self.forward_pre: OrderedDict[int, Hook] = OrderedDict()
        self.forward: OrderedDict[int, Hook] = OrderedDict()
        self.backward_pre: OrderedDict[int, Hook] = OrderedDict()
        self.backward: OrderedDict[int, Hook] = OrderedDict()

    def add(self, kind: str, function: Callable[..., Any], prepend: bool, **how: bool) -> Handle:
        """Hang up a function; the handle takes it away again."""
        hooks: OrderedDict[int, Hook] = getattr(self, kind)
        handle = Handle(hooks, Hook(function, **how))  # type: ignore[arg-type]  # it only keeps it
        if prepend:
            hooks.move_to_end(next(reversed(hooks)), last=False)
        return handle


FIRST_CALL: Any = object()
"""Stands in for the hooks of a module that has not been called yet."""


def first_call(module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Run `module.forward` for the first time, without hooks: what is wrong with the module or its input shows now."""
    module.__dict__["_hooks"] = None
    look_at_input(module, args)
    from .mistakes import look_at_lists  # imported with the first call of a module

    look_at_lists(module)
    return module.forward(*args, **kwargs)


def call_hooked(module: Any, hooks: Hooks, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Run `module.forward` with the module's hooks around it."""
    if hooks is FIRST_CALL:
        return first_call(module, args, kwargs)
    for hook in list(hooks.forward_pre.values()):
        if hook.with_kwargs:
            replaced = hook.function(module, args, kwargs)
            if replaced is not None:
                args, kwargs = replaced
        else:
            replaced = hook.function(module, args)
            if replaced is not None:
                args = replaced if isinstance(replaced, tuple) else (replaced,)
    way_back = _WayBack(module, hooks) if hooks.backward or hooks.backward_pre else None
    if way_back:
        args = way_back.enter(args)
    try:
        output = module.forward(*args, **kwargs)
    except Exception:
        for hook in list(hooks.forward.values()):
            if hook.always_call:
                _after(module, hook, args, kwargs, None)
        raise
    for hook in list(hooks.forward.values()):
        replaced = _after(module, hook, args, kwargs, output)
        if replaced is not None:
            output = replaced
    return way_back.leave(output) if way_back else output


def _after(module: Any, hook: Hook, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> Any:
    if hook.with_kwargs:
        return hook.function(module, args, kwargs, output)
    return hook.function(module, args, output)


# ------------------------------------------------------------------------------------------------- the way back


def _through(dz: Any, hook: Any) -> Any:
    return hook(dz)


_gate = op("module_gate", lambda *xs, hook=None: xs, joint=_through, outputs=-1)
"""The inputs unchanged; on the way back, `hook(cotangents)` says what becomes of their cotangents."""


class _WayBack:
    """Puts a gate before and behind one call of a module, and runs the backward hooks when gradients pass them."""

    def __init__(self, module: Any, hooks: Hooks) -> None:
        self.module = module
        self.hooks = hooks
        self.grad_output: tuple[Any, ...] = ()
        self.watches_inputs = False

    def enter(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """The arguments, with those that need a gradient sent through a gate."""
        self.arguments = [index for index, x in enumerate(args) if isinstance(x, Tensor)]
        gated, self.inputs = _send(args, self._at_input)
        self.watches_inputs = bool(self.inputs)
        return gated

    def leave(self, output: Any) -> Any:
        """The output (a Tensor, or a tuple or list with Tensors), sent through a gate."""
        if isinstance(output, Tensor):
            gated, self.outputs = _send((output,), self._at_output)
            self.returned = [0]
            return gated[0]
        if isinstance(output, (tuple, list)):
            gated, self.outputs = _send(tuple(output), self._at_output)
            self.returned = [index for index, x in enumerate(output) if isinstance(x, Tensor)]
            if isinstance(output, list):
                return list(gated)
            return type(output)(*gated) if hasattr(output, "_fields") else gated
        return output

    def _at_output(self, dz: tuple[Any, ...]) -> tuple[Any, ...]:
        given = dict(zip(self.outputs, map(_tensor, dz), strict=True))
        self.grad_output = tuple(given.get(index) for index in self.returned)
        for hook in list(self.hooks.backward_pre.values()):
            self.grad_output = _replaced(hook.function(self.module, self.grad_output), self.grad_output)
        if not self.watches_inputs:  # nothing before the module needs a gradient: this is the end of the way
            for hook in list(self.hooks.backward.values()):
                hook.function(self.module, (None,) * len(self.arguments), self.grad_output)
        after = dict(zip(self.returned, self.grad_output, strict=True))
        if not self.watches_inputs:
            self.grad_output = ()
        return tuple(_like(after[index], g) for index, g in zip(self.outputs, dz, strict=True))

    def _at_input(self, dz: tuple[Any, ...]) -> tuple[Any, ...]:
        given = dict(zip(self.inputs, map(_tensor, dz), strict=True))
        grad_input = tuple(given.get(index) for index in self.arguments)
        for hook in list(self.hooks.backward.values()):
            grad_input = _replaced(hook.function(self.module, grad_input, self.grad_output), grad_input)
        self.grad_output = ()  # the tape holds this object: it must not hold Tensors in turn
        after = dict(zip(self.arguments, grad_input, strict=True))
        return tuple(_like(after[index], g) for index, g in zip(self.inputs, dz, strict=True))


def _send(values: tuple[Any, ...], hook: Callable[..., Any]) -> tuple[tuple[Any, ...], list[int]]:
    """Send the Tensors that need a gradient through a gate; also returns their positions."""
    indices = [index for index, x in enumerate(values) if isinstance(x, Tensor) and x.requires_grad]
    if not indices:
        return values, indices
    gated = apply(_gate, *[values[index] for index in indices], hook=hook)
    result = list(values)
    for index, x in zip(indices, gated, strict=True):
        result[index] = x
    return tuple(result), indices


def _tensor(g: Any) -> Tensor:
    return g if isinstance(g, Tensor) else wrap(np.asarray(g))


def _like(result: Any, g: Any) -> Any:
    """What a hook left of the cotangent `g`: an array where `g` is one, a Tensor under create_graph."""
    if result is None:
        return g
    if tuple(result.shape) != tuple(g.shape):
        raise ShapeError(f"backward hook: wanted a gradient of shape {tuple(g.shape)} back, got {tuple(result.shape)}")
    return array_of(result) if isinstance(result, Tensor) and not isinstance(g, Tensor) else result


def _replaced(result: Any, before: tuple[Any, ...]) -> tuple[Any, ...]:
    if result is None:
        return before
    after = result if isinstance(result, tuple) else (result,)
    if len(after) != len(before):
        raise ShapeError(
            f"Backward hook returned an invalid number of grad, got {len(after)}, but expected {len(before)}"
        )
    return after
