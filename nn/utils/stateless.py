"""A module as a function of its parameters, for transforms such as `grad` and `vmap`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

from autograd import Tensor, stack
from autograd.errors import SettingError, ShapeError

from ..module import Module

R = TypeVar("R")


def functional_call(
    module: Callable[..., R],
    parameter_and_buffer_dicts: Any,
    args: Any = None,
    kwargs: dict[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> R:
    """Call `module` with other Tensors in place of some of its parameters and buffers. The module stays as it is.

    parameter_and_buffer_dicts   name, as in `named_parameters()`, -> Tensor; or several such dicts
    args                         the arguments of the call as a tuple, or a single one
    tie_weights                  what the module has under several names is replaced under all of them
    strict                       raise unless there is a Tensor for every parameter and buffer

    >>> from autograd import tensor
    >>> from nn import Linear
    >>> functional_call(Linear(1, 1), {"weight": tensor([[2.0]]), "bias": tensor([1.0])}, tensor([3.0])).tolist()
    [7.0]
    """
    whole: Any = module
    given = parameter_and_buffer_dicts
    values: dict[str, Any] = {}
    for part in (given,) if isinstance(given, dict) else given:
        if repeated := sorted(values.keys() & part.keys()):
            raise SettingError(f"functional_call: {', '.join(repeated)} appeared in multiple dictionaries")
        values.update(part)
    own: dict[str, _Place] = {}
    _find(whole, "", own)
    if unexpected := sorted(values.keys() - own.keys()):
        raise SettingError(f"functional_call: the module has no {', '.join(unexpected)}; it has {', '.join(own)}")
    if strict and (missing := sorted(own.keys() - values.keys())):
        raise SettingError(f"functional_call: Missing key(s): {', '.join(missing)}")
    if tie_weights and len(own) > len(values):
        by_tensor = {id(own[name].tensor): value for name, value in values.items()}
        values = {name: values.get(name, by_tensor.get(id(place.tensor))) for name, place in own.items()}
        values = {name: value for name, value in values.items() if value is not None}
    arguments = () if args is None else args if isinstance(args, tuple) else (args,)
    before = []
    try:
        for name, value in values.items():
            place = own[name]
            before.append(place)
            place.registry[place.leaf] = place.attributes[place.leaf] = value
        return module(*arguments, **(kwargs or {}))
    finally:
        for place in reversed(before):
            place.registry[place.leaf] = place.attributes[place.leaf] = place.tensor


class _Place(NamedTuple):
    """Where a module has a parameter or a buffer: in one of its registries, and as an attribute."""

    attributes: dict[str, Any]
    registry: dict[str, Any]
    leaf: str
    tensor: Any


def _find(module: Any, prefix: str, found: dict[str, _Place]) -> None:
    """Name -> place of all parameters and buffers of a module and those below it, wherever they stand."""
    attributes = module.__dict__
    for registry in (module._parameters, module._buffers):
        for leaf, tensor in registry.items():
            if tensor is not None:
                found[prefix + leaf] = _Place(attributes, registry, leaf, tensor)
    for name, child in module._modules.items():
        if child is not None:
            _find(child, f"{prefix}{name}.", found)


def stack_module_state(models: Sequence[Module]) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Parameters and buffers of several models of one kind, each stacked along a new first dimension, by name.

    The stacked parameters are leaves of their own; with `vmap` and `functional_call` they run the models as one.
    """
    if not models:
        raise ShapeError("stack_module_state: Expected at least one model, got 0")
    if len({type(model) for model in models}) > 1 or len({model.training for model in models}) > 1:
        raise SettingError("stack_module_state: Expected all models to be of the same class, and in the same mode")

    def stacked(members: list[dict[str, Any]]) -> dict[str, Tensor]:
        return {name: stack([each[name].detach() for each in members]) for name in members[0]}

    parameters = stacked([dict(model.named_parameters()) for model in models])
    for name, parameter in models[0].named_parameters():
        parameters[name].requires_grad_(parameter.requires_grad)
    return parameters, stacked([dict(model.named_buffers()) for model in models])
